//! Bringing a picture to life: the driver's motion, carried over to the source's face and painted.
//!
//! Finding landmarks is `landmarks`; reading and writing files is `media`.

mod animate;
mod background;
pub mod blendshapes;
mod built_in;
mod calm_frame;
mod clock;
mod composition;
mod config;
mod driving_track;
mod error;
mod event;
mod eye_transfer;
mod features;
pub mod few_shot;
mod gaps;
mod head_crop;
mod head_mask;
mod lifted_face;
mod live;
mod marks;
mod matte;
mod motion;
mod motion_choice;
mod motion_stream;
mod mouth_transfer;
mod moving_warp;
mod painter;
mod performance;
pub mod portrait;
mod preview;
mod progress;
mod resumable;
mod retarget;
mod room;
mod scene;
mod softness;
mod source_face;
mod source_rest;
mod source_video;
mod speech;
mod stage;
mod territory;
mod turn_limits;
mod vmc;
mod warp;

pub use landmarks::{FaceChoice, HeadPose, Rotation};

pub use crate::animate::animate;
pub use crate::built_in::BuiltInMotion;
pub use crate::calm_frame::{Calm, find_calm};
pub use crate::composition::{AfterDriving, Background, Composition, FaceConfig, SourceFrames};
pub use crate::config::{AnimateConfig, Audio, Driving, Engine, Source};
pub use crate::error::AnimateError;
pub use crate::event::{Event, PaintedBy, Progress, Stage, Summary, Warning};
pub use crate::head_mask::HeadMask;
pub use crate::live::{LiveConfig, LiveFrame, LiveSession};
pub use crate::marks::Marks;
pub use crate::matte::person_matte;
pub use crate::motion::{MotionConfig, MotionSummary, motion};
pub use crate::motion_choice::{MotionChoice, MotionReference, Region};
pub use crate::motion_stream::StreamReport;
pub use crate::retarget::{DrivenFace, Retargeter};
pub use crate::vmc::{MARK_ADDRESS, VmcNames, VmcSender};
pub use crate::warp::WarpEngine;
