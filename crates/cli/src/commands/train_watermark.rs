//! `vivant train-watermark`: train the networks of the invisible watermark.
//!
//! The work needs libtorch and therefore the feature `train`; without it the command is there
//! and says how to get it.

use std::path::PathBuf;

use clap::Args;

#[cfg(feature = "train")]
use crate::commands::network_run_progress::{RunKind, run_to_the_end};
#[cfg(feature = "train")]
use crate::commands::training_options::read_config;
use crate::commands::watermark_training_options::WatermarkTrainingOptions;
#[cfg(not(feature = "train"))]
use crate::commands::without_training::without_training;
use crate::terminal::failure::Failure;

/// Options of `train-watermark`.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "train"),
    allow(dead_code, reason = "read by the training code alone")
)]
pub(crate) struct TrainWatermarkArgs {
    /// All settings from a TOML file, such as the `config.toml` of a run folder, and no others.
    #[arg(long, value_name = "FILE", conflicts_with = "WatermarkTrainingOptions")]
    config: Option<PathBuf>,
    /// Say what the run would use, with all its settings, and start nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    options: Option<WatermarkTrainingOptions>,
}

/// Say how to get the command.
///
/// # Errors
/// Always.
#[cfg(not(feature = "train"))]
pub(crate) fn train_watermark(_: &TrainWatermarkArgs, _: bool) -> Result<(), Failure> {
    Err(without_training("train-watermark"))
}

/// Train, showing losses and speed.
///
/// # Errors
/// If the settings, the data or the run folder cannot be used, or a loss is no number any more.
#[cfg(feature = "train")]
pub(crate) fn train_watermark(args: &TrainWatermarkArgs, is_quiet: bool) -> Result<(), Failure> {
    let config = args.resolve()?;
    if args.dry_run {
        let plan = training::plan_watermark_training(&config).map_err(Failure::work)?;
        let settings = toml::to_string(&config).map_err(Failure::work)?;
        println!("{settings}\n{}", described(&plan));
        return Ok(());
    }
    let kind = RunKind {
        output: &config.output,
        batch: config.batch,
        samples: "pictures",
    };
    run_to_the_end(&kind, is_quiet, &mut |listener| {
        training::train_watermark(&config, listener).map_err(Failure::work)
    })
}

/// What a run would use, in lines.
#[cfg(feature = "train")]
fn described(plan: &training::WatermarkPlan) -> String {
    let begins = match plan.resumes_at {
        Some(step) => format!("it would go on from step {step}"),
        None => "it would begin at step 0".to_owned(),
    };
    format!(
        "parameters: {}\ndata: {} sources to learn from, {} kept for measuring\n{begins}",
        plan.parameters, plan.sources, plan.held_out
    )
}

#[cfg(feature = "train")]
impl TrainWatermarkArgs {
    /// Settings of the run; every problem found in them at once.
    fn resolve(&self) -> Result<training::WatermarkTrainingConfig, Failure> {
        let config = match (&self.config, &self.options) {
            (Some(path), _) => read_config(path)?,
            (None, Some(options)) => options.to_config()?,
            (None, None) => {
                let problem = "either --config, or --data and --output are needed";
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
