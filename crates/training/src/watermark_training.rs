//! Entry point that trains the watermark's networks.
//!
//! A step is a function of the settings and its number, and a checkpoint holds everything, so a resumed
//! run goes on as if it had never stopped.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use media::Image;
use networks::checkpoint::Checkpoint;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tch::Tensor;

use crate::adam::{Adam, AdamConfig};
use crate::ema::Ema;
use crate::loss_means::LossMeans;
use crate::run_folder::RunFolder;
use crate::step_report::schedule;
use crate::watermark_pictures::load_pictures;
use crate::watermark_system::{LossWeights, SIDE_PX, StepLosses, WatermarkSystem, stack};
use crate::watermark_training_config::WatermarkTrainingConfig;
use crate::watermark_training_event::{
    Listener, WatermarkEvent, WatermarkTrainingError, WatermarkTrainingSummary,
};

/// Weight of the past in the averaged weights.
const EMA_DECAY: f64 = 0.995;
/// Gradients longer than this are shrunk.
const LARGEST_GRADIENT: f64 = 1.0;
/// Newest checkpoints that stay.
const KEPT: usize = 2;
/// The mark is this much stronger at the first step, and as it should be after [`STRONG_UNTIL`].
const FIRST_GAIN: f64 = 4.0;
/// Steps until the mark has its strength.
const STRONG_UNTIL: u64 = 300;
const ADAM: AdamConfig = AdamConfig {
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    weight_decay: 0.0,
};

/// Train the networks; the run folder's newest checkpoint is resumed.
///
/// # Errors
/// See [`WatermarkTrainingError`]. What was learned up to the last checkpoint is kept.
pub fn train_watermark(
    config: &WatermarkTrainingConfig,
    listener: &mut dyn FnMut(WatermarkEvent) -> ControlFlow<()>,
) -> Result<WatermarkTrainingSummary, WatermarkTrainingError> {
    let listener = &mut Listener::new(listener);
    let problems = config.problems();
    if !problems.is_empty() {
        return Err(WatermarkTrainingError::Settings { problems });
    }
    tch::set_num_threads(config.threads as i32);
    tch::manual_seed(config.seed as i64);
    let system = WatermarkSystem::new(config.preset);
    let mut run = Run::open(config, &system, listener)?;
    let pictures = load_pictures(
        &config.data,
        &config.held_out,
        SIDE_PX,
        &run.folder.picture("squares.rgb"),
        listener,
    )?;
    let was_stopped = run.train(&system, &pictures, listener)?;
    run.save(listener)?;
    let exported = match &config.export {
        Some(folder) if !was_stopped => run.export(&system, folder)?,
        _ => Vec::new(),
    };
    Ok(WatermarkTrainingSummary {
        step: run.step,
        was_stopped,
        exported,
    })
}

/// State of a run between two steps.
struct Run<'a> {
    config: &'a WatermarkTrainingConfig,
    folder: RunFolder,
    weights: BTreeMap<String, Tensor>,
    adam: Adam,
    ema: Ema,
    step: u64,
}

impl<'a> Run<'a> {
    fn open(
        config: &'a WatermarkTrainingConfig,
        system: &WatermarkSystem,
        listener: &mut Listener<'_>,
    ) -> Result<Self, WatermarkTrainingError> {
        let io = |source| WatermarkTrainingError::Io {
            path: config.output.clone(),
            source,
        };
        let weights = system.weights();
        let mut run = Self {
            config,
            folder: RunFolder::create(&config.output).map_err(io)?,
            adam: Adam::new(ADAM, system.weights()),
            ema: Ema::new(&weights),
            weights,
            step: 0,
        };
        if let Some(&step) = run.folder.steps().map_err(io)?.last() {
            run.resume(step)?;
            listener.tell(WatermarkEvent::Resumed { step });
            return Ok(run);
        }
        if let Some(path) = &config.start_from {
            Checkpoint::load(path)?.copy_into("ema.", &run.weights, path)?;
            run.ema = Ema::new(&run.weights);
        }
        let text = toml::to_string(config).expect("settings are plain values");
        run.folder.write_config(&text).map_err(io)?;
        Ok(run)
    }

    fn resume(&mut self, step: u64) -> Result<(), WatermarkTrainingError> {
        let path = self.folder.checkpoint(step);
        let checkpoint = Checkpoint::load(&path)?;
        let other = |difference| WatermarkTrainingError::OtherRun {
            path: path.clone(),
            difference,
        };
        let written: WatermarkTrainingConfig = checkpoint
            .words
            .get("config")
            .and_then(|text| toml::from_str(text).ok())
            .ok_or_else(|| other("it holds no settings of this kind".into()))?;
        if let Some(difference) = written.difference(self.config) {
            return Err(other(difference));
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
        system: &WatermarkSystem,
        pictures: &[Image],
        listener: &mut Listener<'_>,
    ) -> Result<bool, WatermarkTrainingError> {
        let mut means = LossMeans::default();
        while self.step < self.config.steps && !listener.wants_end() {
            let losses = self.take_step(system, pictures)?;
            means.add(&named(&losses), 0.0);
            if self.step.is_multiple_of(self.config.checkpoint_every) {
                self.save(listener)?;
            }
            if self.step.is_multiple_of(self.config.report_every) {
                let report = means.take();
                let line = serde_json::json!({
                    "step": self.step, "losses": report.losses,
                    "steps_per_second": report.steps_per_second,
                });
                self.folder
                    .log(&line.to_string())
                    .map_err(|source| self.io(source))?;
                listener.tell(WatermarkEvent::Step {
                    step: self.step,
                    steps: self.config.steps,
                    losses: report.losses,
                    steps_per_second: report.steps_per_second,
                });
            }
        }
        Ok(self.step < self.config.steps)
    }

    fn take_step(
        &mut self,
        system: &WatermarkSystem,
        pictures: &[Image],
    ) -> Result<StepLosses, WatermarkTrainingError> {
        let seed = self.config.seed.wrapping_add(self.step.wrapping_mul(7919));
        let mut random = StdRng::seed_from_u64(seed);
        tch::manual_seed(seed as i64);
        let batch = stack(pictures, self.config.batch, &mut random);
        let weights = LossWeights {
            least_psnr_db: self.config.least_psnr_db,
            visibility: self.config.visibility_weight,
        };
        let file = self.folder.picture("coded.mp4");
        let video = random
            .random_bool(self.config.video_share)
            .then_some(&*file);
        let losses = system.losses(&batch, self.gain(), &weights, video, &mut random)?;
        self.adam.zero_gradients();
        losses.total.backward();
        let rate = self.config.learning_rate * schedule(self.step, self.config.steps);
        let norm = self.adam.step(rate, LARGEST_GRADIENT);
        self.step += 1;
        for (name, value) in named(&losses).into_iter().chain([("gradient norm", norm)]) {
            if !value.is_finite() {
                return Err(WatermarkTrainingError::NotFinite {
                    step: self.step,
                    name: name.into(),
                    value,
                });
            }
        }
        // young averages follow faster
        let decay = EMA_DECAY.min((1.0 + self.step as f64) / (10.0 + self.step as f64));
        self.ema.update(&self.weights, decay);
        Ok(losses)
    }

    /// How much stronger than wanted the mark is at this step.
    fn gain(&self) -> f64 {
        if self.config.start_from.is_some() {
            return 1.0;
        }
        let left = 1.0 - (self.step as f64 / STRONG_UNTIL as f64).min(1.0);
        FIRST_GAIN.powf(left)
    }

    fn save(&self, listener: &mut Listener<'_>) -> Result<(), WatermarkTrainingError> {
        let mut checkpoint = Checkpoint::default();
        let parts = [
            ("net.", &self.weights),
            ("ema.", self.ema.tensors()),
            ("adam.", &self.adam.state()),
        ];
        for (prefix, tensors) in parts {
            for (name, tensor) in tensors {
                let name = format!("{prefix}{name}");
                checkpoint.tensors.insert(name, tensor.shallow_clone());
            }
        }
        let text = toml::to_string(self.config).expect("settings are plain values");
        checkpoint.words.insert("config".into(), text);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        checkpoint.words.insert("version".into(), version);
        let path = self.folder.checkpoint(self.step);
        checkpoint.save(&path)?;
        self.folder.prune(KEPT).map_err(|source| self.io(source))?;
        listener.tell(WatermarkEvent::Saved { path });
        Ok(())
    }

    fn export(
        &self,
        system: &WatermarkSystem,
        folder: &Path,
    ) -> Result<Vec<PathBuf>, WatermarkTrainingError> {
        drop(self.ema.swap_into(&self.weights));
        let io = |source| WatermarkTrainingError::Io {
            path: folder.to_path_buf(),
            source,
        };
        fs::create_dir_all(folder).map_err(io)?;
        let mut paths = Vec::new();
        for (name, bytes) in system.export() {
            let path = folder.join(name);
            let temporary = path.with_extension("part");
            fs::write(&temporary, &bytes).map_err(io)?;
            fs::rename(&temporary, &path).map_err(io)?;
            paths.push(path);
        }
        Ok(paths)
    }

    fn io(&self, source: std::io::Error) -> WatermarkTrainingError {
        WatermarkTrainingError::Io {
            path: self.config.output.clone(),
            source,
        }
    }
}

fn named(losses: &StepLosses) -> Vec<(&'static str, f64)> {
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
