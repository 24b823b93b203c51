//! Writing networks as ONNX files.
//!
//! Each module exports itself beside its `forward`; what they write with is here. Operator set 17.

mod builder;
pub(crate) mod messages;

pub use builder::{Convolution, GraphBuilder, Linear, Precision, TensorInfo, Value};
