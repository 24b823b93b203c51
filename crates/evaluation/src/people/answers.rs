//! Answers of the USER test: reading what the page wrote, and counting them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::people::config::{PeopleError, PeopleEvent, PeopleWarning};
use crate::people::files::at;
use crate::people::people_folder::{Listener, tell};

/// A file that the page gave to download.
#[derive(Debug, Deserialize)]
struct AnswerFile {
    /// Which test it belongs to.
    test: String,
    answers: Vec<Answer>,
}

/// One question, answered.
#[derive(Debug, Deserialize)]
struct Answer {
    /// Number of the question.
    question: usize,
    /// Place of the picture that was taken for the made one, 0 to 2.
    picked: usize,
}

/// A question's truth.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Truth {
    /// Row of the table, as `METHOD-T`.
    pub(crate) row: String,
    /// Place of the made picture, 0 to 2.
    pub(crate) fake: usize,
}

/// Share of right answers by row, over all files that belong to this test.
pub(crate) fn count_answers(
    paths: &[PathBuf],
    test: &str,
    questions: &[Truth],
    listener: &mut Listener<'_>,
) -> Result<BTreeMap<String, f64>, PeopleError> {
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for path in paths {
        let wrong = |reason: String| PeopleError::Answers {
            path: path.clone(),
            reason,
        };
        let bytes = std::fs::read(path).map_err(at(path))?;
        let file: AnswerFile =
            serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        if file.test != test {
            let warning = PeopleWarning::OtherTest { path: path.clone() };
            tell(listener, PeopleEvent::Warning(warning))?;
            continue;
        }
        for answer in file.answers {
            let truth = questions.get(answer.question);
            let truth = truth.ok_or_else(|| wrong(format!("no question {}", answer.question)))?;
            let [right, all] = counts.entry(truth.row.clone()).or_default();
            *right += usize::from(answer.picked == truth.fake);
            *all += 1;
        }
    }
    let share = |(row, [right, all]): (String, [usize; 2])| (row, right as f64 / all as f64);
    Ok(counts.into_iter().map(share).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;

    #[test]
    fn right_answers_are_counted_by_row_and_other_tests_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let own = write(
            "own.json",
            r#"{"test": "a", "answers": [{"question": 0, "picked": 2}, {"question": 1, "picked": 0}]}"#,
        );
        let other = write("other.json", r#"{"test": "b", "answers": []}"#);
        let truth = |fake| Truth {
            row: "warp-8".into(),
            fake,
        };
        let mut warnings = Vec::new();
        let shares = count_answers(
            &[own, other.clone()],
            "a",
            &[truth(2), truth(1)],
            &mut |event| {
                warnings.push(event);
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        assert_eq!(shares["warp-8"], 0.5);
        assert_eq!(
            warnings,
            [PeopleEvent::Warning(PeopleWarning::OtherTest {
                path: other
            })]
        );
        let broken = write("broken.json", "{}");
        let mut go_on = |_| ControlFlow::Continue(());
        assert!(count_answers(&[broken], "a", &[], &mut go_on).is_err());
    }
}
