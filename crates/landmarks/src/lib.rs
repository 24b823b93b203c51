//! Faces in pictures: finding them, 70 points on each, following them over time, drawing them.
//!
//! Networks are run through `inference`; this crate names no engine.

mod choice;
mod crop;
mod detector;
mod drawing;
mod entry;
mod error;
mod event;
mod face_detail;
mod face_fit;
mod face_frame;
mod face_shape;
mod finder;
mod fit;
mod head_pose;
mod head_square;
mod landmark_net;
pub mod linear_system;
mod mean_head;
mod network_input;
mod overlay;
mod person;
mod planes;
mod points;
mod pupils;
mod rotation;
#[cfg(test)]
mod sample;
mod similarity;
mod smoothing;
mod steady_crop;
mod track;
mod track_file;
mod tracker;

pub use crate::choice::FaceChoice;
pub use crate::crop::cut_crop;
pub use crate::detector::{Face, FaceDetector};
pub use crate::drawing::{DrawingConfig, draw, draw_onto};
pub use crate::entry::landmarks;
pub use crate::error::LandmarksError;
pub use crate::event::{Event, LandmarksConfig, Progress, Summary, Warning};
pub use crate::face_detail::face_detail;
pub use crate::face_fit::FaceFit;
pub use crate::face_frame::{CROP_SCALE, CropMap, FaceFrame};
pub use crate::face_shape::{FaceShape, FaceShapeError, ShapeDirection};
pub use crate::finder::FaceFinder;
pub use crate::fit::{Fitted, resize_longer_side, resize_to_fit};
pub use crate::head_pose::HeadPose;
pub use crate::head_square::{HEAD_MARGIN, head_square};
pub use crate::landmark_net::{CROP_SIDE_PX, FacePoints, LandmarkNet};
pub use crate::mean_head::{MEAN_HEAD, firmness};
pub use crate::planes::{LANDMARK_PLANES, landmark_planes};
pub use crate::points::*;
pub use crate::rotation::{Place3, Rotation};
pub use crate::similarity::Similarity;
pub use crate::smoothing::{DEFAULT_SMOOTHING, Smoother};
pub use crate::track::{SCHEME, Track, TrackFrame};
pub use crate::track_file::{TrackExtras, TrackFileError, TrackFormat};
pub use crate::tracker::{FaceTracker, Observation, TrackerConfig};
