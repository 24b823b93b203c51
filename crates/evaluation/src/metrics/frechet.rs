//! Frechet distance between the features of two sets of pictures: Heusel et al. 2017, Eq. (6).
//!
//! The formula of FID with the network that the user gives, so its values are not FID, and they
//! depend on how many pictures there are: only equal numbers may be compared.

use inference::Tensor;

use crate::metrics::eigenvalues::symmetric_eigenvalues;

/// Side to which pictures are scaled before their features are taken, pixels.
pub const FRECHET_SIDE_PX: u32 = 256;

/// Mean of a network's output over all places, one value a channel.
///
/// # Panics
/// If the output has no batch of one with channels: the network was checked when it was opened.
pub fn pooled(output: &Tensor) -> Vec<f64> {
    let channels = output.shape()[1];
    let places = output.values().len() / channels;
    let mean = |plane: &[f32]| plane.iter().copied().map(f64::from).sum::<f64>() / places as f64;
    output.values().chunks_exact(places).map(mean).collect()
}

/// Distance of two sets of features, one a picture. `None` for fewer than two pictures.
///
/// The covariances are never formed: with the centred features as rows of `A` and `B`, the trace
/// of the root of their product is the sum of the singular values of `A B'`, over `n - 1`.
///
/// # Panics
/// If the sets differ in number or the features in length: a wiring bug, never a user error.
pub fn frechet_distance(one: &[Vec<f64>], other: &[Vec<f64>]) -> Option<f64> {
    assert_eq!(one.len(), other.len(), "equal numbers of pictures");
    let count = one.len();
    if count < 2 {
        return None;
    }
    let (mean_a, a) = centred(one);
    let (mean_b, b) = centred(other);
    let square = |values: &[f64]| dot(values, values);
    let gap: f64 = mean_a
        .iter()
        .zip(&mean_b)
        .map(|(a, b)| (a - b).powi(2))
        .sum();
    let spread: f64 = a.iter().chain(&b).map(|row| square(row)).sum();
    let cross: Vec<Vec<f64>> = a
        .iter()
        .map(|row| b.iter().map(|other| dot(row, other)).collect())
        .collect();
    let mut gram = vec![0.0; count * count];
    for row in 0..count {
        for column in 0..=row {
            let value = dot(&cross[row], &cross[column]);
            gram[row * count + column] = value;
            gram[column * count + row] = value;
        }
    }
    let values = symmetric_eigenvalues(gram, count);
    let overlap: f64 = values.into_iter().map(|value| value.max(0.0).sqrt()).sum();
    Some(gap + (spread - 2.0 * overlap) / (count - 1) as f64)
}

fn centred(features: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let count = features.len() as f64;
    let mut mean = vec![0.0; features[0].len()];
    for row in features {
        assert_eq!(row.len(), mean.len(), "length of a feature");
        mean.iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += value / count);
    }
    let less = |row: &Vec<f64>| {
        row.iter()
            .zip(&mean)
            .map(|(value, mean)| value - mean)
            .collect()
    };
    let rows = features.iter().map(less).collect();
    (mean, rows)
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(scale: f64, shift: f64) -> Vec<Vec<f64>> {
        let value = |row: usize, column: usize| ((row * 7 + column * 3) as f64 * 1.3).sin();
        (0..12)
            .map(|row| {
                (0..5)
                    .map(|column| scale * value(row, column) + shift)
                    .collect()
            })
            .collect()
    }

    #[test]
    fn a_set_is_at_distance_0_of_itself() {
        assert!(
            frechet_distance(&features(1.0, 0.0), &features(1.0, 0.0))
                .unwrap()
                .abs()
                < 1e-6
        );
    }

    #[test]
    fn a_shift_and_a_spread_add_what_mathematics_says() {
        // covariance 4 S: trace(S + 4 S - 2 * 2 S) = trace(S); five means move by 1
        let (mean, rows) = centred(&features(1.0, 0.0));
        let trace = rows.iter().map(|row| dot(row, row)).sum::<f64>() / 11.0;
        let moved: f64 = mean.iter().map(|mean| (mean + 1.0).powi(2)).sum();
        let found = frechet_distance(&features(1.0, 0.0), &features(2.0, 1.0)).unwrap();
        assert!((found - trace - moved).abs() < 1e-6, "{found}");
    }

    #[test]
    fn one_picture_has_no_covariance() {
        assert_eq!(
            frechet_distance(&features(1.0, 0.0)[..1], &features(1.0, 0.0)[..1]),
            None
        );
    }

    #[test]
    fn pooling_is_the_mean_of_each_channel() {
        let output = Tensor::new(&[1, 2, 1, 2], vec![1.0, 3.0, 5.0, 5.0]);
        assert_eq!(pooled(&output), [2.0, 5.0]);
    }
}
