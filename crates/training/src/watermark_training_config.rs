//! Settings of a run that trains the watermark's networks.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::landmark_training_config::Preset;

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
        let mut problems = Vec::new();
        let counts = [
            ("steps", self.steps),
            ("batch", self.batch),
            ("threads", self.threads),
            ("report_every", self.report_every),
            ("checkpoint_every", self.checkpoint_every),
        ];
        for (name, count) in counts {
            if count == 0 {
                problems.push(format!("{name} must be at least 1"));
            }
        }
        if !(self.learning_rate > 0.0 && self.learning_rate < 1.0) {
            let rate = self.learning_rate;
            problems.push(format!(
                "learning_rate must lie between 0 and 1, not {rate}"
            ));
        }
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
        if !self.data.is_dir() {
            problems.push(format!("there is no data folder {}", self.data.display()));
        }
        problems
    }

    /// First setting that makes a resumed run another one; where it writes and how often does not.
    pub(crate) fn difference(&self, asked: &Self) -> Option<String> {
        let facts = |config: &Self| {
            [
                ("preset", format!("{:?}", config.preset)),
                ("batch", config.batch.to_string()),
                ("seed", config.seed.to_string()),
            ]
        };
        let pairs = facts(self).into_iter().zip(facts(asked));
        let mut differing = pairs.filter(|(was, is)| was.1 != is.1);
        differing
            .next()
            .map(|(was, is)| format!("{} was {}, now {}", was.0, was.1, is.1))
    }
}
