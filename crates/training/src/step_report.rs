//! Losses, speed and learning rate of a run, step by step.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::landmark_training_config::LandmarkTrainingConfig;
use crate::landmark_training_event::{Event, LandmarkTrainingError};

/// Sums since the last report.
#[derive(Debug)]
pub(crate) struct Report {
    sums: BTreeMap<String, f64>,
    steps: u64,
    pub(crate) waited_s: f64,
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
    /// Add a step's losses.
    pub(crate) fn add(
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

    /// Means so far; starts anew.
    pub(crate) fn take(&mut self, step: u64, config: &LandmarkTrainingConfig) -> Event {
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
pub(crate) fn schedule(step: u64, steps: u64) -> f64 {
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
        let error = Report::default()
            .add(7, &[("points", f64::NAN)], 1.0)
            .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("points") && text.contains('7'), "{text}");
    }
}
