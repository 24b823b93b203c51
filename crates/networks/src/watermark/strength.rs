//! How much of the mark a picture hides at each place: more where it is busy, little on flat ground.

use tch::{Tensor, nn};

use crate::blocks::{PlainConv, PlainConvConfig};
use crate::onnx::{Convolution, GraphBuilder, Precision, TensorInfo};

/// Most grey levels, root mean square, that the mark can have at a place.
const LARGEST_STRENGTH: f64 = 5.0;

/// Hyper-parameters of a [`Strength`] network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrengthConfig {
    /// Channels of the hidden layers.
    pub channels: i64,
}

impl StrengthConfig {
    /// The shipped size.
    pub fn shipped() -> Self {
        Self { channels: 16 }
    }

    /// Register the weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> Strength {
        let channels = self.channels;
        let layer = |inputs: i64, outputs, kernel, gain: f64| PlainConvConfig {
            inputs,
            outputs,
            kernel,
            initial_spread: gain / ((inputs * kernel * kernel) as f64).sqrt(),
        };
        let root2 = std::f64::consts::SQRT_2;
        let start = layer(3, channels, 5, root2);
        let shape = [channels, 3, 5, 5];
        let spread = nn::Init::Randn {
            mean: 0.0,
            stdev: start.initial_spread,
        };
        Strength {
            first_weight: (path / "first").var("weight", &shape, spread),
            first_bias: (path / "first").zeros("bias", &[channels]),
            second: layer(channels, channels, 3, root2).init(&(path / "second")),
            last: layer(channels, 2, 3, 0.1).init(&(path / "last")),
        }
    }
}

/// Strength network.
#[derive(Debug)]
pub struct Strength {
    first_weight: Tensor,
    first_bias: Tensor,
    second: PlainConv,
    last: PlainConv,
}

impl Strength {
    /// Grey levels, root mean square, of luma and of colour at each place.
    ///
    /// # Shapes
    /// - `picture`: `[batch, 3, height, width]`, a pixel a cell, -1 to 1; sides are even
    /// - returns: `[batch, 2, height / 2, width / 2]`, 0 to 5
    pub fn forward(&self, picture: &Tensor) -> Tensor {
        let x = picture
            .conv2d(&self.first_weight, Some(&self.first_bias), 2, 2, 1, 1)
            .relu();
        let x = self.second.forward(&x).relu();
        self.last.forward(&x).sigmoid() * LARGEST_STRENGTH
    }

    /// Write the network as an ONNX file: input `picture`, output `strength`.
    pub fn export(&self, precision: Precision) -> Vec<u8> {
        let mut graph = GraphBuilder::new(precision);
        let picture = graph.input(&TensorInfo::with_free_size("picture", 3));
        let first = Convolution {
            weight: self.first_weight.detach(),
            bias: self.first_bias.detach(),
            stride: 2,
        };
        let x = graph.convolution(&picture, &first);
        let x = graph.relu(&x);
        let x = self.second.export(&mut graph, &x);
        let x = graph.relu(&x);
        let x = self.last.export(&mut graph, &x);
        let x = graph.sigmoid(&x);
        let largest = graph.single(&Tensor::from_slice(&[LARGEST_STRENGTH as f32]));
        let strength = graph.multiply(&x, &largest);
        graph.output(&strength, &TensorInfo::with_free_size("strength", 2));
        graph.finish("watermark_strength")
    }
}
