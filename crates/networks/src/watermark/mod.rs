//! The invisible watermark's networks: what carries the mark, how strong it is where, and what reads it.
//!
//! A mark is a grid of chips, each +1 or -1. [`Carrier`] turns them into a coloured pattern that repeats,
//! [`Strength`] says how much of it a picture hides at each place, [`ChipReader`] looks for chips in a
//! picture. What the chips mean (payload, error correction, pilots) is the runtime's business.
//!
//! Everything happens on a grid of cells; a picture's shorter side has [`CELLS`] of them. Learning to hide
//! and to find together goes back to Zhu et al. 2018 (HiDDeN); that chips are spread and summed, to Cox et
//! al. 1997.

mod carrier;
mod chip_reader;
mod strength;

pub use carrier::{Carrier, CarrierConfig};
pub use chip_reader::{ChipReader, ChipReaderConfig};
pub use strength::{Strength, StrengthConfig};

/// Cells along a picture's shorter side.
pub const CELLS: i64 = 128;
/// Cells after which the pattern repeats, in both directions.
pub const TILE: i64 = 64;
/// Cells from one chip to the next.
pub const SPACING: i64 = 4;
/// Chips at one place, each with a pulse of its own.
pub const PULSES: i64 = 8;
