//! The portrait model in use: networks, and the closed-form half between them.
//!
//! How landmarks say that a picture bends, bending, and cutting patches are plain arithmetic, the same
//! in training and in use.

mod bending;
mod face_colour;
mod fusion;
mod groups;
mod model;
mod motion_guide;
mod painter;
mod patches;
mod person;

pub use bending::{BendKind, BendSource, FlowGrid, bend};
pub use groups::GROUPS;
pub use model::{PORTRAIT_PRESET, PortraitModel};
pub use motion_guide::{CANDIDATES, MotionGuide, motion_guide};
pub use painter::PortraitPainter;
pub use patches::{Patch, patches};
pub use person::PortraitPerson;
