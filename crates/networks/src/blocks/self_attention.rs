//! Self-attention over the pixels of a feature map: Zhang et al. 2019 (SAGAN), Eq. (1) to (3).

use tch::{Kind, Tensor, nn};

use super::conv_norm::Mode;
use super::spectral_norm::{SpectralConv, SpectralConvConfig, wide_kind};
use crate::onnx::{GraphBuilder, Value};

/// How much narrower queries and keys are than the features.
const REDUCTION: i64 = 8;

/// Hyper-parameters of a [`SelfAttention`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SelfAttentionConfig {
    /// Channels in and out.
    pub channels: i64,
    /// Side of the square feature map, pixels.
    pub side_px: i64,
    /// Whether a convolution makes the values, as in the publication; without it the features
    /// are the values.
    pub has_value_map: bool,
}

impl SelfAttentionConfig {
    /// Register the block's weights under `path`; it starts as the identity.
    pub fn init(&self, path: &nn::Path) -> SelfAttention {
        let conv = |name, outputs| {
            let config = SpectralConvConfig {
                inputs: self.channels,
                outputs,
                kernel: 1,
                has_bias: true,
            };
            config.init(&(path / name))
        };
        SelfAttention {
            config: *self,
            query: conv("query", self.channels / REDUCTION),
            key: conv("key", self.channels / REDUCTION),
            value: self.has_value_map.then(|| conv("value", self.channels)),
            gain: path.zeros("gain", &[1]),
        }
    }
}

/// Self-attention, added to its input through a learned gain that starts at 0.
#[derive(Debug)]
pub struct SelfAttention {
    config: SelfAttentionConfig,
    query: SpectralConv,
    key: SpectralConv,
    value: Option<SpectralConv>,
    gain: Tensor,
}

impl SelfAttention {
    /// Let every pixel look at all pixels.
    ///
    /// # Shapes
    /// `[batch, channels, side, side]`, in and out
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        let query = self.query.forward(x, mode).flatten(2, 3); // [batch, channels / 8, pixels]
        let key = self.key.forward(x, mode).flatten(2, 3);
        let value = match &self.value {
            Some(conv) => conv.forward(x, mode),
            None => x.shallow_clone(),
        };
        let value = value.flatten(2, 3); // [batch, channels, pixels]
        let scores = query.transpose(1, 2).matmul(&key); // [batch, query pixels, key pixels]
        let chances = scores.softmax(-1, wide_kind(x.kind())).to_kind(x.kind());
        let seen = value.matmul(&chances.transpose(1, 2));
        x + seen.view_as(x) * self.gain.to_kind(x.kind())
    }

    /// Write the block in evaluation mode, for one sample.
    pub fn export(&self, graph: &mut GraphBuilder, x: &Value) -> Value {
        let SelfAttentionConfig {
            channels, side_px, ..
        } = self.config;
        let pixels = side_px * side_px;
        let narrow = channels / REDUCTION;
        let query = self.query.export(graph, x);
        let query = graph.reshape(&query, &[1, narrow, pixels]);
        let query = graph.transpose(&query, &[0, 2, 1]);
        let key = self.key.export(graph, x);
        let key = graph.reshape(&key, &[1, narrow, pixels]);
        let value = match &self.value {
            Some(conv) => conv.export(graph, x),
            None => x.clone(),
        };
        let value = graph.reshape(&value, &[1, channels, pixels]);
        let value = graph.transpose(&value, &[0, 2, 1]);
        let scores = graph.matmul(&query, &key);
        let chances = graph.softmax(&scores);
        let seen = graph.matmul(&chances, &value); // [1, pixels, channels]
        let seen = graph.transpose(&seen, &[0, 2, 1]);
        let seen = graph.reshape(&seen, &[1, channels, side_px, side_px]);
        let gain = graph.single(&self.gain.detach().to_kind(Kind::Float));
        let seen = graph.multiply(&seen, &gain);
        graph.add(x, &seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    const CONFIG: SelfAttentionConfig = SelfAttentionConfig {
        channels: 16,
        side_px: 4,
        has_value_map: false,
    };

    #[test]
    fn a_fresh_block_is_the_identity() {
        let variables = nn::VarStore::new(Device::Cpu);
        let block = CONFIG.init(&variables.root());
        let x = Tensor::randn([2, 16, 4, 4], (Kind::Float, Device::Cpu));
        assert_eq!(block.forward(&x, Mode::Training), x);
    }

    #[test]
    fn every_pixel_sees_a_mean_of_all_pixels_whose_weights_sum_to_one() {
        let variables = nn::VarStore::new(Device::Cpu);
        let block = CONFIG.init(&variables.root());
        tch::no_grad(|| {
            drop(block.gain.shallow_clone().fill_(1.0));
            // queries of nothing look at all keys alike
            for (name, tensor) in variables.variables() {
                if name.starts_with("query") {
                    drop(tensor.shallow_clone().zero_());
                }
            }
        });
        let x = Tensor::randn([2, 16, 4, 4], (Kind::Float, Device::Cpu));
        let seen = block.forward(&x, Mode::Evaluation) - &x;
        let mean = x.mean_dim([2i64, 3].as_slice(), true, Kind::Float);
        assert!(seen.allclose(&mean.expand_as(&seen), 0.0, 1e-5, false));
    }
}
