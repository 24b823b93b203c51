//! What is judged of an output before the work begins: its folder is there, and nothing is
//! replaced unless the user says so.

use std::path::{Path, PathBuf};

use crate::terminal::failure::Failure;

/// Why an output cannot be written to this place.
#[derive(Debug, thiserror::Error)]
enum OutputProblem {
    /// Something is there already.
    #[error("{} is there already", path.display())]
    AlreadyThere { path: PathBuf },
    /// There is no folder to put it into.
    #[error("the folder {} does not exist", folder.display())]
    NoFolder { folder: PathBuf },
}

/// Fail if there is no folder for `path`, or if it exists and may not be replaced. An empty
/// folder holds nothing to lose.
pub(crate) fn check_output(path: &Path, may_replace: bool) -> Result<(), Failure> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        let folder = folder.to_owned();
        return Err(Failure::work(OutputProblem::NoFolder { folder }));
    }
    let is_empty_folder =
        || std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    if may_replace || !path.exists() || is_empty_folder() {
        return Ok(());
    }
    let error = OutputProblem::AlreadyThere {
        path: path.to_owned(),
    };
    let advice = "choose another name, or allow replacing it with --overwrite (-y)";
    Err(Failure::with_advice(error, Some(advice.to_owned())))
}
