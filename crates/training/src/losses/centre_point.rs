//! Loss of a face detector that marks centre points: Zhou et al. 2019, "Objects as Points",
//! Eq. (1) for the score, L1 for the place.

use tch::{Kind, Tensor};

/// Exponent that quiets cells already right.
const FOCUS: f64 = 2.0;
/// Exponent that quiets cells near a centre.
const NEARNESS: f64 = 4.0;
/// Weight of the place beside the score.
const PLACE_WEIGHT: f64 = 1.0;

/// What the network should have said, on its grid.
#[derive(Debug)]
pub struct CentrePointTargets {
    /// `[batch, height, width]`, 1 at a face's centre, falling off around it, 0 far away.
    pub heat: Tensor,
    /// `[batch, 5, height, width]`: offset x and y, logarithm of the size, cosine and sine.
    pub place: Tensor,
    /// `[batch, height, width]`, 1 where `place` counts.
    pub is_near: Tensor,
}

/// Compare predictions with targets: score and place, two scalars, each per face.
///
/// # Shapes
/// `faces`: `[batch, 6, height, width]`, as `networks::FaceDetectorNet` gives them.
pub fn centre_point_loss(faces: &Tensor, targets: &CentrePointTargets) -> (Tensor, Tensor) {
    let faces = faces.to_kind(Kind::Float);
    let logit = faces.select(1, 0);
    let chance = logit.sigmoid();
    let is_centre = targets.heat.ge(0.999).to_kind(Kind::Float);
    let count = is_centre.sum(Kind::Float).clamp_min(1.0);
    let doubt: Tensor = 1.0 - &chance;
    let hit = logit.log_sigmoid() * doubt.pow_tensor_scalar(FOCUS) * &is_centre;
    let far: Tensor = 1.0 - &targets.heat;
    let quiet = far.pow_tensor_scalar(NEARNESS) * (1.0 - &is_centre);
    let miss = logit.neg().log_sigmoid() * chance.pow_tensor_scalar(FOCUS) * quiet;
    let right: Tensor = hit + miss;
    let score = right.sum(Kind::Float).neg() / &count;
    let near = targets.is_near.unsqueeze(1);
    let apart = (faces.narrow(1, 1, 5) - &targets.place).abs() * &near;
    let place = apart.sum(Kind::Float) / near.sum(Kind::Float).clamp_min(1.0);
    (score, place * PLACE_WEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    fn one_face() -> CentrePointTargets {
        let options = (Kind::Float, Device::Cpu);
        let heat = Tensor::zeros([1, 8, 8], options);
        drop(heat.get(0).get(3).get(5).fill_(1.0));
        let place = Tensor::zeros([1, 5, 8, 8], options);
        CentrePointTargets {
            is_near: heat.copy(),
            heat,
            place,
        }
    }

    fn logits(centre: f64) -> Tensor {
        let faces = Tensor::zeros([1, 6, 8, 8], (Kind::Float, Device::Cpu));
        drop(faces.get(0).get(0).fill_(-9.0));
        drop(faces.get(0).get(0).get(3).get(5).fill_(centre));
        faces
    }

    #[test]
    fn a_found_face_costs_almost_nothing_and_a_missed_one_much() {
        let score =
            |centre| f64::try_from(centre_point_loss(&logits(centre), &one_face()).0).unwrap();
        assert!(score(9.0) < 1e-3);
        assert!(score(-9.0) > 5.0);
    }

    #[test]
    fn a_false_find_costs_and_the_place_counts_only_near_faces() {
        let faces = logits(9.0);
        drop(faces.get(0).get(0).get(0).get(0).fill_(5.0));
        drop(faces.get(0).get(3).get(7).get(7).fill_(100.0));
        let (score, place) = centre_point_loss(&faces, &one_face());
        assert!(f64::try_from(score).unwrap() > 4.0);
        assert_eq!(f64::try_from(place).unwrap(), 0.0);
    }
}
