//! What tests of every crate share: a drawn person whose face is known to the pixel, and the
//! comparison with golden pictures.
//!
//! A development dependency only. It knows no other crate, so pictures are plain RGB bytes.

mod airbrush;
mod comparison;
mod drawn_clip;
mod drawn_head;
mod face_painting;
mod head_painting;
mod look;

pub use crate::comparison::{Difference, compare_pictures};
pub use crate::drawn_clip::{drawn_clip, varied_clip};
pub use crate::drawn_head::{DrawnHead, POINTS};
pub use crate::look::Look;
