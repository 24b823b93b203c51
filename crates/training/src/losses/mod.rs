//! What training minimises, one loss a file.

mod adversarial;
mod centre_point;
mod content;
mod embedding_match;
mod feature_matching;
mod landmark;

pub use adversarial::{discriminator_loss, generator_loss};
pub use centre_point::{CentrePointTargets, centre_point_loss};
pub use content::{
    ContentTerm, PYRAMID_WEIGHT, attended_pyramid_loss, content_loss, default_content_weight,
    feature_distance, pyramid_loss,
};
pub(crate) use content::{content_distance, content_targets};
pub use embedding_match::embedding_match_loss;
pub use feature_matching::feature_matching_loss;
pub use landmark::{LandmarkLoss, LandmarkTargets, landmark_loss};
