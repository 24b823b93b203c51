//! One frame's points as blendshape coefficients and head pose, against the person's calm frame.

use landmarks::{HeadPose, Landmarks, Rotation};

use crate::blendshapes::names::BLENDSHAPES;
use crate::blendshapes::point_features::PointFeatures;
use crate::blendshapes::weights::weights;
use crate::features::{EYES, gaze};

/// Distance of the outer corners of the eyes of an adult, centimetres: the head's unit.
const HEAD_UNIT_CM: f32 = 9.0;
/// Distance from the camera that the calm frame is taken for, centimetres.
const CALM_DISTANCE_CM: f32 = 60.0;
/// Length between an eye's corners over the radius of the eyeball (27 mm and 12 mm).
const EYE_LENGTHS: f32 = 2.3;

/// What a face does in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceReading {
    /// Coefficients in the order of [`crate::blendshapes::NAMES`], 0 (as in the calm frame) to 1.
    pub coefficients: [f32; BLENDSHAPES],
    /// How the head stands.
    pub head: HeadReading,
    /// Yaw and pitch of the person's left and right eye within the head, radians, signs as the head's,
    /// against the calm frame.
    pub eyes: [[f32; 2]; 2],
}

/// How a head stands in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadReading {
    /// Yaw, pitch and roll against the camera, radians: the nose to the right of the picture, down, and
    /// the head clockwise as seen in the picture are positive.
    pub yaw_pitch_roll: [f32; 3],
    /// Turn since the calm frame.
    pub turn: Rotation,
    /// Place against the calm frame, centimetres: to the right of the picture, down, away from the
    /// camera. For a head of average size that is 60 cm away when calm.
    pub place_cm: [f32; 3],
}

/// Reads what a person does against the person's calm frame.
#[derive(Debug, Clone, PartialEq)]
pub struct BlendshapeReader {
    features: PointFeatures,
    gaze: [[f32; 2]; 2],
}

impl BlendshapeReader {
    /// Take the calm frame, in which every coefficient is 0.
    pub fn new(calm: &Landmarks) -> Self {
        Self {
            features: PointFeatures::new(calm),
            gaze: EYES.map(|eye| gaze(&eye, calm)),
        }
    }

    /// Read one frame.
    pub fn read(&self, now: &Landmarks) -> FaceReading {
        let mut coefficients = [0.0; BLENDSHAPES];
        for (value, row) in self.features.of(now).iter().zip(weights()) {
            for (sum, weight) in coefficients.iter_mut().zip(row) {
                *sum += value * weight;
            }
        }
        FaceReading {
            coefficients: coefficients.map(|value: f32| value.clamp(0.0, 1.0)),
            head: self.head(&self.features.pose(now)),
            eyes: [1, 0].map(|side| self.eye(side, now)),
        }
    }

    fn head(&self, now: &HeadPose) -> HeadReading {
        let calm = self.features.calm_pose();
        let growth = now.scale / calm.scale;
        let distance_cm = CALM_DISTANCE_CM / growth.max(1e-3);
        let step = |axis: usize| {
            // the same step shows smaller from farther away
            (now.shift[axis] - calm.shift[axis]) / now.scale * HEAD_UNIT_CM
        };
        HeadReading {
            yaw_pitch_roll: now.rotation.yaw_pitch_roll(),
            turn: self.features.turn(&now.rotation),
            place_cm: [step(0), step(1), distance_cm - CALM_DISTANCE_CM],
        }
    }

    fn eye(&self, side: usize, now: &Landmarks) -> [f32; 2] {
        let seen = gaze(&EYES[side], now);
        [0, 1].map(|axis| {
            let step = (seen[axis] - self.gaze[side][axis]) * EYE_LENGTHS;
            step.clamp(-0.9, 0.9).asin()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blendshapes::names::NAMES;
    use crate::built_in::gesture::Gesture;

    fn value(gesture: Gesture, name: &str) -> f32 {
        let reader = BlendshapeReader::new(&Gesture::default().landmarks());
        let index = NAMES.iter().position(|known| *known == name).unwrap();
        reader.read(&gesture.landmarks()).coefficients[index]
    }

    #[test]
    fn the_calm_frame_reads_as_nothing() {
        let calm = Gesture::default().landmarks();
        let reading = BlendshapeReader::new(&calm).read(&calm);
        assert!(reading.coefficients.iter().all(|value| value.abs() < 1e-3));
        assert!(reading.head.place_cm.iter().all(|value| value.abs() < 1e-3));
    }

    #[test]
    fn jaw_lids_smile_and_brows_move_their_own_coefficients() {
        let still = Gesture::default();
        let open = Gesture { open: 0.3, ..still };
        assert!(value(open, "jawOpen") > 0.25);
        assert!(value(open, "eyeBlinkLeft") < 0.15);
        let shut = Gesture { lids: 1.0, ..still };
        assert!(value(shut, "eyeBlinkLeft") > 0.4 && value(shut, "eyeBlinkRight") > 0.4);
        assert!(value(shut, "jawOpen") < 0.15);
        let smile = Gesture {
            smile: 1.0,
            ..still
        };
        assert!(value(smile, "mouthSmileLeft") > 0.3);
        let brows = Gesture {
            brows: 0.12,
            ..still
        };
        assert!(value(brows, "browInnerUp") > 0.15);
    }

    #[test]
    fn looking_to_the_pictures_right_turns_the_left_eye_out_and_the_right_eye_in() {
        let aside = Gesture {
            gaze: [0.06, 0.0],
            ..Gesture::default()
        };
        assert!(value(aside, "eyeLookOutLeft") > value(aside, "eyeLookInLeft") + 0.1);
        assert!(value(aside, "eyeLookInRight") > value(aside, "eyeLookOutRight") + 0.1);
        let reader = BlendshapeReader::new(&Gesture::default().landmarks());
        assert!(reader.read(&aside.landmarks()).eyes[0][0] > 0.2);
    }

    #[test]
    fn a_turn_is_read_in_its_own_angle_and_a_step_in_centimetres() {
        let reader = BlendshapeReader::new(&Gesture::default().landmarks());
        let turned = Gesture {
            turn: [20.0, 0.0, 0.0],
            ..Gesture::default()
        };
        let head = reader.read(&turned.landmarks()).head;
        assert!((head.yaw_pitch_roll[0].to_degrees() - 20.0).abs() < 1.0);
        let moved = Gesture {
            step: [0.5, 0.0],
            ..Gesture::default()
        };
        let head = reader.read(&moved.landmarks()).head;
        assert!(
            (head.place_cm[0] - 4.5).abs() < 0.1,
            "half a head unit: {head:?}"
        );
    }
}
