//! Where a head is and how it is turned, fitted to its landmarks.
//!
//! Weak perspective: the head is turned, flattened onto the picture, scaled and moved.

use crate::face_frame::FaceFrame;
use crate::points::{Landmarks, POINTS};

use crate::linear_system::solve;
use crate::mean_head::firmness;
use crate::rotation::{Place3, Rotation};

/// A turn, a size and a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadPose {
    /// How the head is turned.
    pub rotation: Rotation,
    /// Pixels per unit of the head, which is the distance of the outer eye corners.
    pub scale: f32,
    /// Where the head's origin falls, pixels.
    pub shift: [f32; 2],
}

/// Most steps of a fit; five are the rule.
const MOST_STEPS: usize = 25;
/// A fit ends when a step turns the head by less than this many radians.
const SMALL_STEP: f64 = 1e-5;
/// Unknowns of a fit: three turns, scale, two shifts.
const UNKNOWNS: usize = 6;

impl HeadPose {
    /// Where a place on the head falls in the picture.
    pub fn project(&self, place: Place3) -> [f32; 2] {
        let [x, y, _] = self.rotation.turn(place);
        [
            self.shift[0] + self.scale * x,
            self.shift[1] + self.scale * y,
        ]
    }

    /// Step on the head, in its unit, that shows as `step_px` in the picture and has no depth
    /// towards the viewer.
    pub fn step_on_head(&self, step_px: [f32; 2]) -> Place3 {
        let flat = [step_px[0] / self.scale, step_px[1] / self.scale, 0.0];
        self.rotation.turn_back(flat)
    }

    /// Fit a head of the given shape to its landmarks: least squares, in which points that move
    /// with the expression hardly count.
    pub fn fit(shape: &[Place3; POINTS], landmarks: &Landmarks) -> Self {
        Self::first_guess(shape, landmarks).refined(shape, landmarks)
    }

    /// As [`HeadPose::fit`], from this pose or from a guess, whichever is nearer: a head that has
    /// not moved keeps its pose to the last bit.
    pub fn fit_from(&self, shape: &[Place3; POINTS], landmarks: &Landmarks) -> Self {
        let guess = Self::first_guess(shape, landmarks);
        let nearer = if self.miss(shape, landmarks) <= guess.miss(shape, landmarks) {
            *self
        } else {
            guess
        };
        nearer.refined(shape, landmarks)
    }

    /// Weighted squared distance of the projected shape from the landmarks.
    fn miss(&self, shape: &[Place3; POINTS], landmarks: &Landmarks) -> f32 {
        let places = shape.iter().zip(&landmarks.points).enumerate();
        let miss = |(index, (place, point)): (usize, (&Place3, &[f32; 2]))| {
            let [x, y] = self.project(*place);
            firmness(index) * ((x - point[0]).powi(2) + (y - point[1]).powi(2))
        };
        places.map(miss).sum()
    }

    fn refined(self, shape: &[Place3; POINTS], landmarks: &Landmarks) -> Self {
        let mut pose = self;
        for _ in 0..MOST_STEPS {
            let Some(step) = pose.step_towards(shape, landmarks) else {
                break;
            };
            let turn = [step[0] as f32, step[1] as f32, step[2] as f32];
            pose.rotation = Rotation::from_vector(turn).after(&pose.rotation);
            pose.scale *= (step[3].clamp(-0.5, 0.5) as f32).exp();
            pose.shift[0] += step[4] as f32;
            pose.shift[1] += step[5] as f32;
            if step[..3].iter().all(|angle| angle.abs() < SMALL_STEP) {
                break;
            }
        }
        pose
    }

    /// Facing the viewer, rolled and as large as the face's square says.
    fn first_guess(shape: &[Place3; POINTS], landmarks: &Landmarks) -> Self {
        let frame = FaceFrame::from_landmarks(landmarks);
        let flat = Landmarks {
            points: shape.map(|[x, y, _]| [x, y]),
        };
        let own = FaceFrame::from_landmarks(&flat);
        let scale = (frame.size_px / own.size_px).max(1e-3);
        let rotation = Rotation::from_vector([0.0, 0.0, frame.roll - own.roll]);
        let [x, y, _] = rotation.turn([own.centre[0], own.centre[1], 0.0]);
        Self {
            rotation,
            scale,
            shift: [frame.centre[0] - scale * x, frame.centre[1] - scale * y],
        }
    }

    /// One Gauss-Newton step: turns in radians, logarithm of the scale, shift in pixels.
    fn step_towards(
        &self,
        shape: &[Place3; POINTS],
        landmarks: &Landmarks,
    ) -> Option<[f64; UNKNOWNS]> {
        let mut matrix = [0.0_f64; UNKNOWNS * UNKNOWNS];
        let mut right = [0.0_f64; UNKNOWNS];
        for (index, (place, point)) in shape.iter().zip(&landmarks.points).enumerate() {
            let weight = f64::from(firmness(index));
            let [x, y, z] = self
                .rotation
                .turn(*place)
                .map(|v| v * self.scale)
                .map(f64::from);
            let residual = [
                f64::from(point[0]) - f64::from(self.shift[0]) - x,
                f64::from(point[1]) - f64::from(self.shift[1]) - y,
            ];
            let slopes = [[0.0, z, -y, x, 1.0, 0.0], [-z, 0.0, x, y, 0.0, 1.0]];
            for (slope, residual) in slopes.iter().zip(residual) {
                for row in 0..UNKNOWNS {
                    right[row] += weight * slope[row] * residual;
                    for column in 0..UNKNOWNS {
                        matrix[row * UNKNOWNS + column] += weight * slope[row] * slope[column];
                    }
                }
            }
        }
        // A little damping keeps points that lie on one line from turning the head over.
        let size = f64::from(self.scale).powi(2);
        for diagonal in 0..3 {
            matrix[diagonal * UNKNOWNS + diagonal] += 1e-3 * size;
        }
        solve(&mut matrix, &mut right, 1)?;
        right.iter().all(|value| value.is_finite()).then_some(right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mean_head::MEAN_HEAD;

    #[test]
    fn a_turned_head_is_found_again_from_its_points() {
        for angles in [
            [0.5, 0.2, 0.3],
            [-0.7, -0.3, -0.6],
            [0.0, 0.0, 0.0],
            [0.9, 0.0, 0.0],
        ] {
            let truth = HeadPose {
                rotation: Rotation::from_yaw_pitch_roll(angles),
                scale: 130.0,
                shift: [240.0, 260.0],
            };
            let points = MEAN_HEAD.map(|place| truth.project(place));
            let found = HeadPose::fit(&MEAN_HEAD, &Landmarks { points });
            let error = found.rotation.inverse().after(&truth.rotation).to_vector();
            assert!(error.iter().all(|angle| angle.abs() < 1e-3), "{error:?}");
            assert!((found.scale - 130.0).abs() < 0.1);
        }
    }

    #[test]
    fn an_open_mouth_does_not_nod_the_head() {
        let mut points = MEAN_HEAD.map(|[x, y, _]| [100.0 * x, 100.0 * y]);
        for index in (4..13).chain(55..60).chain(65..68) {
            points[index][1] += 35.0;
        }
        let pose = HeadPose::fit(&MEAN_HEAD, &Landmarks { points });
        let [yaw, pitch, roll] = pose.rotation.yaw_pitch_roll();
        assert!(
            yaw.abs() < 0.01 && roll.abs() < 0.01 && pitch.abs() < 0.12,
            "{pitch}"
        );
    }
}
