//! What a job file asks for, resolved: one run with several faces.

use clap::{Args, Command, FromArgMatches, ValueEnum};
use reenactment::{AfterDriving, AnimateConfig, FaceConfig};

use crate::commands::animate::AnimateArgs;
use crate::commands::job_file::{FaceArguments, Job};
use crate::terminal::failure::Failure;

/// What drivers show after their end, by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum AfterName {
    Rest,
    Hold,
    Loop,
    Mirror,
}

/// The run that a job asks for.
///
/// # Errors
/// With the line, where a value is wrong, and where the output cannot be written.
pub(crate) fn of_job(job: &Job) -> Result<AnimateConfig, Failure> {
    let mut whole: Option<AnimateConfig> = None;
    for face in &job.faces {
        let config = config_of(job, face)?;
        match &mut whole {
            None => whole = Some(config),
            Some(whole) => whole.composition.further_faces.push(FaceConfig {
                source_face: config.source_face,
                driving: config.driving,
                driving_face: config.driving_face,
                smoothing: config.smoothing,
                motion: config.motion,
            }),
        }
    }
    let mut whole = whole.expect("a job has at least one face");
    if let Some((text, line)) = &job.after {
        let name = AfterName::from_str(text, false).map_err(|_error| {
            let reason = format!("driving-frames is rest, hold, loop or mirror, not {text}");
            Failure::work(job.at_line(*line, reason))
        })?;
        whole.composition.after_driving = match name {
            AfterName::Rest => AfterDriving::Rest,
            AfterName::Hold => AfterDriving::Hold,
            AfterName::Loop => AfterDriving::Loop,
            AfterName::Mirror => AfterDriving::Mirror,
        };
    }
    Ok(whole)
}

/// One face, read as the command line would be.
fn config_of(job: &Job, face: &FaceArguments) -> Result<AnimateConfig, Failure> {
    let wrong = |message: &str| {
        let line = Job::line_of(face, message);
        Failure::work(job.at_line(line, message.to_owned()))
    };
    let command = AnimateArgs::augment_args(Command::new("animate").no_binary_name(true));
    let typed = command
        .try_get_matches_from(&face.arguments)
        .and_then(|matches| AnimateArgs::from_arg_matches(&matches))
        .map_err(|error| wrong(&in_one_line(&error.to_string())))?;
    typed.resolve().map_err(|failure| match failure {
        Failure::Usage(problems) => wrong(&problems.join("; ")),
        other => other,
    })
}

/// What clap says, without the usage that belongs to a command line.
fn in_one_line(message: &str) -> String {
    let text = message.split("\n\nUsage:").next().unwrap_or(message);
    let text = text
        .split("\n\nFor more information")
        .next()
        .unwrap_or(text);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let text = lines.join(" ");
    text.trim().trim_start_matches("error: ").to_owned()
}
