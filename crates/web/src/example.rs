//! The drawn portrait that comes with the program, for a first try without a picture.

/// A PNG.
pub(crate) const EXAMPLE: &[u8] = include_bytes!("../../../assets/portrait.png");
