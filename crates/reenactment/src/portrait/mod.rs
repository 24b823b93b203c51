//! The closed-form half of the portrait model: how landmarks say that a picture bends, and bending.
//!
//! Everything here is plain arithmetic outside the networks, and the same in training and in use.

mod bending;
mod groups;
mod motion_guide;
mod patches;

pub use bending::{BendKind, BendSource, FlowGrid, bend};
pub use groups::GROUPS;
pub use motion_guide::{CANDIDATES, MotionGuide, motion_guide};
pub use patches::{Patch, patches};

/// Kind of bundle that holds the portrait networks.
pub const PORTRAIT_PRESET: &str = "portrait";
