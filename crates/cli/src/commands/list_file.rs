//! Text files that the command line names: lists of one entry a line, and settings.

use std::path::{Path, PathBuf};

use crate::terminal::failure::Failure;

/// Largest file that is read, bytes.
const LARGEST_FILE: u64 = 256 << 20;

/// A file that the command line names is no text.
#[derive(Debug, thiserror::Error)]
#[error("{} is no text", path.display())]
struct NoText {
    path: PathBuf,
    source: std::str::Utf8Error,
}

/// The whole file.
///
/// # Errors
/// If it cannot be read, or is no UTF-8.
pub(crate) fn text_of(path: &Path) -> Result<String, Failure> {
    let bytes = media::read_whole(path, LARGEST_FILE).map_err(Failure::work)?;
    String::from_utf8(bytes).map_err(|error| {
        Failure::work(NoText {
            path: path.to_owned(),
            source: error.utf8_error(),
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
