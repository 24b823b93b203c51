//! Trained networks: a bundle's files, checked, and its ONNX graphs, run on the CPU by the built-in engine or,
//! with the feature `ort`, by ONNX Runtime.
//!
//! The only crate that names an inference engine. It knows nothing of faces or pictures.
//!
//! # What a graph may hold
//!
//! Weights may be stored in half precision: an initialiser of type FLOAT16, followed by a `Cast`
//! node to FLOAT. They are widened to single precision when the graph is loaded, and everything
//! is computed in single precision. Inputs and outputs are FLOAT.

mod alone;
mod built_in;
mod bundle;
mod convolution_defaults;
mod demand;
mod error;
mod graph;
mod manifest;
#[cfg(feature = "ort")]
mod onnx_runtime;
mod tensor;
mod wire;

pub use crate::alone::on_one_core;
pub use crate::bundle::{Bundle, BundleError};
pub use crate::demand::GraphLimits;
pub use crate::error::InferenceError;
pub use crate::graph::{Engine, Graph, Outputs};
pub use crate::manifest::{FORMAT_VERSION, Manifest, Part, sha256_hex};
#[cfg(feature = "ort")]
pub use crate::onnx_runtime::use_onnx_runtime;
pub use crate::tensor::Tensor;
