//! What is measured of a face against its calm frame before blendshape coefficients are read from it.
//!
//! Everything is 0 in the calm frame, and nothing but the five turns depends on how the head stands.

use landmarks::{INNER_LIPS, Landmarks, Rotation};

use crate::features::{EYES, gaze, lid_gap, lip_gaps, mouth_width};
use crate::lifted_face::LiftedFace;

/// Points whose steps count: all but the pupils, whose steps are taken within the eye.
const STEPPING: usize = INNER_LIPS.end;
/// Numbers that [`PointFeatures::of`] gives.
pub const FEATURES: usize = 2 * STEPPING + 4 + 6 + 3 + 5;

/// A face at rest, ready to be compared with what it does.
#[derive(Debug, Clone, PartialEq)]
pub struct PointFeatures {
    calm: LiftedFace,
    lids: [f32; 2],
    gaze: [[f32; 2]; 2],
    lips: f32,
    width: f32,
}

impl PointFeatures {
    /// Measure a face in its calm frame.
    pub fn new(calm: &Landmarks) -> Self {
        let face = LiftedFace::new(calm);
        Self {
            lids: EYES.map(|eye| lid_gap(&eye, calm, face.pose.scale).max(1e-3)),
            gaze: EYES.map(|eye| gaze(&eye, calm)),
            lips: lip_gaps(&face.shape)[1],
            width: mouth_width(&face.shape).max(1e-3),
            calm: face,
        }
    }

    /// How the head stands in a frame.
    pub fn pose(&self, now: &Landmarks) -> landmarks::HeadPose {
        self.calm.pose.fit_from(&self.calm.shape, now)
    }

    /// How the head stands at rest.
    pub fn calm_pose(&self) -> landmarks::HeadPose {
        self.calm.pose
    }

    /// Turn of the head from the calm frame to `now`.
    pub fn turn(&self, now: &Rotation) -> Rotation {
        now.after(&self.calm.pose.rotation.inverse())
    }

    /// What the face does in a frame.
    ///
    /// # Shapes
    /// - returns: steps of 68 points on the head, x then y, in its unit; steps of the right and the
    ///   left pupil in eye widths; per eye what its lids lost, the square of that and what they
    ///   gained, as shares; lip opening, its square and its product with the mouth's breadth; turn
    ///   as yaw, pitch and roll in radians, and the squares of the first two
    pub fn of(&self, now: &Landmarks) -> [f32; FEATURES] {
        let pose = self.pose(now);
        let mut values = [0.0; FEATURES];
        let mut shape = self.calm.shape;
        for (index, place) in shape.iter_mut().enumerate() {
            let [x, y] = now.points[index];
            let [_, _, depth] = pose.rotation.turn(*place);
            let seen = [
                (x - pose.shift[0]) / pose.scale,
                (y - pose.shift[1]) / pose.scale,
                depth,
            ];
            *place = pose.rotation.turn_back(seen);
        }
        for index in 0..STEPPING {
            for axis in 0..2 {
                values[2 * index + axis] = shape[index][axis] - self.calm.shape[index][axis];
            }
        }
        let mut at = 2 * STEPPING;
        let mut put = |value: f32| {
            values[at] = value;
            at += 1;
        };
        for (eye, rest) in EYES.iter().zip(self.gaze) {
            let seen = gaze(eye, now);
            put(seen[0] - rest[0]);
            put(seen[1] - rest[1]);
        }
        for (eye, rest) in EYES.iter().zip(self.lids) {
            let change = (lid_gap(eye, now, pose.scale) / rest - 1.0).clamp(-1.0, 1.0);
            let lost = (-change).max(0.0);
            put(lost);
            put(lost * lost);
            put(change.max(0.0));
        }
        let lips = lip_gaps(&shape)[1] - self.lips;
        let broader = mouth_width(&shape) / self.width - 1.0;
        put(lips);
        put(lips * lips.abs());
        put(lips * broader);
        let [yaw, pitch, roll] = self.turn(&pose.rotation).yaw_pitch_roll();
        put(yaw);
        put(pitch);
        put(roll);
        put(yaw * yaw);
        put(pitch * pitch);
        values
    }
}
