//! Losses and speed since the last report.

use std::collections::BTreeMap;
use std::time::Instant;

/// Sums since the last report.
#[derive(Debug)]
pub(crate) struct LossMeans {
    /// Sum and number of values of each loss.
    sums: BTreeMap<String, (f64, u64)>,
    steps: u64,
    waited_s: f64,
    started: Instant,
}

/// What a report says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MeanReport {
    /// Mean of each loss over the steps that had it.
    pub(crate) losses: BTreeMap<String, f64>,
    /// Steps a second.
    pub(crate) steps_per_second: f64,
    /// Share of the time spent waiting for episodes.
    pub(crate) waiting: f64,
}

impl Default for LossMeans {
    fn default() -> Self {
        Self {
            sums: BTreeMap::new(),
            steps: 0,
            waited_s: 0.0,
            started: Instant::now(),
        }
    }
}

impl LossMeans {
    /// Add a step's losses and the time it waited for its batch.
    pub(crate) fn add(&mut self, losses: &[(&str, f64)], waited_s: f64) {
        for (name, value) in losses {
            let sum = self.sums.entry((*name).to_owned()).or_insert((0.0, 0));
            *sum = (sum.0 + value, sum.1 + 1);
        }
        self.steps += 1;
        self.waited_s += waited_s;
    }

    /// Do not count the time since the last step, spent on something else than steps.
    pub(crate) fn forgive(&mut self, seconds: f64) {
        self.started += std::time::Duration::from_secs_f64(seconds);
    }

    /// Steps a second so far.
    pub(crate) fn steps_per_second(&self) -> f64 {
        self.steps as f64 / self.started.elapsed().as_secs_f64().max(1e-9)
    }

    /// Means so far; starts anew.
    pub(crate) fn take(&mut self) -> MeanReport {
        let done = std::mem::take(self);
        let seconds = done.started.elapsed().as_secs_f64().max(1e-9);
        let mean = |(name, (sum, count)): (String, (f64, u64))| (name, sum / count as f64);
        MeanReport {
            losses: done.sums.into_iter().map(mean).collect(),
            steps_per_second: done.steps as f64 / seconds,
            waiting: (done.waited_s / seconds).min(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_not_every_step_has_is_averaged_over_those_that_have_it() {
        let mut means = LossMeans::default();
        means.add(&[("content", 1.0)], 0.0);
        means.add(&[("content", 3.0), ("adversarial", 5.0)], 0.0);
        let report = means.take();
        assert_eq!(report.losses["content"], 2.0);
        assert_eq!(report.losses["adversarial"], 5.0);
        assert!(means.take().losses.is_empty());
    }
}
