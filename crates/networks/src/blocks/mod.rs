//! Layers that several networks are built from, one component a file.

mod basic_residual;
mod conv_norm;
mod instance_norm;
mod memory_order;
mod plain_conv;
mod resampled_convolution;
mod residual;
mod self_attention;
mod spectral_norm;
mod stem;

pub use basic_residual::{BasicResidual, BasicResidualConfig};
pub use conv_norm::{Activation, ConvNorm, ConvNormConfig, Mode};
pub use instance_norm::{Norm, NormLayer};
pub use memory_order::channels_last;
pub use plain_conv::{PlainConv, PlainConvConfig};
pub use resampled_convolution::Resampling;
pub use residual::{Residual, ResidualConfig};
pub use self_attention::{SelfAttention, SelfAttentionConfig};
pub use spectral_norm::{
    SpectralConv, SpectralConvConfig, SpectralLinear, SpectralLinearConfig,
    settle_singular_vectors, wide_kind,
};
pub use stem::{Stem, StemConfig};
