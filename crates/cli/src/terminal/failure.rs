//! Why a command ended without its result, how that is told, and the exit code.

use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;

/// Why a command ended without its result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line itself is wrong; every problem found in it.
    Usage(Vec<String>),
    /// The work failed.
    Work {
        /// What went wrong, with its causes.
        error: Box<dyn Error>,
        /// What the user can do about it, where we know.
        advice: Option<String>,
    },
    /// The user asked for a stop, and nothing is left of the work.
    Stopped,
    /// The user asked for a stop of work that can be continued.
    Paused,
    /// The command did its work, and what it found is told by this exit code.
    Verdict(u8),
}

impl Failure {
    /// A failure that needs no advice, since its text says what to do.
    pub(crate) fn work(error: impl Error + 'static) -> Self {
        Self::Work {
            error: Box::new(error),
            advice: None,
        }
    }

    /// A failure with a sentence on what to do about it.
    pub(crate) fn with_advice(error: impl Error + 'static, advice: Option<String>) -> Self {
        Self::Work {
            error: Box::new(error),
            advice,
        }
    }

    /// 1 for failed work, 2 for a wrong command line, 130 after Ctrl-C as shells expect.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Work { .. } => 1,
            Self::Usage(_) => 2,
            Self::Stopped | Self::Paused => 130,
            Self::Verdict(code) => *code,
        })
    }

    /// The whole text for standard error, ending in a new line.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Usage(problems) => {
                let mut text: String = problems
                    .iter()
                    .map(|problem| format!("error: {problem}\n"))
                    .collect();
                text.push_str("\nFor more information, try '--help'.\n");
                text
            }
            Self::Work { error, advice } => {
                let mut text = chain(error.as_ref());
                if let Some(advice) = advice {
                    write!(text, "\nhint: {advice}\n").expect("writing to a string cannot fail");
                }
                text
            }
            Self::Stopped => "stopped; nothing was written\n".to_owned(),
            Self::Verdict(_) => String::new(),
            Self::Paused => {
                "stopped; what is done is kept, and the same command goes on from there\n"
                    .to_owned()
            }
        }
    }
}

/// The error and its causes, one a line; a cause that the line above already quotes is left out.
fn chain(error: &dyn Error) -> String {
    let mut text = format!("error: {error}\n");
    let mut above = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let sentence = error.to_string();
        if !above.contains(&sentence) {
            writeln!(text, "  because: {sentence}").expect("writing to a string cannot fail");
        }
        above = sentence;
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("could not open a.mp4")]
    struct Outer(#[source] std::io::Error);

    #[derive(Debug, thiserror::Error)]
    #[error("a.mp4: {0}")]
    struct Quoting(#[source] std::io::Error);

    fn denied() -> std::io::Error {
        std::io::Error::other("permission denied")
    }

    #[test]
    fn every_cause_is_told_once_and_the_advice_comes_last() {
        let failure = Failure::with_advice(Outer(denied()), Some("look at the rights".into()));
        assert_eq!(
            failure.text(),
            "error: could not open a.mp4\n  because: permission denied\n\nhint: look at the rights\n"
        );
    }

    #[test]
    fn a_cause_that_the_error_quotes_is_not_repeated() {
        assert_eq!(
            Failure::work(Quoting(denied())).text(),
            "error: a.mp4: permission denied\n"
        );
    }

    #[test]
    fn all_problems_of_a_command_line_are_listed_at_once() {
        let text = Failure::Usage(vec!["one".into(), "two".into()]).text();
        assert!(text.starts_with("error: one\nerror: two\n"));
    }
}
