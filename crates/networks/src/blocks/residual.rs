//! Residual block of the talking-head networks: keeps, doubles or halves height and width.
//!
//! `[norm] ReLU [nearest x2] conv3 [norm] ReLU conv3 [average pool]`, added to
//! `[up] conv1 [pool]` of the input, or to the input itself where the shape stays.

use tch::{Tensor, nn};

use super::conv_norm::Mode;
use super::instance_norm::{Norm, NormLayer};
use super::resampled_convolution::Resampling;
use super::spectral_norm::{SpectralConv, SpectralConvConfig};
use crate::onnx::{GraphBuilder, Value};

/// Hyper-parameters of a [`Residual`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResidualConfig {
    /// Channels in.
    pub inputs: i64,
    /// Channels out.
    pub outputs: i64,
    /// Normalisation before both rectifiers.
    pub norm: Norm,
    /// What happens to height and width.
    pub resampling: Resampling,
}

impl ResidualConfig {
    /// Style values the block consumes: scale and shift of its first layer, then of its second.
    pub fn style_len(&self) -> i64 {
        self.norm.style_len(self.inputs) + self.norm.style_len(self.outputs)
    }

    /// Register the block's weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> Residual {
        let has_bias = self.norm == Norm::None;
        let conv = |name, inputs, kernel, has_bias| {
            let config = SpectralConvConfig {
                inputs,
                outputs: self.outputs,
                kernel,
                has_bias,
            };
            config.init(&(path / name))
        };
        let keeps_shape = self.inputs == self.outputs && self.resampling == Resampling::Keep;
        Residual {
            config: *self,
            norm1: self.norm.init(&(path / "norm1"), self.inputs),
            conv1: conv("conv1", self.inputs, 3, has_bias),
            norm2: self.norm.init(&(path / "norm2"), self.outputs),
            conv2: conv("conv2", self.outputs, 3, has_bias),
            skip: (!keeps_shape).then(|| conv("skip", self.inputs, 1, true)),
        }
    }
}

/// Residual block.
#[derive(Debug)]
pub struct Residual {
    config: ResidualConfig,
    norm1: NormLayer,
    conv1: SpectralConv,
    norm2: NormLayer,
    conv2: SpectralConv,
    skip: Option<SpectralConv>,
}

impl Residual {
    /// Refine `x` under `style`.
    ///
    /// # Shapes
    /// - `x`: `[batch, inputs, height, width]`
    /// - `style`: `[batch, style_len]`, as `scale1 | shift1 | scale2 | shift2`
    /// - returns: `[batch, outputs, height', width']`
    pub fn forward(&self, x: &Tensor, style: &Tensor, mode: Mode) -> Tensor {
        let (before, after) = self.resamplings();
        let (style1, style2) = self.styles();
        let y = self
            .norm1
            .forward(x, &style.narrow(1, style1.0, style1.1))
            .relu();
        let y = self.conv1.forward_resampled(&y, before, mode);
        let y = self
            .norm2
            .forward(&y, &style.narrow(1, style2.0, style2.1))
            .relu();
        let y = self.conv2.forward_resampled(&y, after, mode);
        y + self.skip(x, mode)
    }

    /// A convolution of kernel 1 commutes with repeating and with averaging pixels, so it runs at
    /// the smaller of the two sizes.
    fn skip(&self, x: &Tensor, mode: Mode) -> Tensor {
        let (up, down) = self.resamplings();
        match &self.skip {
            None => x.shallow_clone(),
            Some(conv) => up.apply(&conv.forward(&down.apply(x), mode)),
        }
    }

    /// Write the block in evaluation mode; `style` is `[1, style_len]`.
    pub fn export(&self, graph: &mut GraphBuilder, x: &Value, style: &Value) -> Value {
        let (before, after) = self.resamplings();
        let (style1, style2) = self.styles();
        let part = |graph: &mut GraphBuilder, (start, length): (i64, i64)| match length {
            0 => style.clone(),
            _ => graph.slice(style, 1, start, length),
        };
        let style1 = part(graph, style1);
        let y = self.norm1.export(graph, x, &style1);
        let y = graph.relu(&y);
        let y = self.conv1.export_resampled(graph, &y, before);
        let style2 = part(graph, style2);
        let y = self.norm2.export(graph, &y, &style2);
        let y = graph.relu(&y);
        let y = self.conv2.export_resampled(graph, &y, after);
        let skip = self.export_skip(graph, x);
        graph.add(&y, &skip)
    }

    fn export_skip(&self, graph: &mut GraphBuilder, x: &Value) -> Value {
        let Some(conv) = &self.skip else {
            return x.clone();
        };
        match self.config.resampling {
            Resampling::Keep => conv.export(graph, x),
            Resampling::Up => {
                let small = conv.export(graph, x);
                graph.upsample_nearest(&small, 2)
            }
            Resampling::Down => {
                let small = graph.average_pool(x, 2);
                conv.export(graph, &small)
            }
        }
    }

    /// What happens before or in the first convolution, and in or after the second.
    fn resamplings(&self) -> (Resampling, Resampling) {
        match self.config.resampling {
            Resampling::Keep => (Resampling::Keep, Resampling::Keep),
            Resampling::Up => (Resampling::Up, Resampling::Keep),
            Resampling::Down => (Resampling::Keep, Resampling::Down),
        }
    }

    /// Start and length of each layer's part of the style.
    fn styles(&self) -> ((i64, i64), (i64, i64)) {
        let first = self.config.norm.style_len(self.config.inputs);
        let second = self.config.norm.style_len(self.config.outputs);
        ((0, first), (first, second))
    }
}
