//! How large a picture may be before anything is allocated for it.

use std::path::Path;

use crate::error::MediaError;

/// Longest side that is read, pixels.
const MAX_SIDE: u64 = 65_535;
/// Most pixels of one picture or frame.
pub(crate) const MAX_PIXELS: u64 = 100_000_000;
/// Most bytes a decoder may allocate for one picture: 100 million pixels of 16-bit RGBA, and some.
pub(crate) const MAX_BYTES: u64 = 1 << 30;

/// Refuse a declared size that is too large, or zero.
pub(crate) fn check_size(path: &Path, width: u64, height: u64) -> Result<(u32, u32), MediaError> {
    let is_fine = width.max(height) <= MAX_SIDE && width * height <= MAX_PIXELS;
    if !is_fine {
        return Err(MediaError::TooLarge {
            path: path.to_owned(),
            width,
            height,
            max_side: MAX_SIDE,
            max_pixels: MAX_PIXELS,
        });
    }
    if width == 0 || height == 0 {
        return Err(MediaError::BadPicture {
            path: path.to_owned(),
            message: "it declares no pixels".to_owned(),
        });
    }
    Ok((width as u32, height as u32)) // both at most MAX_SIDE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_thousand_pixels_a_side_and_a_hundred_million_in_all_are_refused() {
        let path = Path::new("x.png");
        assert!(check_size(path, 100_000, 10).is_err());
        assert!(check_size(path, 10_001, 10_000).is_err());
        assert!(check_size(path, 0, 10).is_err());
        assert_eq!(check_size(path, 10_000, 10_000).unwrap(), (10_000, 10_000));
    }
}
