//! Writing networks as ONNX files.
//!
//! Each module exports itself beside its `forward`; what they write with is here. Operator set 17.

mod builder;
pub(crate) mod messages;
mod operators;
mod quantisation;

pub use builder::{GraphBuilder, Precision, TensorInfo, Value};
pub use operators::{Convolution, Linear};
pub use quantisation::{QuantisationError, quantised, quantised_values, with_values_shown};
