//! The invisible watermark: a [`Hider`] puts it into every frame of an output, a [`Finder`] reads it from
//! frames that were coded, scaled, cut and recoloured since.
//!
//! The mark is a pattern of chips, +1 or -1, that repeats over the picture and is the same for all frames
//! of an output; a network says how much of it each place hides. The finder sums a second network's
//! evidence for chips over frames and over repetitions, looks for pilots (chips that are always the same) to
//! learn how the picture was cut and scaled, and decodes the payload.
//!
//! The mark withstands everyday changes, not somebody who knows this program and wants to be rid of it.

mod cells;
mod chip_layout;
mod chip_networks;
mod convolutional_code;
mod error;
mod finder;
mod hider;
mod kept_frames;
mod payload;
mod search;

pub use self::error::WatermarkError;
pub use self::finder::{Finder, Found};
pub use self::hider::Hider;
pub use self::payload::{OutputId, Payload};

/// Least side of a picture that is marked, pixels: below, chips would be smaller than pixels.
pub const LEAST_SIDE_PX: u32 = 128;

/// Bound on the chance that a file without a mark is said to have one. 28 bits of a payload are known
/// beforehand (format, version, checksum), and at most `MOST_ATTEMPTS` payloads are decoded of a file.
pub const FALSE_FINDS: f64 = 1e-6;

/// Most payloads that are decoded of one file: 2^-28 times this is 2.4e-7.
const MOST_ATTEMPTS: u32 = 64;
