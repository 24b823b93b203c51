//! Two 3x3 convolutions added to their input: the basic block of He et al. 2016, Figure 2.

use tch::{Tensor, nn};

use super::conv_norm::{Activation, ConvNorm, ConvNormConfig, Mode};
use crate::onnx::{GraphBuilder, Value};

/// Hyper-parameters of a [`BasicResidual`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicResidualConfig {
    /// Channels in and out.
    pub channels: i64,
}

impl BasicResidualConfig {
    /// Register the block's weights under `path`; it starts as the rectified identity.
    pub fn init(&self, path: &nn::Path) -> BasicResidual {
        let first = ConvNormConfig::relu3(self.channels, self.channels, 1);
        let second = ConvNormConfig {
            activation: Activation::Identity,
            initial_scale: 0.0,
            ..first
        };
        BasicResidual {
            first: first.init(&(path / "first")),
            second: second.init(&(path / "second")),
        }
    }
}

/// Residual block that keeps channels, height and width.
#[derive(Debug)]
pub struct BasicResidual {
    first: ConvNorm,
    second: ConvNorm,
}

impl BasicResidual {
    /// Refine `x`.
    ///
    /// # Shapes
    /// `[batch, channels, height, width]`, in and out.
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        let branch = self.second.forward(&self.first.forward(x, mode), mode);
        (x + branch).relu()
    }

    /// Write the block in evaluation mode.
    pub fn export(&self, graph: &mut GraphBuilder, x: &Value) -> Value {
        let branch = self.first.export(graph, x);
        let branch = self.second.export(graph, &branch);
        let sum = graph.add(x, &branch);
        graph.relu(&sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn a_fresh_block_is_the_rectified_identity() {
        let vars = nn::VarStore::new(Device::Cpu);
        let block = BasicResidualConfig { channels: 6 }.init(&vars.root());
        let x = Tensor::randn([2, 6, 5, 7], (Kind::Float, Device::Cpu));
        assert_eq!(block.forward(&x, Mode::Training), x.relu());
    }
}
