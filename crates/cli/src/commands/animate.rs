//! `vivant animate`: move the person in a picture as someone in a video does.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};
use landmarks::DEFAULT_SMOOTHING;
use reenactment::{AnimateConfig, AnimateError, Audio, Engine, Source, Summary};

use crate::commands::animate_report::{summary_json, tell, told};
use crate::commands::bundle_folder::bundle_of;
use crate::commands::composition_options::CompositionOptions;
use crate::commands::driving_name::DrivingName;
use crate::commands::face_options::{DrivingFace, SourceFace};
use crate::commands::job_config::of_job;
use crate::commands::job_file::Job;
use crate::commands::mark_options::{MarkOptions, sidecar_in_the_way, stamp};
use crate::commands::motion_options::MotionOptions;
use crate::commands::number_options::{seconds, share};
use crate::commands::output_file::check_output;
use crate::terminal::events;
use crate::terminal::failure::Failure;
use crate::terminal::interrupt::Interrupt;
use crate::terminal::progress::Progress;

/// Frames in a segment of `--resume`: ten seconds at 25 a second.
const SEGMENT_FRAMES: u64 = 250;

/// Options of `animate`.
#[derive(Debug, Args)]
pub(crate) struct AnimateArgs {
    /// Picture of the person to bring to life, or a video whose person is driven by another. Given again,
    /// more pictures of the same person, folders of them or videos: the face is painted from those nearest
    /// to each pose.
    #[arg(short, long, value_name = "FILE", required_unless_present = "job")]
    source: Vec<PathBuf>,
    /// What supplies the motion: a video, an animated GIF, a folder of pictures, a recorded
    /// .motion.safetensors, one of talk, nod, look-around, smile, blink, or audio: lips that open by rule with the
    /// loudness of --audio FILE (no speech recognition, no learned lip sync).
    #[arg(
        short,
        long,
        value_name = "FILE|MOTION",
        required_unless_present = "job"
    )]
    driving: Option<DrivingName>,
    /// Result: .mp4, .webm, .mov (ProRes) or .gif, or a folder for numbered PNG pictures.
    #[arg(short, long, value_name = "FILE", required_unless_present = "job")]
    output: Option<PathBuf>,
    /// Several faces of one source, each with its driver: a TOML file whose fields are these options, those
    /// of a face in a table `[[face]]`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["source", "driving", "output"])]
    job: Option<PathBuf>,
    /// Replace the output if it is there already.
    #[arg(short = 'y', long)]
    overwrite: bool,
    /// What paints the frames.
    #[arg(long, value_enum, default_value = "auto")]
    engine: EngineName,
    /// Portrait model that paints the frames: a bundle, or the run folder of meta-train.
    #[arg(long, value_name = "FOLDER", conflicts_with = "engine")]
    model: Option<PathBuf>,
    /// Sound of the result: driving, source, none, or a sound file.
    #[arg(long, default_value = "driving", value_name = "WHICH|FILE")]
    audio: AudioName,
    #[command(flatten)]
    source_face: SourceFace,
    #[command(flatten)]
    driving_face: DrivingFace,
    #[command(flatten)]
    composition: CompositionOptions,
    #[command(flatten)]
    motion: MotionOptions,
    /// Steadiness of the motion: 0 as found, 1 steadiest.
    #[arg(long, default_value_t = DEFAULT_SMOOTHING, value_parser = share)]
    smoothing: f32,
    /// Length in seconds for talk, nod and the other built-in motions, which repeat until then.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    duration: Option<f64>,
    /// Also write NAME.preview.mp4: source, driving with landmarks and result side by side.
    #[arg(long)]
    preview: bool,
    /// Write in segments of 250 frames in OUTPUT.segments beside the output; after a stop or a crash the same command
    /// goes on from the last whole segment.
    #[arg(long, conflicts_with = "preview")]
    resume: bool,
    #[command(flatten)]
    marks: MarkOptions,
}

/// Whether a driving as typed names a file.
pub(crate) fn is_driving_file(text: &str) -> bool {
    matches!(text.parse(), Ok(DrivingName::File(_)))
}

/// Words that choose a sound; all else is a file.
pub(crate) const SOUND_WORDS: [&str; 3] = ["driving", "source", "none"];

/// Sound as typed: one of three words, else a path (`./none` is a file).
#[derive(Debug, Clone, PartialEq)]
struct AudioName(Audio);

impl FromStr for AudioName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(match text {
            "driving" => Audio::Driving,
            "source" => Audio::Source,
            "none" => Audio::None,
            path => Audio::File(PathBuf::from(path)),
        }))
    }
}

/// The engines by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum EngineName {
    /// An avatar's network for an avatar, the built-in portrait model for a picture.
    Auto,
    /// A geometric warp of the source picture.
    Warp,
}

/// Animate and print where the result is.
///
/// # Errors
/// If the options contradict each other, or the work fails or is stopped.
pub(crate) fn animate(args: &AnimateArgs, is_quiet: bool) -> Result<(), Failure> {
    let mut config = match &args.job {
        Some(job) => of_job(&Job::read(job).map_err(Failure::work)?)?,
        None => args.resolve()?,
    };
    if args.job.is_some() && args.marks.is_given() {
        config.marks = args.marks.marks()?;
    }
    stamp(&mut config);
    let summary = run(&config, is_quiet)?;
    if events::are_wanted() {
        events::tell_finished(&summary_json(&summary));
        return Ok(());
    }
    println!("{}", told(&summary));
    if let Some(preview) = &config.preview {
        println!(
            "{}: source, driving and result side by side",
            preview.display()
        );
    }
    Ok(())
}

/// Run with progress, warnings and Ctrl-C.
pub(crate) fn run(config: &AnimateConfig, is_quiet: bool) -> Result<Summary, Failure> {
    let interrupt = Interrupt::install().map_err(Failure::work)?;
    let mut progress = Progress::new(is_quiet);
    let outcome = reenactment::animate(config, &mut |event| {
        tell(&mut progress, event);
        interrupt.flow()
    });
    let notes = outcome.as_ref().map_or(&[][..], |summary| &summary.notes);
    for note in notes {
        progress.say(&format!("note: {note}"));
    }
    drop(progress);
    outcome.map_err(|error| match error {
        AnimateError::Stopped if config.segment_frames.is_some() => Failure::Paused,
        AnimateError::Stopped => Failure::Stopped,
        // ffmpeg hears Ctrl-C too and may end first; its complaint is then no news
        _ if interrupt.is_asked() => Failure::Stopped,
        error => Failure::work(error),
    })
}

impl AnimateArgs {
    /// Everything decided; all contradictions at once.
    pub(crate) fn resolve(&self) -> Result<AnimateConfig, Failure> {
        let mut problems = Vec::new();
        let output = self.output.as_ref().expect("clap asks for an output");
        let sound = match &self.audio.0 {
            Audio::File(path) => Some(path.as_path()),
            Audio::Driving | Audio::Source | Audio::None => None,
        };
        let driving = self.driving.as_ref().expect("clap asks for a driving");
        let driving = driving.driving(sound, self.duration, &mut problems);
        for (name, input) in self.inputs() {
            if is_same_file(input, output) {
                problems.push(format!(
                    "--output would replace the {name} {}",
                    input.display()
                ));
            }
        }
        let composition = self
            .composition
            .composition(&self.source, output, &mut problems);
        if !problems.is_empty() {
            return Err(Failure::Usage(problems));
        }
        let preview = self.preview.then(|| output.with_extension("preview.mp4"));
        let sidecar = sidecar_in_the_way(output);
        for output in std::iter::once(output).chain(&preview).chain(&sidecar) {
            check_output(output, self.overwrite)?;
        }
        Ok(AnimateConfig {
            source: Source::File(self.source[0].clone()),
            further_sources: self.source[1..].to_vec(),
            source_face: self.source_face.choice(),
            driving,
            driving_face: self.driving_face.choice(),
            output: output.clone(),
            audio: self.audio.0.clone(),
            engine: match (&self.model, self.engine) {
                (Some(model), _) => {
                    Engine::Portrait(bundle_of(model).unwrap_or_else(|| model.clone()))
                }
                (None, EngineName::Auto) => Engine::Automatic,
                (None, EngineName::Warp) => Engine::Warp,
            },
            motion: self.motion.choice(),
            smoothing: self.smoothing,
            composition,
            marks: self.marks.marks()?,
            preview,
            segment_frames: self.resume.then_some(SEGMENT_FRAMES),
        })
    }

    fn inputs(&self) -> Vec<(&'static str, &Path)> {
        let sources = self.source.iter();
        let mut inputs: Vec<_> = sources.map(|path| ("source", path.as_path())).collect();
        let driving = self.driving.as_ref();
        inputs.extend(
            driving
                .and_then(DrivingName::file)
                .map(|path| ("driving", path)),
        );
        if let Audio::File(path) = &self.audio.0 {
            inputs.push(("sound", path));
        }
        inputs
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let real = [one, other].map(|path| path.canonicalize().ok());
    one == other || (real[0].is_some() && real[0] == real[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sounds_win_over_files_unless_written_as_paths() {
        let audio = |text: &str| text.parse::<AudioName>().unwrap().0;
        assert_eq!(audio("none"), Audio::None);
        assert_eq!(audio("./none"), Audio::File("./none".into()));
    }
}
