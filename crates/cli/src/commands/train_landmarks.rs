//! `vivant train-landmarks`: train the face detector or the landmark network.
//!
//! The work needs libtorch and therefore the feature `train`; without it the command is there
//! and says how to get it.

use std::path::PathBuf;

use clap::Args;

#[cfg(feature = "train")]
use crate::commands::network_run_progress::{RunKind, run_to_the_end};
use crate::commands::training_options::TrainingOptions;
#[cfg(feature = "train")]
use crate::commands::training_options::read_config;
#[cfg(not(feature = "train"))]
use crate::commands::without_training::without_training;
use crate::terminal::failure::Failure;

/// Options of `train-landmarks`.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "train"),
    allow(dead_code, reason = "read by the training code alone")
)]
pub(crate) struct TrainLandmarksArgs {
    /// All settings from a TOML file, such as the `config.toml` of a run folder, and no others.
    #[arg(long, value_name = "FILE", exclusive = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    options: Option<TrainingOptions>,
}

/// Say how to get the command.
///
/// # Errors
/// Always.
#[cfg(not(feature = "train"))]
pub(crate) fn train_landmarks(_: &TrainLandmarksArgs, _: bool) -> Result<(), Failure> {
    Err(without_training("train-landmarks"))
}

/// Train, showing losses and speed.
///
/// # Errors
/// If the settings, the data or the run folder cannot be used, or a loss is no number any more.
#[cfg(feature = "train")]
pub(crate) fn train_landmarks(args: &TrainLandmarksArgs, is_quiet: bool) -> Result<(), Failure> {
    let config = args.resolve()?;
    let kind = RunKind {
        output: &config.output,
        batch: config.batch,
        samples: "labelled faces",
    };
    run_to_the_end(&kind, is_quiet, &mut |listener| {
        training::train_landmarks(&config, listener).map_err(Failure::work)
    })
}

#[cfg(feature = "train")]
impl TrainLandmarksArgs {
    /// Settings of the run; every problem found in them at once.
    fn resolve(&self) -> Result<training::LandmarkTrainingConfig, Failure> {
        let config = match (&self.config, &self.options) {
            (Some(path), _) => read_config(path)?,
            (None, Some(options)) => options.to_config()?,
            (None, None) => {
                let problem = "either --config, or --network, --data and --output are needed";
                return Err(Failure::Usage(vec![problem.to_owned()]));
            }
        };
        let problems = config.problems();
        if problems.is_empty() {
            return Ok(config);
        }
        Err(Failure::Usage(problems))
    }
}
