//! First layers of the talking-head networks: from pixels to features at half the size.
//!
//! `conv3, ReLU, conv3, average pool`, added to `conv1, average pool` of the input.

use tch::{Tensor, nn};

use super::conv_norm::Mode;
use super::resampled_convolution::Resampling;
use super::spectral_norm::{SpectralConv, SpectralConvConfig};
use crate::onnx::{GraphBuilder, Value};

/// Hyper-parameters of a [`Stem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StemConfig {
    /// Channels in.
    pub inputs: i64,
    /// Channels out.
    pub outputs: i64,
}

impl StemConfig {
    /// Register the weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> Stem {
        let conv = |name, inputs, kernel| {
            let config = SpectralConvConfig {
                inputs,
                outputs: self.outputs,
                kernel,
                has_bias: true,
            };
            config.init(&(path / name))
        };
        Stem {
            conv1: conv("conv1", self.inputs, 3),
            conv2: conv("conv2", self.outputs, 3),
            skip: conv("skip", self.inputs, 1),
        }
    }
}

/// First layers of a network.
#[derive(Debug)]
pub struct Stem {
    conv1: SpectralConv,
    conv2: SpectralConv,
    skip: SpectralConv,
}

impl Stem {
    /// Turn pictures into features.
    ///
    /// # Shapes
    /// `[batch, inputs, height, width]` to `[batch, outputs, height / 2, width / 2]`
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        let y = self.conv1.forward(x, mode).relu();
        let y = self.conv2.forward_resampled(&y, Resampling::Down, mode);
        y + self.skip.forward(&Resampling::Down.apply(x), mode)
    }

    /// Write the layers in evaluation mode.
    pub fn export(&self, graph: &mut GraphBuilder, x: &Value) -> Value {
        let y = self.conv1.export(graph, x);
        let y = graph.relu(&y);
        let y = self.conv2.export_resampled(graph, &y, Resampling::Down);
        let small = graph.average_pool(x, 2);
        let skip = self.skip.export(graph, &small);
        graph.add(&y, &skip)
    }
}
