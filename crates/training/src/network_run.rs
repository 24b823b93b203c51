//! The loop of a run that trains small networks: resume, steps, reports, checkpoints, the end.
//!
//! A step is a function of the settings and its number, and a checkpoint holds everything, so a resumed run goes on as if
//! it had never stopped. What a step computes is the task's own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use networks::checkpoint::Checkpoint;
use serde_json::json;
use tch::Tensor;

use crate::adam::{Adam, AdamConfig};
use crate::ema::Ema;
use crate::loss_means::LossMeans;
use crate::network_run_event::{Event, Listener, RunError};
use crate::network_run_settings::RunSettings;
use crate::run_folder::RunFolder;

/// How the weights of a kind of network are moved and kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe {
    /// The optimiser's settings.
    pub(crate) adam: AdamConfig,
    /// Weight of the past in the averaged weights.
    pub(crate) ema_decay: f64,
    /// Gradients longer than this are shrunk.
    pub(crate) largest_gradient: f64,
    /// Newest checkpoints that stay.
    pub(crate) kept: usize,
}

/// What a step's forward pass gave.
pub(crate) struct StepLosses {
    /// What is made smaller.
    pub(crate) total: Tensor,
    /// What is reported, by name.
    pub(crate) named: Vec<(&'static str, f64)>,
    /// Seconds that the step waited for its samples.
    pub(crate) waited_s: f64,
}

/// State of a run between two steps.
pub(crate) struct NetworkRun<'a> {
    settings: RunSettings<'a>,
    recipe: Recipe,
    /// Where it writes.
    pub(crate) folder: RunFolder,
    weights: BTreeMap<String, Tensor>,
    adam: Adam,
    ema: Ema,
    step: u64,
}

impl<'a> NetworkRun<'a> {
    /// Begin, or go on from the run folder's newest checkpoint. `difference` tells what of the settings that a
    /// checkpoint was written with makes it another run's.
    ///
    /// # Errors
    /// See [`RunError`].
    pub(crate) fn open(
        settings: RunSettings<'a>,
        recipe: Recipe,
        [weights, trainable]: [BTreeMap<String, Tensor>; 2],
        difference: &dyn Fn(&str) -> Option<String>,
        listener: &mut Listener<'_>,
    ) -> Result<Self, RunError> {
        let io = |source| RunError::at(settings.output, source);
        let mut run = Self {
            recipe,
            folder: RunFolder::create(settings.output).map_err(io)?,
            adam: Adam::new(recipe.adam, trainable),
            ema: Ema::new(&weights),
            weights,
            step: 0,
            settings,
        };
        if let Some(&step) = run.folder.steps().map_err(io)?.last() {
            run.resume(step, difference)?;
            listener.tell(Event::Resumed { step });
            return Ok(run);
        }
        if let Some(path) = run.settings.start_from {
            Checkpoint::load(path)?.copy_into("ema.", &run.weights, path)?;
            run.ema = Ema::new(&run.weights);
        }
        run.folder.write_config(&run.settings.text).map_err(io)?;
        Ok(run)
    }

    fn resume(
        &mut self,
        step: u64,
        difference: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), RunError> {
        let path = self.folder.checkpoint(step);
        let checkpoint = Checkpoint::load(&path)?;
        let found = match checkpoint.words.get("config") {
            Some(text) => difference(text),
            None => Some("it holds no settings".to_owned()),
        };
        if let Some(difference) = found {
            return Err(RunError::OtherRun { path, difference });
        }
        checkpoint.copy_into("net.", &self.weights, &path)?;
        checkpoint.copy_into("ema.", self.ema.tensors(), &path)?;
        checkpoint.copy_into("adam.", &self.adam.state(), &path)?;
        self.adam.set_steps(step as i64);
        self.step = step;
        Ok(())
    }

    /// Steps done.
    pub(crate) fn step(&self) -> u64 {
        self.step
    }

    /// Steps until the end; true where the listener asked to stop. `losses` is the forward pass of the step of a number.
    ///
    /// # Errors
    /// That of `losses`, or a [`RunError`].
    pub(crate) fn train<E: From<RunError>>(
        &mut self,
        losses: &mut dyn FnMut(u64) -> Result<StepLosses, E>,
        listener: &mut Listener<'_>,
    ) -> Result<bool, E> {
        let mut means = LossMeans::default();
        while self.step < self.settings.steps && !listener.wants_end() {
            let StepLosses {
                total,
                mut named,
                waited_s,
            } = losses(self.step)?;
            named.push(("gradient norm", self.descend(&total)));
            check_finite(self.step, &named)?;
            // young averages follow faster
            let decay = (1.0 + self.step as f64) / (10.0 + self.step as f64);
            self.ema
                .update(&self.weights, self.recipe.ema_decay.min(decay));
            means.add(&named, waited_s);
            if self.step.is_multiple_of(self.settings.checkpoint_every) {
                self.save(listener)?;
            }
            if self.step.is_multiple_of(self.settings.report_every) {
                self.report(&mut means, listener)?;
            }
        }
        Ok(self.step < self.settings.steps)
    }

    /// Move the weights along the gradient of a loss; returns the gradient's length.
    fn descend(&mut self, total: &Tensor) -> f64 {
        self.adam.zero_gradients();
        total.backward();
        let rate = self.settings.learning_rate * schedule(self.step, self.settings.steps);
        let norm = self.adam.step(rate, self.recipe.largest_gradient);
        self.step += 1;
        norm
    }

    fn report(&self, means: &mut LossMeans, listener: &mut Listener<'_>) -> Result<(), RunError> {
        let report = means.take();
        let samples_per_second = report.steps_per_second * self.settings.batch as f64;
        let line = json!({
            "step": self.step, "losses": report.losses, "samples_per_second": samples_per_second,
            "waiting": report.waiting,
        });
        self.folder
            .log(&line.to_string())
            .map_err(|source| RunError::at(self.settings.output, source))?;
        listener.tell(Event::Step {
            step: self.step,
            steps: self.settings.steps,
            losses: report.losses,
            samples_per_second,
            waiting: report.waiting,
        });
        Ok(())
    }

    /// Write a checkpoint, and delete old ones.
    pub(crate) fn save(&self, listener: &mut Listener<'_>) -> Result<(), RunError> {
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
        let version = env!("CARGO_PKG_VERSION");
        let words = [
            ("config", self.settings.text.as_str()),
            ("version", version),
        ];
        let words = words.map(|(name, text)| (name.to_owned(), text.to_owned()));
        checkpoint.words.extend(words);
        let path = self.folder.checkpoint(self.step);
        checkpoint.save(&path)?;
        self.folder
            .prune(self.recipe.kept)
            .map_err(|source| RunError::at(self.settings.output, source))?;
        listener.tell(Event::Saved { path });
        Ok(())
    }

    /// Put the averaged weights in place of the last ones, for good: what is exported.
    pub(crate) fn take_averages(&self) {
        drop(self.ema.swap_into(&self.weights));
    }
}

/// Write an exported network so that it appears whole.
pub(crate) fn write_network(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let temporary = path.with_extension("part");
    let write = || {
        fs::write(&temporary, bytes)?;
        fs::rename(&temporary, path)
    };
    write().map_err(|source| RunError::at(path, source))
}

fn check_finite(step: u64, named: &[(&str, f64)]) -> Result<(), RunError> {
    match named.iter().find(|(_, value)| !value.is_finite()) {
        None => Ok(()),
        Some((name, value)) => Err(RunError::NotFinite {
            step,
            name: (*name).to_owned(),
            value: *value,
        }),
    }
}

/// Share of the peak learning rate: a rise over 2 % of the steps, then a cosine down to 1 %.
fn schedule(step: u64, steps: u64) -> f64 {
    let progress = step as f64 / steps as f64;
    let rise = (progress / 0.02).min(1.0).max(1.0 / steps as f64);
    rise * (0.01 + 0.99 * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_learning_rate_rises_then_falls_and_never_stops() {
        let rates: Vec<f64> = (0..1000).map(|step| schedule(step, 1000)).collect();
        assert!(rates.iter().all(|rate| *rate > 0.0 && *rate <= 1.0));
        assert!(rates[0] < 0.1 && rates[20] > 0.95);
        assert!(rates[20..].windows(2).all(|pair| pair[1] <= pair[0]));
        assert!(rates[999] < 0.02);
    }

    #[test]
    fn a_loss_that_is_no_number_stops_the_run_and_is_named() {
        let error = check_finite(7, &[("presence", 1.0), ("points", f64::NAN)]).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("points") && text.contains('7'), "{text}");
    }
}
