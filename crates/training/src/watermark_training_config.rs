//! Settings of a run that trains the watermark's networks.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::landmark_training_config::Preset;
use crate::network_run_settings::{RunSettings, difference, to_text};

/// Settings of a run, all resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatermarkTrainingConfig {
    /// Size of the reading network.
    pub preset: Preset,
    /// Folder with `clips`, `portraits` and `labels`.
    pub data: PathBuf,
    /// Sources, named by their path below `data`, that are kept for measuring.
    pub held_out: Vec<String>,
    /// Run folder.
    pub output: PathBuf,
    /// Folder for the three ONNX files, written at the end in half precision.
    pub export: Option<PathBuf>,
    /// Checkpoint of another run whose weights this one starts from; the run folder's own newest
    /// checkpoint goes before it.
    pub start_from: Option<PathBuf>,
    /// Steps in all, counted from the first start of the run.
    pub steps: u64,
    /// Pictures a step.
    pub batch: u64,
    /// Peak learning rate; it rises over the first 2 % of the steps and falls along a cosine.
    pub learning_rate: f64,
    /// Peak signal-to-noise ratio of marked pictures, decibels, below which marks are penalised.
    pub least_psnr_db: f64,
    /// Weight of what can be seen of the mark, against reading it.
    pub visibility_weight: f64,
    /// Share of the steps whose pictures go through a real H.264 encoder; it takes about as long as the
    /// rest of a step, and needs ffmpeg.
    pub video_share: f64,
    /// Threads that compute.
    pub threads: u64,
    /// Seed of the weights and of the samples.
    pub seed: u64,
    /// Steps between reports.
    pub report_every: u64,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
}

impl WatermarkTrainingConfig {
    /// Problems with the settings, all at once; empty where there are none.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.run_settings().problems(&[]);
        if !(20.0..80.0).contains(&self.least_psnr_db) {
            let found = self.least_psnr_db;
            problems.push(format!(
                "least_psnr_db must lie between 20 and 80, not {found}"
            ));
        }
        if !(self.visibility_weight >= 0.0 && self.visibility_weight.is_finite()) {
            let found = self.visibility_weight;
            problems.push(format!("visibility_weight must be at least 0, not {found}"));
        }
        if !(0.0..=1.0).contains(&self.video_share) {
            let found = self.video_share;
            problems.push(format!("video_share must lie between 0 and 1, not {found}"));
        }
        problems
    }

    /// First setting in which a checkpoint's settings make it another run's.
    pub(crate) fn difference(&self, written: &str) -> Option<String> {
        difference(written, self, |config: &Self| {
            [
                ("preset", format!("{:?}", config.preset)),
                ("batch", config.batch.to_string()),
                ("seed", config.seed.to_string()),
            ]
        })
    }

    /// What the loop of the run needs of them.
    pub(crate) fn run_settings(&self) -> RunSettings<'_> {
        RunSettings {
            data: &self.data,
            output: &self.output,
            start_from: self.start_from.as_deref(),
            steps: self.steps,
            batch: self.batch,
            learning_rate: self.learning_rate,
            threads: self.threads,
            seed: self.seed,
            report_every: self.report_every,
            checkpoint_every: self.checkpoint_every,
            text: to_text(self),
        }
    }
}
