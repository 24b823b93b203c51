//! Adversarial losses: hinges for the discriminator, the bare score for the generator.
//!
//! Lim and Ye 2017; in Zakharov et al. 2019, Eq. (6) and (9). Scores are unbounded: there is no
//! sigmoid, under which a hinge at 1 could never be reached.

use tch::{Kind, Tensor};

/// What the discriminator minimises: real pictures should score above 1, made ones below -1.
///
/// # Shapes
/// `real`, `made`: `[batch]`; returns a scalar, the mean over the batch
pub fn discriminator_loss(real: &Tensor, made: &Tensor) -> Tensor {
    let real: Tensor = 1.0 - real;
    let made: Tensor = 1.0 + made;
    real.relu().mean(None::<Kind>) + made.relu().mean(None::<Kind>)
}

/// What the generator minimises: the negative score of what it made.
///
/// # Shapes
/// `made`: `[batch]`; returns a scalar, the mean over the batch
pub fn generator_loss(made: &Tensor) -> Tensor {
    -made.mean(None::<Kind>)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(tensor: &Tensor) -> f64 {
        f64::try_from(tensor).unwrap()
    }

    #[test]
    fn right_scores_beyond_the_margin_cost_nothing_and_pull_no_more() {
        let real = Tensor::from_slice(&[1.5f32, 7.0]).set_requires_grad(true);
        let made = Tensor::from_slice(&[-1.5f32, -7.0]).set_requires_grad(true);
        let loss = discriminator_loss(&real, &made);
        assert_eq!(number(&loss), 0.0);
        loss.backward();
        assert_eq!(number(&real.grad().abs().max()), 0.0);
        assert_eq!(number(&made.grad().abs().max()), 0.0);
    }

    #[test]
    fn wrong_scores_cost_in_proportion_however_wrong_they_are() {
        // under a sigmoid both losses would saturate instead of growing by 10
        let scores = |value: f32| Tensor::from_slice(&[value]);
        let loss = |shift: f32| number(&discriminator_loss(&scores(-shift), &scores(shift)));
        assert_eq!(loss(0.0), 2.0);
        assert_eq!(loss(10.0), 22.0);
        assert_eq!(loss(20.0), 42.0);
    }

    #[test]
    fn the_generator_is_pulled_the_same_at_every_score() {
        for score in [-30.0f32, 0.0, 30.0] {
            let made = Tensor::from_slice(&[score]).set_requires_grad(true);
            let loss = generator_loss(&made);
            assert_eq!(number(&loss), f64::from(-score));
            loss.backward();
            assert_eq!(number(&made.grad()), -1.0);
        }
    }
}
