//! A face doing something, in a few numbers, and the landmarks that it shows.

use landmarks::{Landmarks, POINTS};

use crate::features::EYES;
use landmarks::HeadPose;
use landmarks::MEAN_HEAD;
use landmarks::{Place3, Rotation};

/// Side of the square picture that built-in motions are made in, pixels.
pub(crate) const SIDE_PX: u32 = 512;
/// Pixels per unit of the head.
const SCALE_PX: f32 = 110.0;
/// Where the head's origin rests.
const REST_PX: [f32; 2] = [256.0, 256.0];
/// What the head turns about: the top of the neck.
const PIVOT: Place3 = [0.0, 0.75, 0.75];

/// What a face does at one moment; all 0 is the rest.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Gesture {
    /// Yaw, pitch and roll in degrees.
    pub(crate) turn: [f32; 3],
    /// Step of the whole head, in its unit.
    pub(crate) step: [f32; 2],
    /// Opening of the mouth, in units of the head.
    pub(crate) open: f32,
    /// Mouth broader (positive) or rounder (negative), as a share of its width.
    pub(crate) broad: f32,
    /// Corners of the mouth drawn up, 0 to 1.
    pub(crate) smile: f32,
    /// Brows raised, in units of the head.
    pub(crate) brows: f32,
    /// Lids closed, 0 to 1.
    pub(crate) lids: f32,
    /// Pupils moved, in units of the head.
    pub(crate) gaze: [f32; 2],
}

impl Gesture {
    /// The landmarks of an average face that does this.
    pub(crate) fn landmarks(&self) -> Landmarks {
        let shape = self.shape();
        let [yaw, pitch, roll] = self.turn.map(f32::to_radians);
        let rotation = Rotation::from_yaw_pitch_roll([yaw, pitch, roll]);
        let turned = rotation.turn(PIVOT);
        let pose = HeadPose {
            rotation,
            scale: SCALE_PX,
            shift: [0, 1].map(|axis| {
                REST_PX[axis] + SCALE_PX * (self.step[axis] + PIVOT[axis] - turned[axis])
            }),
        };
        Landmarks {
            points: shape.map(|place| pose.project(place)),
        }
    }

    fn shape(&self) -> [Place3; POINTS] {
        let mut shape = MEAN_HEAD;
        self.move_mouth(&mut shape);
        self.drop_jaw(&mut shape);
        for place in &mut shape[17..27] {
            place[1] -= self.brows;
        }
        for eye in &EYES {
            for (upper, lower) in eye.upper.into_iter().zip(eye.lower) {
                let gap = shape[lower][1] - shape[upper][1];
                // Lids meet low, near where the lower one rests.
                shape[upper][1] += 0.88 * self.lids * gap;
                shape[lower][1] -= (0.10 * self.lids + 0.10 * self.smile) * gap;
            }
            shape[eye.pupil][0] += self.gaze[0];
            shape[eye.pupil][1] += self.gaze[1];
        }
        shape
    }

    fn move_mouth(&self, shape: &mut [Place3; POINTS]) {
        for (index, place) in shape.iter_mut().enumerate().skip(48) {
            if index >= 68 {
                break;
            }
            let side = (place[0] / 0.28).powi(2).min(1.0);
            place[1] += self.open * mouth_drop(index) - self.smile * (0.085 * side - 0.015);
            place[0] *= 1.0 + self.broad + 0.20 * self.smile - 0.25 * self.open;
            place[2] += 0.4 * self.broad * (1.0 - side) * 0.3 + 0.05 * self.smile * side;
        }
    }

    fn drop_jaw(&self, shape: &mut [Place3; POINTS]) {
        for (index, place) in shape.iter_mut().enumerate().take(17) {
            let from_chin = (index as f32 - 8.0).abs() / 8.0;
            place[1] += 0.80 * self.open * (1.0 - from_chin * from_chin);
        }
    }
}

/// Share of the opening that a point of the lips moves down.
fn mouth_drop(index: usize) -> f32 {
    match index {
        50..=52 => -0.04,
        48 | 54 => 0.28,
        49 | 53 => 0.04,
        55 | 59 => 0.70,
        56 | 58 => 0.95,
        57 => 1.0,
        60 | 64 => 0.32,
        61..=63 => -0.06,
        65 | 67 => 0.88,
        66 => 0.96,
        _ => 0.0,
    }
}
