//! Trained networks: a bundle's files, checked, and its ONNX graphs, run on the CPU.
//!
//! The only crate that names an inference engine. It knows nothing of faces or pictures.
//!
//! # What a graph may hold
//!
//! Weights may be stored in half precision: an initialiser of type FLOAT16, followed by a `Cast`
//! node to FLOAT. They are widened to single precision when the graph is loaded, and everything
//! is computed in single precision. Inputs and outputs are FLOAT.

mod bundle;
mod convolution_defaults;
mod error;
mod graph;
mod manifest;
mod tensor;
mod wire;

pub use crate::bundle::{Bundle, BundleError};
pub use crate::error::InferenceError;
pub use crate::graph::{Graph, Outputs};
pub use crate::manifest::{FORMAT_VERSION, Manifest, Part, sha256_hex};
pub use crate::tensor::Tensor;
