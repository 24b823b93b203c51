//! Feature matching: what was made should look to the discriminator as the real picture does.
//!
//! Wang et al. 2018 (pix2pixHD), Eq. (4): mean over the elements of each layer.

use tch::{Kind, Reduction, Tensor};

/// L1 distance of the discriminator's features, mean over layers. The real picture's features are
/// a target: no gradient flows into them.
///
/// # Panics
/// If the two lists differ in length: a wiring bug, never a user error.
pub fn feature_matching_loss(made: &[Tensor], real: &[Tensor]) -> Tensor {
    assert_eq!(made.len(), real.len(), "features of one network");
    let distance = |(made, real): (&Tensor, &Tensor)| {
        let kind = wide(made.kind());
        let (made, real) = (made.to_kind(kind), real.detach().to_kind(kind));
        made.l1_loss(&real, Reduction::Mean)
    };
    let distances: Vec<Tensor> = made.iter().zip(real).map(distance).collect();
    Tensor::stack(&distances, 0).mean(None::<Kind>)
}

/// 16-bit features are compared in 32 bits.
pub(super) fn wide(kind: Kind) -> Kind {
    networks::blocks::wide_kind(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn every_layer_weighs_the_same_whatever_its_size() {
        let options = (Kind::Float, Device::Cpu);
        let zeros = [
            Tensor::zeros([1, 2, 8, 8], options),
            Tensor::zeros([1, 64, 2, 2], options),
        ];
        let made = [&zeros[0] + 3.0, &zeros[1] - 1.0];
        let loss = feature_matching_loss(&made, &zeros);
        assert_eq!(f64::try_from(loss).unwrap(), 2.0);
    }

    #[test]
    fn gradient_reaches_what_was_made_and_not_what_is_real() {
        let made = Tensor::from_slice(&[1.0f32, 2.0]).set_requires_grad(true);
        let real = Tensor::from_slice(&[0.0f32, 0.0]).set_requires_grad(true);
        feature_matching_loss(&[made.shallow_clone()], &[real.shallow_clone()]).backward();
        assert_eq!(Vec::<f32>::try_from(made.grad()).unwrap(), [0.5, 0.5]);
        assert!(!real.grad().defined());
    }
}
