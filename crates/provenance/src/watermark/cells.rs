//! Pictures on a grid of cells: averages of what each cell covers.
//!
//! A cell may have any size in pixels; what is left over at the right and below is cut off, never
//! stretched, so that the grid stays true.

use inference::Tensor;
use media::Image;

/// Input pixels that one cell is mixed from; the weights sum to 1.
struct Taps {
    start: usize,
    weights: Vec<f32>,
}

/// Average `picture` over cells of `cell_px`, as the networks take it: `[1, 3, height, width]`, -1 to 1, both
/// sides even.
pub(super) fn to_cells(picture: &Image, cell_px: f64) -> Tensor {
    let sides = [picture.width(), picture.height()].map(|side| {
        let cells = (f64::from(side) / cell_px + 1e-6) as usize;
        (cells & !1).max(2)
    });
    let mixed = resample(picture, cell_px, sides);
    let pixels = sides[0] * sides[1];
    let mut values = vec![0.0; 3 * pixels];
    for (index, pixel) in mixed.chunks_exact(3).enumerate() {
        for (channel, value) in pixel.iter().enumerate() {
            values[channel * pixels + index] = value / 127.5 - 1.0;
        }
    }
    Tensor::new(&[1, 3, sides[1], sides[0]], values)
}

/// Shrink `picture` so that its shorter side has at most `shorter_px`.
pub(super) fn shrunk(picture: &Image, shorter_px: u32) -> Image {
    let shorter = picture.width().min(picture.height());
    if shorter <= shorter_px {
        return Image::from_rgb(picture.width(), picture.height(), picture.rgb().to_vec());
    }
    let scale = f64::from(shorter) / f64::from(shorter_px);
    let sides =
        [picture.width(), picture.height()].map(|side| (f64::from(side) / scale + 1e-6) as usize);
    let rgb = resample(picture, scale, sides)
        .iter()
        .map(|value| (value + 0.5) as u8)
        .collect();
    Image::from_rgb(sides[0] as u32, sides[1] as u32, rgb)
}

/// Red, green and blue of each cell, 0 to 255, row by row.
fn resample(picture: &Image, cell_px: f64, [width, height]: [usize; 2]) -> Vec<f32> {
    let columns = taps(picture.width(), width, cell_px);
    let rows = taps(picture.height(), height, cell_px);
    let row_values = picture.width() as usize * 3;
    let mut mixed = vec![0.0_f32; row_values];
    let mut out = Vec::with_capacity(width * height * 3);
    for row in &rows {
        mixed.fill(0.0);
        let lines = picture.rgb().chunks_exact(row_values).skip(row.start);
        for (line, weight) in lines.zip(&row.weights) {
            for (sum, value) in mixed.iter_mut().zip(line) {
                *sum += weight * f32::from(*value);
            }
        }
        for column in &columns {
            let mut sum = [0.0_f32; 3];
            let pixels = mixed.chunks_exact(3).skip(column.start);
            for (pixel, weight) in pixels.zip(&column.weights) {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += weight * value;
                }
            }
            out.extend(sum);
        }
    }
    out
}

/// Cells larger than a pixel average what they cover; smaller ones mix the two nearest pixels.
fn taps(pixels: u32, cells: usize, cell_px: f64) -> Vec<Taps> {
    let half = cell_px.max(1.0) / 2.0;
    let limit = f64::from(pixels);
    (0..cells)
        .map(|cell| {
            let centre = (cell as f64 + 0.5) * cell_px;
            let [low, high] = [centre - half, centre + half];
            let start = (low.max(0.0) as u32).min(pixels - 1);
            let end = (high.min(limit).ceil() as u32).max(start + 1);
            let covered = |pixel: u32| {
                let [mut from, mut to] = [f64::from(pixel), f64::from(pixel) + 1.0];
                // The outermost pixels go on beyond the border.
                if pixel == 0 {
                    from = low.min(from);
                }
                if pixel + 1 == pixels {
                    to = high.max(to);
                }
                ((to.min(high) - from.max(low)).max(0.0) / (2.0 * half)) as f32
            };
            Taps {
                start: start as usize,
                weights: (start..end).map(covered).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_the_mean_of_what_they_cover() {
        let mut picture = Image::new(100, 80);
        for y in 0..80 {
            for x in 0..100 {
                picture.set_pixel(x, y, [x as u8, 2 * y as u8, 255]);
            }
        }
        let cells = to_cells(&picture, 2.5);
        assert_eq!(cells.shape(), [1, 3, 32, 40]);
        let value = |channel: usize, y: usize, x: usize| {
            (cells.values()[(channel * 32 + y) * 40 + x] + 1.0) * 127.5
        };
        // cell 7 covers half of pixel 17, and 18 and 19
        assert!((value(0, 3, 7) - 18.2).abs() < 1e-3);
        assert!((value(1, 7, 3) - 36.4).abs() < 1e-3);
        assert!((value(2, 0, 0) - 255.0).abs() < 1e-3);
    }

    #[test]
    fn what_does_not_fill_a_pair_of_cells_is_cut_off() {
        let cells = to_cells(&Image::new(131, 60), 2.0);
        assert_eq!(cells.shape(), [1, 3, 30, 64]);
    }

    #[test]
    fn small_pictures_are_not_shrunk() {
        let picture = Image::new(300, 200);
        assert_eq!(shrunk(&picture, 256), picture);
        let small = shrunk(&Image::new(1920, 1080), 256);
        assert_eq!([small.width(), small.height()], [455, 256]);
    }
}
