//! Why a run that trains the watermark's networks may not start or finish.

use std::path::PathBuf;

use crate::network_run_event::RunError;

/// Why a run could not start or finish.
#[derive(Debug, thiserror::Error)]
pub enum WatermarkTrainingError {
    /// The loop could not start or go on.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The data could not be read.
    #[error(transparent)]
    Data(#[from] dataset::DatasetError),
    /// No source gave a picture.
    #[error("{} holds no training picture whose shorter side has {side_px} px or more", folder.display())]
    NoPictures {
        /// The data folder.
        folder: PathBuf,
        /// Least side.
        side_px: u32,
    },
    /// Pictures could not be coded as video.
    #[error("marked pictures could not be coded as video")]
    Coding(#[from] media::MediaError),
}
