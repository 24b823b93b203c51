//! The presets of meta-training.
//!
//! A preset is a function that returns settings; nothing else in the crate asks which one it was.

use std::path::PathBuf;

use crate::device::DeviceChoice;
use crate::landmark_training_config::Precision;
use crate::meta_training_config::{LossWeights, MetaTrainingConfig, NetworkSize, Variant};
use crate::optimisation::Optimisation;

impl MetaTrainingConfig {
    /// The published settings: 256 px, K = 8, Adam (0, 0.999), two discriminator steps.
    ///
    /// The paper counts 75 epochs (150 feed-forward); `steps` is that for as many videos as
    /// VoxCeleb2 has, in batches of 48.
    pub fn paper(data: PathBuf, output: PathBuf) -> Self {
        Self {
            size: NetworkSize::Paper,
            variant: Variant::FineTuned,
            data,
            stills: None,
            validation: None,
            held_out_people: 8,
            output,
            start_from: None,
            steps: 226_500,
            batch: 48,
            micro_batch: 4,
            shots: 8,
            is_augmented: false,
            losses: LossWeights {
                content: Vec::new(),
                pyramid: 0.0,
                adversarial: 1.0,
                feature_matching: 10.0,
                picture: 1.0,
                embedding_match: 10.0,
            },
            optimisation: Optimisation {
                generator_rate: 5e-5,
                discriminator_rate: 2e-4,
                betas: [0.0, 0.999],
                epsilon: 1e-5,
                discriminator_steps: 2,
                warm_up: 0,
                decay_from: 1.0,
                adversarial_from: 0,
                largest_gradient: 0.0,
                ema_decay: 0.999,
                trained: Vec::new(),
            },
            lpips: None,
            precision: Precision::F32,
            device: DeviceChoice::Cpu,
            threads: available_threads(),
            loader_threads: 1,
            frame_cache_mib: 2048,
            seed: 1,
            report_every: 20,
            checkpoint_every: 500,
            measure_every: 500,
            sheet_minutes: 10,
            measured_episodes: 48,
            kept_checkpoints: 2,
            discriminator_patience: 5000,
        }
    }

    /// 128 px with half the channels, on a few hundred clips: about three hours of one core.
    pub fn small(data: PathBuf, output: PathBuf) -> Self {
        let paper = Self::paper(data, output);
        Self {
            size: NetworkSize::Small,
            steps: 8000,
            batch: 4,
            micro_batch: 4,
            shots: 2,
            is_augmented: true,
            losses: LossWeights {
                pyramid: 20.0,
                ..paper.losses
            },
            optimisation: Optimisation {
                generator_rate: 3e-4,
                discriminator_rate: 4e-4,
                betas: [0.0, 0.99],
                discriminator_steps: 1,
                warm_up: 100,
                decay_from: 0.6,
                adversarial_from: 2000,
                ema_decay: 0.995,
                ..paper.optimisation
            },
            precision: Precision::Bf16,
            ..paper
        }
    }

    /// 64 px, minutes on two cores.
    pub fn tiny(data: PathBuf, output: PathBuf) -> Self {
        let small = Self::small(data, output);
        Self {
            size: NetworkSize::Tiny,
            steps: 3000,
            batch: 8,
            micro_batch: 8,
            optimisation: Optimisation {
                generator_rate: 4e-4,
                adversarial_from: 500,
                ..small.optimisation
            },
            held_out_people: 6,
            measure_every: 250,
            checkpoint_every: 250,
            ..small
        }
    }

    /// 128 px, networks that bend pictures of the person. Two shots, so that they learn to mix; a third of the
    /// episodes shows one of them twice. Weights of the losses suit LPIPS as the content network; the adversarial
    /// ones are such that the patches' gradient is about that of the other losses.
    pub fn portrait_128(data: PathBuf, output: PathBuf) -> Self {
        let small = Self::small(data, output);
        Self {
            size: NetworkSize::Portrait128,
            steps: 30_000,
            batch: 8,
            micro_batch: 8,
            shots: 2,
            losses: LossWeights {
                pyramid: 20.0,
                adversarial: 0.03,
                feature_matching: 0.3,
                ..small.losses
            },
            optimisation: Optimisation {
                generator_rate: 7e-4,
                betas: [0.5, 0.99],
                adversarial_from: 15_000,
                largest_gradient: 50.0,
                ema_decay: 0.998,
                ..small.optimisation
            },
            ..small
        }
    }

    /// 256 px; starts best from weights of [`MetaTrainingConfig::portrait_128`].
    pub fn portrait(data: PathBuf, output: PathBuf) -> Self {
        let smaller = Self::portrait_128(data, output);
        Self {
            size: NetworkSize::Portrait,
            batch: 4,
            micro_batch: 4,
            optimisation: Optimisation {
                generator_rate: 5e-4,
                ..smaller.optimisation
            },
            ..smaller
        }
    }
}

/// Threads of this machine.
fn available_threads() -> u64 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_preset_is_what_was_published() {
        let config = MetaTrainingConfig::paper(PathBuf::new(), PathBuf::new());
        assert_eq!(config.shots, 8);
        assert_eq!(config.optimisation.betas, [0.0, 0.999]);
        assert_eq!(config.optimisation.generator_rate, 5e-5);
        assert_eq!(config.optimisation.discriminator_rate, 2e-4);
        assert_eq!(config.optimisation.discriminator_steps, 2);
        assert_eq!(config.losses.feature_matching, 10.0);
        assert_eq!(config.losses.embedding_match, 10.0);
        assert_eq!(config.optimisation.largest_gradient, 0.0);
        for step in [0, 1000, 226_499] {
            assert_eq!(config.optimisation.schedule(step, config.steps), 1.0);
        }
    }
}
