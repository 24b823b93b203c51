//! Bringing a picture to life: the driver's motion, carried over to the source's face and painted.
//!
//! Finding landmarks is `landmarks`; reading and writing files is `media`.

mod animate;
mod built_in;
mod config;
mod event;

pub use crate::animate::{AnimateError, animate};
pub use crate::built_in::BuiltInMotion;
pub use crate::config::{AnimateConfig, Audio, Driving, Engine, FaceChoice, Source};
pub use crate::event::{Event, Progress, Stage, Summary, Warning};
