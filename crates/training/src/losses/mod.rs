//! What training minimises, one loss a file.

mod centre_point;
mod landmark;

pub use centre_point::{CentrePointTargets, centre_point_loss};
pub use landmark::{LandmarkLoss, LandmarkTargets, landmark_loss};
