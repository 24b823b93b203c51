//! `vivant evaluate`: one command, two modes. `--people` measures ways of making talking heads,
//! `--data` the landmark networks.

use clap::Args;

use crate::commands::evaluate_landmarks::{LandmarkArgs, evaluate_landmark_networks};
use crate::commands::evaluate_people::{PeopleArgs, evaluate_methods};
use crate::terminal::failure::Failure;

/// Options of `evaluate`.
#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    #[command(flatten)]
    people: PeopleArgs,
    #[command(flatten)]
    landmarks: LandmarkArgs,
}

/// Measure, and print the report.
///
/// # Errors
/// If the options contradict each other, the data cannot be read, or Ctrl-C was pressed.
pub(crate) fn evaluate(args: &EvaluateArgs, is_quiet: bool) -> Result<(), Failure> {
    let EvaluateArgs { people, landmarks } = args;
    let foreign = |names: Vec<&str>, mode: &str| -> Vec<String> {
        names
            .into_iter()
            .map(|name| format!("{name} goes with {mode}"))
            .collect()
    };
    match (&people.people, &landmarks.data) {
        (Some(folder), None) => {
            let problems = foreign(landmarks.given(), "--data");
            evaluate_methods(people, folder, problems, is_quiet)
        }
        (None, Some(data)) => match foreign(people.given(), "--people") {
            problems if problems.is_empty() => {
                evaluate_landmark_networks(landmarks, data, is_quiet)
            }
            problems => Err(Failure::Usage(problems)),
        },
        (Some(_), Some(_)) => {
            let text =
                "--people measures talking heads, --data landmark networks: give one of them";
            Err(Failure::Usage(vec![text.to_owned()]))
        }
        (None, None) => {
            let text = "--people FOLDER is needed, or --data FOLDER for the landmark networks";
            Err(Failure::Usage(vec![text.to_owned()]))
        }
    }
}
