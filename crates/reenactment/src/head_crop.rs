//! The square around the head, cut from a finished picture.

use landmarks::{FaceFrame, Landmarks, head_square};
use media::Image;

/// Side of the square, sides of the smallest square around the landmarks.
const MARGIN: f32 = 2.2;
/// How far the square stands above the middle of the landmarks, for the hair, in its own sides.
const RAISED: f32 = 0.09;

/// A square of the picture, pixels; it may stand beyond the picture's border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeadCrop {
    left: i64,
    top: i64,
    side: u32,
}

impl HeadCrop {
    /// The square around a face in all frames, moved into the picture and made smaller where it would
    /// stand out; its side is even, at most that of the picture. `None` where the landmarks enclose
    /// nothing.
    pub(crate) fn around<'a>(
        faces: impl IntoIterator<Item = &'a Landmarks>,
        [width, height]: [u32; 2],
    ) -> Option<Self> {
        let FaceFrame {
            centre, size_px, ..
        } = head_square(faces, MARGIN)?;
        let side = (size_px.round() as u32 + 1) & !1;
        let side = side.min(width.min(height) & !1).max(2);
        let place = |middle: f32, length: u32| {
            let start = (middle - side as f32 / 2.0).round() as i64;
            start.clamp(0, (i64::from(length) - i64::from(side)).max(0))
        };
        Some(Self {
            left: place(centre[0], width),
            top: place(centre[1] - RAISED * size_px, height),
            side,
        })
    }

    /// Side, pixels.
    pub(crate) fn side(&self) -> u32 {
        self.side
    }

    /// A place of the picture in the cut square, pixels.
    pub(crate) fn to_cut(self, [x, y]: [f32; 2]) -> [f32; 2] {
        [x - self.left as f32, y - self.top as f32]
    }

    /// Cut it out.
    pub(crate) fn cut(&self, image: &Image) -> Image {
        let [width, height] = [image.width(), image.height()].map(i64::from);
        let side = i64::from(self.side);
        let inside = |start: i64, at: i64, length: i64| (start + at).clamp(0, length - 1) as usize;
        let places = (0..side).flat_map(|y| {
            let row = inside(self.top, y, height) * width as usize;
            (0..side).map(move |x| row + inside(self.left, x, width))
        });
        let places: Vec<usize> = places.collect();
        let rgb = places
            .iter()
            .flat_map(|at| &image.rgb()[3 * at..3 * at + 3]);
        let cut = Image::from_rgb(self.side, self.side, rgb.copied().collect());
        match image.alpha() {
            Some(alpha) => cut.with_alpha(places.iter().map(|at| alpha[*at]).collect()),
            None => cut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::DrawnHead;

    fn face(x: f32, y: f32) -> Landmarks {
        let mut head = DrawnHead::frontal(128);
        head.centre = [x, y];
        Landmarks {
            points: head.points(),
        }
    }

    #[test]
    fn the_square_holds_the_head_and_stays_in_the_picture() {
        let crop = HeadCrop::around(&[face(300.0, 200.0)], [640, 480]).unwrap();
        assert_eq!(crop.side() % 2, 0);
        assert!(crop.left < 260 && crop.left + i64::from(crop.side) > 340);
        // there is more room above than below
        assert!(200 - crop.top > crop.top + i64::from(crop.side) - 200 - 12);
        let near = HeadCrop::around(&[face(20.0, 20.0)], [640, 480]).unwrap();
        assert_eq!([near.left, near.top], [0, 0]);
        let small = HeadCrop::around(&[face(30.0, 30.0)], [61, 70]).unwrap();
        assert_eq!(small.side(), 60);
    }

    #[test]
    fn the_cut_shows_the_pixels_of_the_picture() {
        let mut image = Image::new(640, 480).with_alpha(vec![7; 640 * 480]);
        image.set_pixel(300, 200, [9, 8, 7]);
        let crop = HeadCrop::around(&[face(300.0, 200.0)], [640, 480]).unwrap();
        let cut = crop.cut(&image);
        let [x, y] = [300 - crop.left, 200 - crop.top];
        assert_eq!(cut.pixel(x as u32, y as u32), [9, 8, 7]);
        assert_eq!(cut.alpha().map(|alpha| alpha[0]), Some(7));
    }
}
