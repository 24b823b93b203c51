//! Laying points with depth onto others: turned, scaled and moved, never bent.

use landmarks::{POINTS, Place3, Rotation, linear_system};

/// How much each point counts.
pub(crate) struct Weighted([f64; POINTS]);

impl Weighted {
    /// Weights by a point's index.
    pub(crate) fn by(weight: fn(usize) -> f32) -> Self {
        Self(std::array::from_fn(|point| f64::from(weight(point))))
    }
}

/// Points that were laid onto others.
pub(crate) struct Laid {
    pub(crate) points: [Place3; POINTS],
    /// How much they were enlarged.
    pub(crate) scale: f32,
}

/// Most steps; heads that are not upside down need under ten.
const MOST_STEPS: usize = 40;

/// Turn, scale and move `points` so that the weighted squared distance from `onto` is least; `None`
/// where the points determine no turn.
pub(crate) fn laid_onto(
    weights: &Weighted,
    points: &[Place3; POINTS],
    onto: &[Place3; POINTS],
) -> Option<Laid> {
    let [from, to] = [points, onto].map(|points| centre(weights, points));
    let centred = |points: &[Place3; POINTS], middle: Place3| {
        points.map(|place| [0, 1, 2].map(|axis| place[axis] - middle[axis]))
    };
    let [points, onto] = [centred(points, from), centred(onto, to)];
    let size = |points: &[Place3; POINTS]| -> f32 {
        let squares = points.iter().zip(&weights.0);
        let sum = squares.map(|(place, weight)| {
            *weight
                * place
                    .iter()
                    .map(|value| f64::from(*value).powi(2))
                    .sum::<f64>()
        });
        sum.sum::<f64>().sqrt() as f32
    };
    let mut scale = size(&onto) / size(&points);
    if !scale.is_finite() {
        return None;
    }
    let mut turn = Rotation::NONE;
    for _ in 0..MOST_STEPS {
        let now = points.map(|place| turn.turn(place).map(|value| scale * value));
        let [x, y, z, growth] = step(weights, &now, &onto)?;
        turn = Rotation::from_vector([x, y, z]).after(&turn);
        scale *= growth.clamp(-0.3, 0.3).exp();
        if x.abs().max(y.abs()).max(z.abs()) < 1e-6 {
            break;
        }
    }
    let place = |place: Place3| {
        let turned = turn.turn(place);
        [0, 1, 2].map(|axis| scale * turned[axis] + to[axis])
    };
    Some(Laid {
        points: points.map(place),
        scale,
    })
}

fn centre(weights: &Weighted, points: &[Place3; POINTS]) -> Place3 {
    let whole: f64 = weights.0.iter().sum();
    [0, 1, 2].map(|axis| {
        let values = points.iter().zip(&weights.0);
        let sum: f64 = values
            .map(|(place, weight)| weight * f64::from(place[axis]))
            .sum();
        (sum / whole) as f32
    })
}

/// One Gauss-Newton step: a turn in radians and the logarithm of the growth.
fn step(weights: &Weighted, now: &[Place3; POINTS], onto: &[Place3; POINTS]) -> Option<[f32; 4]> {
    let mut matrix = [0.0_f64; 16];
    let mut right = [0.0_f64; 4];
    for ((place, wanted), weight) in now.iter().zip(onto).zip(&weights.0) {
        let [x, y, z] = place.map(f64::from);
        let slopes = [[0.0, z, -y, x], [-z, 0.0, x, y], [y, -x, 0.0, z]];
        for (axis, slope) in slopes.iter().enumerate() {
            let miss = f64::from(wanted[axis]) - f64::from(place[axis]);
            for row in 0..4 {
                right[row] += weight * slope[row] * miss;
                for column in 0..4 {
                    matrix[4 * row + column] += weight * slope[row] * slope[column];
                }
            }
        }
    }
    linear_system::solve(&mut matrix, &mut right, 1)?;
    let step = right.map(|value| value as f32);
    step.iter().all(|value| value.is_finite()).then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::{MEAN_HEAD, firmness};

    #[test]
    fn a_turned_shrunk_and_moved_head_is_laid_back() {
        let turn = Rotation::from_yaw_pitch_roll([0.7, -0.3, 0.4]);
        let moved = MEAN_HEAD.map(|place| {
            let turned = turn.turn(place);
            [0, 1, 2].map(|axis| 90.0 * turned[axis] + 40.0)
        });
        let laid = laid_onto(&Weighted::by(firmness), &moved, &MEAN_HEAD).unwrap();
        assert!((laid.scale * 90.0 - 1.0).abs() < 1e-4);
        for (place, wanted) in laid.points.iter().zip(&MEAN_HEAD) {
            assert!((0..3).all(|axis| (place[axis] - wanted[axis]).abs() < 1e-3));
        }
    }

    #[test]
    fn points_that_are_one_place_are_refused() {
        let place = [[3.0, 2.0, 1.0]; POINTS];
        assert!(laid_onto(&Weighted::by(firmness), &place, &MEAN_HEAD).is_none());
    }
}
