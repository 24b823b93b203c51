//! The settings of training the watermark's networks as options of the command line.

use std::path::PathBuf;

use clap::Args;

#[cfg(feature = "train")]
use crate::commands::list_file::lines_of;
use crate::commands::training_options::PresetName;
#[cfg(feature = "train")]
use crate::terminal::failure::Failure;

/// The settings one by one.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "train"),
    allow(dead_code, reason = "read by the training code alone")
)]
pub(crate) struct WatermarkTrainingOptions {
    /// Folder with `clips`, `portraits` and `labels`.
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// Run folder: settings, log and checkpoints. A run that is there already is continued.
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// Write the three trained networks into this folder as ONNX, in half precision.
    #[arg(long, value_name = "FOLDER")]
    export: Option<PathBuf>,
    /// Text file of sources kept for measuring, one path below the data folder a line.
    #[arg(long, value_name = "FILE")]
    held_out: Option<PathBuf>,
    /// Checkpoint of another run whose weights this one starts from.
    #[arg(long, value_name = "FILE")]
    start_from: Option<PathBuf>,
    /// Size of the reading network: `shipped`, or `tiny` for a trial in seconds.
    #[arg(long, value_enum, default_value = "shipped")]
    preset: PresetName,
    /// Steps in all, counted from the first start of the run.
    #[arg(long, default_value_t = 2000)]
    steps: u64,
    /// Pictures a step.
    #[arg(long, default_value_t = 8)]
    batch: u64,
    /// Peak learning rate.
    #[arg(long, default_value_t = 1e-3)]
    learning_rate: f64,
    /// Signal-to-noise ratio of marked pictures, decibels, below which marks are penalised.
    #[arg(long, value_name = "DB", default_value_t = 43.0)]
    least_psnr: f64,
    /// Weight of what can be seen of the mark, against reading it.
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.08)]
    visibility: f64,
    /// Share of the steps whose pictures go through a real H.264 encoder, 0 to 1; more than 0 needs ffmpeg.
    #[arg(long, value_name = "SHARE", default_value_t = 0.6)]
    video_share: f64,
    /// Threads that compute.
    #[arg(long, default_value_t = 1)]
    threads: u64,
    /// Seed of the weights and of the samples.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps between reports.
    #[arg(long, default_value_t = 20)]
    report_every: u64,
    /// Steps between checkpoints.
    #[arg(long, default_value_t = 100)]
    checkpoint_every: u64,
}

#[cfg(feature = "train")]
impl WatermarkTrainingOptions {
    /// The settings as the library takes them.
    pub(crate) fn to_config(&self) -> Result<training::WatermarkTrainingConfig, Failure> {
        Ok(training::WatermarkTrainingConfig {
            preset: self.preset.preset(),
            data: self.data.clone(),
            held_out: lines_of(self.held_out.as_deref())?,
            output: self.output.clone(),
            export: self.export.clone(),
            start_from: self.start_from.clone(),
            steps: self.steps,
            batch: self.batch,
            learning_rate: self.learning_rate,
            least_psnr_db: self.least_psnr,
            visibility_weight: self.visibility,
            video_share: self.video_share,
            threads: self.threads,
            seed: self.seed,
            report_every: self.report_every,
            checkpoint_every: self.checkpoint_every,
        })
    }
}
