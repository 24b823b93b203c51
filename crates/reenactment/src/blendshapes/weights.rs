//! The learned weights that turn measures of a face into coefficients.

use std::sync::OnceLock;

use safetensors::{Dtype, SafeTensors};

use crate::blendshapes::names::BLENDSHAPES;
use crate::blendshapes::point_features::FEATURES;

/// Tensor `weights` `[features, blendshapes]`, 32-bit floats.
const FILE: &[u8] = include_bytes!("../../../../models/blendshapes/weights.safetensors");

/// The weights, one row a feature.
pub(super) fn weights() -> &'static [[f32; BLENDSHAPES]] {
    static WEIGHTS: OnceLock<Vec<[f32; BLENDSHAPES]>> = OnceLock::new();
    WEIGHTS.get_or_init(|| {
        let file = SafeTensors::deserialize(FILE).expect("the built-in weights are sound");
        let tensor = file.tensor("weights").expect("they hold their tensor");
        assert_eq!(tensor.dtype(), Dtype::F32, "type of the weights");
        assert_eq!(
            tensor.shape(),
            [FEATURES, BLENDSHAPES],
            "shape of the weights"
        );
        let rows = tensor.data().chunks_exact(4 * BLENDSHAPES);
        rows.map(|row| {
            std::array::from_fn(|column| {
                let word = &row[4 * column..4 * column + 4];
                f32::from_le_bytes(word.try_into().expect("four bytes"))
            })
        })
        .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blendshapes::names::{NAMES, is_carried};

    #[test]
    fn exactly_the_blendshapes_that_points_carry_have_weights() {
        for (column, name) in NAMES.iter().enumerate() {
            let is_moved = weights().iter().any(|row| row[column] != 0.0);
            assert_eq!(is_moved, is_carried(name), "{name}");
            assert!(
                weights().iter().all(|row| row[column].is_finite()),
                "{name}"
            );
        }
    }
}
