//! Bringing a picture to life: the driver's motion, carried over to the source's face and painted.
//!
//! Finding landmarks is `landmarks`; reading and writing files is `media`.

mod animate;
mod built_in;
mod calm_frame;
mod config;
mod driving_track;
mod error;
mod event;
mod eye_transfer;
mod features;
pub mod few_shot;
mod gaps;
mod lifted_face;
mod motion_choice;
mod mouth_transfer;
mod painter;
pub mod portrait;
mod preview;
mod progress;
mod retarget;
mod room;
mod softness;
mod source_face;
mod warp;

pub use landmarks::{FaceChoice, HeadPose, Rotation};

pub use crate::animate::animate;
pub use crate::built_in::BuiltInMotion;
pub use crate::calm_frame::{Calm, find_calm};
pub use crate::config::{AnimateConfig, Audio, Driving, Engine, Source};
pub use crate::error::AnimateError;
pub use crate::event::{Event, PaintedBy, Progress, Stage, Summary, Warning};
pub use crate::motion_choice::{MotionChoice, MotionReference, Region};
pub use crate::retarget::{DrivenFace, Retargeter};
pub use crate::warp::WarpEngine;
