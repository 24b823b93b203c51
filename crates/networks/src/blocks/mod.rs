//! Layers that several networks are built from, one component a file.

mod basic_residual;
mod conv_norm;

pub use basic_residual::{BasicResidual, BasicResidualConfig};
pub use conv_norm::{Activation, ConvNorm, ConvNormConfig, Mode};
