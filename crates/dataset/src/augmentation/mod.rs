//! Random changes to a picture and its points, so that few pictures stand for what users bring.
//!
//! All randomness comes from the generator passed in: one seed, one result.

mod canvas;
mod geometry;
mod light;
mod occlusion;
mod random;
mod style;
mod wear;

pub use canvas::Canvas;
pub use geometry::{Deformation, GeometryRange, random_deformation};
pub use light::change_light;
pub use occlusion::occlude_face;
pub use random::{chance, log_uniform, normal, uniform};
pub use style::change_style;
pub use wear::Wear;
