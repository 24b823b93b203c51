//! The 70 landmarks of a face: iBUG 68 plus both pupils, and what follows from their places.
//!
//! Scheme: Sagonas et al. 2013 (iBUG 300-W) for points 0 to 67. "Right" and "left" are the
//! person's own.

use std::ops::Range;

/// Points of a face.
pub const POINTS: usize = 70;
/// Index of the pupil of the person's right eye, on the left in the picture.
pub const RIGHT_PUPIL: usize = 68;
/// Index of the pupil of the person's left eye.
pub const LEFT_PUPIL: usize = 69;

/// Outline of the lower face, from the person's right ear over the chin to the left ear.
pub const JAW: Range<usize> = 0..17;
/// Person's right brow.
pub const RIGHT_BROW: Range<usize> = 17..22;
/// Person's left brow.
pub const LEFT_BROW: Range<usize> = 22..27;
/// Bridge of the nose, from top to tip.
pub const NOSE_BRIDGE: Range<usize> = 27..31;
/// Under side of the nose.
pub const NOSTRILS: Range<usize> = 31..36;
/// Rim of the person's right eye.
pub const RIGHT_EYE: Range<usize> = 36..42;
/// Rim of the person's left eye.
pub const LEFT_EYE: Range<usize> = 42..48;
/// Outer rim of the lips.
pub const OUTER_LIPS: Range<usize> = 48..60;
/// Inner rim of the lips.
pub const INNER_LIPS: Range<usize> = 60..68;

/// Landmarks of one face, `[points, 2]`, x then y, in pixels of the picture they were found in;
/// (0, 0) is the centre of the top-left pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Landmarks {
    /// One point each, in iBUG order, then the right and the left pupil.
    pub points: [[f32; 2]; POINTS],
}

impl Landmarks {
    /// Mean of the points of one part, such as [`RIGHT_EYE`].
    pub fn mean_of(&self, part: Range<usize>) -> [f32; 2] {
        let count = part.len() as f32;
        let sum = self.points[part].iter().fold([0.0, 0.0], |sum, point| {
            [sum[0] + point[0], sum[1] + point[1]]
        });
        [sum[0] / count, sum[1] / count]
    }

    /// Distance of the outer eye corners in pixels, the unit that landmark errors are given in.
    pub fn inter_ocular_px(&self) -> f32 {
        let [right, left] = [self.points[36], self.points[45]];
        (left[0] - right[0]).hypot(left[1] - right[1])
    }

    /// The points in a picture of another size: `from` and `to` are width and height of the whole
    /// picture before and after.
    pub fn resized(&self, from: [u32; 2], to: [u32; 2]) -> Self {
        let scale = [0, 1].map(|axis| to[axis] as f32 / from[axis].max(1) as f32);
        self.map(|point| [0, 1].map(|axis| (point[axis] + 0.5) * scale[axis] - 0.5))
    }

    /// Every point moved by `map`, such as from a crop into its picture.
    pub fn map(&self, map: impl FnMut([f32; 2]) -> [f32; 2]) -> Self {
        Self {
            points: self.points.map(map),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_a_clip_with_narrow_pixels_follow_the_decoded_size() {
        let landmarks = Landmarks {
            points: [[100.0, 239.5]; POINTS],
        };
        let [x, y] = landmarks.resized([512, 480], [512, 546]).points[0];
        assert!(
            (x - 100.0).abs() < 1e-3 && (y - 272.5).abs() < 1e-3,
            "{x} {y}"
        );
    }
}
