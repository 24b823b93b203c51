//! Where the model bundle of a run lies.

use std::path::{Path, PathBuf};

/// The folder of a model bundle: the given one, or `model` in a run folder; `None` where neither
/// holds one.
pub(crate) fn bundle_of(model: &Path) -> Option<PathBuf> {
    [model.to_owned(), model.join("model")]
        .into_iter()
        .find(|folder| folder.join("model.toml").is_file())
}
