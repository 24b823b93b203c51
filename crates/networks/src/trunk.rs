//! The way down of all talking-head networks: stem, halving residual blocks, one self-attention.

use tch::{Tensor, nn};

use crate::blocks::{
    Mode, Norm, Resampling, Residual, ResidualConfig, SelfAttention, SelfAttentionConfig, Stem,
    StemConfig, channels_last,
};
use crate::onnx::{GraphBuilder, Value};

/// Hyper-parameters of a [`Trunk`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrunkConfig {
    /// Channels of the input.
    pub inputs: i64,
    /// Side of the input, pixels.
    pub side_px: i64,
    /// Channels after the stem and after each block.
    pub channels: Vec<i64>,
    /// Normalisation of the blocks.
    pub norm: Norm,
    /// Side of the features that look at each other, pixels.
    pub attention_px: i64,
}

impl TrunkConfig {
    /// Register the weights under `path`, freshly initialised.
    ///
    /// # Panics
    /// If no block gives features of the side at which attention should sit.
    pub fn init(&self, path: &nn::Path) -> Trunk {
        let stem = StemConfig {
            inputs: self.inputs,
            outputs: self.channels[0],
        };
        let block = |index: usize| {
            let config = ResidualConfig {
                inputs: self.channels[index],
                outputs: self.channels[index + 1],
                norm: self.norm,
                resampling: Resampling::Down,
            };
            config.init(&(path / format!("down{}", index + 1)))
        };
        let attended = (0..self.channels.len())
            .find(|stage| self.side_px >> (stage + 1) == self.attention_px)
            .expect("a stage has the side at which attention sits");
        let attention = SelfAttentionConfig {
            channels: self.channels[attended],
            side_px: self.attention_px,
            has_value_map: true,
        };
        Trunk {
            stem: stem.init(&(path / "stem")),
            blocks: (0..self.channels.len() - 1).map(block).collect(),
            attention: attention.init(&(path / "attention")),
            attended,
            side_px: self.side_px,
        }
    }
}

/// Stem, halving blocks, and self-attention after one of them.
#[derive(Debug)]
pub struct Trunk {
    stem: Stem,
    blocks: Vec<Residual>,
    attention: SelfAttention,
    /// Stage whose features pass the attention; the stem is stage 0.
    attended: usize,
    side_px: i64,
}

impl Trunk {
    /// Features after every stage, the stem's first.
    ///
    /// # Shapes
    /// - `x`: `[batch, inputs, side, side]`
    /// - returns, for each stage: `[batch, channels, side / 2^(stage + 1), ...]`
    ///
    /// # Panics
    /// If the pictures have another side: layers would run, but mean something else.
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Vec<Tensor> {
        assert_eq!(x.size()[2..], [self.side_px; 2], "side of the pictures");
        let no_style = x.narrow(1, 0, 0).flatten(1, -1);
        let mut x = self.stem.forward(&channels_last(x), mode);
        let mut stages = Vec::with_capacity(self.blocks.len() + 1);
        for stage in 0..=self.blocks.len() {
            if stage > 0 {
                x = self.blocks[stage - 1].forward(&x, &no_style, mode);
            }
            if stage == self.attended {
                x = self.attention.forward(&x, mode);
            }
            stages.push(x.shallow_clone());
        }
        stages
    }

    /// Write the trunk in evaluation mode; returns the last stage.
    pub fn export(&self, graph: &mut GraphBuilder, x: &Value) -> Value {
        let mut x = self.stem.export(graph, x);
        for stage in 0..=self.blocks.len() {
            if stage > 0 {
                let no_style = x.clone();
                x = self.blocks[stage - 1].export(graph, &x, &no_style);
            }
            if stage == self.attended {
                x = self.attention.export(graph, &x);
            }
        }
        x
    }
}
