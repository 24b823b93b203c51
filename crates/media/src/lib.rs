//! Pictures, video and sound in and out of the program.
//!
//! The only crate that names a codec library or starts ffmpeg. It knows nothing of faces.

mod image;
mod rational;

pub use crate::image::Image;
pub use crate::rational::Rational;
