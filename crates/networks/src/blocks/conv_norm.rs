//! Convolution, batch normalisation and an optional rectifier: one node in the exported graph.
//!
//! Batch normalisation: Ioffe and Szegedy 2015, Algorithms 1 and 2. In evaluation it is an affine
//! map per channel, so the export folds it into the convolution's weights.

use tch::{Kind, Tensor, nn, nn::Init};

use super::memory_order::channels_last;
use crate::onnx::{Convolution, GraphBuilder, Value};

/// Whether statistics come from the batch (and are remembered) or from memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Normalise by the batch, update the running statistics.
    Training,
    /// Normalise by the running statistics; what the exported graph does.
    Evaluation,
}

/// What follows the normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// max(x, 0).
    Relu,
}

/// Hyper-parameters of a [`ConvNorm`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConvNormConfig {
    /// Channels in.
    pub inputs: i64,
    /// Channels out.
    pub outputs: i64,
    /// Odd side of the square kernel; the border is padded so that stride 1 keeps the size.
    pub kernel: i64,
    /// Step between windows, in pixels.
    pub stride: i64,
    /// What follows.
    pub activation: Activation,
    /// First value of the normalisation's scale; 0 makes a residual branch start as nothing.
    pub initial_scale: f64,
}

impl ConvNormConfig {
    /// Rectified layer with a kernel of 3.
    pub fn relu3(inputs: i64, outputs: i64, stride: i64) -> Self {
        Self {
            inputs,
            outputs,
            kernel: 3,
            stride,
            activation: Activation::Relu,
            initial_scale: 1.0,
        }
    }

    /// Register the layer's weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> ConvNorm {
        let fan_in = (self.inputs * self.kernel * self.kernel) as f64;
        let spread = Init::Randn {
            mean: 0.0,
            stdev: (2.0 / fan_in).sqrt(),
        };
        let shape = [self.outputs, self.inputs, self.kernel, self.kernel];
        let channels = [self.outputs];
        ConvNorm {
            config: *self,
            weight: path.var("weight", &shape, spread),
            scale: path.var("scale", &channels, Init::Const(self.initial_scale)),
            shift: path.zeros("shift", &channels),
            running_mean: path.zeros_no_train("running_mean", &channels),
            running_variance: path.ones_no_train("running_variance", &channels),
        }
    }
}

/// Convolution with batch normalisation and activation.
#[derive(Debug)]
pub struct ConvNorm {
    config: ConvNormConfig,
    weight: Tensor,
    scale: Tensor,
    shift: Tensor,
    running_mean: Tensor,
    running_variance: Tensor,
}

/// Share of a new batch in the running statistics.
const MOMENTUM: f64 = 0.02;
/// Added to the variance before the square root.
const EPSILON: f64 = 1e-5;

impl ConvNorm {
    /// Convolve, normalise, activate. Computes in the kind of `x` (f32 or bf16); the weights and
    /// statistics stay in f32.
    ///
    /// # Shapes
    /// - `x`: `[batch, inputs, height, width]`
    /// - returns: `[batch, outputs, ceil(height / stride), ceil(width / stride)]`
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        let (stride, padding) = (self.config.stride, self.config.kernel / 2);
        let weight = self.weight.to_kind(x.kind());
        let x = channels_last(x).conv2d(
            &weight,
            None::<Tensor>,
            [stride, stride],
            [padding, padding],
            [1, 1],
            1,
        );
        let x = x.batch_norm(
            Some(&self.scale),
            Some(&self.shift),
            Some(&self.running_mean),
            Some(&self.running_variance),
            mode == Mode::Training,
            MOMENTUM,
            EPSILON,
            true,
        );
        match self.config.activation {
            Activation::Identity => x,
            Activation::Relu => x.relu(),
        }
    }

    /// Write the layer in evaluation mode as one convolution, and a rectifier where it has one.
    pub fn export(&self, graph: &mut GraphBuilder, x: &Value) -> Value {
        let gain = &self.scale / (&self.running_variance + EPSILON).sqrt();
        let weight = &self.weight * gain.view([-1, 1, 1, 1]);
        let bias = &self.shift - &self.running_mean * &gain;
        let convolution = Convolution {
            weight: weight.to_kind(Kind::Float),
            bias: bias.to_kind(Kind::Float),
            stride: self.config.stride,
        };
        let x = graph.convolution(x, &convolution);
        match self.config.activation {
            Activation::Identity => x,
            Activation::Relu => graph.relu(&x),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn training_normalises_every_channel_and_remembers_its_statistics() {
        tch::manual_seed(1);
        let vars = nn::VarStore::new(Device::Cpu);
        let config = ConvNormConfig {
            activation: Activation::Identity,
            ..ConvNormConfig::relu3(3, 5, 1)
        };
        let layer = config.init(&vars.root());
        let x = Tensor::randn([8, 3, 16, 16], (Kind::Float, Device::Cpu)) * 4.0 + 2.0;
        let mut y = Tensor::new();
        for _ in 0..400 {
            y = layer.forward(&x, Mode::Training);
        }
        let mean = y.mean_dim([0i64, 2, 3].as_slice(), false, Kind::Float);
        assert!(f64::try_from(mean.abs().max()).unwrap() < 1e-3);
        // after many equal batches memory agrees with the batch
        let evaluated = layer.forward(&x, Mode::Evaluation);
        assert!(f64::try_from((evaluated - y).abs().max()).unwrap() < 2e-2);
    }

    #[test]
    fn a_scale_of_zero_silences_the_layer() {
        let vars = nn::VarStore::new(Device::Cpu);
        let config = ConvNormConfig {
            initial_scale: 0.0,
            ..ConvNormConfig::relu3(3, 4, 2)
        };
        let layer = config.init(&vars.root());
        let x = Tensor::randn([2, 3, 8, 8], (Kind::Float, Device::Cpu));
        let y = layer.forward(&x, Mode::Training);
        assert_eq!(y.size(), [2, 4, 4, 4]);
        assert_eq!(f64::try_from(y.abs().max()).unwrap(), 0.0);
    }
}
