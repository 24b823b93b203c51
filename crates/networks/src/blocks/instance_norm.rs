//! Instance normalisation, with a learned or a given scale and shift.
//!
//! Statistics are those of one channel of one sample and are summed in at least 32 bits. With a
//! style's scale and shift it is AdaIN: Huang and Belongie 2017, Eq. (8).

use tch::{Tensor, nn};

use super::spectral_norm::wide_kind;
use crate::onnx::{GraphBuilder, Value};

/// Added to the variance before the square root.
const EPSILON: f64 = 1e-4;

/// Which normalisation a block uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Norm {
    /// None.
    None,
    /// Instance normalisation with a learned scale and shift.
    Instance,
    /// Instance normalisation whose scale and shift come from a style.
    Adaptive,
}

impl Norm {
    /// Values that one layer takes from a style: `channels` scales, then `channels` shifts.
    pub fn style_len(self, channels: i64) -> i64 {
        match self {
            Self::Adaptive => 2 * channels,
            Self::None | Self::Instance => 0,
        }
    }

    /// Register the layer's weights under `path`, freshly initialised.
    pub fn init(self, path: &nn::Path, channels: i64) -> NormLayer {
        match self {
            Self::None => NormLayer::None,
            Self::Adaptive => NormLayer::Adaptive { channels },
            Self::Instance => NormLayer::Instance {
                scale: path.ones("scale", &[channels]),
                shift: path.zeros("shift", &[channels]),
            },
        }
    }
}

/// One normalisation.
#[derive(Debug)]
pub enum NormLayer {
    /// The identity.
    None,
    /// Learned scale and shift, `[channels]` each.
    Instance {
        /// Factor after the division by the standard deviation.
        scale: Tensor,
        /// Added last.
        shift: Tensor,
    },
    /// Scale and shift are handed in.
    Adaptive {
        /// Channels in and out.
        channels: i64,
    },
}

impl NormLayer {
    /// Normalise `x` in its kind.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels, height, width]`, in and out
    /// - `style`: `[batch, style_len]`, as `scale | shift`; empty where the layer takes none
    ///
    /// # Panics
    /// If `style` has another length: a wiring bug, never a user error.
    pub fn forward(&self, x: &Tensor, style: &Tensor) -> Tensor {
        match self {
            Self::None => x.shallow_clone(),
            Self::Instance { scale, shift } => {
                let batch = x.size()[0];
                normalise(x, &scale.repeat([batch]), &shift.repeat([batch]))
            }
            Self::Adaptive { channels } => {
                assert_eq!(style.size()[1], 2 * channels, "style length");
                let part = |index: i64| style.narrow(1, index * channels, *channels).reshape([-1]);
                normalise(x, &part(0), &part(1))
            }
        }
    }

    /// Write the layer for one sample; `style` is `[1, style_len]`.
    pub fn export(&self, graph: &mut GraphBuilder, x: &Value, style: &Value) -> Value {
        match self {
            Self::None => x.clone(),
            Self::Instance { scale, shift } => {
                let (scale, shift) = (graph.weights(scale), graph.weights(shift));
                graph.instance_norm(x, &scale, &shift, EPSILON as f32)
            }
            Self::Adaptive { channels } => {
                let flat = graph.reshape(style, &[2 * channels]);
                let scale = graph.slice(&flat, 0, 0, *channels);
                let shift = graph.slice(&flat, 0, *channels, *channels);
                graph.instance_norm(x, &scale, &shift, EPSILON as f32)
            }
        }
    }
}

/// `scale * (x - mean) / std + shift` for every channel of every sample. `scale` and `shift`:
/// `[batch * channels]`. One fused kernel: to batch normalisation, the channels of all samples
/// are channels of one.
fn normalise(x: &Tensor, scale: &Tensor, shift: &Tensor) -> Tensor {
    let (batch, channels, height, width) = x.size4().expect("features have four axes");
    let none = None::<Tensor>;
    let wide = wide_kind(x.kind());
    let flat = x.reshape([1, batch * channels, height, width]);
    let (scale, shift) = (scale.to_kind(wide), shift.to_kind(wide));
    let normed = flat.batch_norm(
        Some(&scale),
        Some(&shift),
        none.as_ref(),
        none.as_ref(),
        true,
        0.0,
        EPSILON,
        true,
    );
    normed.view([batch, channels, height, width])
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn statistics(x: &Tensor) -> (Vec<f32>, Vec<f32>) {
        let flat = x.to_kind(Kind::Float).flatten(2, 3);
        let mean = flat.mean_dim(2, false, Kind::Float);
        let std = flat.std_dim(2, false, false);
        (
            Vec::try_from(mean.view([-1])).unwrap(),
            Vec::try_from(std.view([-1])).unwrap(),
        )
    }

    #[test]
    fn the_output_takes_the_mean_and_spread_of_its_own_samples_style() {
        let x = Tensor::randn([2, 2, 16, 16], (Kind::Float, Device::Cpu)) * 5.0 + 3.0;
        let style = [1f32, 2.0, -1.0, 4.0, 3.0, 0.5, 7.0, 0.0];
        let layer = Norm::Adaptive.init(&nn::VarStore::new(Device::Cpu).root(), 2);
        let y = layer.forward(&x, &Tensor::from_slice(&style).view([2, 4]));
        let (mean, std) = statistics(&y);
        for (index, (scale, shift)) in [(1.0, -1.0), (2.0, 4.0), (3.0, 7.0), (0.5, 0.0)]
            .into_iter()
            .enumerate()
        {
            assert!((mean[index] - shift).abs() < 1e-4, "{mean:?}");
            assert!((std[index] - scale).abs() < 1e-3, "{std:?}");
        }
    }

    #[test]
    fn statistics_of_sixteen_bit_features_far_from_zero_are_right() {
        // in bf16 the sum of 65,536 values of about 16 would stop growing at 4,096
        tch::manual_seed(2);
        let wide = Tensor::randn([1, 3, 256, 256], (Kind::Float, Device::Cpu)) + 16.0;
        let narrow = wide.to_kind(Kind::BFloat16);
        let layer = Norm::Instance.init(&nn::VarStore::new(Device::Cpu).root(), 3);
        let style = Tensor::zeros([1, 0], (Kind::Float, Device::Cpu));
        let y = layer.forward(&narrow, &style);
        assert_eq!(y.kind(), Kind::BFloat16);
        let (mean, std) = statistics(&y);
        for channel in 0..3 {
            assert!(mean[channel].abs() < 2e-3, "{mean:?}");
            assert!((std[channel] - 1.0).abs() < 5e-3, "{std:?}");
        }
    }
}
