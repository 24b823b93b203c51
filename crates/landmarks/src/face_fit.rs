//! Fitting the face shape model to landmarks: head pose, identity and expression at once.
//!
//! Least squares with the model's own spread as a prior, so that a nod is no long chin and an open
//! mouth no nod; points that lie far off, such as under a hand, count little.

use crate::face_shape::{FaceShape, ShapeDirection};
use crate::head_pose::HeadPose;
use crate::linear_system::solve;
use crate::points::{Landmarks, POINTS, RIGHT_PUPIL};
use crate::rotation::{Place3, Rotation};

/// Noise of landmarks that the prior is weighed against, units of the head.
const NOISE: f64 = 0.015;
/// Distance from the model, units of the head, at which a point counts half.
const FAR_OFF: f64 = 0.10;
/// Most Gauss-Newton steps; four to seven are the rule.
const MOST_STEPS: usize = 15;
/// A fit ends when a step turns the head by less than this many radians and changes no coefficient
/// by more than a hundred times it.
const SMALL_STEP: f64 = 1e-5;
/// Unknowns of the pose: three turns, logarithm of the scale, two shifts.
const POSE: usize = 6;

/// A face as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceFit {
    /// How the head stands.
    pub pose: HeadPose,
    /// Coefficients of [`FaceShape::identity`], standard deviations.
    pub identity: Vec<f32>,
    /// Coefficients of [`FaceShape::expression`], standard deviations.
    pub expression: Vec<f32>,
}

impl FaceShape {
    /// The points of a face, `[70, 3]` in the unit of the mean head.
    pub fn shape(&self, identity: &[f32], expression: &[f32]) -> [Place3; POINTS] {
        let mut shape = self.mean;
        add(&mut shape, &self.identity, identity);
        add(&mut shape, &self.expression, expression);
        shape
    }

    /// The step that an expression is from rest.
    pub fn expression_step(&self, expression: &[f32]) -> [Place3; POINTS] {
        let mut step = [[0.0; 3]; POINTS];
        add(&mut step, &self.expression, expression);
        step
    }

    /// Fit pose, identity and expression to one face.
    pub fn fit(&self, landmarks: &Landmarks) -> FaceFit {
        let directions: Vec<&ShapeDirection> =
            self.identity.iter().chain(&self.expression).collect();
        let start = HeadPose::fit(&self.mean, landmarks);
        let (pose, mut identity) = fit_linear(&self.mean, &directions, start, landmarks);
        let expression = identity.split_off(self.identity.len());
        FaceFit {
            pose,
            identity,
            expression,
        }
    }

    /// Fit pose and expression to a face whose shape at rest is known. A face at rest that stands as
    /// `start` keeps its pose and has no expression.
    pub fn fit_expression(
        &self,
        rest: &[Place3; POINTS],
        start: &HeadPose,
        landmarks: &Landmarks,
    ) -> (HeadPose, Vec<f32>) {
        let start = start.fit_from(rest, landmarks);
        let directions: Vec<&ShapeDirection> = self.expression.iter().collect();
        fit_linear(rest, &directions, start, landmarks)
    }
}

fn add(shape: &mut [Place3; POINTS], directions: &[ShapeDirection], shares: &[f32]) {
    for (direction, share) in directions.iter().zip(shares) {
        for (place, step) in shape.iter_mut().zip(direction) {
            for axis in 0..3 {
                place[axis] += share * step[axis];
            }
        }
    }
}

/// How much a point says about the shape: pupils look about, and where the jaw's outline lies is a
/// matter of taste.
fn weight(point: usize) -> f64 {
    match point {
        0..=7 | 9..=16 => 0.5,
        RIGHT_PUPIL.. => 0.0,
        _ => 1.0,
    }
}

/// Minimise `sum weight |landmark - projected|^2 / (scale noise)^2 + |coefficients|^2` over pose and
/// coefficients, by Gauss and Newton; weights of far points fall as in Geman and McClure 1987.
fn fit_linear(
    base: &[Place3; POINTS],
    directions: &[&ShapeDirection],
    start: HeadPose,
    landmarks: &Landmarks,
) -> (HeadPose, Vec<f32>) {
    let mut pose = start;
    let mut shares = vec![0.0_f64; directions.len()];
    for _ in 0..MOST_STEPS {
        let Some(step) = step_towards(base, directions, &pose, &shares, landmarks) else {
            break;
        };
        let turn = [step[0] as f32, step[1] as f32, step[2] as f32];
        pose.rotation = Rotation::from_vector(turn).after(&pose.rotation);
        pose.scale *= (step[3].clamp(-0.3, 0.3) as f32).exp();
        pose.shift[0] += step[4] as f32;
        pose.shift[1] += step[5] as f32;
        let mut largest = 0.0_f64;
        for (share, step) in shares.iter_mut().zip(&step[POSE..]) {
            *share += step;
            largest = largest.max(step.abs());
        }
        let is_still = step[..3].iter().all(|angle| angle.abs() < SMALL_STEP);
        if is_still && largest < 100.0 * SMALL_STEP {
            break;
        }
    }
    (pose, shares.iter().map(|share| *share as f32).collect())
}

/// One Gauss-Newton step: turns in radians, logarithm of the scale, shift in pixels, coefficients.
fn step_towards(
    base: &[Place3; POINTS],
    directions: &[&ShapeDirection],
    pose: &HeadPose,
    shares: &[f64],
    landmarks: &Landmarks,
) -> Option<Vec<f64>> {
    let unknowns = POSE + directions.len();
    let mut matrix = vec![0.0_f64; unknowns * unknowns];
    let mut right = vec![0.0_f64; unknowns];
    let scale = f64::from(pose.scale);
    let mut slopes = [vec![0.0_f64; unknowns], vec![0.0_f64; unknowns]];
    for point in (0..POINTS).filter(|point| weight(*point) > 0.0) {
        let mut place = base[point].map(f64::from);
        for (direction, share) in directions.iter().zip(shares) {
            (0..3).for_each(|axis| place[axis] += share * f64::from(direction[point][axis]));
        }
        let turned = pose.rotation.turn(place.map(|value| value as f32));
        let [x, y, z] = turned.map(|value| scale * f64::from(value));
        slopes[0][..POSE].copy_from_slice(&[0.0, z, -y, x, 1.0, 0.0]);
        slopes[1][..POSE].copy_from_slice(&[-z, 0.0, x, y, 0.0, 1.0]);
        for (index, direction) in directions.iter().enumerate() {
            let [x, y, _] = pose.rotation.turn(direction[point]);
            slopes[0][POSE + index] = scale * f64::from(x);
            slopes[1][POSE + index] = scale * f64::from(y);
        }
        let [seen_x, seen_y] = landmarks.points[point].map(f64::from);
        let miss = [
            seen_x - f64::from(pose.shift[0]) - x,
            seen_y - f64::from(pose.shift[1]) - y,
        ];
        let off = miss[0].hypot(miss[1]) / (scale * FAR_OFF);
        let counts = weight(point) / (scale * NOISE).powi(2) / (1.0 + off * off).powi(2);
        for (slope, miss) in slopes.iter().zip(miss) {
            for row in 0..unknowns {
                let weighted = counts * slope[row];
                right[row] += weighted * miss;
                for column in row..unknowns {
                    matrix[row * unknowns + column] += weighted * slope[column];
                }
            }
        }
    }
    for row in 0..unknowns {
        for column in 0..row {
            matrix[row * unknowns + column] = matrix[column * unknowns + row];
        }
        if row < 3 {
            // A little damping keeps points that lie on one line from turning the head over.
            matrix[row * unknowns + row] += 1e-3 / NOISE.powi(2);
        } else if row >= POSE {
            matrix[row * unknowns + row] += 1.0;
            right[row] -= shares[row - POSE];
        }
    }
    solve(&mut matrix, &mut right, 1)?;
    right.iter().all(|value| value.is_finite()).then_some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pose(angles: [f32; 3]) -> HeadPose {
        HeadPose {
            rotation: Rotation::from_yaw_pitch_roll(angles),
            scale: 120.0,
            shift: [240.0, 250.0],
        }
    }

    fn seen(shape: &[Place3; POINTS], pose: &HeadPose) -> Landmarks {
        Landmarks {
            points: shape.map(|place| pose.project(place)),
        }
    }

    fn angle_between(one: &HeadPose, other: &HeadPose) -> f32 {
        let turn = one.rotation.inverse().after(&other.rotation).to_vector();
        turn.iter().map(|v| v * v).sum::<f32>().sqrt()
    }

    #[test]
    fn a_face_at_rest_keeps_its_pose_and_has_no_expression() {
        let model = FaceShape::built_in();
        let rest = model.shape(&[1.0, -1.5, 0.5], &[]);
        let pose = pose([0.2, -0.1, 0.1]);
        let (found, expression) = model.fit_expression(&rest, &pose, &seen(&rest, &pose));
        assert!(angle_between(&found, &pose) < 1e-4);
        assert!(expression.iter().all(|share| share.abs() < 1e-2));
    }

    #[test]
    fn an_expression_does_not_turn_or_grow_the_head() {
        let model = FaceShape::built_in();
        let rest = model.shape(&[-1.0, 0.5], &[]);
        for leading in 0..6 {
            let mut expression = vec![0.0; model.expression.len()];
            expression[leading] = 2.0;
            let mut shape = rest;
            add(&mut shape, &model.expression, &expression);
            let stands = pose([0.1, 0.05, 0.0]);
            let calm = pose([0.0; 3]);
            let (found, read) = model.fit_expression(&rest, &calm, &seen(&shape, &stands));
            let off = angle_between(&found, &stands).to_degrees();
            assert!(off < 2.0, "expression {leading}: {off} degrees");
            assert!((found.scale / stands.scale - 1.0).abs() < 0.02);
            // what looks like a turn or a size is left to the prior
            assert!(
                read[leading] > 0.8 && read[leading] < 2.2,
                "{}",
                read[leading]
            );
        }
    }

    #[test]
    fn identity_and_expression_of_one_picture_are_told_apart() {
        let model = FaceShape::built_in();
        let person = [1.5, -1.0, 0.8];
        let [calm, moved] = [vec![0.0], vec![1.8, -1.2]].map(|expression| {
            let shape = model.shape(&person, &expression);
            model.fit(&seen(&shape, &pose([0.15, 0.0, 0.05])))
        });
        let apart: f32 = calm
            .identity
            .iter()
            .zip(&moved.identity)
            .map(|(a, b)| (a - b).powi(2))
            .sum::<f32>()
            .sqrt();
        // of an expression of 2.2 standard deviations
        assert!(apart < 1.1, "identity changed by {apart}");
        assert!(moved.expression[0] > 0.8, "{:?}", &moved.expression[..3]);
        assert!(angle_between(&calm.pose, &moved.pose).to_degrees() < 2.0);
    }

    #[test]
    fn a_hand_over_the_chin_hardly_moves_the_rest() {
        let model = FaceShape::built_in();
        let rest = model.shape(&[], &[]);
        let stands = pose([0.0; 3]);
        let mut landmarks = seen(&rest, &stands);
        for point in &mut landmarks.points[6..11] {
            point[0] += 40.0;
        }
        let (found, _) = model.fit_expression(&rest, &stands, &landmarks);
        assert!(angle_between(&found, &stands).to_degrees() < 2.0);
    }
}
