//! A job as the words of a command line: the page asks for nothing that a terminal could not.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::Refusal;
use crate::faces_file::FacesFile;
use crate::identifier::Identifier;
use crate::job::{Job, JobState};
use crate::motion_length::lengths_s;
use crate::request::{
    AnimateRequest, BackgroundRequest, DrivingRequest, EngineRequest, FineTuneRequest,
    FormatRequest, JobRequest, RegionRequest, SoundRequest,
};
use crate::studio::Studio;

/// Seconds that a preview shows.
const PREVIEW_S: f64 = 1.0;
/// File of an avatar among a job's results.
pub(crate) const AVATAR_FILE: &str = "person.avatar";
/// File among a job's results that says how several faces move.
const FACES_FILE: &str = "faces.toml";

/// What is run, and where its result will lie.
#[derive(Debug)]
pub(crate) struct CommandLine {
    pub(crate) words: Vec<OsString>,
    pub(crate) output: PathBuf,
    /// A file that has to be there first, and what stands in it.
    pub(crate) file: Option<(PathBuf, String)>,
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
    let mut of_run = Options::default();
    of_run.add("source", source_file(studio, &request.source)?);
    for further in &request.further {
        of_run.add("source", upload(studio, further)?);
    }
    sound(studio, request, &mut of_run)?;
    picture(request, &mut of_run);
    let output = folder.join(result_file(&JobRequest::Animate(request.clone())));
    of_run.add("output", &output);
    of_run.flag("overwrite");

    let lengths_s = lengths_s(studio, request)?;
    let numbers = std::iter::once(request.face).chain(request.others.iter().map(|o| Some(o.face)));
    let mut faces = Vec::new();
    for ((number, driving), length_s) in numbers.zip(request.drivings()).zip(lengths_s) {
        let mut face = Options::default();
        if let Some(number) = number {
            face.add("face", number.to_string());
        }
        motion(studio, driving, length_s, &mut face)?;
        choices(request, &mut face);
        faces.push(face);
    }
    if let [only] = &mut faces[..] {
        of_run.0.append(&mut only.0);
        return Ok(CommandLine {
            words: of_run.words("animate"),
            output,
            file: None,
        });
    }
    let path = folder.join(FACES_FILE);
    let text = FacesFile::new(&of_run.0, faces.iter().map(|face| &face.0[..]))?.text()?;
    let mut job = Options::default();
    job.add("job", &path);
    Ok(CommandLine {
        words: job.words("animate"),
        output,
        file: Some((path, text)),
    })
}

/// What moves a face; a built-in motion is repeated to this length.
fn motion(
    studio: &Studio,
    driving: &DrivingRequest,
    length_s: Option<f64>,
    face: &mut Options,
) -> Result<(), Refusal> {
    match driving {
        DrivingRequest::Motion(name) => {
            face.add("driving", name);
            if let Some(length_s) = length_s {
                face.add("duration", format!("{length_s:.3}"));
            }
        }
        DrivingRequest::Upload(id) => face.add("driving", upload(studio, id)?),
        DrivingRequest::Sound(_) => face.add("driving", "audio"),
    }
    Ok(())
}

/// How much of the motion reaches a face.
fn choices(request: &AnimateRequest, face: &mut Options) {
    for region in &request.regions {
        let name = match region {
            RegionRequest::Expression => "expression",
            RegionRequest::Pose => "pose",
            RegionRequest::Lips => "lips",
            RegionRequest::Eyes => "eyes",
        };
        face.add("region", name);
    }
    face.add("strength", request.strength.to_string());
    face.add("smoothing", request.smoothing.to_string());
    if request.is_absolute {
        face.add("motion", "absolute");
    }
}

/// What is shown, of which part of the motion, and what is said of it.
fn picture(request: &AnimateRequest, of_run: &mut Options) {
    if request.engine == EngineRequest::Warp {
        of_run.add("engine", "warp");
    }
    if request.is_cropped {
        of_run.flag("crop");
    }
    match request.background {
        BackgroundRequest::Keep => {}
        BackgroundRequest::Alpha => of_run.add("background", "alpha"),
        BackgroundRequest::Colour([red, green, blue]) => {
            of_run.add("background", format!("#{red:02x}{green:02x}{blue:02x}"));
        }
    }
    if let Some(ground) = request.consent {
        of_run.add("consent", ground.word());
    }
    if request.is_preview {
        of_run.add("first", PREVIEW_S.to_string());
        if request.preview_from_s > 0.0 {
            of_run.add("from", format!("{:.3}", request.preview_from_s));
        }
    } else if request.format != FormatRequest::Gif {
        of_run.flag("resume");
    }
}

/// Choose the sound.
fn sound(studio: &Studio, request: &AnimateRequest, of_run: &mut Options) -> Result<(), Refusal> {
    match (&request.driving, &request.sound) {
        (DrivingRequest::Sound(id), _) | (_, SoundRequest::Upload(id)) => {
            of_run.add("audio", upload(studio, id)?);
        }
        (_, SoundRequest::Driving) => {}
        (_, SoundRequest::Source) => of_run.add("audio", "source"),
        (_, SoundRequest::None) => of_run.add("audio", "none"),
    }
    Ok(())
}

fn fine_tune(
    studio: &Studio,
    request: &FineTuneRequest,
    folder: &Path,
) -> Result<CommandLine, Refusal> {
    let mut options = Options::default();
    for photo in &request.photos {
        options.add("source", upload(studio, photo)?);
    }
    options.add("shots", request.shots.to_string());
    if let Some(ground) = request.consent {
        options.add("consent", ground.word());
    }
    match &studio.config.model {
        Some(model) => options.add("model", model),
        None => options.add("model", studio.built_in_model()),
    }
    if studio.config.model.is_none() || !studio.config.can_train {
        options.flag("feed-forward");
    }
    let output = folder.join(AVATAR_FILE);
    options.add("output", &output);
    options.flag("overwrite");
    Ok(CommandLine {
        words: options.words("fine-tune"),
        output,
        file: None,
    })
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

/// Options by their long names; those without a value are switches.
#[derive(Debug, Default)]
struct Options(Vec<(&'static str, Option<OsString>)>);

impl Options {
    fn flag(&mut self, name: &'static str) {
        self.0.push((name, None));
    }

    fn add(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.0.push((name, Some(value.into())));
    }

    /// As a command line; an option is one word with its value, so that no value can be taken for an option.
    fn words(self, command: &str) -> Vec<OsString> {
        let mut words = vec![OsString::from(command)];
        for (name, value) in self.0 {
            let mut word = OsString::from("--");
            word.push(name);
            if let Some(value) = value {
                word.push("=");
                word.push(value);
            }
            words.push(word);
        }
        words
    }
}
