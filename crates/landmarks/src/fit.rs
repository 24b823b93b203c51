//! Scaling a whole picture to the size that the face detector sees.
//!
//! Area averages when shrinking, bilinear when enlarging, the same in training and in use.

use media::Image;

/// Sides of a padded picture are multiples of this.
const MULTIPLE_PX: u32 = 32;

/// Value of the padding, all channels.
const PADDING: u8 = 128;

/// A picture scaled to a wanted longer side.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The scaled picture, with padding on its right and below where it was asked for.
    pub image: Image,
    /// Pixels of the original to one pixel of `image`, on both axes.
    pub scale: f32,
    /// Width and height of the part of `image` that is not padding.
    pub content: [u32; 2],
}

impl Fitted {
    /// Point of the original under a point of the scaled picture.
    pub fn to_original(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [(x + 0.5) * self.scale - 0.5, (y + 0.5) * self.scale - 0.5]
    }

    /// Point of the scaled picture over a point of the original.
    pub fn to_fitted(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [(x + 0.5) / self.scale - 0.5, (y + 0.5) / self.scale - 0.5]
    }
}

/// Scale `picture` so that its longer side has `longer_side_px`, then pad it with grey on the
/// right and below until both sides are multiples of 32: what the detector is given.
///
/// # Panics
/// If the picture has no pixels or `longer_side_px` is 0.
pub fn resize_to_fit(picture: &Image, longer_side_px: u32) -> Fitted {
    let fitted = resize_longer_side(picture, longer_side_px);
    let [width, height] = fitted.content;
    let [padded_width, padded_height] = fitted
        .content
        .map(|side| side.next_multiple_of(MULTIPLE_PX));
    let mut rgb = vec![PADDING; padded_width as usize * padded_height as usize * 3];
    let rows = rgb.chunks_exact_mut(padded_width as usize * 3);
    let content_bytes = width as usize * 3;
    for (row, content) in rows.zip(fitted.image.rgb().chunks_exact(content_bytes)) {
        row[..content_bytes].copy_from_slice(content);
    }
    debug_assert!(height <= padded_height);
    Fitted {
        image: Image::from_rgb(padded_width, padded_height, rgb),
        ..fitted
    }
}

/// Scale `picture` so that its longer side has `longer_side_px`, without padding.
///
/// # Panics
/// If the picture has no pixels or `longer_side_px` is 0.
pub fn resize_longer_side(picture: &Image, longer_side_px: u32) -> Fitted {
    let longest = picture.width().max(picture.height());
    assert!(
        picture.width() > 0 && picture.height() > 0 && longer_side_px > 0,
        "a side is 0"
    );
    let scale = f64::from(longest) / f64::from(longer_side_px);
    let side = |pixels: u32| ((f64::from(pixels) / scale).round() as u32).max(1);
    let content = [side(picture.width()), side(picture.height())];
    let columns = taps(picture.width(), content[0], scale);
    let rows = taps(picture.height(), content[1], scale);
    let row_values = picture.width() as usize * 3;
    let mut mixed = vec![0.0_f32; row_values];
    let mut out = Vec::with_capacity(content[0] as usize * content[1] as usize * 3);
    for row in &rows {
        mix_rows(picture.rgb(), row, &mut mixed);
        for column in &columns {
            out.extend(mix_columns(&mixed, column));
        }
    }
    Fitted {
        image: Image::from_rgb(content[0], content[1], out),
        scale: scale as f32,
        content,
    }
}

/// Input pixels that one output pixel is mixed from; the weights sum to 1.
struct Taps {
    start: usize,
    weights: Vec<f32>,
}

fn taps(pixels_in: u32, pixels_out: u32, scale: f64) -> Vec<Taps> {
    (0..pixels_out)
        .map(|index| {
            let centre = (f64::from(index) + 0.5) * scale;
            // Input pixel i covers i..i+1; an enlarged pixel mixes the two nearest centres.
            let half = scale.max(1.0) / 2.0;
            let limit = f64::from(pixels_in);
            let [low, high] = [centre - half, centre + half];
            let start = (low.max(0.0) as u32).min(pixels_in - 1);
            let end = (high.min(limit).ceil() as u32).max(start + 1);
            let covered = |pixel: u32| {
                let [from, to] = [f64::from(pixel), f64::from(pixel) + 1.0];
                // The outermost pixels go on beyond the border.
                let from = if pixel == 0 { low.min(from) } else { from };
                let to = if pixel + 1 == pixels_in {
                    high.max(to)
                } else {
                    to
                };
                ((to.min(high) - from.max(low)).max(0.0) / (2.0 * half)) as f32
            };
            Taps {
                start: start as usize,
                weights: (start..end).map(covered).collect(),
            }
        })
        .collect()
}

fn mix_rows(rgb: &[u8], taps: &Taps, mixed: &mut [f32]) {
    mixed.fill(0.0);
    let rows = rgb.chunks_exact(mixed.len()).skip(taps.start);
    for (row, weight) in rows.zip(&taps.weights) {
        for (sum, value) in mixed.iter_mut().zip(row) {
            *sum += weight * f32::from(*value);
        }
    }
}

fn mix_columns(mixed: &[f32], taps: &Taps) -> [u8; 3] {
    let mut sum = [0.5_f32; 3];
    let pixels = mixed.chunks_exact(3).skip(taps.start);
    for (pixel, weight) in pixels.zip(&taps.weights) {
        for (sum, value) in sum.iter_mut().zip(pixel) {
            *sum += weight * value;
        }
    }
    sum.map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u8; 3]) -> Image {
        let mut image = Image::new(width, height);
        for y in 0..height {
            for x in 0..width {
                image.set_pixel(x, y, colour(x, y));
            }
        }
        image
    }

    #[test]
    fn the_longer_side_fits_and_the_rest_is_grey_to_multiples_of_32() {
        let fitted = resize_to_fit(&picture(640, 360, |_, _| [10, 20, 30]), 256);
        assert_eq!(fitted.content, [256, 144]);
        assert_eq!([fitted.image.width(), fitted.image.height()], [256, 160]);
        assert_eq!(fitted.image.pixel(255, 143), [10, 20, 30]);
        assert_eq!(fitted.image.pixel(0, 144), [128, 128, 128]);
        assert_eq!(fitted.scale, 2.5);
        let portrait = resize_to_fit(&picture(33, 100, |_, _| [1, 2, 3]), 256);
        assert_eq!(portrait.content, [84, 256]);
        assert_eq!([portrait.image.width(), portrait.image.height()], [96, 256]);
    }

    #[test]
    fn shrinking_keeps_the_mean_and_every_place() {
        let shrunk = resize_longer_side(
            &picture(200, 200, |x, y| [x as u8, y as u8, (x % 2 * 255) as u8]),
            80,
        );
        for (x, y) in [(0, 0), (79, 79), (13, 57)] {
            let [wanted_x, wanted_y] = shrunk.to_original([x as f32, y as f32]);
            let [red, green, blue] = shrunk.image.pixel(x, y);
            assert!((f32::from(red) - wanted_x).abs() <= 0.51);
            assert!((f32::from(green) - wanted_y).abs() <= 0.51);
            assert!(
                blue.abs_diff(128) <= 26,
                "2.5 pixels average stripes: {blue}"
            );
        }
    }

    #[test]
    fn enlarging_is_bilinear_between_pixel_centres() {
        let grown = resize_longer_side(&picture(4, 2, |x, _| [60 * x as u8, 9, 9]), 8);
        let reds: Vec<u8> = (0..8).map(|x| grown.image.pixel(x, 1)[0]).collect();
        assert_eq!(reds, [0, 15, 45, 75, 105, 135, 165, 180]);
        assert_eq!(grown.content, [8, 4]);
    }

    #[test]
    fn the_thinnest_pictures_work() {
        let fitted = resize_to_fit(&picture(1000, 1, |_, _| [50, 60, 70]), 256);
        assert_eq!([fitted.image.width(), fitted.image.height()], [256, 32]);
        assert_eq!(fitted.image.pixel(255, 0), [50, 60, 70]);
        let point = resize_to_fit(&picture(1, 1, |_, _| [50, 60, 70]), 256);
        assert_eq!(point.image.pixel(255, 255), [50, 60, 70]);
    }

    #[test]
    fn points_map_there_and_back() {
        let fitted = resize_longer_side(&Image::new(1920, 1080), 256);
        let [x, y] = fitted.to_original(fitted.to_fitted([700.0, 33.0]));
        assert!((x - 700.0).abs() < 1e-3 && (y - 33.0).abs() < 1e-3);
    }
}
