//! Sees early that training has collapsed, and says what to try.
//!
//! Nothing is repaired here: a loss that is no number is never replaced, the run stops.

use tch::{Kind, Tensor};

/// Steps in a row with constant pictures that end a run.
const CONSTANT_STEPS: u64 = 200;
/// Standard deviation within a picture, in units of -1 to 1, under which it counts as constant.
const CONSTANT_SPREAD: f64 = 0.02;
/// Hinge loss of the discriminator under which it tells every picture apart with margin.
const WON: f64 = 0.01;

/// Why a run was stopped.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Collapse {
    /// A loss is no longer a number.
    #[error(
        "the loss {name} became {value} at step {step}; resume with a lower learning rate, a longer warm-up or f32"
    )]
    NotFinite {
        /// Step in question.
        step: u64,
        /// Which loss.
        name: String,
        /// What it became.
        value: f64,
    },
    /// The generator gives one colour.
    #[error(
        "the generator has given pictures of one colour for {CONSTANT_STEPS} steps (spread {spread:.4} at step {step}); \
         resume from an older checkpoint with a lower learning rate, or start the adversarial loss later"
    )]
    ConstantPicture {
        /// Step in question.
        step: u64,
        /// Standard deviation within the pictures.
        spread: f64,
    },
    /// The discriminator has won.
    #[error(
        "the discriminator has told every picture apart for {steps} steps (loss {loss:.5} at step {step}); \
         resume with a lower discriminator rate, fewer discriminator steps, more people or augmentation, or raise discriminator_patience"
    )]
    DiscriminatorWon {
        /// Step in question.
        step: u64,
        /// Steps in a row.
        steps: u64,
        /// Its loss.
        loss: f64,
    },
}

/// Watches a run.
#[derive(Debug, Clone)]
pub(crate) struct CollapseWatch {
    /// Steps that the discriminator may win in a row; 0 is for ever.
    patience: u64,
    constant: u64,
    won: u64,
}

impl CollapseWatch {
    pub(crate) fn new(patience: u64) -> Self {
        Self {
            patience,
            constant: 0,
            won: 0,
        }
    }

    /// Look at a step's losses and at how far its pictures are from one colour.
    pub(crate) fn look(
        &mut self,
        step: u64,
        losses: &[(&str, f64)],
        spread: f64,
    ) -> Result<(), Collapse> {
        for (name, value) in losses.iter().copied().chain([("picture spread", spread)]) {
            if !value.is_finite() {
                let name = name.to_owned();
                return Err(Collapse::NotFinite { step, name, value });
            }
        }
        self.constant = if spread < CONSTANT_SPREAD {
            self.constant + 1
        } else {
            0
        };
        if self.constant >= CONSTANT_STEPS {
            return Err(Collapse::ConstantPicture { step, spread });
        }
        let judge = losses.iter().find(|(name, _)| *name == "discriminator");
        let Some((_, loss)) = judge else {
            return Ok(());
        };
        self.won = if *loss < WON { self.won + 1 } else { 0 };
        if self.patience > 0 && self.won >= self.patience {
            return Err(Collapse::DiscriminatorWon {
                step,
                steps: self.won,
                loss: *loss,
            });
        }
        Ok(())
    }
}

/// Mean over pictures of the standard deviation of a picture's values; 0 for one colour.
///
/// # Shapes
/// `[batch, 3, height, width]`, -1 to 1
pub(crate) fn spread(pictures: &Tensor) -> f64 {
    let flat = pictures.detach().to_kind(Kind::Float).flatten(2, 3);
    flat.std_dim([2i64].as_slice(), false, false)
        .mean(Kind::Double)
        .double_value(&[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn a_loss_that_is_no_number_stops_at_once_and_is_named() {
        let mut watch = CollapseWatch::new(10);
        let error = watch.look(7, &[("content", f64::NAN)], 0.5).unwrap_err();
        assert!(error.to_string().contains("content became NaN at step 7"));
        let error = watch
            .look(8, &[("content", 1.0)], f64::INFINITY)
            .unwrap_err();
        assert!(matches!(error, Collapse::NotFinite { .. }));
    }

    #[test]
    fn one_colour_for_long_stops_and_a_dark_moment_does_not() {
        let mut watch = CollapseWatch::new(0);
        for step in 0..CONSTANT_STEPS - 1 {
            watch.look(step, &[], 0.0).unwrap();
        }
        watch.look(999, &[], 0.3).unwrap();
        for step in 0..CONSTANT_STEPS - 1 {
            watch.look(step, &[], 0.001).unwrap();
        }
        let error = watch.look(1000, &[], 0.001).unwrap_err();
        assert!(matches!(
            error,
            Collapse::ConstantPicture { step: 1000, .. }
        ));
    }

    #[test]
    fn a_discriminator_that_always_wins_stops_after_its_patience() {
        let mut watch = CollapseWatch::new(3);
        for step in 0..2 {
            watch.look(step, &[("discriminator", 0.0)], 0.3).unwrap();
        }
        watch.look(2, &[("discriminator", 1.2)], 0.3).unwrap();
        for step in 3..5 {
            watch.look(step, &[("discriminator", 0.0)], 0.3).unwrap();
        }
        let error = watch.look(5, &[("discriminator", 0.0)], 0.3).unwrap_err();
        assert!(matches!(error, Collapse::DiscriminatorWon { steps: 3, .. }));
    }

    #[test]
    fn the_spread_of_one_colour_is_nothing_even_where_channels_differ() {
        let colours = Tensor::from_slice(&[-0.5f32, 0.2, 0.9]).view([1, 3, 1, 1]);
        assert!(spread(&colours.expand([2, 3, 8, 8], false)) < 1e-6);
        let noise = Tensor::randn([2, 3, 32, 32], (Kind::Float, Device::Cpu));
        assert!((spread(&noise) - 1.0).abs() < 0.1);
    }
}
