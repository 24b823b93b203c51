//! Learned perceptual distance: Zhang et al. 2018, Eq. (1), with the user's network and heads.

use std::path::{Path, PathBuf};

use inference::Tensor;

use crate::metrics::MetricError;
use crate::metrics::numpy_archive::read_arrays;

/// Keeps the length of a feature from being 0, as in the authors' program.
const EPSILON: f64 = 1e-10;

/// The linear heads: how much each channel of each tap counts.
#[derive(Debug, Clone, PartialEq)]
pub struct LpipsHeads {
    path: PathBuf,
    weights: Vec<Vec<f32>>,
}

impl LpipsHeads {
    /// Read the arrays `lin0`, `lin1` and so on of an `.npz` file.
    ///
    /// # Errors
    /// If it cannot be read, or an array is missing.
    pub fn open(path: &Path) -> Result<Self, MetricError> {
        let read = |source| MetricError::Read {
            path: path.to_owned(),
            source,
        };
        let bytes = std::fs::read(path).map_err(read)?;
        let wrong = |reason| MetricError::Heads {
            path: path.to_owned(),
            reason,
        };
        let mut arrays = read_arrays(&bytes).map_err(wrong)?;
        let mut weights = Vec::with_capacity(arrays.len());
        for index in 0..arrays.len() {
            let name = format!("lin{index}");
            let place = arrays.iter().position(|(found, _)| *found == name);
            let place = place.ok_or_else(|| wrong(format!("it has no array {name:?}")))?;
            weights.push(arrays.swap_remove(place).1);
        }
        Ok(Self {
            path: path.to_owned(),
            weights,
        })
    }

    /// Distance of two pictures by their features at every tap.
    ///
    /// # Errors
    /// If the heads belong to another network.
    ///
    /// # Panics
    /// If the features come from pictures of different sizes: a wiring bug, never a user error.
    pub fn distance(&self, one: &[Tensor], other: &[Tensor]) -> Result<f64, MetricError> {
        if one.len() != self.weights.len() {
            let [heads, taps] = [self.weights.len(), one.len()];
            return Err(self.mismatch(format!("{heads} heads for {taps} outputs of the network")));
        }
        let mut sum = 0.0;
        for ((a, b), weights) in one.iter().zip(other).zip(&self.weights) {
            if a.shape()[1] != weights.len() {
                let [found, wanted] = [weights.len(), a.shape()[1]];
                return Err(self.mismatch(format!("a head of {found} channels for {wanted}")));
            }
            assert_eq!(a.shape(), b.shape(), "shapes of the features");
            sum += tap_distance(a.values(), b.values(), weights);
        }
        Ok(sum)
    }

    fn mismatch(&self, reason: String) -> MetricError {
        MetricError::Mismatch {
            path: self.path.clone(),
            reason,
        }
    }
}

/// Weighted squared difference of the unit features, mean over the places.
fn tap_distance(one: &[f32], other: &[f32], weights: &[f32]) -> f64 {
    let places = one.len() / weights.len();
    let [unit_a, unit_b] = [one, other].map(|features| lengths(features, places));
    let mut sum = 0.0;
    for (channel, weight) in weights.iter().enumerate() {
        let planes = channel * places..(channel + 1) * places;
        let pairs = one[planes.clone()].iter().zip(&other[planes]);
        let units = unit_a.iter().zip(&unit_b);
        let apart = |((a, b), (unit_a, unit_b)): ((&f32, &f32), (&f64, &f64))| {
            (f64::from(*a) / unit_a - f64::from(*b) / unit_b).powi(2)
        };
        sum += f64::from(*weight) * pairs.zip(units).map(apart).sum::<f64>();
    }
    sum / places as f64
}

/// Length of the feature at each place.
fn lengths(features: &[f32], places: usize) -> Vec<f64> {
    let mut squares = vec![0.0; places];
    for plane in features.chunks_exact(places) {
        for (sum, value) in squares.iter_mut().zip(plane) {
            *sum += f64::from(*value).powi(2);
        }
    }
    squares
        .into_iter()
        .map(|square: f64| square.sqrt() + EPSILON)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads() -> LpipsHeads {
        LpipsHeads {
            path: "heads.npz".into(),
            weights: vec![vec![1.0, 3.0]],
        }
    }

    #[test]
    fn features_of_one_direction_are_the_same_however_long() {
        let one = [Tensor::new(&[1, 2, 1, 1], vec![3.0, 4.0])];
        let longer = [Tensor::new(&[1, 2, 1, 1], vec![6.0, 8.0])];
        assert!(heads().distance(&one, &longer).unwrap() < 1e-15);
        // unit features (0.6, 0.8) and (1, 0): 1 * 0.16 + 3 * 0.64
        let other = [Tensor::new(&[1, 2, 1, 1], vec![5.0, 0.0])];
        assert!((heads().distance(&one, &other).unwrap() - 2.08).abs() < 1e-9);
    }

    #[test]
    fn heads_of_another_network_are_refused() {
        let three = [Tensor::new(&[1, 3, 1, 1], vec![1.0; 3])];
        assert!(heads().distance(&three, &three).is_err());
        assert!(heads().distance(&[], &[]).is_err());
    }
}
