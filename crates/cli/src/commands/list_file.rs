//! Text files that the command line names: lists of one entry a line, and settings.

use std::path::{Path, PathBuf};

use crate::terminal::failure::Failure;

/// A file that the command line names could not be read.
#[derive(Debug, thiserror::Error)]
#[error("could not read {}", path.display())]
struct UnreadableFile {
    path: PathBuf,
    source: std::io::Error,
}

/// The whole file.
///
/// # Errors
/// If it cannot be read, or is no UTF-8.
pub(crate) fn text_of(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|source| {
        Failure::work(UnreadableFile {
            path: path.to_owned(),
            source,
        })
    })
}

/// Lines of a list, trimmed and without the empty ones; nothing where no list is named.
///
/// # Errors
/// If the file cannot be read.
pub(crate) fn lines_of(path: Option<&Path>) -> Result<Vec<String>, Failure> {
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    let text = text_of(path)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(str::to_owned).collect())
}
