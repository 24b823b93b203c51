//! The settings of a training run as options of the command line, and the files they name.

#[cfg(feature = "train")]
use std::path::Path;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[cfg(feature = "train")]
use crate::commands::list_file::{lines_of, text_of};
#[cfg(feature = "train")]
use crate::terminal::failure::Failure;

/// The settings one by one.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "train"),
    allow(dead_code, reason = "read by the training code alone")
)]
pub(crate) struct TrainingOptions {
    /// Which of the two networks to train.
    #[arg(long, value_enum)]
    network: NetworkName,
    /// Folder with `clips`, `portraits` and `labels`.
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// Run folder: settings, log and checkpoints. A run that is there already is continued.
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// Write the trained network here as ONNX, in half precision.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Text file of sources kept for measuring, one path below the data folder a line.
    #[arg(long, value_name = "FILE")]
    held_out: Option<PathBuf>,
    /// Text file of sources that are not used at all, in the same form.
    #[arg(long, value_name = "FILE")]
    skip: Option<PathBuf>,
    /// Folder of pictures without faces, to learn what is not a face.
    #[arg(long, value_name = "FOLDER")]
    faceless: Option<PathBuf>,
    /// Checkpoint of another run whose weights this one starts from.
    #[arg(long, value_name = "FILE")]
    start_from: Option<PathBuf>,
    /// Size of the network: `shipped`, or `tiny` for a trial in seconds.
    #[arg(long, value_enum, default_value = "shipped")]
    preset: PresetName,
    /// Steps in all, counted from the first start of the run.
    #[arg(long, default_value_t = 40_000)]
    steps: u64,
    /// Samples a step.
    #[arg(long, default_value_t = 32)]
    batch: u64,
    /// Peak learning rate.
    #[arg(long, default_value_t = 2e-3)]
    learning_rate: f64,
    /// Use every how-many-th labelled frame of each clip.
    #[arg(long, default_value_t = 2)]
    every: u64,
    /// Number format that the layers compute in.
    #[arg(long, value_enum, default_value = "f32")]
    precision: PrecisionName,
    /// Threads that compute.
    #[arg(long, default_value_t = 1)]
    threads: u64,
    /// Threads that make samples.
    #[arg(long, default_value_t = 1)]
    loader_threads: u64,
    /// Seed of the weights and of the samples.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps between reports.
    #[arg(long, default_value_t = 50)]
    report_every: u64,
    /// Steps between checkpoints.
    #[arg(long, default_value_t = 1000)]
    checkpoint_every: u64,
}

/// The networks by the name they have on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum NetworkName {
    /// Finds faces in whole pictures.
    Detector,
    /// Finds 70 points in a crop.
    Landmarks,
}

/// The sizes by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum PresetName {
    /// The one in the repository.
    Shipped,
    /// A few thousand weights.
    Tiny,
}

/// The number formats by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum PrecisionName {
    /// 32-bit floats.
    F32,
    /// bfloat16, where the processor has it.
    Bf16,
}

#[cfg(feature = "train")]
impl PresetName {
    /// As the library has it.
    pub(crate) fn preset(self) -> training::Preset {
        match self {
            Self::Shipped => training::Preset::Shipped,
            Self::Tiny => training::Preset::Tiny,
        }
    }
}

#[cfg(feature = "train")]
impl TrainingOptions {
    /// The settings as the library takes them.
    pub(crate) fn to_config(&self) -> Result<training::LandmarkTrainingConfig, Failure> {
        Ok(training::LandmarkTrainingConfig {
            network: match self.network {
                NetworkName::Detector => training::FaceNetwork::Detector,
                NetworkName::Landmarks => training::FaceNetwork::Landmarks,
            },
            preset: self.preset.preset(),
            precision: match self.precision {
                PrecisionName::F32 => training::Precision::F32,
                PrecisionName::Bf16 => training::Precision::Bf16,
            },
            data: self.data.clone(),
            held_out: lines_of(self.held_out.as_deref())?,
            skipped: lines_of(self.skip.as_deref())?,
            faceless: self.faceless.clone(),
            output: self.output.clone(),
            export: self.export.clone(),
            start_from: self.start_from.clone(),
            steps: self.steps,
            batch: self.batch,
            learning_rate: self.learning_rate,
            every: self.every,
            threads: self.threads,
            loader_threads: self.loader_threads,
            seed: self.seed,
            report_every: self.report_every,
            checkpoint_every: self.checkpoint_every,
        })
    }
}

/// A file that should hold settings holds something else.
#[cfg(feature = "train")]
#[derive(Debug, thiserror::Error)]
#[error("{} holds no usable settings", path.display())]
struct NoSettings {
    path: PathBuf,
    source: Box<toml::de::Error>,
}

/// Read all settings from a file.
///
/// # Errors
/// If it cannot be read, or a setting is missing, unknown or of the wrong type.
#[cfg(feature = "train")]
pub(crate) fn read_config<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    toml::from_str(&text_of(path)?).map_err(|error| {
        Failure::work(NoSettings {
            path: path.to_owned(),
            source: Box::new(error),
        })
    })
}
