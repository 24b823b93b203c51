//! The source picture as it is sampled: between pixels by a bicubic that leaves whole pixels as
//! they are.

use media::Image;

/// Red, green, blue and alpha, 0 to 255.
pub(crate) type Colour = [f32; 4];

/// A picture to sample from; beyond its border the outermost pixels go on.
#[derive(Debug, Clone)]
pub(crate) struct Texture {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 4]>,
    has_alpha: bool,
}

impl Texture {
    pub(crate) fn new(picture: &Image) -> Self {
        let rgb = picture.rgb().chunks_exact(3);
        let pixels = match picture.alpha() {
            Some(alpha) => rgb
                .zip(alpha)
                .map(|(c, a)| [c[0], c[1], c[2], *a])
                .collect(),
            None => rgb.map(|c| [c[0], c[1], c[2], 255]).collect(),
        };
        Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            pixels,
            has_alpha: picture.alpha().is_some(),
        }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    /// All pixels, row by row.
    pub(crate) fn pixels(&self) -> &[[u8; 4]] {
        &self.pixels
    }

    /// Turn painted pixels into a picture, with alpha where the source had it.
    pub(crate) fn picture_from(&self, pixels: &[[u8; 4]]) -> Image {
        let mut rgb = Vec::with_capacity(pixels.len() * 3);
        for [red, green, blue, _] in pixels {
            rgb.extend([red, green, blue]);
        }
        let picture = Image::from_rgb(self.width as u32, self.height as u32, rgb);
        if self.has_alpha {
            return picture.with_alpha(pixels.iter().map(|pixel| pixel[3]).collect());
        }
        picture
    }

    /// Colour at a place; (0, 0) is the centre of the top-left pixel.
    #[inline]
    pub(crate) fn sample(&self, [x, y]: [f32; 2]) -> Colour {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let [left, top] = [x as usize, y as usize];
        let columns = cubic(x - left as f32);
        let rows = cubic(y - top as f32);
        let mut sum = [0.0; 4];
        if left >= 1 && left + 2 < self.width && top >= 1 && top + 2 < self.height {
            for (row, weight) in rows.iter().enumerate() {
                let start = (top + row - 1) * self.width + left - 1;
                let taps = &self.pixels[start..start + 4];
                add_row(
                    &mut sum,
                    [taps[0], taps[1], taps[2], taps[3]],
                    &columns,
                    *weight,
                );
            }
        } else {
            for (row, weight) in rows.iter().enumerate() {
                let y = (top + row).saturating_sub(1).min(self.height - 1);
                let taps = [0, 1, 2, 3].map(|column| {
                    let x = (left + column).saturating_sub(1).min(self.width - 1);
                    self.pixels[y * self.width + x]
                });
                add_row(&mut sum, taps, &columns, *weight);
            }
        }
        sum.map(|value| value.clamp(0.0, 255.0))
    }
}

#[inline(always)]
fn add_row(sum: &mut Colour, taps: [[u8; 4]; 4], columns: &[f32; 4], weight: f32) {
    for channel in 0..4 {
        let mut row = 0.0;
        for tap in 0..4 {
            row += columns[tap] * f32::from(taps[tap][channel]);
        }
        sum[channel] += weight * row;
    }
}

/// Weights of the four pixels around a place `t` behind the second: Catmull and Rom 1974.
#[inline(always)]
fn cubic(t: f32) -> [f32; 4] {
    let [t2, t3] = [t * t, t * t * t];
    [
        0.5 * (2.0 * t2 - t3 - t),
        0.5 * (3.0 * t3 - 5.0 * t2 + 2.0),
        0.5 * (4.0 * t2 - 3.0 * t3 + t),
        0.5 * (t3 - t2),
    ]
}

/// A colour as bytes.
#[inline(always)]
pub(crate) fn to_bytes(colour: Colour) -> [u8; 4] {
    colour.map(|value| (value + 0.5) as u8)
}

/// Colour between two.
#[inline(always)]
pub(crate) fn mix(from: Colour, to: Colour, amount: f32) -> Colour {
    [0, 1, 2, 3].map(|channel| from[channel] + (to[channel] - from[channel]) * amount)
}

/// How bright a colour looks, 0 to 255.
pub(crate) fn brightness(colour: Colour) -> f32 {
    0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Image {
        let rgb = (0..9 * 7 * 3).map(|i| (i * 37 % 251) as u8).collect();
        Image::from_rgb(9, 7, rgb)
    }

    #[test]
    fn whole_pixels_come_back_exactly_even_at_the_border() {
        let texture = Texture::new(&picture());
        for y in 0..7 {
            for x in 0..9 {
                let colour = to_bytes(texture.sample([x as f32, y as f32]));
                assert_eq!(colour[..3], picture().pixel(x, y));
            }
        }
    }

    #[test]
    fn between_pixels_of_a_ramp_lies_the_value_between() {
        let mut ramp = Image::new(16, 4);
        for y in 0..4 {
            for x in 0..16 {
                ramp.set_pixel(x, y, [10 * x as u8, 0, 0]);
            }
        }
        let colour = Texture::new(&ramp).sample([7.25, 1.5]);
        assert!((colour[0] - 72.5).abs() < 1e-3);
    }

    #[test]
    fn outside_the_picture_its_border_goes_on() {
        let texture = Texture::new(&picture());
        assert_eq!(texture.sample([-50.0, -3.0]), texture.sample([0.0, 0.0]));
        assert_eq!(texture.sample([99.0, 99.0]), texture.sample([8.0, 6.0]));
    }

    #[test]
    fn alpha_is_carried_along() {
        let picture = Image::new(2, 2).with_alpha(vec![0, 50, 100, 150]);
        let texture = Texture::new(&picture);
        assert_eq!(texture.sample([1.0, 1.0])[3], 150.0);
        let again = texture.picture_from(&texture.pixels);
        assert_eq!(again, picture);
    }
}
