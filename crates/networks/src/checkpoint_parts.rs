//! What a checkpoint's bytes hold, before libtorch is given any of it. Knows nothing of libtorch, so that it is fuzzed
//! without it.

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, SafeTensors};

/// Type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ElementKind {
    Float,
    Half,
    Integer,
}

impl ElementKind {
    /// Bytes of one element.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Float => 4,
            Self::Half => 2,
            Self::Integer => 8,
        }
    }
}

/// One tensor as it lies in the file.
#[derive(Debug)]
pub(crate) struct TensorPart<'a> {
    pub(crate) name: String,
    pub(crate) kind: ElementKind,
    /// Length of each axis; their product is the number of elements in `bytes`.
    pub(crate) shape: Vec<i64>,
    pub(crate) bytes: &'a [u8],
}

/// Tensors and words of a file.
#[derive(Debug)]
pub(crate) struct CheckpointParts<'a> {
    pub(crate) tensors: Vec<TensorPart<'a>>,
    pub(crate) words: BTreeMap<String, String>,
}

/// Why the bytes are no checkpoint.
#[derive(Debug)]
pub(crate) enum PartsError {
    Format(safetensors::SafeTensorError),
    ElementType { name: String, kind: String },
    Lengths { name: String, shape: Vec<usize> },
}

/// Read a safetensors file.
///
/// # Errors
/// Where it is cut off, or a tensor has other elements or axes than libtorch knows.
pub(crate) fn read_parts(bytes: &[u8]) -> Result<CheckpointParts<'_>, PartsError> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(PartsError::Format)?;
    let words = metadata.metadata().clone().unwrap_or_default();
    let file = SafeTensors::deserialize(bytes).map_err(PartsError::Format)?;
    let mut tensors = Vec::new();
    for (name, view) in file.iter() {
        let kind = match view.dtype() {
            Dtype::F32 => ElementKind::Float,
            Dtype::F16 => ElementKind::Half,
            Dtype::I64 => ElementKind::Integer,
            other => {
                let (name, kind) = (name.to_owned(), format!("{other:?}"));
                return Err(PartsError::ElementType { name, kind });
            }
        };
        let lengths = view
            .shape()
            .iter()
            .map(|&length| i64::try_from(length).ok());
        // An empty tensor may name any lengths beside a zero; nobody writes such a file.
        let shape: Option<Vec<i64>> = lengths.collect();
        let elements = shape.as_ref().and_then(|shape| {
            let all = shape
                .iter()
                .try_fold(1_i64, |all, length| all.checked_mul(*length));
            all.and_then(|all| usize::try_from(all).ok())
        });
        let fits =
            elements.and_then(|count| count.checked_mul(kind.bytes())) == Some(view.data().len());
        let Some(shape) = shape.filter(|_| fits) else {
            let (name, shape) = (name.to_owned(), view.shape().to_vec());
            return Err(PartsError::Lengths { name, shape });
        };
        tensors.push(TensorPart {
            name: name.to_owned(),
            kind,
            shape,
            bytes: view.data(),
        });
    }
    Ok(CheckpointParts {
        tensors,
        words: words.into_iter().collect(),
    })
}
