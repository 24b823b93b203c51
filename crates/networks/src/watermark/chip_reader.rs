//! Looks for chips: for every cell, and every pulse, the log odds that a chip of +1 stands there.
//!
//! The mark is far weaker than the picture. The first layer therefore starts as differences between
//! neighbours, and its tanh keeps edges from drowning everything.

use tch::{Kind, Tensor, nn};

use super::PULSES;
use crate::blocks::{PlainConv, PlainConvConfig};
use crate::onnx::{Convolution, GraphBuilder, Precision, TensorInfo, Value};

/// Side of the first layer's kernels, cells.
const FIRST_SIDE: i64 = 7;
/// Differences of neighbours are multiplied by this at the start, so that a mark of 2 grey levels is not lost.
const FIRST_GAIN: f64 = 8.0;

/// Hyper-parameters of a [`ChipReader`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChipReaderConfig {
    /// Channels of the first layer.
    pub first: i64,
    /// Channels of the others.
    pub channels: i64,
    /// Residual layers.
    pub layers: i64,
}

impl ChipReaderConfig {
    /// The shipped size.
    pub fn shipped() -> Self {
        Self {
            first: 32,
            channels: 32,
            layers: 3,
        }
    }

    /// A few thousand weights, for tests.
    pub fn tiny() -> Self {
        Self {
            first: 8,
            channels: 8,
            layers: 1,
        }
    }

    /// Register the weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> ChipReader {
        let shape = [self.first, 3, FIRST_SIDE, FIRST_SIDE];
        let spread = nn::Init::Randn {
            mean: 0.0,
            stdev: FIRST_GAIN / FIRST_SIDE as f64,
        };
        let first_weight = (path / "first").var("weight", &shape, spread);
        tch::no_grad(|| {
            let axes = [2i64, 3];
            let mean = first_weight
                .detach()
                .mean_dim(axes.as_slice(), true, Kind::Float);
            let mut weight = first_weight.detach();
            weight -= mean;
        });
        let layer = |inputs: i64, outputs, kernel, gain: f64| PlainConvConfig {
            inputs,
            outputs,
            kernel,
            initial_spread: gain / ((inputs * kernel * kernel) as f64).sqrt(),
        };
        let channels = self.channels;
        let layers = (0..self.layers)
            .map(|index| {
                let inputs = if index == 0 { self.first } else { channels };
                layer(inputs, channels, 3, 1.0).init(&(path / format!("layer{index}")))
            })
            .collect();
        ChipReader {
            first_bias: (path / "first").zeros("bias", &[self.first]),
            first_weight,
            layers,
            last: layer(channels, 4 * PULSES, 5, 0.3).init(&(path / "last")),
            is_residual: self.first == channels,
        }
    }
}

/// Reading network.
#[derive(Debug)]
pub struct ChipReader {
    first_weight: Tensor,
    first_bias: Tensor,
    layers: Vec<PlainConv>,
    last: PlainConv,
    is_residual: bool,
}

impl ChipReader {
    /// Log odds of a chip +1 centred on each cell.
    ///
    /// # Shapes
    /// - `picture`: `[batch, 3, height, width]`, a pixel a cell, -1 to 1; sides are even
    /// - returns: `[batch, PULSES, height, width]`
    pub fn forward(&self, picture: &Tensor) -> Tensor {
        let mut x = picture
            .conv2d(
                &self.first_weight,
                Some(&self.first_bias),
                2,
                FIRST_SIDE / 2,
                1,
                1,
            )
            .tanh();
        for (index, layer) in self.layers.iter().enumerate() {
            let y = layer.forward(&x).relu();
            x = if self.adds(index) { x + y } else { y };
        }
        self.last.forward(&x).pixel_shuffle(2)
    }

    fn adds(&self, index: usize) -> bool {
        index > 0 || self.is_residual
    }

    /// Write the network as an ONNX file: input `picture`, output `chips`.
    pub fn export(&self, precision: Precision) -> Vec<u8> {
        let mut graph = GraphBuilder::new(precision);
        let picture = graph.input(&TensorInfo::with_free_size("picture", 3));
        let first = Convolution {
            weight: self.first_weight.detach(),
            bias: self.first_bias.detach(),
            stride: 2,
        };
        let x = graph.convolution(&picture, &first);
        let mut x: Value = graph.tanh(&x);
        for (index, layer) in self.layers.iter().enumerate() {
            let y = layer.export(&mut graph, &x);
            let y = graph.relu(&y);
            x = if self.adds(index) {
                graph.add(&x, &y)
            } else {
                y
            };
        }
        let x = self.last.export(&mut graph, &x);
        let chips = graph.shuffle_pixels(&x, 2);
        graph.output(&chips, &TensorInfo::with_free_size("chips", PULSES));
        graph.finish("watermark_chip_reader")
    }
}
