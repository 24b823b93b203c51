//! How faces differ: a linear model of the 70 points in three dimensions.
//!
//! A face is the mean face, plus what makes it this person's (identity), plus what it does at the
//! moment (expression). Blanz and Vetter 1999 for the idea of such a model; `dataset` learns it,
//! `face_fit` fits it to landmarks.

use std::sync::LazyLock;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::points::POINTS;
use crate::rotation::Place3;

/// Version of the file's layout.
const VERSION: &str = "1";
/// The shipped model.
const BUILT_IN: &[u8] = include_bytes!("../../../models/face-shape/face_shape.safetensors");

/// A way in which faces differ, for one standard deviation: a step of each of the 70 points, in the
/// unit of the mean head.
pub type ShapeDirection = [Place3; POINTS];

/// Mean face, and directions of identity and expression.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceShape {
    /// Nobody in particular, at rest, in the coordinates of [`crate::MEAN_HEAD`].
    pub mean: [Place3; POINTS],
    /// What tells people apart, the largest difference first.
    pub identity: Vec<ShapeDirection>,
    /// What a face does, the largest movement first.
    pub expression: Vec<ShapeDirection>,
}

/// Why bytes are no face shape model.
#[derive(Debug, thiserror::Error)]
#[error("not a face shape model: {0}")]
pub struct FaceShapeError(String);

impl FaceShape {
    /// The model that comes with the program.
    ///
    /// # Panics
    /// If the program was built with a damaged file.
    pub fn built_in() -> &'static Self {
        static MODEL: LazyLock<FaceShape> = LazyLock::new(|| {
            FaceShape::from_bytes(BUILT_IN).expect("the built-in face shape model is whole")
        });
        &MODEL
    }

    /// Read a safetensors file with `mean` `[70, 3]`, `identity` `[n, 70, 3]` and `expression`
    /// `[m, 70, 3]`.
    ///
    /// # Errors
    /// Where a tensor is missing, has another shape or holds no numbers.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FaceShapeError> {
        let said = |error: safetensors::SafeTensorError| FaceShapeError(error.to_string());
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(said)?;
        let words = header.metadata().as_ref();
        if words.and_then(|words| words.get("face_shape")) != Some(&VERSION.to_owned()) {
            let reason = format!("its metadata do not say face_shape = {VERSION}");
            return Err(FaceShapeError(reason));
        }
        let file = SafeTensors::deserialize(bytes).map_err(said)?;
        let mean = directions(&file, "mean", &[POINTS, 3])?;
        Ok(Self {
            mean: mean[0],
            identity: directions(&file, "identity", &[POINTS, 3])?,
            expression: directions(&file, "expression", &[POINTS, 3])?,
        })
    }

    /// The model as a safetensors file; `about` says what it was learned from.
    ///
    /// # Errors
    /// Where the model holds no direction of a kind.
    pub fn to_bytes(&self, about: &str) -> Result<Vec<u8>, FaceShapeError> {
        let said = |error: safetensors::SafeTensorError| FaceShapeError(error.to_string());
        let bytes = |directions: &[ShapeDirection]| -> Vec<u8> {
            let values = directions.iter().flatten().flatten();
            values.flat_map(|value| value.to_le_bytes()).collect()
        };
        let [mean, identity, expression] = [
            bytes(std::slice::from_ref(&self.mean)),
            bytes(&self.identity),
            bytes(&self.expression),
        ];
        let view = |count: Option<usize>, data| {
            let shape = count.into_iter().chain([POINTS, 3]).collect();
            TensorView::new(Dtype::F32, shape, data).map_err(said)
        };
        let tensors = [
            ("mean", view(None, &mean)?),
            ("identity", view(Some(self.identity.len()), &identity)?),
            (
                "expression",
                view(Some(self.expression.len()), &expression)?,
            ),
        ];
        let words = [("face_shape", VERSION), ("about", about)];
        let words = words.map(|(key, word)| (key.to_owned(), word.to_owned()));
        safetensors::serialize(tensors, Some(words.into())).map_err(said)
    }
}

/// The tensor's last two axes, once for each of what comes before.
fn directions(
    file: &SafeTensors<'_>,
    name: &str,
    last: &[usize],
) -> Result<Vec<ShapeDirection>, FaceShapeError> {
    let wrong = |reason: String| FaceShapeError(format!("{name} {reason}"));
    let view = file
        .tensor(name)
        .map_err(|error| wrong(error.to_string()))?;
    if view.dtype() != Dtype::F32 || !view.shape().ends_with(last) || view.data().is_empty() {
        let (kind, shape) = (view.dtype(), view.shape());
        return Err(wrong(format!(
            "is {kind:?} {shape:?}, expected F32 {last:?}"
        )));
    }
    let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let values: Vec<f32> = view.data().chunks_exact(4).map(number).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(wrong("holds values that are no numbers".into()));
    }
    let whole = values.chunks_exact(POINTS * 3);
    Ok(whole
        .map(|row| std::array::from_fn(|point| std::array::from_fn(|axis| row[3 * point + axis])))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mean_head::{MEAN_HEAD, mirrored};

    #[test]
    fn the_built_in_model_is_symmetric_and_near_the_mean_head() {
        let model = FaceShape::built_in();
        for (point, (place, usual)) in model.mean.iter().zip(&MEAN_HEAD).enumerate() {
            let [x, y, z] = *place;
            let [other_x, other_y, other_z] = model.mean[mirrored(point)];
            let error = (x + other_x).abs() + (y - other_y).abs() + (z - other_z).abs();
            assert!(error < 5e-3, "point {point}: {error}");
            let apart = place
                .iter()
                .zip(usual)
                .map(|(one, other)| (one - other).abs());
            assert!(apart.sum::<f32>() < 0.15, "point {point}");
        }
        assert!(model.identity.len() >= 8 && model.expression.len() >= 8);
    }

    #[test]
    fn a_model_that_was_written_is_read_again() {
        let model = FaceShape {
            mean: MEAN_HEAD,
            identity: vec![MEAN_HEAD],
            expression: vec![MEAN_HEAD, MEAN_HEAD],
        };
        let bytes = model.to_bytes("a test").unwrap();
        assert_eq!(FaceShape::from_bytes(&bytes).unwrap(), model);
        let error = FaceShape::from_bytes(&bytes[..40]).unwrap_err().to_string();
        assert!(error.contains("not a face shape model"), "{error}");
    }
}
