//! Networks of the portrait model, which bends pictures of a person and paints what bending cannot
//! bring.
//!
//! Landmarks give candidate flows in closed form outside the networks; [`PortraitMotion`] mixes
//! them, the caller bends features and picture along the mix, and [`PortraitDecoder`] finishes.
//! Bending lies between the exported graphs: none of them holds a sampler.

mod config;
mod decoder;
mod encoder;
mod motion;
mod refiner;
mod skin;
mod style;
mod warping;

pub use config::{CANDIDATES, GROUPS, LANDMARK_CHANNELS, PortraitConfig};
pub use decoder::{DecoderInput, PortraitDecoder};
pub use encoder::{PortraitEncoder, SourceFeatures};
pub use motion::{MotionField, MotionInput, PortraitMotion};
pub use refiner::{PatchRefiner, RefinerInput};
pub use warping::{WarpKind, cut_patch, paste_patch, warp};
