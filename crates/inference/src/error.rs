//! What can go wrong between a bundle on disk and a graph's outputs.

/// Why a network could not be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// The bytes are not an ONNX graph that the engine can run.
    #[error("not a usable ONNX graph: {reason}; export the network again")]
    NotAGraph {
        /// What the engine said.
        reason: String,
    },
    /// A run of the graph would take more memory or time than it is given, or it cannot be told how much.
    #[error(
        "the network asks for too much, {reason}; use models of people you trust, and raise the limit `memory` for larger ones"
    )]
    Excessive {
        /// The node, and what it asks for.
        reason: String,
    },
    /// The graph has no input or output of a name that the program uses.
    #[error(
        "the graph has no {kind} named {name:?}, it has {found:?}; it belongs to another version of the program"
    )]
    UnknownName {
        /// "input" or "output".
        kind: &'static str,
        /// The name that was looked for.
        name: String,
        /// The names that there are.
        found: Vec<String>,
    },
    /// ONNX Runtime cannot be used.
    #[error(
        "cannot use ONNX Runtime as {}: {reason}; name its library (1.18 or newer), for example that of the Python package onnxruntime",
        library.display()
    )]
    NoOnnxRuntime {
        /// Its shared library.
        library: std::path::PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// The engine stopped while running the graph.
    #[error("the network could not be run: {reason}")]
    Run {
        /// What the engine said.
        reason: String,
    },
    /// An output is not what the program expects.
    #[error(
        "output {name:?} has shape {found:?}, expected {expected}; the network belongs to another version of the program"
    )]
    OutputShape {
        /// The output's name.
        name: String,
        /// The expected shape, in words.
        expected: String,
        /// Its shape.
        found: Vec<usize>,
    },
    /// An output holds NaN or infinity.
    #[error("output {name:?} holds values that are not numbers; the weights are damaged")]
    NotFinite {
        /// The output's name.
        name: String,
    },
}
