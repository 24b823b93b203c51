//! Entry point that trains the watermark's networks; the loop is that of `network_run.rs`.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use dataset::{Split, find_sources};
use media::Image;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tch::Tensor;

use crate::adam::AdamConfig;
use crate::network_run::{NetworkRun, Recipe, StepLosses, write_network};
use crate::network_run_event::{Event, Listener, RunError, Summary};
use crate::run_folder::RunFolder;
use crate::watermark_pictures::load_pictures;
use crate::watermark_system::{LossWeights, SIDE_PX, WatermarkLosses, WatermarkSystem, stack};
use crate::watermark_training_config::WatermarkTrainingConfig;
use crate::watermark_training_error::WatermarkTrainingError;

const RECIPE: Recipe = Recipe {
    adam: AdamConfig {
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-8,
        weight_decay: 0.0,
    },
    ema_decay: 0.995,
    largest_gradient: 1.0,
    kept: 2,
};
/// The mark is this much stronger at the first step, and as it should be after [`STRONG_UNTIL`].
const FIRST_GAIN: f64 = 4.0;
/// Steps until the mark has its strength.
const STRONG_UNTIL: u64 = 300;

/// Train the networks; the run folder's newest checkpoint is resumed.
///
/// # Errors
/// See [`WatermarkTrainingError`]. What was learned up to the last checkpoint is kept.
pub fn train_watermark(
    config: &WatermarkTrainingConfig,
    listener: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<Summary, WatermarkTrainingError> {
    let listener = &mut Listener::new(listener);
    RunError::unless_fine(config.problems())?;
    let settings = config.run_settings();
    settings.prepare();
    let system = WatermarkSystem::new(config.preset);
    let difference = |written: &str| config.difference(written);
    let tensors = [system.weights(), system.weights()];
    let mut run = NetworkRun::open(settings, RECIPE, tensors, &difference, listener)?;
    let store = run.folder.picture("squares.rgb");
    let pictures = load_pictures(&config.data, &config.held_out, SIDE_PX, &store, listener)?;
    let coded = run.folder.picture("coded.mp4");
    let mut take_step = |step| losses(config, &system, &pictures, &coded, step);
    let was_stopped = run.train(&mut take_step, listener)?;
    run.save(listener)?;
    let exported = match &config.export {
        Some(folder) if !was_stopped => {
            run.take_averages();
            export(&system, folder)?
        }
        _ => Vec::new(),
    };
    Ok(Summary {
        step: run.step(),
        was_stopped,
        exported,
    })
}

/// What a run would use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatermarkPlan {
    /// Weights of the three networks together.
    pub parameters: usize,
    /// Clips and stills to learn from.
    pub sources: usize,
    /// Clips and stills kept for measuring.
    pub held_out: usize,
    /// Step of the checkpoint that the run would go on from; `None` for a new one.
    pub resumes_at: Option<u64>,
}

/// Say what a run would use, and start nothing.
///
/// # Errors
/// Where the settings make no sense, or the data or the run folder cannot be read.
pub fn plan_watermark_training(
    config: &WatermarkTrainingConfig,
) -> Result<WatermarkPlan, WatermarkTrainingError> {
    RunError::unless_fine(config.problems())?;
    let sources = find_sources(&config.data, &config.held_out)?;
    let learned = sources.iter().filter(|source| source.split == Split::Train);
    let sources_learned = learned.count();
    let system = WatermarkSystem::new(config.preset);
    let steps = RunFolder::steps_in(&config.output);
    let steps = steps.map_err(|source| RunError::at(&config.output, source))?;
    Ok(WatermarkPlan {
        parameters: system.weights().values().map(Tensor::numel).sum(),
        sources: sources_learned,
        held_out: sources.len() - sources_learned,
        resumes_at: steps.last().copied(),
    })
}

/// The forward pass of a step; pictures that go through a video encoder lie at `coded` for the moment.
fn losses(
    config: &WatermarkTrainingConfig,
    system: &WatermarkSystem,
    pictures: &[Image],
    coded: &Path,
    step: u64,
) -> Result<StepLosses, WatermarkTrainingError> {
    let seed = config.seed.wrapping_add(step.wrapping_mul(7919));
    let mut random = StdRng::seed_from_u64(seed);
    tch::manual_seed(seed as i64);
    let batch = stack(pictures, config.batch, &mut random);
    let weights = LossWeights {
        least_psnr_db: config.least_psnr_db,
        visibility: config.visibility_weight,
    };
    let video = random.random_bool(config.video_share).then_some(coded);
    let losses = system.losses(&batch, gain(config, step), &weights, video, &mut random)?;
    Ok(StepLosses {
        named: named(&losses),
        total: losses.total,
        waited_s: 0.0,
    })
}

/// How much stronger than wanted the mark is at a step.
fn gain(config: &WatermarkTrainingConfig, step: u64) -> f64 {
    if config.start_from.is_some() {
        return 1.0;
    }
    let left = 1.0 - (step as f64 / STRONG_UNTIL as f64).min(1.0);
    FIRST_GAIN.powf(left)
}

fn named(losses: &WatermarkLosses) -> Vec<(&'static str, f64)> {
    let reading = match losses.is_video {
        true => "reading video",
        false => "reading",
    };
    vec![
        (reading, losses.reading),
        ("visibility", losses.visibility),
        ("PSNR dB", losses.psnr_db),
        ("chips read", losses.right),
    ]
}

fn export(system: &WatermarkSystem, folder: &Path) -> Result<Vec<PathBuf>, WatermarkTrainingError> {
    fs::create_dir_all(folder).map_err(|source| RunError::at(folder, source))?;
    let mut paths = Vec::new();
    for (name, bytes) in system.export() {
        let path = folder.join(name);
        write_network(&path, &bytes)?;
        paths.push(path);
    }
    Ok(paths)
}
