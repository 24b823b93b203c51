//! The measures, one file each. Every sum is kept in double precision.
//!
//! Where a measure needs a network, the user gives it, and the measure's name says which.

mod eigenvalues;
mod face_error;
mod feature_net;
mod frechet;
mod identity;
mod lpips;
mod numpy_archive;
mod pixel_error;
mod ssim;

pub use crate::metrics::face_error::{landmark_error_percent, pose_error_degrees};
pub use crate::metrics::feature_net::FeatureNet;
pub use crate::metrics::frechet::{FRECHET_SIDE_PX, frechet_distance, pooled};
pub use crate::metrics::identity::{Embed, IdentityInput, IdentityNet, LEAST_LIKENESS, cosine};
pub use crate::metrics::lpips::LpipsHeads;
pub use crate::metrics::pixel_error::{mean_absolute_error, psnr};
pub use crate::metrics::ssim::{ssim_grey, ssim_rgb};

use std::path::PathBuf;

use inference::InferenceError;

/// Why a measure's network cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MetricError {
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no network that can be run.
    #[error("{} cannot be used", path.display())]
    Net {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: InferenceError,
    },
    /// The file of linear heads is not as it should be.
    #[error("{}: {reason}", path.display())]
    Heads {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A network gives something else than the measure needs.
    #[error("{} does not fit: {reason}", path.display())]
    Mismatch {
        /// The network.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
}
