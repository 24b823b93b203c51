//! How the weights of a run are moved.

use serde::{Deserialize, Serialize};

/// How the weights are moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimisation {
    /// Learning rate of embedder, projection and generator.
    pub generator_rate: f64,
    /// Learning rate of the discriminator.
    pub discriminator_rate: f64,
    /// Adam's decays of the means of gradients and of their squares.
    pub betas: [f64; 2],
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Steps of the discriminator for one of the generator.
    pub discriminator_steps: u64,
    /// Steps over which the rates rise from nothing.
    pub warm_up: u64,
    /// Share of the steps after which the rates fall to a tenth along a cosine; 1 is never.
    pub decay_from: f64,
    /// Steps before the discriminator's opinion counts: content alone.
    pub adversarial_from: u64,
    /// Gradients longer than this are shrunk; 0 is never.
    pub largest_gradient: f64,
    /// Weight of the past in the averaged weights.
    pub ema_decay: f64,
    /// Beginnings of the names of the makers' weights that are moved, such as `mouth_refiner`; the
    /// others stay as they are. Without any, all are moved.
    #[serde(default)]
    pub trained: Vec<String>,
}

impl Optimisation {
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let rates = [
            ("generator_rate", self.generator_rate),
            ("discriminator_rate", self.discriminator_rate),
            ("epsilon", self.epsilon),
        ];
        for (name, rate) in rates {
            if !(rate > 0.0 && rate < 1.0) {
                problems.push(format!("{name} must lie between 0 and 1, not {rate}"));
            }
        }
        let shares = [
            ("betas[0]", self.betas[0]),
            ("betas[1]", self.betas[1]),
            ("ema_decay", self.ema_decay),
        ];
        for (name, share) in shares {
            if !(0.0..1.0).contains(&share) {
                problems.push(format!(
                    "{name} must be at least 0 and below 1, not {share}"
                ));
            }
        }
        if self.discriminator_steps == 0 {
            problems.push("discriminator_steps must be at least 1".into());
        }
        problems
    }

    /// Longest gradient that is left as it is.
    pub(crate) fn gradient_limit(&self) -> f64 {
        if self.largest_gradient > 0.0 {
            self.largest_gradient
        } else {
            f64::INFINITY
        }
    }

    /// Share of the rates at a step: a rise, then full, then a cosine down to a tenth.
    pub(crate) fn schedule(&self, step: u64, steps: u64) -> f64 {
        let rise = if step < self.warm_up {
            (step + 1) as f64 / (self.warm_up + 1) as f64
        } else {
            1.0
        };
        let progress = step as f64 / steps.max(1) as f64;
        if progress <= self.decay_from {
            return rise;
        }
        let fall = (progress - self.decay_from) / (1.0 - self.decay_from).max(1e-9);
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * fall.min(1.0)).cos());
        rise * (0.1 + 0.9 * cosine)
    }
}
