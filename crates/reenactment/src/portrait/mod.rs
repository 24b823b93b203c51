//! The portrait model in use: networks, and the closed-form half between them.
//!
//! How landmarks say that a picture bends, bending, and cutting patches are plain arithmetic, the same
//! in training and in use.

mod behind;
mod bending;
mod built_in_parts;
mod completion;
mod face_colour;
mod fusion;
mod glance;
mod groups;
mod lids;
mod model;
mod motion_guide;
mod nearest_known;
mod outer_flow;
mod painter;
mod patches;
mod person;
mod pose_distance;
mod skull;

pub use bending::{BendKind, BendSource, FlowGrid, bend};
pub use built_in_parts::{BUILT_IN_MANIFEST, BUILT_IN_PARTS};
pub(crate) use glance::looking;
pub use model::{InputListener, PORTRAIT_PRESET, PortraitModel, USING_THE_GRAPHS};
pub use motion_guide::{CANDIDATES, GROUPS, MotionGuide, motion_guide};
pub use painter::PortraitPainter;
pub use patches::{Patch, patches};
pub use person::PortraitPerson;
pub use pose_distance::{DISTANCE_COST, pose_distance};
pub(crate) use skull::Skull;
