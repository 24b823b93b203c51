//! A picture in floats, 0 black to 255 white, that changes are made on.

use media::Image;

/// Square RGB picture in `f32`, row by row, height first.
#[derive(Debug, Clone, PartialEq)]
pub struct Canvas {
    side: usize,
    rgb: Vec<f32>,
}

impl Canvas {
    /// A canvas of one colour.
    pub fn filled(side: usize, colour: [f32; 3]) -> Self {
        Self {
            side,
            rgb: colour.repeat(side * side),
        }
    }

    /// The canvas of a square picture.
    pub fn of(picture: &Image) -> Self {
        let mut canvas = Self::filled(picture.width() as usize, [0.0; 3]);
        for (value, byte) in canvas.rgb_mut().iter_mut().zip(picture.rgb()) {
            *value = f32::from(*byte);
        }
        canvas
    }

    /// Side in pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// All values, row by row, three a pixel.
    pub fn rgb(&self) -> &[f32] {
        &self.rgb
    }

    /// All values, to change.
    pub fn rgb_mut(&mut self) -> &mut [f32] {
        &mut self.rgb
    }

    /// Colour at a pixel.
    pub fn pixel(&self, x: usize, y: usize) -> [f32; 3] {
        let start = (y * self.side + x) * 3;
        [self.rgb[start], self.rgb[start + 1], self.rgb[start + 2]]
    }

    /// Mix `colour` into a pixel, `share` 0 to 1.
    pub fn mix(&mut self, x: usize, y: usize, colour: [f32; 3], share: f32) {
        let start = (y * self.side + x) * 3;
        for (value, goal) in self.rgb[start..start + 3].iter_mut().zip(colour) {
            *value += (goal - *value) * share;
        }
    }

    /// Round to bytes, clamped to 0 to 255.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.rgb
            .iter()
            .map(|value| value.round().clamp(0.0, 255.0) as u8)
            .collect()
    }

    /// Round to a picture.
    pub fn to_image(&self) -> Image {
        Image::from_rgb(self.side as u32, self.side as u32, self.to_bytes())
    }

    /// Blur by a gaussian of `deviation` pixels, borders repeated.
    pub fn blur(&mut self, deviation: f32) {
        let radius = (2.5 * deviation).ceil() as isize;
        if radius == 0 {
            return;
        }
        let weight = |offset: isize| (-0.5 * (offset as f32 / deviation).powi(2)).exp();
        let weights: Vec<f32> = (-radius..=radius).map(weight).collect();
        let total: f32 = weights.iter().sum();
        let side = self.side as isize;
        for [along, across] in [[3, 3 * side], [3 * side, 3]] {
            let mut out = vec![0.0; self.rgb.len()];
            for line in 0..side {
                for place in 0..side {
                    let mut sum = [0.0; 3];
                    for (offset, weight) in (-radius..=radius).zip(&weights) {
                        let from = (place + offset).clamp(0, side - 1);
                        let start = (line * across + from * along) as usize;
                        for (sum, value) in sum.iter_mut().zip(&self.rgb[start..start + 3]) {
                            *sum += weight * value;
                        }
                    }
                    let start = (line * across + place * along) as usize;
                    for (value, sum) in out[start..start + 3].iter_mut().zip(sum) {
                        *value = sum / total;
                    }
                }
            }
            self.rgb = out;
        }
    }

    /// Throw detail away as a picture `factor` times smaller would, and bring it back to size.
    pub fn coarsen(&mut self, factor: f32) {
        let small = ((self.side as f32 / factor).round() as usize).max(4);
        let step = self.side as f32 / small as f32;
        let shrunk: Vec<[f32; 3]> = (0..small * small)
            .map(|cell| {
                self.box_mean(
                    (cell % small) as f32 * step,
                    (cell / small) as f32 * step,
                    step,
                )
            })
            .collect();
        let read = |x: usize, y: usize| shrunk[y.min(small - 1) * small + x.min(small - 1)];
        for y in 0..self.side {
            for x in 0..self.side {
                let [u, v] = [x, y].map(|place| ((place as f32 + 0.5) / step - 0.5).max(0.0));
                let (left, top) = (u as usize, v as usize);
                let [right, low] = [u - left as f32, v - top as f32];
                let start = (y * self.side + x) * 3;
                let corners =
                    [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(i, j)| read(left + i, top + j));
                for channel in 0..3 {
                    let [a, b, c, d] = corners.map(|corner| corner[channel]);
                    let upper = a + (b - a) * right;
                    let lower = c + (d - c) * right;
                    self.rgb[start + channel] = upper + (lower - upper) * low;
                }
            }
        }
    }

    fn box_mean(&self, left: f32, top: f32, size: f32) -> [f32; 3] {
        let range = |start: f32| {
            let first = start as usize;
            first..((start + size).ceil() as usize).clamp(first + 1, self.side)
        };
        let mut sum = [0.0; 3];
        let mut count = 0.0;
        for y in range(top) {
            for x in range(left) {
                let colour = self.pixel(x, y);
                for (sum, value) in sum.iter_mut().zip(colour) {
                    *sum += value;
                }
                count += 1.0;
            }
        }
        sum.map(|sum| sum / count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blurring_and_coarsening_keep_a_plain_colour() {
        let mut canvas = Canvas::filled(32, [10.0, 120.0, 250.0]);
        canvas.blur(1.7);
        canvas.coarsen(2.6);
        let flat = canvas.rgb().chunks_exact(3).all(|pixel| {
            (pixel[0] - 10.0).abs() + (pixel[1] - 120.0).abs() + (pixel[2] - 250.0).abs() < 0.01
        });
        assert!(flat);
    }

    #[test]
    fn blurring_and_coarsening_take_detail_away() {
        let mut board = Canvas::filled(32, [0.0; 3]);
        for y in 0..32 {
            for x in (y % 2..32).step_by(2) {
                board.mix(x, y, [255.0; 3], 1.0);
            }
        }
        let spread = |canvas: &Canvas| {
            canvas
                .rgb()
                .iter()
                .map(|value| (value - 127.5).abs())
                .sum::<f32>()
                / 3072.0
        };
        for change in [
            |canvas: &mut Canvas| canvas.blur(1.5),
            |canvas: &mut Canvas| canvas.coarsen(2.0),
        ] {
            let mut canvas = board.clone();
            change(&mut canvas);
            assert!(spread(&canvas) < 0.2 * spread(&board));
        }
    }
}
