//! What can go wrong between a file and its landmarks.

use std::path::PathBuf;

use inference::{BundleError, InferenceError};

use media::MediaError;

use crate::TrackFileError;

/// Why landmarks could not be found or written.
#[derive(Debug, thiserror::Error)]
pub enum LandmarksError {
    /// The networks could not be loaded.
    #[error("cannot load the landmark networks")]
    Bundle(#[from] BundleError),
    /// A network failed while it ran.
    #[error("the landmark networks failed")]
    Inference(#[from] InferenceError),
    /// The input could not be read or the overlay could not be written.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// A picture's overlay is a PNG.
    #[error("the overlay of a picture is a PNG: give {} the ending .png", path.display())]
    OverlayNotPng {
        /// The name that was given.
        path: PathBuf,
    },
    /// The track could not be written or read.
    #[error(transparent)]
    TrackFile(#[from] TrackFileError),
    /// No frame shows a face.
    #[error(
        "no face found in {} ({frames} frames looked at): use a file in which the face is larger or less hidden",
        path.display()
    )]
    NoFace {
        /// The picture or video.
        path: PathBuf,
        /// How many frames were looked at.
        frames: u64,
    },
    /// The chosen face does not exist.
    #[error("face {number} was chosen, but {} shows {found} at most: choose 1 to {found}", path.display())]
    NoSuchFace {
        /// The picture or video.
        path: PathBuf,
        /// The number that was asked for.
        number: usize,
        /// Most faces in one frame.
        found: usize,
    },
    /// No face lies in the chosen box.
    #[error("no face lies in the chosen box; {} shows {found} elsewhere", path.display())]
    NoFaceInBox {
        /// The picture or video.
        path: PathBuf,
        /// Most faces in one frame.
        found: usize,
    },
    /// The listener asked to stop; nothing was left behind.
    #[error("stopped")]
    Stopped,
}
