//! Why a mark could not be hidden or looked for.

use inference::{BundleError, InferenceError};

use super::LEAST_SIDE_PX;

/// Why a mark could not be hidden or looked for.
#[derive(Debug, thiserror::Error)]
pub enum WatermarkError {
    /// The picture is too small to hide a mark that can be found again.
    #[error(
        "a picture of {width} x {height} px holds no watermark: both sides must have {LEAST_SIDE_PX} px or more; make a larger output"
    )]
    TooSmall {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// A frame has another size than those before.
    #[error(
        "a frame has {found_width} x {found_height} px, the watermark was made for {width} x {height}"
    )]
    OtherSize {
        /// Width that was announced, pixels.
        width: u32,
        /// Height that was announced.
        height: u32,
        /// Width of the frame.
        found_width: u32,
        /// Height of the frame.
        found_height: u32,
    },
    /// The built-in networks cannot be used: the program was built with damaged files.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A network did not run.
    #[error(transparent)]
    Network(#[from] InferenceError),
}
