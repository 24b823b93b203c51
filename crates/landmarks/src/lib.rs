//! Faces in pictures: finding them, 70 points on each, following them over time, drawing them.
//!
//! Networks are run through `inference`; this crate names no engine.

mod crop;
mod face_frame;
mod fit;
mod points;

pub use crate::crop::cut_crop;
pub use crate::face_frame::{CROP_SCALE, CropMap, FaceFrame};
pub use crate::fit::{Fitted, resize_longer_side, resize_to_fit};
pub use crate::points::*;
