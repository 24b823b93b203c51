//! Faces in pictures: finding them, 70 points on each, following them over time, drawing them.
//!
//! Networks are run through `inference`; this crate names no engine.

mod face_frame;
mod points;

pub use crate::face_frame::{CROP_SCALE, CropMap, FaceFrame};
pub use crate::points::*;
