//! Networks on libtorch: modules, their weights on disk, their export to ONNX.
//!
//! Takes tensors and bytes. It never sees a path, a video or a flag, except in `checkpoint`, the
//! one file that touches the disk. Empty without the feature `train`.
#![cfg(feature = "train")]

pub mod blocks;
pub mod checkpoint;
pub mod face_detector;
pub mod face_landmarks;
pub mod feature_pyramid;
pub mod onnx;
pub mod pixels;

pub use crate::face_detector::{FaceDetectorConfig, FaceDetectorNet};
pub use crate::face_landmarks::{FaceLandmarksConfig, FaceLandmarksNet, FacePoints};
