//! `vivant train-landmarks`: train the face detector or the landmark network.
//!
//! The work needs libtorch and therefore the feature `train`; without it the command is there
//! and says how to get it.

use std::path::PathBuf;

use clap::Args;

use crate::commands::training_options::TrainingOptions;
#[cfg(feature = "train")]
use crate::commands::training_options::read_config;
#[cfg(not(feature = "train"))]
use crate::commands::without_training::without_training;
use crate::terminal::failure::Failure;
#[cfg(feature = "train")]
use crate::terminal::interrupt::Interrupt;
#[cfg(feature = "train")]
use crate::terminal::progress::{Progress, State};

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
    let interrupt = Interrupt::install().map_err(Failure::work)?;
    let mut progress = Progress::new(is_quiet);
    let summary = training::train_landmarks(&config, &mut |event| {
        tell(&mut progress, config.batch, event);
        interrupt.flow()
    });
    drop(progress);
    let summary = summary.map_err(Failure::work)?;
    println!(
        "run folder: {}, step {}",
        config.output.display(),
        summary.step
    );
    if let Some(path) = summary.export {
        println!("network: {}", path.display());
    }
    if summary.was_stopped {
        return Err(Failure::Paused);
    }
    Ok(())
}

#[cfg(feature = "train")]
fn tell(progress: &mut Progress, batch: u64, event: training::Event) {
    use training::Event;
    match event {
        Event::Loaded { faces, people } => {
            progress.inform(&format!(
                "{faces} labelled faces of {people} people and stills"
            ));
        }
        Event::Warning { text } => progress.say(&format!("warning: {text}")),
        Event::Resumed { step } => progress.inform(&format!("going on from step {step}")),
        Event::Step {
            step,
            steps,
            losses,
            samples_per_second,
            waiting,
        } => {
            let losses: Vec<String> = losses
                .iter()
                .map(|(name, value)| format!("{name} {value:.4}"))
                .collect();
            progress.inform(&format!(
                "step {step} of {steps}: {}; {samples_per_second:.1} samples a second, {:.0} % waiting for samples",
                losses.join(", "),
                waiting * 100.0
            ));
            let rate = samples_per_second / batch as f64;
            progress.show(&State {
                label: "training",
                unit: "steps",
                done: step,
                total: Some(steps),
                rate,
                left_s: Some((steps - step) as f64 / rate),
            });
        }
        Event::Saved { path } => progress.inform(&format!("saved {}", path.display())),
    }
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
