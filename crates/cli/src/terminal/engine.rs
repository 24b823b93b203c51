//! Choice of the engine that runs the networks.

use std::path::Path;

use crate::terminal::failure::Failure;

/// Run the networks with ONNX Runtime from now on; `None` looks for its library.
///
/// # Errors
/// If the program was built without it, or the library cannot be used.
#[cfg(feature = "ort")]
pub(crate) fn use_onnx_runtime(library: Option<&Path>) -> Result<(), Failure> {
    inference::use_onnx_runtime(library).map_err(Failure::work)
}

/// Say that this program has the built-in engine alone.
///
/// # Errors
/// Always.
#[cfg(not(feature = "ort"))]
pub(crate) fn use_onnx_runtime(_: Option<&Path>) -> Result<(), Failure> {
    let problem = "--onnx-runtime needs a program that was built with the feature `ort`: cargo install --path crates/cli --features ort";
    Err(Failure::Usage(vec![problem.into()]))
}
