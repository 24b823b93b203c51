//! Why a run that trains the landmark networks may not start or finish.

use std::path::PathBuf;

use crate::network_run_event::RunError;

/// Why a run could not start or finish.
#[derive(Debug, thiserror::Error)]
pub enum LandmarkTrainingError {
    /// The loop could not start or go on.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The data could not be read.
    #[error(transparent)]
    Data(#[from] dataset::DatasetError),
    /// The sheet of samples could not be written.
    #[error("cannot write {}", path.display())]
    Sheet {
        /// The file in question.
        path: PathBuf,
        /// What the encoder said.
        source: media::MediaError,
    },
    /// A thread that makes samples died.
    #[error("a sample loader stopped; its message stands above")]
    Loader,
}
