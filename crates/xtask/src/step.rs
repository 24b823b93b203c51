//! One step of a task: a child process or a rule, announced before and judged after.

use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Instant;

/// Why a task stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TaskError {
    /// A program could not be started at all.
    #[error("could not start `{program}`: {source}")]
    CannotStart {
        program: String,
        source: std::io::Error,
    },
    /// A program ran and failed.
    #[error("`{command}` failed: {status}")]
    Failed { command: String, status: ExitStatus },
    /// A rule of the repository is broken in one or more places.
    #[error("{rule}: {} problem(s)\n  {}", problems.len(), problems.join("\n  "))]
    Broken {
        rule: &'static str,
        problems: Vec<String>,
    },
    /// A file or folder could not be read, made or moved.
    #[error("{}: {source}", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    /// Something that the task needs is absent and cannot be installed from here.
    #[error("{0}")]
    Missing(String),
    /// A tool answered in a form that this program does not know.
    #[error("could not understand the answer of {tool}: {reason}")]
    Unreadable { tool: &'static str, reason: String },
}

/// Run `command` with its output shown, after printing it.
pub(crate) fn run(command: &mut Command) -> Result<(), TaskError> {
    let text = text_of(command);
    println!("\n$ {text}");
    let start = Instant::now();
    let status = command
        .status()
        .map_err(|source| cannot_start(command, source))?;
    if !status.success() {
        return Err(TaskError::Failed {
            command: text,
            status,
        });
    }
    println!("  done in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Run `command` and return what it printed on standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String, TaskError> {
    let output = command
        .output()
        .map_err(|source| cannot_start(command, source))?;
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        return Err(TaskError::Failed {
            command: text_of(command),
            status: output.status,
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// True where `program` can be started with `argument` and answers with success.
pub(crate) fn answers(program: &str, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Fail with every problem found, or say that the rule holds.
pub(crate) fn judge(rule: &'static str, problems: Vec<String>) -> Result<(), TaskError> {
    if problems.is_empty() {
        println!("  {rule}: holds");
        return Ok(());
    }
    Err(TaskError::Broken { rule, problems })
}

fn cannot_start(command: &Command, source: std::io::Error) -> TaskError {
    TaskError::CannotStart {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    }
}

fn text_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
