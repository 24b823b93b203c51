//! Networks on libtorch: modules, their weights on disk, their export to ONNX.
//!
//! Takes tensors and bytes. It never sees a path, a video or a flag, except in `checkpoint`, the
//! one file that touches the disk. Empty without the feature `train`.
#![cfg(feature = "train")]

pub mod blocks;
pub mod checkpoint;
mod checkpoint_parts;
pub mod discriminator;
pub mod embedder;
pub mod face_detector;
pub mod face_landmarks;
pub mod feature_pyramid;
pub mod features;
pub mod generator;
pub mod onnx;
pub mod pixels;
pub mod portrait;
pub mod projection;
pub mod talking_head;
pub mod trunk;
pub mod watermark;

pub use crate::discriminator::{Discriminator, DiscriminatorConfig, Judgement};
pub use crate::embedder::{Embedder, EmbedderConfig};
pub use crate::face_detector::{FaceDetectorConfig, FaceDetectorNet};
pub use crate::face_landmarks::{FaceLandmarksConfig, FaceLandmarksNet, FacePoints};
pub use crate::generator::{Generator, GeneratorConfig};
pub use crate::projection::{Projection, ProjectionConfig};
pub use crate::talking_head::TalkingHeadConfig;
