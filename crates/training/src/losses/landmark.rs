//! Distance of predicted landmarks from their labels, and whether there is a face at all.
//!
//! Wing loss: Feng et al. 2018, Eq. (5): logarithmic near zero, so that small errors still pull,
//! and linear far out. The openings of eyelids and lips count on their own, for a blink is a small
//! error of two points and a large one of their distance.

use tch::{Kind, Reduction, Tensor};

/// Error in pixels of the crop where the logarithm becomes a line.
const WING_PX: f64 = 8.0;
/// Curvature of the logarithmic part, pixels.
const CURVATURE_PX: f64 = 1.5;
/// Weight of the openings beside the points.
const OPENING_WEIGHT: f64 = 1.5;
/// Weight of the presence beside the points.
const PRESENCE_WEIGHT: f64 = 2.0;
/// Upper and lower points whose distance opens an eye or the mouth.
const OPENINGS: [(i64, i64); 7] = [
    (37, 41),
    (38, 40),
    (43, 47),
    (44, 46),
    (61, 67),
    (62, 66),
    (63, 65),
];

/// What the network should have said.
#[derive(Debug)]
pub struct LandmarkTargets {
    /// `[batch, points, 2]`, pixels of the crop; anything where there is no face.
    pub points: Tensor,
    /// `[batch, 1]`, 1 where the crop shows a face, 0 where not.
    pub presence: Tensor,
}

/// The parts of the loss; [`LandmarkLoss::total`] is what is minimised.
#[derive(Debug)]
pub struct LandmarkLoss {
    /// Wing loss of the points.
    pub points: Tensor,
    /// Wing loss of the openings.
    pub openings: Tensor,
    /// Cross-entropy of the presence.
    pub presence: Tensor,
}

impl LandmarkLoss {
    /// Weighted sum.
    pub fn total(&self) -> Tensor {
        &self.points + &self.openings * OPENING_WEIGHT + &self.presence * PRESENCE_WEIGHT
    }
}

/// Compare predictions with targets.
///
/// # Shapes
/// - `points`: `[batch, points, 2]`; `presence`: `[batch, 1]`, logits
/// - returns: three scalars
pub fn landmark_loss(
    points: &Tensor,
    presence: &Tensor,
    targets: &LandmarkTargets,
) -> LandmarkLoss {
    let mask = targets.presence.view([-1, 1, 1]);
    let faces = mask.sum(Kind::Float).clamp_min(1.0);
    let weights = point_weights().to_device(points.device()).view([1, -1, 1]);
    let count = points.size()[1] as f64 * 2.0;
    let apart = wing(&(points - &targets.points)) * &mask * &weights;
    let opened = |points: &Tensor| {
        let part = |pick: fn(&(i64, i64)) -> i64| {
            let indices: Vec<i64> = OPENINGS.iter().map(pick).collect();
            points.index_select(1, &Tensor::from_slice(&indices).to_device(points.device()))
        };
        part(|pair| pair.1) - part(|pair| pair.0) // [batch, openings, 2]
    };
    let openings = wing(&(opened(points) - opened(&targets.points))) * &mask;
    LandmarkLoss {
        points: apart.sum(Kind::Float) / (&faces * count),
        openings: openings.sum(Kind::Float) / (&faces * (2 * OPENINGS.len()) as f64),
        presence: presence.binary_cross_entropy_with_logits(
            &targets.presence,
            None::<Tensor>,
            None::<Tensor>,
            Reduction::Mean,
        ),
    }
}

fn wing(difference: &Tensor) -> Tensor {
    let size = difference.abs();
    let near = (&size / CURVATURE_PX).log1p() * WING_PX;
    let offset = WING_PX - WING_PX * (1.0 + WING_PX / CURVATURE_PX).ln();
    near.where_self(&size.lt(WING_PX), &(size - offset))
}

/// The outline slides along itself unnoticed, eyes and lips do not.
fn point_weights() -> Tensor {
    let weight = |index: usize| match index {
        0..=16 => 0.7f32,
        36..=47 => 1.3,
        68.. => 2.0,
        _ => 1.0,
    };
    Tensor::from_slice(&(0..70).map(weight).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    fn zeros(presence: &[f32]) -> (Tensor, LandmarkTargets) {
        let batch = presence.len() as i64;
        let points = Tensor::zeros([batch, 70, 2], (Kind::Float, Device::Cpu));
        let presence = Tensor::from_slice(presence).view([batch, 1]);
        (points.copy(), LandmarkTargets { points, presence })
    }

    #[test]
    fn exact_points_cost_nothing_and_the_wing_is_continuous() {
        let (points, targets) = zeros(&[1.0, 1.0]);
        let logits = Tensor::from_slice(&[20.0f32, 20.0]).view([2, 1]);
        let loss = landmark_loss(&points, &logits, &targets);
        assert!(f64::try_from(loss.total()).unwrap() < 1e-6);
        let ends = wing(&Tensor::from_slice(&[
            WING_PX as f32 - 1e-4,
            WING_PX as f32 + 1e-4,
        ]));
        assert!(f64::try_from(ends.get(0) - ends.get(1)).unwrap().abs() < 1e-3);
    }

    #[test]
    fn points_of_faceless_crops_do_not_count() {
        let (points, targets) = zeros(&[1.0, 0.0]);
        let logits = Tensor::zeros([2, 1], (Kind::Float, Device::Cpu));
        let wrong = &points + Tensor::from_slice(&[0.0f32, 50.0]).view([2, 1, 1]);
        let loss = landmark_loss(&wrong, &logits, &targets);
        assert_eq!(f64::try_from(loss.points).unwrap(), 0.0);
        assert_eq!(f64::try_from(loss.openings).unwrap(), 0.0);
    }

    #[test]
    fn a_missed_blink_costs_more_than_the_same_error_elsewhere() {
        let (points, targets) = zeros(&[1.0]);
        let logits = Tensor::from_slice(&[20.0f32]).view([1, 1]);
        let moved = |index: i64| {
            let moved = points.copy();
            drop(moved.get(0).get(index).fill_(3.0));
            f64::try_from(landmark_loss(&moved, &logits, &targets).total()).unwrap()
        };
        assert!(moved(37) > 2.0 * moved(30));
    }
}
