//! A convolution and nothing else, for the last layer of a network: its start is chosen.

use tch::{Tensor, nn, nn::Init};

use crate::onnx::{Convolution, GraphBuilder, Value};

/// Hyper-parameters of a [`PlainConv`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlainConvConfig {
    /// Channels in.
    pub inputs: i64,
    /// Channels out.
    pub outputs: i64,
    /// Odd side of the square kernel; the border is padded with zeros, so that the size stays.
    pub kernel: i64,
    /// Spread of the weights at the start.
    pub initial_spread: f64,
}

impl PlainConvConfig {
    /// Register the layer's weights under `path`; the bias starts at 0.
    pub fn init(&self, path: &nn::Path) -> PlainConv {
        let spread = Init::Randn {
            mean: 0.0,
            stdev: self.initial_spread,
        };
        let shape = [self.outputs, self.inputs, self.kernel, self.kernel];
        PlainConv {
            weight: path.var("weight", &shape, spread),
            bias: path.zeros("bias", &[self.outputs]),
        }
    }
}

/// Convolution of stride 1 with a bias.
#[derive(Debug)]
pub struct PlainConv {
    weight: Tensor,
    bias: Tensor,
}

impl PlainConv {
    /// Convolve. Computes in the kind of `x`.
    ///
    /// # Shapes
    /// `[batch, inputs, height, width]` to `[batch, outputs, height, width]`
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let (weight, bias) = (self.weight.to_kind(x.kind()), self.bias.to_kind(x.kind()));
        x.conv2d(&weight, Some(&bias), 1, self.weight.size()[3] / 2, 1, 1)
    }

    /// Start channels `first` to `first + count` at a bias of `value`.
    pub fn start_at(&self, first: i64, count: i64, value: f64) {
        tch::no_grad(|| drop(self.bias.detach().narrow(0, first, count).fill_(value)));
    }

    /// Write the layer.
    pub fn export(&self, graph: &mut GraphBuilder, x: &Value) -> Value {
        let convolution = Convolution {
            weight: self.weight.detach(),
            bias: self.bias.detach(),
            stride: 1,
        };
        graph.convolution(x, &convolution)
    }
}
