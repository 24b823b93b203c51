//! The few distributions that augmentation draws from.

use rand::Rng;
use rand::rngs::SmallRng;

/// True with probability `share`.
pub fn chance(rng: &mut SmallRng, share: f32) -> bool {
    rng.random::<f32>() < share
}

/// Uniform between two values.
pub fn uniform(rng: &mut SmallRng, low: f32, high: f32) -> f32 {
    low + (high - low) * rng.random::<f32>()
}

/// Uniform in the logarithm between two positive values.
pub fn log_uniform(rng: &mut SmallRng, low: f32, high: f32) -> f32 {
    uniform(rng, low.ln(), high.ln()).exp()
}

/// Normal with mean 0, by the Box-Muller transform, cut at three deviations.
pub fn normal(rng: &mut SmallRng, deviation: f32) -> f32 {
    let radius = (-2.0 * (1.0 - rng.random::<f32>()).ln()).sqrt();
    let value = radius * (std::f32::consts::TAU * rng.random::<f32>()).cos();
    deviation * value.clamp(-3.0, 3.0)
}
