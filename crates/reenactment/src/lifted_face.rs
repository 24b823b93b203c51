//! A face with depth: its own landmarks, raised to three dimensions by the face shape model.

use landmarks::{FaceShape, HeadPose, LEFT_EYE, Landmarks, POINTS, Place3, RIGHT_EYE, RIGHT_PUPIL};

/// A face's own shape and how it stands in its picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LiftedFace {
    /// The 70 points on the head, in its unit.
    pub(crate) shape: [Place3; POINTS],
    /// How the head stands.
    pub(crate) pose: HeadPose,
    /// What of the shape is expression: coefficients of the model.
    pub(crate) expression: Vec<f32>,
}

impl LiftedFace {
    /// Fit the model, take its depths, keep the face's own outline: projecting the shape by the pose
    /// gives the landmarks back.
    pub(crate) fn new(landmarks: &Landmarks) -> Self {
        let model = FaceShape::built_in();
        let fit = model.fit(landmarks);
        let near = model.shape(&fit.identity, &fit.expression);
        let pose = fit.pose;
        let lift = |index: usize| {
            let [x, y] = landmarks.points[index];
            let [_, _, depth] = pose.rotation.turn(near[index]);
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
            expression: fit.expression,
        }
    }

    /// Take the expression off the shape, as much of it as `share` says of each point; the eyes keep
    /// theirs.
    pub(crate) fn relax(&mut self, share: impl Fn(usize) -> f32) {
        let step = FaceShape::built_in().expression_step(&self.expression);
        for (index, place) in self.shape.iter_mut().enumerate() {
            if (RIGHT_EYE.start..LEFT_EYE.end).contains(&index) || index >= RIGHT_PUPIL {
                continue;
            }
            (0..3).for_each(|axis| place[axis] -= share(index) * step[index][axis]);
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
    use landmarks::{MEAN_HEAD, Rotation};

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
