//! The rule on outputs that are there already: they are replaced only when the user says so.

use std::path::{Path, PathBuf};

use crate::terminal::failure::Failure;

/// The output is there already.
#[derive(Debug, thiserror::Error)]
#[error("{} is there already", path.display())]
struct AlreadyThere {
    path: PathBuf,
}

/// Fail if `path` exists and may not be replaced. An empty folder holds nothing to lose.
pub(crate) fn refuse_to_replace(path: &Path, may_replace: bool) -> Result<(), Failure> {
    let is_empty_folder =
        || std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    if may_replace || !path.exists() || is_empty_folder() {
        return Ok(());
    }
    let error = AlreadyThere {
        path: path.to_owned(),
    };
    let advice = "choose another name, or allow replacing it with --overwrite (-y)";
    Err(Failure::with_advice(error, Some(advice.to_owned())))
}
