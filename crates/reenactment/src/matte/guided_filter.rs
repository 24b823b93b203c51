//! From a hard mask to soft edges that follow the picture: He et al. 2010 with a colour guide, and 2015 for
//! its use at a larger size.
//!
//! In every window the mask is taken for a linear function of the colour, `alpha = a . colour + b`.

use super::colour_model::{Colour, inverted};

/// Coefficients at every pixel.
#[derive(Debug)]
pub(super) struct GuidedFilter {
    /// `a` for red, green and blue, then `b`.
    pub(super) coefficients: Vec<[f32; 4]>,
}

impl GuidedFilter {
    /// Explain a mask, 0 to 1, by the colours (0 to 255) in windows of `2 * radius + 1` pixels. A larger
    /// `epsilon`, levels squared, gives smoother edges.
    pub(super) fn fit(
        size: [usize; 2],
        colours: &[Colour],
        mask: &[f32],
        radius: usize,
        epsilon: f32,
    ) -> Self {
        let mean = |value: &dyn Fn(usize) -> f32| {
            box_mean(
                size,
                &(0..mask.len()).map(value).collect::<Vec<f32>>(),
                radius,
            )
        };
        let own = [0, 1, 2].map(|axis| mean(&|at| colours[at][axis]));
        let target = mean(&|at| mask[at]);
        let cross = [0, 1, 2].map(|axis| mean(&|at| colours[at][axis] * mask[at]));
        let pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];
        let squares = pairs.map(|(a, b)| mean(&|at| colours[at][a] * colours[at][b]));
        let fitted: Vec<[f32; 4]> = (0..mask.len())
            .map(|at| {
                let mut spread = [[0.0; 3]; 3];
                for ((a, b), square) in pairs.into_iter().zip(&squares) {
                    spread[a][b] = square[at] - own[a][at] * own[b][at];
                    spread[b][a] = spread[a][b];
                }
                for (axis, row) in spread.iter_mut().enumerate() {
                    row[axis] += epsilon;
                }
                let (inverse, _) = inverted(&spread);
                let apart = [0, 1, 2].map(|axis| cross[axis][at] - own[axis][at] * target[at]);
                let a = inverse.map(|row| (0..3).map(|axis| row[axis] * apart[axis]).sum::<f32>());
                let b = target[at] - (0..3).map(|axis| a[axis] * own[axis][at]).sum::<f32>();
                [a[0], a[1], a[2], b]
            })
            .collect();
        let smooth = [0, 1, 2, 3].map(|part| mean(&|at| fitted[at][part]));
        Self {
            coefficients: (0..mask.len())
                .map(|at| [0, 1, 2, 3].map(|part| smooth[part][at]))
                .collect(),
        }
    }
}

/// Mean of the pixels in a window around each, as far as it lies in the picture.
pub(crate) fn box_mean([width, height]: [usize; 2], values: &[f32], radius: usize) -> Vec<f32> {
    let along = |values: &[f32], length: usize, lines: usize, step: usize, jump: usize| {
        let mut means = vec![0.0; values.len()];
        let mut sums = vec![0.0_f64; length + 1];
        for line in 0..lines {
            for at in 0..length {
                sums[at + 1] = sums[at] + f64::from(values[line * jump + at * step]);
            }
            for at in 0..length {
                let [from, to] = [at.saturating_sub(radius), (at + radius + 1).min(length)];
                means[line * jump + at * step] =
                    ((sums[to] - sums[from]) / (to - from) as f64) as f32;
            }
        }
        means
    };
    let rows = along(values, width, height, 1, width);
    along(&rows, height, width, width, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_of_windows_are_those_of_the_pixels_in_them() {
        let values: Vec<f32> = (0..12).map(|value| value as f32).collect();
        let means = box_mean([4, 3], &values, 1);
        assert!((means[0] - (0.0 + 1.0 + 4.0 + 5.0) / 4.0).abs() < 1e-5);
        assert!((means[5] - 5.0).abs() < 1e-5);
    }

    #[test]
    fn a_mask_that_is_off_by_a_little_moves_onto_the_edge_of_the_picture() {
        let size = [40, 20];
        let colour = |at: usize| {
            if at % 40 < 20 {
                [200.0, 60.0, 60.0]
            } else {
                [40.0, 90.0, 160.0]
            }
        };
        let colours: Vec<Colour> = (0..800).map(colour).collect();
        let mask: Vec<f32> = (0..800)
            .map(|at| if at % 40 < 22 { 1.0 } else { 0.0 })
            .collect();
        let filter = GuidedFilter::fit(size, &colours, &mask, 5, 10.0);
        let alpha = |at: usize| {
            let [a, b, c, rest] = filter.coefficients[at];
            a * colours[at][0] + b * colours[at][1] + c * colours[at][2] + rest
        };
        assert!(alpha(10 * 40 + 19) > 0.85, "{}", alpha(10 * 40 + 19));
        assert!(alpha(10 * 40 + 21) < 0.45, "{}", alpha(10 * 40 + 21));
    }
}
