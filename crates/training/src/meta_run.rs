//! State of a meta-training run between two steps, and its folder.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use media::Image;
use networks::checkpoint::Checkpoint;
use networks::onnx::Precision as Storage;
use serde_json::json;
use tch::Tensor;

use crate::adam::{Adam, AdamConfig};
use crate::collapse::CollapseWatch;
use crate::ema::Ema;
use crate::head_system::{HeadSystem, trainable};
use crate::held_out::HeldOut;
use crate::loss_means::MeanReport;
use crate::meta_training_config::MetaTrainingConfig;
use crate::meta_training_event::{MetaTrainingError, MetaTrainingEvent};
use crate::model_bundle::write_bundle;
use crate::run_folder::RunFolder;

/// Checkpoint with the best measurement so far.
const BEST: &str = "best.safetensors";
/// Averaged makers and discriminator in half precision.
const WEIGHTS: &str = "weights.safetensors";
/// Folder of the exported model bundle.
const BUNDLE: &str = "model";

type Listen<'a> = dyn FnMut(MetaTrainingEvent) -> ControlFlow<()> + 'a;

/// Optimisers, averages, position and records of a run.
pub(crate) struct MetaRun<'a> {
    config: &'a MetaTrainingConfig,
    folder: RunFolder,
    pub(crate) makers: Adam,
    pub(crate) judges: Adam,
    ema: Ema,
    pub(crate) watch: CollapseWatch,
    /// Steps done.
    pub(crate) step: u64,
    /// Best measurement so far.
    best: f64,
}

impl<'a> MetaRun<'a> {
    /// Start in an empty folder, or where the folder's newest checkpoint stands.
    pub(crate) fn open(
        config: &'a MetaTrainingConfig,
        system: &dyn HeadSystem,
        listener: &mut Listen<'_>,
    ) -> Result<Self, MetaTrainingError> {
        let io = |source| MetaTrainingError::Io {
            path: config.output.clone(),
            source,
        };
        let folder = RunFolder::create(&config.output).map_err(io)?;
        let adam = AdamConfig {
            beta1: config.optimisation.betas[0],
            beta2: config.optimisation.betas[1],
            epsilon: config.optimisation.epsilon,
            weight_decay: 0.0,
        };
        let mut run = Self {
            config,
            makers: Adam::new(adam, trainable(system.maker_tensors())),
            judges: Adam::new(adam, trainable(system.judge_tensors())),
            ema: Ema::new(&system.maker_tensors()),
            watch: CollapseWatch::new(config.discriminator_patience),
            folder,
            step: 0,
            best: f64::INFINITY,
        };
        if let Some(&step) = run.folder.steps().map_err(io)?.last() {
            run.resume(step, system)?;
            // An answer to stop is heard at the first step.
            if listener(MetaTrainingEvent::Resumed { step }).is_break() {
                return Ok(run);
            }
        } else {
            if let Some(path) = &config.start_from {
                run.start_from(path, system)?;
            }
            let text = toml::to_string(config).expect("settings are plain values");
            run.folder.write_config(&text).map_err(io)?;
        }
        Ok(run)
    }

    /// Take the averaged makers and the discriminator of another run; columns stay new where the
    /// videos are others, and a whole discriminator where the file has none, as that of a shipped
    /// model.
    fn start_from(
        &mut self,
        path: &Path,
        system: &dyn HeadSystem,
    ) -> Result<(), MetaTrainingError> {
        let checkpoint = Checkpoint::load(path)?;
        system.take_averages(&checkpoint, path)?;
        self.ema = Ema::new(&system.maker_tensors());
        let mut names = checkpoint.tensors.keys();
        if !names.any(|name| name.starts_with("discriminator.")) {
            return Ok(());
        }
        let mut judges = system.judge_tensors();
        let columns = |tensors: &BTreeMap<String, Tensor>| tensors.get("columns").map(Tensor::size);
        let theirs = checkpoint.tensors.get("discriminator.columns");
        if theirs.map(Tensor::size) != columns(&judges) {
            judges.remove("columns");
        }
        checkpoint.copy_into("discriminator.", &judges, path)?;
        Ok(())
    }

    fn resume(&mut self, step: u64, system: &dyn HeadSystem) -> Result<(), MetaTrainingError> {
        let path = self.folder.checkpoint(step);
        let checkpoint = Checkpoint::load(&path)?;
        let other = |difference: String| MetaTrainingError::OtherRun {
            path: path.clone(),
            difference,
        };
        let written: MetaTrainingConfig = checkpoint
            .words
            .get("config")
            .and_then(|text| toml::from_str(text).ok())
            .ok_or_else(|| other("it holds no settings of meta-training".into()))?;
        if let Some(difference) = written.difference(self.config) {
            return Err(other(difference));
        }
        checkpoint.copy_into("makers.", &system.maker_tensors(), &path)?;
        checkpoint.copy_into("discriminator.", &system.judge_tensors(), &path)?;
        checkpoint.copy_into("ema.", self.ema.tensors(), &path)?;
        for (prefix, adam) in [
            ("adam_makers.", &mut self.makers),
            ("adam_judges.", &mut self.judges),
        ] {
            let mut state = adam.state();
            state.remove("steps");
            checkpoint.copy_into(prefix, &state, &path)?;
            let steps = checkpoint.tensors.get(&format!("{prefix}steps"));
            let steps = steps.ok_or_else(|| other("it holds no optimiser".into()))?;
            adam.set_steps(steps.int64_value(&[0]));
        }
        let best = checkpoint
            .words
            .get("best")
            .and_then(|text| text.parse().ok());
        self.best = best.unwrap_or(f64::INFINITY);
        self.step = step;
        Ok(())
    }

    /// Learning rates of makers and discriminator for the coming step.
    pub(crate) fn rates(&self) -> [f64; 2] {
        let optimisation = &self.config.optimisation;
        let share = optimisation.schedule(self.step, self.config.steps);
        [
            optimisation.generator_rate * share,
            optimisation.discriminator_rate * share,
        ]
    }

    /// Move embedder, projection and generator; returns the gradient's norm.
    pub(crate) fn makers_step(&mut self, rate: f64) -> f64 {
        let largest = self.largest_gradient();
        self.makers.step(rate, largest)
    }

    /// Move the discriminator; returns the gradient's norm.
    pub(crate) fn judges_step(&mut self, rate: f64) -> f64 {
        let largest = self.largest_gradient();
        self.judges.step(rate, largest)
    }

    fn largest_gradient(&self) -> f64 {
        self.config.optimisation.gradient_limit()
    }

    /// Count the step and let the averages follow; young averages follow faster.
    pub(crate) fn finish_step(&mut self, system: &dyn HeadSystem) {
        self.step += 1;
        let young = (1.0 + self.step as f64) / (10.0 + self.step as f64);
        let decay = self.config.optimisation.ema_decay.min(young);
        self.ema.update(&system.maker_tensors(), decay);
    }

    /// Log and tell the losses since the last report.
    pub(crate) fn report(
        &self,
        report: MeanReport,
        listener: &mut Listen<'_>,
    ) -> Result<ControlFlow<()>, MetaTrainingError> {
        let samples_per_second = report.steps_per_second * self.config.batch as f64;
        let [makers, judges] = self.rates();
        let line = json!({
            "step": self.step, "losses": report.losses, "samples_per_second": samples_per_second,
            "waiting": report.waiting, "generator_rate": makers, "discriminator_rate": judges,
        });
        self.log(&line)?;
        Ok(listener(MetaTrainingEvent::Step {
            step: self.step,
            steps: self.config.steps,
            losses: report.losses,
            samples_per_second,
            waiting: report.waiting,
        }))
    }

    /// Measure the averaged weights on held-out people, log and tell it, keep the best.
    pub(crate) fn measure(
        &mut self,
        system: &dyn HeadSystem,
        held_out: &HeldOut,
        listener: &mut Listen<'_>,
    ) -> Result<ControlFlow<()>, MetaTrainingError> {
        let live = system.swap_averages(&self.ema);
        let measured = held_out.measure(system);
        restore(&live, &system.maker_tensors());
        let measured = measured?;
        let sheet = self.write_sheet(&measured.sheet)?;
        self.log(&json!({ "step": self.step, "held_out": measured.measures }))?;
        self.plot()?;
        let value = measured.measures[held_out.decisive()];
        if value < self.best {
            self.best = value;
            self.checkpoint(system).save(&self.folder.picture(BEST))?;
        }
        Ok(listener(MetaTrainingEvent::Measured {
            step: self.step,
            measures: measured.measures,
            sheet,
        }))
    }

    /// Draw the sheet of samples with the averaged weights, and nothing else.
    pub(crate) fn show(
        &self,
        system: &dyn HeadSystem,
        held_out: &HeldOut,
        listener: &mut Listen<'_>,
    ) -> Result<ControlFlow<()>, MetaTrainingError> {
        let live = system.swap_averages(&self.ema);
        let sheet = held_out.show(system);
        restore(&live, &system.maker_tensors());
        let sheet = self.write_sheet(&sheet)?;
        Ok(listener(MetaTrainingEvent::Shown {
            step: self.step,
            sheet,
        }))
    }

    fn write_sheet(&self, sheet: &Image) -> Result<PathBuf, MetaTrainingError> {
        let name = format!("samples-{:07}.png", self.step);
        let path = self.folder.picture(&name);
        media::write_png(&path, sheet).map_err(|source| MetaTrainingError::Picture {
            path: path.clone(),
            source,
        })?;
        Ok(path)
    }

    /// Write a checkpoint and the transportable weights, and delete old checkpoints.
    pub(crate) fn save(
        &self,
        system: &dyn HeadSystem,
        listener: &mut Listen<'_>,
    ) -> Result<ControlFlow<()>, MetaTrainingError> {
        let path = self.folder.checkpoint(self.step);
        self.checkpoint(system).save(&path)?;
        self.weights(system)
            .to_half()
            .save(&self.folder.picture(WEIGHTS))?;
        self.folder
            .prune(self.config.kept_checkpoints)
            .map_err(|source| self.io(source))?;
        Ok(listener(MetaTrainingEvent::Saved { path }))
    }

    /// Write the model bundle of the averaged weights.
    pub(crate) fn export(&self, system: &dyn HeadSystem) -> Result<PathBuf, MetaTrainingError> {
        let folder = self.folder.picture(BUNDLE);
        let live = system.swap_averages(&self.ema);
        let graphs = system.export(Storage::Half);
        restore(&live, &system.maker_tensors());
        let preset = system.bundle_preset();
        write_bundle(&folder, self.config, preset, &graphs).map_err(|source| {
            MetaTrainingError::Io {
                path: folder.clone(),
                source,
            }
        })?;
        Ok(folder)
    }

    fn checkpoint(&self, system: &dyn HeadSystem) -> Checkpoint {
        let mut checkpoint = Checkpoint::default();
        let parts = [
            ("makers.", &system.maker_tensors()),
            ("discriminator.", &system.judge_tensors()),
            ("ema.", self.ema.tensors()),
            ("adam_makers.", &self.makers.state()),
            ("adam_judges.", &self.judges.state()),
        ];
        for (prefix, tensors) in parts {
            add(&mut checkpoint, prefix, tensors);
        }
        self.add_words(&mut checkpoint);
        checkpoint
    }

    fn weights(&self, system: &dyn HeadSystem) -> Checkpoint {
        let mut checkpoint = Checkpoint::default();
        add(&mut checkpoint, "ema.", self.ema.tensors());
        add(&mut checkpoint, "discriminator.", &system.judge_tensors());
        self.add_words(&mut checkpoint);
        checkpoint
    }

    fn add_words(&self, checkpoint: &mut Checkpoint) {
        let words = [
            (
                "config",
                toml::to_string(self.config).expect("settings are plain values"),
            ),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("step", self.step.to_string()),
            ("best", self.best.to_string()),
        ];
        for (name, text) in words {
            checkpoint.words.insert(name.to_owned(), text);
        }
    }

    fn plot(&self) -> Result<(), MetaTrainingError> {
        self.folder.plot().map_err(|source| self.io(source))
    }

    fn log(&self, line: &serde_json::Value) -> Result<(), MetaTrainingError> {
        self.folder
            .log(&line.to_string())
            .map_err(|source| self.io(source))
    }

    fn io(&self, source: std::io::Error) -> MetaTrainingError {
        MetaTrainingError::Io {
            path: self.config.output.clone(),
            source,
        }
    }
}

fn add(checkpoint: &mut Checkpoint, prefix: &str, tensors: &BTreeMap<String, Tensor>) {
    for (name, tensor) in tensors {
        let tensor = tensor.detach().to_device(tch::Device::Cpu);
        checkpoint.tensors.insert(format!("{prefix}{name}"), tensor);
    }
}

fn restore(from: &BTreeMap<String, Tensor>, targets: &BTreeMap<String, Tensor>) {
    tch::no_grad(|| {
        for (name, target) in targets {
            target.detach().copy_(&from[name]);
        }
    });
}
