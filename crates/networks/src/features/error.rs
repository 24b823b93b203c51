//! What can be wrong with a file of a feature network.

use crate::checkpoint::CheckpointError;

/// Why a feature network could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ContentNetError {
    /// The bytes are neither safetensors nor an ONNX graph.
    #[error("the file is neither whole safetensors nor an ONNX graph")]
    Format,
    /// A safetensors file that cannot be read.
    #[error("the weights cannot be read")]
    Weights(#[source] CheckpointError),
    /// The metadata lacks a word.
    #[error(
        "the file's metadata does not say {name}: convert the weights as crates/networks/convert/README.md says"
    )]
    MissingWord {
        /// The word.
        name: &'static str,
    },
    /// A word of the metadata makes no sense.
    #[error("the file's metadata gives {name} as {value:?}")]
    BadWord {
        /// The word.
        name: &'static str,
        /// What it is.
        value: String,
    },
    /// The weights are of another network.
    #[error("the file holds {found}, not {expected}")]
    OtherNetwork {
        /// Network that was asked for.
        expected: &'static str,
        /// What the metadata says.
        found: String,
    },
    /// A weight is missing.
    #[error("the file has no tensor {name}")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A weight has another shape.
    #[error("tensor {name} has shape {found:?}, not {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// Shape of the layer.
        expected: Vec<i64>,
        /// Shape in the file.
        found: Vec<i64>,
    },
    /// An ONNX graph cannot be run here.
    #[error("the ONNX graph cannot be used: {reason}")]
    Graph {
        /// What is in the way.
        reason: String,
    },
}
