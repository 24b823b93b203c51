//! Which colours something has: a mixture of Gaussians, fitted to its pixels.

/// Components of the mixture: as many as GrabCut has (Rother et al. 2004).
const COMPONENTS: usize = 5;
/// Rounds of grouping before the components are measured.
const ROUNDS: usize = 8;
/// Added to the variance of each channel, levels squared: no component is a single colour.
const LEAST_VARIANCE: f32 = 20.0;

/// Red, green and blue, 0 to 255.
pub(super) type Colour = [f32; 3];

/// A normal distribution of colours.
#[derive(Debug, Clone, Copy)]
struct Component {
    mean: Colour,
    /// Inverse of the covariance.
    inverse: [[f32; 3]; 3],
    /// Logarithm of its weight, less that of the normal distribution's denominator.
    log_scale: f32,
}

/// The colours of a part of a picture.
#[derive(Debug, Clone)]
pub(super) struct ColourModel {
    components: Vec<Component>,
}

impl ColourModel {
    /// Fit to colours; `None` where there are none.
    pub(super) fn fit(colours: &[Colour]) -> Option<Self> {
        let groups = grouped(colours)?;
        let components = (0..COMPONENTS).filter_map(|index| {
            let members = colours.iter().zip(&groups);
            let members: Vec<Colour> = members
                .filter(|(_, group)| **group == index)
                .map(|(colour, _)| *colour)
                .collect();
            Component::fit(&members, colours.len())
        });
        Some(Self {
            components: components.collect(),
        })
    }

    /// Logarithm of the probability of a colour.
    pub(super) fn log_likelihood(&self, colour: &Colour) -> f32 {
        let logs = self.components.iter().map(|part| part.log_density(colour));
        let largest = logs.clone().fold(f32::NEG_INFINITY, f32::max);
        largest + logs.map(|log| (log - largest).exp()).sum::<f32>().ln()
    }
}

impl Component {
    fn fit(members: &[Colour], all: usize) -> Option<Self> {
        if members.is_empty() {
            return None;
        }
        let count = members.len() as f32;
        let mean =
            [0, 1, 2].map(|axis| members.iter().map(|colour| colour[axis]).sum::<f32>() / count);
        let mut spread = [[0.0_f32; 3]; 3];
        for colour in members {
            for row in 0..3 {
                for column in 0..3 {
                    spread[row][column] +=
                        (colour[row] - mean[row]) * (colour[column] - mean[column]) / count;
                }
            }
        }
        for (axis, row) in spread.iter_mut().enumerate() {
            row[axis] += LEAST_VARIANCE;
        }
        let (inverse, determinant) = inverted(&spread);
        Some(Self {
            mean,
            inverse,
            log_scale: (count / all as f32).ln() - 0.5 * determinant.ln(),
        })
    }

    fn log_density(&self, colour: &Colour) -> f32 {
        let apart = [0, 1, 2].map(|axis| colour[axis] - self.mean[axis]);
        let mut square = 0.0;
        for (row, weights) in self.inverse.iter().enumerate() {
            for (column, weight) in weights.iter().enumerate() {
                square += apart[row] * weight * apart[column];
            }
        }
        self.log_scale - 0.5 * square
    }
}

/// Inverse and determinant of a symmetric matrix with positive diagonal.
pub(super) fn inverted(matrix: &[[f32; 3]; 3]) -> ([[f32; 3]; 3], f32) {
    let [[a, b, c], [_, d, e], [_, _, f]] = *matrix;
    let cofactors = [
        [d * f - e * e, c * e - b * f, b * e - c * d],
        [c * e - b * f, a * f - c * c, b * c - a * e],
        [b * e - c * d, b * c - a * e, a * d - b * b],
    ];
    let determinant = (a * cofactors[0][0] + b * cofactors[0][1] + c * cofactors[0][2]).max(1e-12);
    (
        cofactors.map(|row| row.map(|value| value / determinant)),
        determinant,
    )
}

/// Group of each colour by k-means; the first means are far from each other.
fn grouped(colours: &[Colour]) -> Option<Vec<usize>> {
    let distance =
        |a: &Colour, b: &Colour| (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f32>();
    let mut means = vec![*colours.first()?];
    while means.len() < COMPONENTS {
        // the colour farthest from all means would be an outlier: one in every few is looked at
        let lone = |colour: &Colour| {
            means
                .iter()
                .map(|mean| distance(mean, colour))
                .fold(f32::INFINITY, f32::min)
        };
        let step = (colours.len() / 200).max(1);
        let farthest = colours
            .iter()
            .step_by(step)
            .max_by(|a, b| lone(a).total_cmp(&lone(b)))?;
        means.push(*farthest);
    }
    let nearest = |means: &[Colour], colour: &Colour| {
        let order = |a: &usize, b: &usize| {
            distance(&means[*a], colour).total_cmp(&distance(&means[*b], colour))
        };
        (0..means.len()).min_by(order).unwrap_or(0)
    };
    let mut groups = Vec::new();
    for _ in 0..ROUNDS {
        groups = colours
            .iter()
            .map(|colour| nearest(&means, colour))
            .collect();
        let mut sums = [[0.0_f64; 4]; COMPONENTS];
        for (colour, group) in colours.iter().zip(&groups) {
            for axis in 0..3 {
                sums[*group][axis] += f64::from(colour[axis]);
            }
            sums[*group][3] += 1.0;
        }
        for (mean, sum) in means.iter_mut().zip(sums) {
            if sum[3] > 0.0 {
                *mean = [0, 1, 2].map(|axis| (sum[axis] / sum[3]) as f32);
            }
        }
    }
    Some(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_like_those_fitted_are_likelier_than_others() {
        let noise = |index: usize| (index * 7919 % 17) as f32 - 8.0;
        let colours: Vec<Colour> = (0..300)
            .map(|index| {
                let base = if index % 3 == 0 {
                    [200.0, 40.0, 40.0]
                } else {
                    [30.0, 60.0, 180.0]
                };
                base.map(|level: f32| level + noise(index))
            })
            .collect();
        let model = ColourModel::fit(&colours).unwrap();
        let log = |colour| model.log_likelihood(&colour);
        assert!(log([200.0, 40.0, 40.0]) > log([200.0, 200.0, 40.0]) + 5.0);
        assert!(log([30.0, 60.0, 180.0]) > log([200.0, 40.0, 40.0]));
        assert!(ColourModel::fit(&[]).is_none());
    }

    #[test]
    fn a_matrix_times_its_inverse_changes_nothing() {
        let matrix = [[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 2.0]];
        let (inverse, determinant) = inverted(&matrix);
        for (row, values) in matrix.iter().enumerate() {
            for column in [0, 1, 2] {
                let products = values.iter().zip(&inverse);
                let sum: f32 = products.map(|(value, other)| value * other[column]).sum();
                let wanted = if row == column { 1.0 } else { 0.0 };
                assert!((sum - wanted).abs() < 1e-5);
            }
        }
        assert!((determinant - 20.87).abs() < 0.05, "{determinant}");
    }
}
