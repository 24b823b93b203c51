//! Settings of a run that trains the face detector or the landmark network.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::network_run_settings::{RunSettings, difference, to_text};

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

impl Precision {
    /// As the tensors have it.
    pub(crate) fn kind(self) -> tch::Kind {
        match self {
            Self::F32 => tch::Kind::Float,
            Self::Bf16 => tch::Kind::BFloat16,
        }
    }
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
        let counts = [
            ("every", self.every),
            ("loader_threads", self.loader_threads),
        ];
        self.run_settings().problems(&counts)
    }

    /// First setting in which a checkpoint's settings make it another run's.
    pub(crate) fn difference(&self, written: &str) -> Option<String> {
        difference(written, self, |config: &Self| {
            [
                ("network", format!("{:?}", config.network)),
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
