//! Entry point that trains the face detector or the landmark network from labelled data.
//!
//! The run is a function of its settings: sample `n` is the same whenever and by however many
//! threads it is drawn, and a checkpoint holds everything, so a resumed run goes on as if it had
//! never stopped.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use networks::checkpoint::{Checkpoint, CheckpointError};
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::adam::{Adam, AdamConfig};
use crate::ema::Ema;
use crate::face_task::FaceTask;
use crate::run_folder::RunFolder;

/// Which of the two networks to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaceNetwork {
    /// Finds faces in whole pictures.
    Detector,
    /// Finds 70 points in a crop.
    Landmarks,
}

/// Number format that the layers compute in; weights and losses are 32-bit floats always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32-bit floats.
    F32,
    /// bfloat16: faster on processors and cards that have it.
    Bf16,
}

/// Size of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// The one in the repository.
    Shipped,
    /// A few thousand weights, for tests.
    Tiny,
}

/// Settings of a run, all resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LandmarkTrainingConfig {
    /// Which network.
    pub network: FaceNetwork,
    /// Its size.
    pub preset: Preset,
    /// Folder with `clips`, `portraits` and `labels`.
    pub data: PathBuf,
    /// Sources, named by their path below `data`, that are kept for measuring.
    pub held_out: Vec<String>,
    /// Sources that are not used at all, such as pictures with unlabelled faces.
    pub skipped: Vec<String>,
    /// Folder of pictures without faces, to learn what is not a face.
    pub faceless: Option<PathBuf>,
    /// Run folder.
    pub output: PathBuf,
    /// ONNX file written at the end, in half precision.
    pub export: Option<PathBuf>,
    /// Checkpoint of another run whose weights this one starts from; the run folder's own newest
    /// checkpoint goes before it.
    pub start_from: Option<PathBuf>,
    /// Steps in all, counted from the first start of the run.
    pub steps: u64,
    /// Samples a step.
    pub batch: u64,
    /// Peak learning rate; it rises over the first 2 % of the steps and falls along a cosine.
    pub learning_rate: f64,
    /// Of each clip every how-many-th labelled frame is used.
    pub every: u64,
    /// Number format.
    pub precision: Precision,
    /// Threads that compute.
    pub threads: u64,
    /// Threads that make samples.
    pub loader_threads: u64,
    /// Seed of the weights and of the samples.
    pub seed: u64,
    /// Steps between reports.
    pub report_every: u64,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
}

impl LandmarkTrainingConfig {
    /// Problems with the settings, all at once; empty where there are none.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let counts = [
            ("steps", self.steps),
            ("batch", self.batch),
            ("every", self.every),
            ("threads", self.threads),
            ("loader_threads", self.loader_threads),
            ("report_every", self.report_every),
            ("checkpoint_every", self.checkpoint_every),
        ];
        for (name, count) in counts {
            if count == 0 {
                problems.push(format!("{name} must be at least 1"));
            }
        }
        if !(self.learning_rate > 0.0 && self.learning_rate < 1.0) {
            problems.push(format!(
                "learning_rate must lie between 0 and 1, not {}",
                self.learning_rate
            ));
        }
        if !self.data.is_dir() {
            problems.push(format!("there is no data folder {}", self.data.display()));
        }
        problems
    }
}

/// What happens during a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Data was read.
    Loaded {
        /// Labelled faces in memory.
        faces: usize,
        /// People (or stills) among them.
        people: usize,
    },
    /// A source could not be used.
    Warning {
        /// Which, and why.
        text: String,
    },
    /// The run goes on from a checkpoint.
    Resumed {
        /// Its step.
        step: u64,
    },
    /// Losses, averaged since the last report.
    Step {
        /// Steps done.
        step: u64,
        /// Steps in all.
        steps: u64,
        /// Each loss by name.
        losses: BTreeMap<String, f64>,
        /// Samples a second since the last report.
        samples_per_second: f64,
        /// Share of that time spent waiting for samples.
        waiting: f64,
    },
    /// A checkpoint was written.
    Saved {
        /// Where.
        path: PathBuf,
    },
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Steps done.
    pub step: u64,
    /// Whether the listener asked for the end before all steps were done.
    pub was_stopped: bool,
    /// The ONNX file, where one was asked for and the run came to its end.
    pub export: Option<PathBuf>,
}

/// Why a run could not start or finish.
#[derive(Debug, thiserror::Error)]
pub enum LandmarkTrainingError {
    /// Settings that make no sense.
    #[error("the settings cannot be used: {}", problems.join("; "))]
    Settings {
        /// All that is wrong.
        problems: Vec<String>,
    },
    /// The data could not be read.
    #[error(transparent)]
    Data(#[from] dataset::DatasetError),
    /// A checkpoint could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The run folder or the exported file could not be written.
    #[error("cannot write below {}", path.display())]
    Io {
        /// The folder or file in question.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The sheet of samples could not be written.
    #[error("cannot write {}", path.display())]
    Sheet {
        /// The file in question.
        path: PathBuf,
        /// What the encoder said.
        source: media::MediaError,
    },
    /// The run folder belongs to a run with other settings.
    #[error("{} was made with other settings ({difference}); use another output folder", path.display())]
    OtherRun {
        /// The checkpoint.
        path: PathBuf,
        /// First setting that differs.
        difference: String,
    },
    /// A loss is no longer a number.
    #[error("the loss {name} became {value} at step {step}; lower the learning rate and resume")]
    NotFinite {
        /// Step in question.
        step: u64,
        /// Which loss.
        name: String,
        /// What it became.
        value: f64,
    },
    /// A thread that makes samples died.
    #[error("a sample loader stopped; its message stands above")]
    Loader,
}

/// Weight of the past in the averaged weights.
const EMA_DECAY: f64 = 0.999;
/// Gradients longer than this are shrunk.
const LARGEST_GRADIENT: f64 = 20.0;
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
        listener: &mut dyn FnMut(Event) -> ControlFlow<()>,
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
            let _ = listener(Event::Resumed { step });
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
        listener: &mut dyn FnMut(Event) -> ControlFlow<()>,
    ) -> Result<bool, LandmarkTrainingError> {
        let mut since = Report::default();
        while self.step < self.config.steps {
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
                if listener(event).is_break() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn save(
        &self,
        listener: &mut dyn FnMut(Event) -> ControlFlow<()>,
    ) -> Result<(), LandmarkTrainingError> {
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
        self.folder.prune().map_err(|source| self.io(source))?;
        let _ = listener(Event::Saved { path });
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

/// Sums since the last report.
#[derive(Debug)]
struct Report {
    sums: BTreeMap<String, f64>,
    steps: u64,
    waited_s: f64,
    started: Instant,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            sums: BTreeMap::new(),
            steps: 0,
            waited_s: 0.0,
            started: Instant::now(),
        }
    }
}

impl Report {
    fn add(
        &mut self,
        step: u64,
        losses: &[(&str, f64)],
        norm: f64,
    ) -> Result<(), LandmarkTrainingError> {
        for (name, value) in losses.iter().copied().chain([("gradient norm", norm)]) {
            if !value.is_finite() {
                return Err(LandmarkTrainingError::NotFinite {
                    step,
                    name: name.into(),
                    value,
                });
            }
            *self.sums.entry(name.into()).or_insert(0.0) += value;
        }
        self.steps += 1;
        Ok(())
    }

    fn take(&mut self, step: u64, config: &LandmarkTrainingConfig) -> Event {
        let report = std::mem::take(self);
        let seconds = report.started.elapsed().as_secs_f64().max(1e-9);
        let count = report.steps.max(1) as f64;
        Event::Step {
            step,
            steps: config.steps,
            losses: report
                .sums
                .into_iter()
                .map(|(name, sum)| (name, sum / count))
                .collect(),
            samples_per_second: (report.steps * config.batch) as f64 / seconds,
            waiting: report.waited_s / seconds,
        }
    }
}

/// Share of the peak learning rate: a rise over 2 % of the steps, then a cosine down to 1 %.
fn schedule(step: u64, steps: u64) -> f64 {
    let progress = step as f64 / steps as f64;
    let rise = (progress / 0.02).min(1.0).max(1.0 / steps as f64);
    rise * (0.01 + 0.99 * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()))
}

/// First setting that makes a resumed run another one; where it writes and how often does not.
fn difference(written: &LandmarkTrainingConfig, asked: &LandmarkTrainingConfig) -> Option<String> {
    let facts = |config: &LandmarkTrainingConfig| {
        [
            ("network", format!("{:?}", config.network)),
            ("preset", format!("{:?}", config.preset)),
            ("batch", config.batch.to_string()),
            ("seed", config.seed.to_string()),
        ]
    };
    let pairs = facts(written).into_iter().zip(facts(asked));
    let mut differing = pairs.filter(|(was, is)| was.1 != is.1);
    differing
        .next()
        .map(|(was, is)| format!("{} was {}, now {}", was.0, was.1, is.1))
}

/// The device that networks live on.
pub(crate) const DEVICE: Device = Device::Cpu;
