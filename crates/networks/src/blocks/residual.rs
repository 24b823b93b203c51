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
                graph.repeat_pixels(&small, self.config.outputs)
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

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    const OPTIONS: (Kind, Device) = (Kind::Double, Device::Cpu);

    fn block(variables: &mut nn::VarStore, resampling: Resampling, norm: Norm) -> Residual {
        tch::manual_seed(3);
        let config = ResidualConfig {
            inputs: 4,
            outputs: 4,
            norm,
            resampling,
        };
        let block = config.init(&variables.root());
        variables.double();
        block
    }

    fn apart(x: &Tensor, y: &Tensor) -> f64 {
        f64::try_from((x - y).abs().max()).unwrap()
    }

    #[test]
    fn closed_rectifiers_leave_the_skip() {
        let mut variables = nn::VarStore::new(Device::Cpu);
        let block = block(&mut variables, Resampling::Keep, Norm::Adaptive);
        let x = Tensor::randn([1, 4, 8, 8], OPTIONS);
        // scale 0 and shift -1 make the input of each convolution relu(-1) = 0
        let part = [0.0f64, 0.0, 0.0, 0.0, -1.0, -1.0, -1.0, -1.0];
        let style = Tensor::from_slice(&[part, part].concat()).view([1, 16]);
        assert_eq!(block.forward(&x, &style, Mode::Evaluation), x);
    }

    #[test]
    fn the_second_normalisation_uses_statistics_of_its_own_input() {
        // ten times the first style is ten times the first convolution's output, which the second
        // normalisation takes away again; with the first one's statistics it would stay
        let mut variables = nn::VarStore::new(Device::Cpu);
        let block = block(&mut variables, Resampling::Keep, Norm::Adaptive);
        let x = Tensor::randn([2, 4, 8, 8], OPTIONS) * 3.0 + 1.0;
        let style = Tensor::randn([2, 16], OPTIONS);
        let larger = Tensor::cat(&[style.narrow(1, 0, 8) * 10.0, style.narrow(1, 8, 8)], 1);
        let once = block.forward(&x, &style, Mode::Evaluation);
        let again = block.forward(&x, &larger, Mode::Evaluation);
        assert!(apart(&once, &again) < 1e-2, "{}", apart(&once, &again));
        // and the parts of the style are not swapped
        let swapped = Tensor::cat(&[style.narrow(1, 8, 8), style.narrow(1, 0, 8)], 1);
        let other = block.forward(&x, &swapped, Mode::Evaluation);
        assert!(apart(&once, &other) > 0.1);
    }

    #[test]
    fn the_first_normalisation_uses_statistics_of_the_blocks_input() {
        let mut variables = nn::VarStore::new(Device::Cpu);
        let block = block(&mut variables, Resampling::Keep, Norm::Adaptive);
        let x = Tensor::randn([2, 4, 8, 8], OPTIONS) * 30.0;
        let style = Tensor::randn([2, 16], OPTIONS);
        let branch = |x: &Tensor| block.forward(x, &style, Mode::Evaluation) - x;
        let brighter = &x * 4.0 + 9.0;
        assert!(apart(&branch(&x), &branch(&brighter)) < 1e-4);
    }

    #[test]
    fn halving_is_a_mean_and_doubling_repeats_pixels() {
        // closed by a bias of nothing: a flat picture stays flat inside the border
        for (resampling, side) in [(Resampling::Down, 6), (Resampling::Up, 24)] {
            let mut variables = nn::VarStore::new(Device::Cpu);
            let block = block(&mut variables, resampling, Norm::None);
            let x = Tensor::ones([1, 4, 12, 12], OPTIONS);
            let style = Tensor::zeros([1, 0], OPTIONS);
            let y = block.forward(&x, &style, Mode::Evaluation);
            assert_eq!(y.size(), [1, 4, side, side]);
            let inside = y.narrow(2, 2, side - 4).narrow(3, 2, side - 4);
            let flat = inside.amax([2i64, 3].as_slice(), true);
            assert!(apart(&inside, &flat.expand_as(&inside)) < 1e-9);
        }
    }
}
