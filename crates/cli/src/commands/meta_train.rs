//! `vivant meta-train`: train embedder, generator and discriminator on shards of many people.
//!
//! The work needs libtorch and therefore the feature `train`; without it the command is there and
//! says how to get it.

#[cfg(feature = "train")]
use std::path::Path;

use clap::Args;

use crate::commands::meta_train_options::MetaTrainOptions;
#[cfg(feature = "train")]
use crate::commands::seals::sheet_marker;
#[cfg(not(feature = "train"))]
use crate::commands::without_training::without_training;
use crate::terminal::failure::Failure;
#[cfg(feature = "train")]
use crate::terminal::interrupt::Interrupt;
#[cfg(feature = "train")]
use crate::terminal::progress::{Progress, State};
#[cfg(feature = "train")]
use provenance::{Making, Marker};
#[cfg(feature = "train")]
use training::{MetaTrainingConfig, MetaTrainingEvent, RunPlan};

/// Options of `meta-train`.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "train"),
    allow(dead_code, reason = "read by the training code alone")
)]
pub(crate) struct MetaTrainArgs {
    #[command(flatten)]
    options: MetaTrainOptions,
    /// Say what the run would use, with all its settings, and start nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Say how to get the command.
///
/// # Errors
/// Always.
#[cfg(not(feature = "train"))]
pub(crate) fn meta_train(_: &MetaTrainArgs, _: bool) -> Result<(), Failure> {
    Err(without_training("meta-train"))
}

/// Train, showing losses, measures and speed.
///
/// # Errors
/// If settings, data, device or run folder cannot be used, or training goes wrong for good.
#[cfg(feature = "train")]
pub(crate) fn meta_train(args: &MetaTrainArgs, is_quiet: bool) -> Result<(), Failure> {
    let config = args.options.resolve()?;
    if args.dry_run {
        let plan = training::plan_meta_training(&config).map_err(Failure::work)?;
        let settings = toml::to_string(&config).map_err(Failure::work)?;
        println!("{settings}\n{}", described(&plan, &config));
        return Ok(());
    }
    let interrupt = Interrupt::install().map_err(Failure::work)?;
    let mut progress = Progress::new(is_quiet);
    let mut live = Live {
        sheets: sheet_marker(Making::Measured)?,
        losses: String::new(),
        measures: String::new(),
    };
    let summary = training::meta_train(&config, &mut |event| {
        live.tell(&mut progress, &config, event);
        interrupt.flow()
    });
    drop(progress);
    let summary = summary.map_err(Failure::work)?;
    println!(
        "run folder: {}, step {}",
        config.output.display(),
        summary.step
    );
    if let Some(bundle) = summary.bundle {
        println!("model: {}", bundle.display());
    }
    if summary.was_stopped {
        return Err(Failure::Paused);
    }
    Ok(())
}

/// What the live line shows beside the step.
#[cfg(feature = "train")]
#[derive(Debug)]
struct Live {
    /// Signs the sheets.
    sheets: Marker,
    /// Samples a second and losses of the last report.
    losses: String,
    /// On held-out people.
    measures: String,
}

#[cfg(feature = "train")]
impl Live {
    /// Sign a sheet that was just written; one that cannot be signed is no reason to stop training.
    fn sign(&self, progress: &mut Progress, sheet: &Path) {
        if let Err(error) = self.sheets.sign_file(sheet) {
            let sheet = sheet.display();
            progress.say(&format!("warning: {sheet} could not be signed: {error}"));
        }
    }

    fn tell(
        &mut self,
        progress: &mut Progress,
        config: &MetaTrainingConfig,
        event: MetaTrainingEvent,
    ) {
        match event {
            MetaTrainingEvent::Ready(plan) => progress.inform(&described(&plan, config)),
            MetaTrainingEvent::Warning { text } => progress.say(&format!("warning: {text}")),
            MetaTrainingEvent::Resumed { step } => {
                progress.inform(&format!("going on from step {step}"));
            }
            MetaTrainingEvent::Progress {
                step,
                steps,
                steps_per_second,
            } => {
                let state = State {
                    label: "meta-training",
                    unit: "steps",
                    done: step,
                    total: Some(steps),
                    rate: steps_per_second,
                    left_s: Some((steps - step) as f64 / steps_per_second.max(1e-9)),
                };
                let notes = [self.losses.as_str(), self.measures.as_str()];
                let notes = notes.into_iter().filter(|note| !note.is_empty());
                progress.show_noted(&state, &notes.collect::<Vec<_>>().join("; "));
            }
            MetaTrainingEvent::Step {
                step,
                steps,
                losses,
                samples_per_second,
                waiting,
            } => {
                let brief = losses
                    .iter()
                    .filter(|(name, _)| !name.ends_with("gradient"))
                    .map(|(name, value)| format!("{name} {value:.2}"));
                self.losses = format!(
                    "{samples_per_second:.1} samples a second; {}",
                    brief.collect::<Vec<_>>().join(", ")
                );
                let losses: Vec<String> = losses
                    .iter()
                    .map(|(name, value)| format!("{name} {value:.4}"))
                    .collect();
                progress.inform(&format!(
                    "step {step} of {steps}: {}; {samples_per_second:.1} samples a second, {:.0} % waiting",
                    losses.join(", "),
                    waiting * 100.0,
                ));
            }
            MetaTrainingEvent::Measured {
                step,
                measures,
                sheet,
            } => {
                let values = measures
                    .iter()
                    .map(|(name, value)| format!("{name} {value:.4}"));
                let values = values.collect::<Vec<_>>().join(", ");
                self.sign(progress, &sheet);
                progress.inform(&format!(
                    "held out at step {step}: {values}; {}",
                    sheet.display()
                ));
                self.measures = format!("held out: {values}");
            }
            MetaTrainingEvent::Shown { step, sheet } => {
                self.sign(progress, &sheet);
                progress.inform(&format!("samples at step {step}: {}", sheet.display()));
            }
            MetaTrainingEvent::Saved { path } => {
                progress.inform(&format!("saved {}", path.display()));
            }
        }
    }
}

/// What a run will use, in lines.
#[cfg(feature = "train")]
fn described(plan: &RunPlan, config: &MetaTrainingConfig) -> String {
    let parameters: Vec<String> = plan
        .parameters
        .iter()
        .map(|(name, count)| format!("{name} {:.2} M", *count as f64 / 1e6))
        .collect();
    format!(
        "parameters: {}\nweights, gradients, optimisers and averages: {} MiB, beside what a batch needs\n\
         data: {} frames in {} clips of {} people; {} people kept for measuring\n\
         content loss: {}\ndevice: {}, {} episodes a step in parts of {}",
        parameters.join(", "),
        plan.state_bytes >> 20,
        plan.frames,
        plan.videos,
        plan.people,
        plan.held_out_people,
        plan.content,
        config.device,
        config.batch,
        config.micro_batch,
    )
}
