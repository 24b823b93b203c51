//! `vivant landmarks`: write the 70 points of a face in a picture, or through a video.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use landmarks::{
    DEFAULT_SMOOTHING, Event, LandmarksConfig, LandmarksError, Summary, TrackerConfig, Warning,
};

use crate::commands::face_options::FollowedFace;
use crate::commands::gap_list::gap_sentence;
use crate::commands::number_options::share;
use crate::commands::output_file::check_output;
use crate::commands::seals::overlay_seal;
use crate::terminal::failure::Failure;
use crate::terminal::interrupt::Interrupt;
use crate::terminal::progress::{Progress, State};

/// Options of `landmarks`.
#[derive(Debug, Args)]
pub(crate) struct LandmarksArgs {
    /// Picture, video, animated GIF, or folder of pictures that follow each other.
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// Result: .json, or .motion.safetensors, which `animate --driving` takes.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Also write the input with the points drawn onto it: .mp4, .webm, .gif or a folder of PNG
    /// pictures; for a single picture .png.
    #[arg(long, value_name = "FILE")]
    overlay: Option<PathBuf>,
    /// Replace outputs that are there already.
    #[arg(short = 'y', long)]
    overwrite: bool,
    #[command(flatten)]
    face: FollowedFace,
    /// Steadiness of the points: 0 as found, 1 steadiest.
    #[arg(long, default_value_t = DEFAULT_SMOOTHING, value_parser = share)]
    smoothing: f32,
    /// Threads that the networks run on; else all cores.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

/// Find the points, and print where they are.
///
/// # Errors
/// If no frame shows the chosen face, a file cannot be read or written, or the work is stopped.
pub(crate) fn landmarks(args: &LandmarksArgs, is_quiet: bool) -> Result<(), Failure> {
    let config = args.resolve()?;
    let interrupt = Interrupt::install().map_err(Failure::work)?;
    let mut progress = Progress::new(is_quiet);
    let outcome = landmarks::landmarks(&config, &mut |event| {
        tell(&mut progress, &event);
        interrupt.flow()
    });
    drop(progress);
    let summary = outcome.map_err(|error| match error {
        LandmarksError::Stopped => Failure::Stopped,
        // ffmpeg hears Ctrl-C too and may end first; its complaint is then no news
        _ if interrupt.is_asked() => Failure::Stopped,
        error => Failure::work(error),
    })?;
    println!("{}", told(&summary));
    if let Some(overlay) = &summary.overlay {
        println!(
            "{}: the input with the points drawn onto it",
            overlay.display()
        );
    }
    Ok(())
}

impl LandmarksArgs {
    fn resolve(&self) -> Result<LandmarksConfig, Failure> {
        for output in std::iter::once(&self.output).chain(&self.overlay) {
            check_output(output, self.overwrite)?;
        }
        let overlay_seal = match &self.overlay {
            Some(_) => Some(overlay_seal(&self.input)?),
            None => None,
        };
        Ok(LandmarksConfig {
            input: self.input.clone(),
            output: self.output.clone(),
            overlay: self.overlay.clone(),
            overlay_seal,
            tracker: TrackerConfig {
                face: self.face.choice(),
                smoothing: self.smoothing,
            },
            threads: self.threads,
        })
    }
}

fn tell(progress: &mut Progress, event: &Event) {
    match event {
        Event::Progress(part) => progress.show(&State {
            label: "tracking",
            unit: "frames",
            done: part.done,
            total: part.total,
            rate: part.frames_per_second,
            left_s: part.left_s,
        }),
        Event::Warning(warning) => progress.say(&format!("warning: {}", sentence(warning))),
        Event::Finished(_) => {}
    }
}

fn sentence(warning: &Warning) -> String {
    match warning {
        Warning::NoFaceInFrames { gaps, total } => gap_sentence(gaps, *total),
        Warning::SeveralFaces { found } => format!(
            "up to {found} faces are shown; the largest is followed, --face 2 takes the next largest, and so on"
        ),
        Warning::Media { note } => note.clone(),
    }
}

/// The result in one line.
fn told(summary: &Summary) -> String {
    let Summary {
        frames,
        frames_with_face,
        confidence,
        wall_s,
        ..
    } = summary;
    format!(
        "{}: a face in {frames_with_face} of {frames} frames, mean confidence {confidence:.2}, made in {wall_s:.1} s",
        summary.output.display()
    )
}
