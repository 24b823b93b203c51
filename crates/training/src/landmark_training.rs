//! Entry point that trains the face detector or the landmark network from labelled data.
//!
//! Sample `n` is the same whenever and by however many threads it is drawn; the loop is that of `network_run.rs`.

use std::ops::ControlFlow;
use std::time::Instant;

use tch::Device;

use crate::adam::AdamConfig;
use crate::face_task::FaceTask;
use crate::landmark_training_config::LandmarkTrainingConfig;
use crate::landmark_training_error::LandmarkTrainingError;
use crate::network_run::{NetworkRun, Recipe, StepLosses, write_network};
use crate::network_run_event::{Event, Listener, RunError, Summary};

const RECIPE: Recipe = Recipe {
    adam: AdamConfig {
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-8,
        weight_decay: 0.01,
    },
    ema_decay: 0.999,
    largest_gradient: 20.0,
    kept: 3,
};

/// Train a network; the run folder's newest checkpoint is resumed.
///
/// # Errors
/// See [`LandmarkTrainingError`]. What was learned up to the last checkpoint is kept.
pub fn train_landmarks(
    config: &LandmarkTrainingConfig,
    listener: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<Summary, LandmarkTrainingError> {
    let listener = &mut Listener::new(listener);
    RunError::unless_fine(config.problems())?;
    let settings = config.run_settings();
    settings.prepare();
    let mut task = FaceTask::load(config, listener)?;
    let difference = |written: &str| config.difference(written);
    let tensors = [task.weights(), task.trainable()];
    let mut run = NetworkRun::open(settings, RECIPE, tensors, &difference, listener)?;
    write_sample_sheet(&run, &task)?;
    task.start(run.step(), config);
    let was_stopped = run.train(&mut |_| losses(&mut task), listener)?;
    run.save(listener)?;
    let mut exported = Vec::new();
    if let (Some(path), false) = (&config.export, was_stopped) {
        run.take_averages();
        write_network(path, &task.export())?;
        exported.push(path.clone());
    }
    Ok(Summary {
        step: run.step(),
        was_stopped,
        exported,
    })
}

fn losses(task: &mut FaceTask) -> Result<StepLosses, LandmarkTrainingError> {
    let waited = Instant::now();
    let batch = task.next_batch().ok_or(LandmarkTrainingError::Loader)?;
    let waited_s = waited.elapsed().as_secs_f64();
    let losses = task.losses(&batch);
    Ok(StepLosses {
        named: losses.named(),
        total: losses.total,
        waited_s,
    })
}

fn write_sample_sheet(run: &NetworkRun<'_>, task: &FaceTask) -> Result<(), LandmarkTrainingError> {
    let path = run.folder.picture("samples.png");
    media::write_png_with(&path, &task.sample_sheet(), &media::Metadata::of_copies())
        .map_err(|source| LandmarkTrainingError::Sheet { path, source })
}

/// The device that networks live on.
pub(crate) const DEVICE: Device = Device::Cpu;
