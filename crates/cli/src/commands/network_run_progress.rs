//! What the terminal shows of a run that trains small networks, and how it ends.

use std::ops::ControlFlow;
use std::path::Path;

use training::{Event, Summary};

use crate::terminal::failure::Failure;
use crate::terminal::interrupt::Interrupt;
use crate::terminal::progress::{Progress, State};

/// What differs between the runs.
pub(crate) struct RunKind<'a> {
    /// Run folder.
    pub(crate) output: &'a Path,
    /// Samples a step.
    pub(crate) batch: u64,
    /// What its samples are.
    pub(crate) samples: &'static str,
}

/// The caller's work, which tells its events.
type Work<'a> =
    dyn FnMut(&mut dyn FnMut(Event) -> ControlFlow<()>) -> Result<Summary, Failure> + 'a;

/// Do the work under a line of progress, and print how it ended.
///
/// # Errors
/// That of the work; [`Failure::Paused`] where it was stopped.
pub(crate) fn run_to_the_end(
    kind: &RunKind<'_>,
    is_quiet: bool,
    work: &mut Work<'_>,
) -> Result<(), Failure> {
    let interrupt = Interrupt::install().map_err(Failure::work)?;
    let mut progress = Progress::new(is_quiet);
    let summary = work(&mut |event| {
        tell(&mut progress, kind, event);
        interrupt.flow()
    });
    drop(progress);
    let summary = summary?;
    let folder = kind.output.display();
    println!("run folder: {folder}, step {}", summary.step);
    for path in summary.exported {
        println!("network: {}", path.display());
    }
    if summary.was_stopped {
        return Err(Failure::Paused);
    }
    Ok(())
}

fn tell(progress: &mut Progress, kind: &RunKind<'_>, event: Event) {
    match event {
        Event::Loaded {
            samples,
            sources: 0,
        } => progress.inform(&format!("{samples} {}", kind.samples)),
        Event::Loaded { samples, sources } => progress.inform(&format!(
            "{samples} {} of {sources} people and stills",
            kind.samples
        )),
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
            let rate = samples_per_second / kind.batch as f64;
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
