//! Coefficients of the 52 ARKit blendshapes and the head's pose, read from 70 points.
//!
//! Files that hold them are in `csv.rs` and `json.rs`; how the weights were learned says
//! `models/blendshapes/README.md`.

mod csv;
mod export;
mod json;
mod names;
mod point_features;
mod reader;
mod timecode;
mod vrm;
mod weights;

pub(crate) use export::POSE_VALUES;
pub use export::{BlendshapeFormat, BlendshapeFrame, BlendshapeTrack};
pub use names::{BLENDSHAPES, NAMES, NOT_CARRIED, capitalised, is_carried};
pub use point_features::{FEATURES, PointFeatures};
pub use reader::{BlendshapeReader, FaceReading, HeadReading};
pub use vrm::{PRESETS, presets};
