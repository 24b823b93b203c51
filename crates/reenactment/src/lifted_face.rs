//! A face with depth: its own landmarks at rest, raised to three dimensions by the average head.

use landmarks::{Landmarks, POINTS};

use landmarks::HeadPose;
use landmarks::MEAN_HEAD;
use landmarks::Place3;

/// A face's own shape and how it stands in its picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LiftedFace {
    /// The 70 points on the head, in its unit.
    pub(crate) shape: [Place3; POINTS],
    /// How the head stands.
    pub(crate) pose: HeadPose,
}

impl LiftedFace {
    /// Fit the average head, take its depths, keep the face's own outline: projecting the shape
    /// by the pose gives the landmarks back.
    pub(crate) fn new(landmarks: &Landmarks) -> Self {
        let pose = HeadPose::fit(&MEAN_HEAD, landmarks);
        let lift = |index: usize| {
            let [x, y] = landmarks.points[index];
            let [_, _, depth] = pose.rotation.turn(MEAN_HEAD[index]);
            let seen = [
                (x - pose.shift[0]) / pose.scale,
                (y - pose.shift[1]) / pose.scale,
                depth,
            ];
            pose.rotation.turn_back(seen)
        };
        Self {
            shape: std::array::from_fn(lift),
            pose,
        }
    }

    /// Where the point falls when nothing has moved.
    #[cfg(test)]
    pub(crate) fn at_rest(&self, index: usize) -> [f32; 2] {
        self.pose.project(self.shape[index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::Rotation;

    #[test]
    fn the_lifted_face_projects_onto_its_own_landmarks() {
        let pose = HeadPose {
            rotation: Rotation::from_yaw_pitch_roll([0.4, -0.1, 0.2]),
            scale: 90.0,
            shift: [200.0, 180.0],
        };
        // Half again as wide as the average.
        let points = MEAN_HEAD.map(|[x, y, z]| pose.project([1.5 * x, y, z]));
        let face = LiftedFace::new(&Landmarks { points });
        for (index, [x, y]) in points.into_iter().enumerate() {
            let [again_x, again_y] = face.at_rest(index);
            assert!((x - again_x).abs() < 1e-2 && (y - again_y).abs() < 1e-2);
        }
    }
}
