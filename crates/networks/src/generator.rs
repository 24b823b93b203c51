//! Generator: from a landmark picture and a person's style to a picture of that person.

use tch::{Tensor, nn};

use crate::blocks::{
    Mode, Norm, NormLayer, Resampling, Residual, ResidualConfig, SelfAttention,
    SelfAttentionConfig, SpectralConv, SpectralConvConfig, wide_kind,
};
use crate::onnx::{GraphBuilder, Precision, TensorInfo};
use crate::talking_head::TalkingHeadConfig;
use crate::trunk::{Trunk, TrunkConfig};

/// Hyper-parameters of a [`Generator`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeneratorConfig {
    /// Sizes shared with the other networks.
    pub sizes: TalkingHeadConfig,
}

impl GeneratorConfig {
    /// Values that the generator takes from a style.
    pub fn style_len(&self) -> i64 {
        let blocks: i64 = self.adaptive_blocks().iter().map(|b| b.style_len()).sum();
        blocks + Norm::Adaptive.style_len(self.last_channels())
    }

    /// Register the weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> Generator {
        let sizes = self.sizes;
        let (down_px, up_px) = sizes.attention_px();
        let trunk = TrunkConfig {
            inputs: 3,
            side_px: sizes.side_px,
            channels: sizes.halvings(sizes.bottleneck_px),
            norm: Norm::Instance,
            attention_px: down_px,
        };
        let blocks = self.adaptive_blocks();
        let attended = blocks.len() - (sizes.side_px / up_px).ilog2() as usize;
        let attention = SelfAttentionConfig {
            channels: blocks[attended - 1].outputs,
            side_px: up_px,
            has_value_map: false,
        };
        let last = SpectralConvConfig {
            inputs: self.last_channels(),
            outputs: 3,
            kernel: 3,
            has_bias: true,
        };
        let init = |(index, block): (usize, &ResidualConfig)| {
            block.init(&(path / format!("adaptive{}", index + 1)))
        };
        Generator {
            config: *self,
            trunk: trunk.init(path),
            blocks: blocks.iter().enumerate().map(init).collect(),
            styles: blocks.iter().map(ResidualConfig::style_len).collect(),
            attention: attention.init(&(path / "attention_up")),
            attended,
            last_norm: Norm::Adaptive.init(&(path / "last_norm"), last.inputs),
            last: last.init(&(path / "last")),
        }
    }

    /// Blocks that follow the style: those at the innermost side, then the doubling ones.
    fn adaptive_blocks(&self) -> Vec<ResidualConfig> {
        let sizes = self.sizes;
        let bottleneck = *sizes
            .halvings(sizes.bottleneck_px)
            .last()
            .expect("the stem comes first");
        let keep = ResidualConfig {
            inputs: bottleneck,
            outputs: bottleneck,
            norm: Norm::Adaptive,
            resampling: Resampling::Keep,
        };
        let mut blocks = vec![keep; sizes.bottleneck_blocks as usize];
        let mut inputs = bottleneck;
        for (outputs, _) in sizes.doublings() {
            blocks.push(ResidualConfig {
                inputs,
                outputs,
                resampling: Resampling::Up,
                ..keep
            });
            inputs = outputs;
        }
        blocks
    }

    /// Channels before the last convolution.
    fn last_channels(&self) -> i64 {
        let blocks = self.adaptive_blocks();
        blocks.last().expect("the last block doubles").outputs
    }
}

/// Generator network.
#[derive(Debug)]
pub struct Generator {
    config: GeneratorConfig,
    trunk: Trunk,
    blocks: Vec<Residual>,
    /// Style values of each block.
    styles: Vec<i64>,
    /// The layer list calls for self-attention here, and the published number of parameters leaves
    /// no room for a value map of 256 x 256; so the features are the values.
    attention: SelfAttention,
    /// Number of blocks before `attention`.
    attended: usize,
    last_norm: NormLayer,
    last: SpectralConv,
}

impl Generator {
    /// Draw the person with `style` in the pose of `landmark_pictures`.
    ///
    /// Computes in the kind of `landmark_pictures`; what is returned is at least 32 bits.
    ///
    /// # Shapes
    /// - `landmark_pictures`: `[batch, 3, side, side]`, -1 to 1
    /// - `style`: `[batch, style_len]`
    /// - returns: `[batch, 3, side, side]`, -1 to 1
    ///
    /// # Panics
    /// If `style` has another shape: a wiring bug, never a user error.
    pub fn forward(&self, landmark_pictures: &Tensor, style: &Tensor, mode: Mode) -> Tensor {
        let batch = landmark_pictures.size()[0];
        let expected = [batch, self.config.style_len()];
        assert_eq!(style.size(), expected, "style shape");
        let stages = self.trunk.forward(landmark_pictures, mode);
        let mut x = stages.last().expect("the stem is a stage").shallow_clone();
        let mut start = 0;
        for (index, block) in self.blocks.iter().enumerate() {
            let length = self.styles[index];
            x = block.forward(&x, &style.narrow(1, start, length), mode);
            start += length;
            if index + 1 == self.attended {
                x = self.attention.forward(&x, mode);
            }
        }
        let rest = style.narrow(1, start, style.size()[1] - start);
        let x = self.last_norm.forward(&x, &rest).relu();
        let x = self.last.forward(&x, mode);
        x.to_kind(wide_kind(x.kind())).tanh()
    }

    /// Write the network in evaluation mode as an ONNX file: inputs `landmark_picture` and
    /// `style`, output `picture`.
    pub fn export(&self, precision: Precision) -> Vec<u8> {
        let side = self.config.sizes.side_px;
        let mut graph = GraphBuilder::new(precision);
        let shape = [1, 3, side, side];
        let landmarks = graph.input(&TensorInfo::fixed("landmark_picture", &shape));
        let style_len = self.config.style_len();
        let style = graph.input(&TensorInfo::fixed("style", &[1, style_len]));
        let mut x = self.trunk.export(&mut graph, &landmarks);
        let mut start = 0;
        for (index, block) in self.blocks.iter().enumerate() {
            let length = self.styles[index];
            let part = graph.slice(&style, 1, start, length);
            x = block.export(&mut graph, &x, &part);
            start += length;
            if index + 1 == self.attended {
                x = self.attention.export(&mut graph, &x);
            }
        }
        let rest = graph.slice(&style, 1, start, style_len - start);
        let x = self.last_norm.export(&mut graph, &x, &rest);
        let x = graph.relu(&x);
        let x = self.last.export(&mut graph, &x);
        let picture = graph.tanh(&x);
        graph.output(&picture, &TensorInfo::fixed("picture", &shape));
        graph.finish("generator")
    }
}
