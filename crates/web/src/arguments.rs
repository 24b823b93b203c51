//! A job as the words of a command line: the page asks for nothing that a terminal could not.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::Refusal;
use crate::identifier::Identifier;
use crate::job::{Job, JobState};
use crate::request::{
    AnimateRequest, BackgroundRequest, DrivingRequest, EngineRequest, FineTuneRequest,
    FormatRequest, JobRequest, RegionRequest, SoundRequest, motion_length_s,
};
use crate::studio::Studio;

/// Seconds that a preview shows.
const PREVIEW_S: f64 = 1.0;
/// File of an avatar among a job's results.
pub(crate) const AVATAR_FILE: &str = "person.avatar";

/// What is run, and where its result will lie.
#[derive(Debug)]
pub(crate) struct CommandLine {
    pub(crate) words: Vec<OsString>,
    pub(crate) output: PathBuf,
}

/// The command line of a job, its results in `folder`.
pub(crate) fn command_line(
    studio: &Studio,
    job: &Job,
    folder: &Path,
) -> Result<CommandLine, Refusal> {
    match &job.request {
        JobRequest::Animate(request) => animate(studio, request, folder),
        JobRequest::FineTune(request) => fine_tune(studio, request, folder),
        JobRequest::Live(_) => Err(Refusal::bad(
            "request",
            "the live view makes its films itself",
        )),
    }
}

/// Name of the file that a job ends with.
pub(crate) fn result_file(request: &JobRequest) -> &'static str {
    match request {
        JobRequest::FineTune(_) => AVATAR_FILE,
        JobRequest::Live(_) => "film.mp4",
        JobRequest::Animate(request) => match request.format {
            FormatRequest::Mp4 => "film.mp4",
            FormatRequest::Webm => "film.webm",
            FormatRequest::Gif => "film.gif",
            FormatRequest::Png => "frames",
        },
    }
}

fn animate(
    studio: &Studio,
    request: &AnimateRequest,
    folder: &Path,
) -> Result<CommandLine, Refusal> {
    let mut words = Words::new("animate");
    words.option("--source", source_file(studio, &request.source)?);
    for further in &request.further {
        words.option("--source", upload(studio, further)?);
    }
    if let Some(face) = request.face {
        words.option("--face", face.to_string());
    }
    let sound_file = sound(studio, request, &mut words)?;
    match &request.driving {
        DrivingRequest::Motion(name) => {
            words.option("--driving", name);
            if let Some(length) = sound_file {
                words.option("--duration", format!("{length:.3}"));
            }
        }
        DrivingRequest::Upload(id) => words.option("--driving", upload(studio, id)?),
        DrivingRequest::Sound(_) => words.option("--driving", "audio"),
    }
    for region in &request.regions {
        let name = match region {
            RegionRequest::Expression => "expression",
            RegionRequest::Pose => "pose",
            RegionRequest::Lips => "lips",
            RegionRequest::Eyes => "eyes",
        };
        words.option("--region", name);
    }
    words.option("--strength", request.strength.to_string());
    words.option("--smoothing", request.smoothing.to_string());
    if request.is_absolute {
        words.option("--motion", "absolute");
    }
    if request.engine == EngineRequest::Warp {
        words.option("--engine", "warp");
    }
    if request.is_cropped {
        words.flag("--crop");
    }
    match request.background {
        BackgroundRequest::Keep => {}
        BackgroundRequest::Alpha => words.option("--background", "alpha"),
        BackgroundRequest::Colour([red, green, blue]) => {
            words.option("--background", format!("#{red:02x}{green:02x}{blue:02x}"));
        }
    }
    if let Some(ground) = request.consent {
        words.option("--consent", ground.word());
    }
    if request.is_preview {
        words.option("--first", PREVIEW_S.to_string());
    } else if request.format != FormatRequest::Gif {
        words.flag("--resume");
    }
    Ok(words.writing(folder.join(result_file(&JobRequest::Animate(request.clone())))))
}

/// Choose the sound; returns how long a sound of its own is, which a built-in motion shall fill.
fn sound(
    studio: &Studio,
    request: &AnimateRequest,
    words: &mut Words,
) -> Result<Option<f64>, Refusal> {
    let id = match (&request.driving, &request.sound) {
        (DrivingRequest::Sound(id), _) | (_, SoundRequest::Upload(id)) => id,
        (_, SoundRequest::Driving) => return Ok(None),
        (_, SoundRequest::Source) => {
            words.option("--audio", "source");
            return Ok(None);
        }
        (_, SoundRequest::None) => {
            words.option("--audio", "none");
            return Ok(None);
        }
    };
    words.option("--audio", upload(studio, id)?);
    Ok(motion_length_s(studio.uploads.get(id)?.duration_s))
}

fn fine_tune(
    studio: &Studio,
    request: &FineTuneRequest,
    folder: &Path,
) -> Result<CommandLine, Refusal> {
    let mut words = Words::new("fine-tune");
    for photo in &request.photos {
        words.option("--source", upload(studio, photo)?);
    }
    words.option("--shots", request.shots.to_string());
    if let Some(ground) = request.consent {
        words.option("--consent", ground.word());
    }
    match &studio.config.model {
        Some(model) if studio.config.can_train => words.option("--model", model),
        Some(model) => {
            words.option("--model", model);
            words.flag("--feed-forward");
        }
        None => {
            words.option("--model", studio.built_in_model());
            words.flag("--feed-forward");
        }
    }
    Ok(words.writing(folder.join(AVATAR_FILE)))
}

fn upload(studio: &Studio, id: &Identifier) -> Result<PathBuf, Refusal> {
    let upload = studio.uploads.get(id)?;
    Ok(studio.uploads.file_of(&upload))
}

/// An upload, or the avatar that a job made.
pub(crate) fn source_file(studio: &Studio, id: &Identifier) -> Result<PathBuf, Refusal> {
    let is_avatar = studio.jobs().get(id).is_ok_and(|job| {
        matches!(job.request, JobRequest::FineTune(_)) && job.state == JobState::Completed
    });
    if is_avatar {
        return Ok(studio.results_of(id).join(AVATAR_FILE));
    }
    upload(studio, id)
}

/// A command line in the making.
struct Words(Vec<OsString>);

impl Words {
    fn new(command: &str) -> Self {
        Self(vec![command.into()])
    }

    fn flag(&mut self, name: &str) {
        self.0.push(name.into());
    }

    /// One word, so that no value can be taken for an option.
    fn option(&mut self, name: &str, value: impl Into<OsString>) {
        let mut word = OsString::from(name);
        word.push("=");
        word.push(value.into());
        self.0.push(word);
    }

    fn writing(mut self, output: PathBuf) -> CommandLine {
        self.option("--output", &output);
        self.flag("--overwrite");
        CommandLine {
            words: self.0,
            output,
        }
    }
}
