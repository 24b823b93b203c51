//! Bringing a picture to life: the driver's motion, carried over to the source's face and painted.
//!
//! Finding landmarks is `landmarks`; reading and writing files is `media`.

mod animate;
mod built_in;
mod calm_frame;
mod config;
mod event;
mod features;
mod head_pose;
mod lifted_face;
mod linear_system;
mod mean_head;
mod mouth_transfer;
mod retarget;
mod rotation;
mod softness;
mod warp;

pub use crate::animate::{AnimateError, animate};
pub use crate::built_in::BuiltInMotion;
pub use crate::config::{AnimateConfig, Audio, Driving, Engine, FaceChoice, Source};
pub use crate::event::{Event, Progress, Stage, Summary, Warning};
pub use crate::head_pose::HeadPose;
pub use crate::retarget::{DrivenFace, Retargeter};
pub use crate::rotation::Rotation;
pub use crate::warp::WarpEngine;
#[doc(hidden)]
#[allow(missing_docs)]
pub fn find_calm_for_dev(frames: &[landmarks::Landmarks]) -> Option<(usize, landmarks::Landmarks)> {
    calm_frame::find_calm(frames).map(|c| (c.frame, c.landmarks))
}
