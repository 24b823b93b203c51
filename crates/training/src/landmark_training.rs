//! Entry point that trains the face detector or the landmark network from labelled data.
//!
//! The run is a function of its settings: sample `n` is the same whenever and by however many
//! threads it is drawn, and a checkpoint holds everything, so a resumed run goes on as if it had
//! never stopped.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use networks::checkpoint::Checkpoint;
use tch::{Device, Tensor};

use crate::adam::{Adam, AdamConfig};
use crate::ema::Ema;
use crate::face_task::FaceTask;
use crate::landmark_training_config::{LandmarkTrainingConfig, difference};
use crate::landmark_training_event::{Event, LandmarkTrainingError, Listener, Summary};
use crate::run_folder::RunFolder;
use crate::step_report::{Report, schedule};

/// Weight of the past in the averaged weights.
const EMA_DECAY: f64 = 0.999;
/// Gradients longer than this are shrunk.
const LARGEST_GRADIENT: f64 = 20.0;
/// Newest checkpoints that stay.
const KEPT: usize = 3;
const ADAM: AdamConfig = AdamConfig {
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    weight_decay: 0.01,
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
    let problems = config.problems();
    if !problems.is_empty() {
        return Err(LandmarkTrainingError::Settings { problems });
    }
    tch::set_num_threads(config.threads as i32);
    tch::manual_seed(config.seed as i64);
    let mut task = FaceTask::load(config, listener)?;
    let mut run = Run::open(config, &task, listener)?;
    run.write_sample_sheet(&task)?;
    task.start(run.step, config);
    let was_stopped = run.train(&mut task, listener)?;
    run.save(listener)?;
    let export = match &config.export {
        Some(path) if !was_stopped => Some(run.export(&task, path)?),
        _ => None,
    };
    Ok(Summary {
        step: run.step,
        was_stopped,
        export,
    })
}

/// State of a run between two steps.
struct Run<'a> {
    config: &'a LandmarkTrainingConfig,
    folder: RunFolder,
    weights: BTreeMap<String, Tensor>,
    adam: Adam,
    ema: Ema,
    step: u64,
}

impl<'a> Run<'a> {
    fn open(
        config: &'a LandmarkTrainingConfig,
        task: &FaceTask,
        listener: &mut Listener<'_>,
    ) -> Result<Self, LandmarkTrainingError> {
        let io = |source| LandmarkTrainingError::Io {
            path: config.output.clone(),
            source,
        };
        let folder = RunFolder::create(&config.output).map_err(io)?;
        let weights = task.weights();
        let adam = Adam::new(ADAM, task.trainable());
        let ema = Ema::new(&weights);
        let mut run = Self {
            config,
            folder,
            weights,
            adam,
            ema,
            step: 0,
        };
        if let Some(&step) = run.folder.steps().map_err(io)?.last() {
            run.resume(step)?;
            listener.tell(Event::Resumed { step });
        } else {
            if let Some(path) = &config.start_from {
                let checkpoint = Checkpoint::load(path)?;
                checkpoint.copy_into("ema.", &run.weights, path)?;
                run.ema = Ema::new(&run.weights);
            }
            let text = toml::to_string(config).expect("settings are plain values");
            run.folder.write_config(&text).map_err(io)?;
        }
        Ok(run)
    }

    fn resume(&mut self, step: u64) -> Result<(), LandmarkTrainingError> {
        let path = self.folder.checkpoint(step);
        let checkpoint = Checkpoint::load(&path)?;
        let written: LandmarkTrainingConfig = checkpoint
            .words
            .get("config")
            .and_then(|text| toml::from_str(text).ok())
            .ok_or_else(|| LandmarkTrainingError::OtherRun {
                path: path.clone(),
                difference: "it holds no settings".into(),
            })?;
        if let Some(difference) = difference(&written, self.config) {
            return Err(LandmarkTrainingError::OtherRun { path, difference });
        }
        checkpoint.copy_into("net.", &self.weights, &path)?;
        checkpoint.copy_into("ema.", self.ema.tensors(), &path)?;
        checkpoint.copy_into("adam.", &self.adam.state(), &path)?;
        self.adam.set_steps(step as i64);
        self.step = step;
        Ok(())
    }

    /// Steps until the end; true where the listener asked to stop.
    fn train(
        &mut self,
        task: &mut FaceTask,
        listener: &mut Listener<'_>,
    ) -> Result<bool, LandmarkTrainingError> {
        let mut since = Report::default();
        while self.step < self.config.steps && !listener.wants_end() {
            let waited = Instant::now();
            let batch = task.next_batch().ok_or(LandmarkTrainingError::Loader)?;
            since.waited_s += waited.elapsed().as_secs_f64();
            let losses = task.losses(&batch);
            self.adam.zero_gradients();
            losses.total().backward();
            let rate = self.config.learning_rate * schedule(self.step, self.config.steps);
            let norm = self.adam.step(rate, LARGEST_GRADIENT);
            self.step += 1;
            // young averages follow faster
            let decay = EMA_DECAY.min((1.0 + self.step as f64) / (10.0 + self.step as f64));
            self.ema.update(&self.weights, decay);
            since.add(self.step, &losses.named(), norm)?;
            if self.step.is_multiple_of(self.config.checkpoint_every) {
                self.save(listener)?;
            }
            if self.step.is_multiple_of(self.config.report_every) {
                let event = since.take(self.step, self.config);
                self.log(&event)?;
                listener.tell(event);
            }
        }
        Ok(self.step < self.config.steps)
    }

    fn save(&self, listener: &mut Listener<'_>) -> Result<(), LandmarkTrainingError> {
        let mut checkpoint = Checkpoint::default();
        let parts = [
            ("net.", &self.weights),
            ("ema.", self.ema.tensors()),
            ("adam.", &self.adam.state()),
        ];
        for (prefix, tensors) in parts {
            for (name, tensor) in tensors {
                checkpoint
                    .tensors
                    .insert(format!("{prefix}{name}"), tensor.shallow_clone());
            }
        }
        let text = toml::to_string(self.config).expect("settings are plain values");
        checkpoint.words.insert("config".into(), text);
        checkpoint
            .words
            .insert("version".into(), env!("CARGO_PKG_VERSION").into());
        let path = self.folder.checkpoint(self.step);
        checkpoint.save(&path)?;
        self.folder.prune(KEPT).map_err(|source| self.io(source))?;
        listener.tell(Event::Saved { path });
        Ok(())
    }

    fn export(&self, task: &FaceTask, path: &PathBuf) -> Result<PathBuf, LandmarkTrainingError> {
        drop(self.ema.swap_into(&self.weights));
        let bytes = task.export();
        let temporary = path.with_extension("part");
        let write = || {
            std::fs::write(&temporary, &bytes)?;
            std::fs::rename(&temporary, path)
        };
        write().map_err(|source| LandmarkTrainingError::Io {
            path: path.clone(),
            source,
        })?;
        Ok(path.clone())
    }

    fn write_sample_sheet(&self, task: &FaceTask) -> Result<(), LandmarkTrainingError> {
        let path = self.folder.picture("samples.png");
        media::write_png(&path, &task.sample_sheet())
            .map_err(|source| LandmarkTrainingError::Sheet { path, source })
    }

    fn log(&self, event: &Event) -> Result<(), LandmarkTrainingError> {
        let Event::Step {
            step,
            losses,
            samples_per_second,
            waiting,
            ..
        } = event
        else {
            return Ok(());
        };
        let line = serde_json::json!({
            "step": step, "losses": losses, "samples_per_second": samples_per_second,
            "waiting": waiting,
        });
        self.folder
            .log(&line.to_string())
            .map_err(|source| self.io(source))
    }

    fn io(&self, source: std::io::Error) -> LandmarkTrainingError {
        LandmarkTrainingError::Io {
            path: self.config.output.clone(),
            source,
        }
    }
}

/// The device that networks live on.
pub(crate) const DEVICE: Device = Device::Cpu;
