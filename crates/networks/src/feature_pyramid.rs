//! Convolutional trunk with a top-down path: features at one fine stride that know the whole
//! picture. Feature pyramids: Lin et al. 2017, Section 3, with one level read out.

use tch::{Tensor, nn};

use crate::blocks::{
    Activation, BasicResidual, BasicResidualConfig, ConvNorm, ConvNormConfig, Mode,
};
use crate::onnx::{GraphBuilder, Value};

/// Hyper-parameters of a [`FeaturePyramid`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeaturePyramidConfig {
    /// Channels after each layer of the stem; each halves the size.
    pub stem: Vec<i64>,
    /// Channels and residual blocks of each stage; each halves the size.
    pub stages: Vec<(i64, usize)>,
    /// Channels of the top-down path and of the output.
    pub neck: i64,
}

impl FeaturePyramidConfig {
    /// Input pixels per output pixel, along one side.
    pub fn stride(&self) -> i64 {
        1 << (self.stem.len() + 1)
    }

    /// Channels of the coarsest features.
    pub fn top_channels(&self) -> i64 {
        self.stages.last().map_or(self.neck, |stage| stage.0)
    }

    /// Register the weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> FeaturePyramid {
        let mut inputs = 3;
        let mut stem = Vec::new();
        for (index, &outputs) in self.stem.iter().enumerate() {
            stem.push(ConvNormConfig::relu3(inputs, outputs, 2).init(&(path / "stem" / index)));
            inputs = outputs;
        }
        let mut stages = Vec::new();
        for (index, &(channels, blocks)) in self.stages.iter().enumerate() {
            let path = path / "stage" / index;
            stages.push(Stage::init(&path, inputs, channels, blocks));
            inputs = channels;
        }
        let lateral = |index: usize, channels| {
            let config = ConvNormConfig {
                kernel: 1,
                activation: Activation::Identity,
                ..ConvNormConfig::relu3(channels, self.neck, 1)
            };
            config.init(&(path / "lateral" / index))
        };
        let laterals = self
            .stages
            .iter()
            .enumerate()
            .map(|(index, stage)| lateral(index, stage.0))
            .collect();
        let smooth = |index: usize| {
            ConvNormConfig::relu3(self.neck, self.neck, 1).init(&(path / "smooth" / index))
        };
        let smooths = (0..self.stages.len().saturating_sub(1))
            .map(smooth)
            .collect();
        FeaturePyramid {
            stem,
            stages,
            laterals,
            smooths,
        }
    }
}

/// One size of the trunk: a layer that halves, then residual blocks.
#[derive(Debug)]
struct Stage {
    halve: ConvNorm,
    blocks: Vec<BasicResidual>,
}

impl Stage {
    fn init(path: &nn::Path, inputs: i64, channels: i64, blocks: usize) -> Self {
        let block = |index| BasicResidualConfig { channels }.init(&(path / "block" / index));
        Self {
            halve: ConvNormConfig::relu3(inputs, channels, 2).init(&(path / "halve")),
            blocks: (0..blocks).map(block).collect(),
        }
    }
}

/// Trunk with a top-down path.
#[derive(Debug)]
pub struct FeaturePyramid {
    stem: Vec<ConvNorm>,
    stages: Vec<Stage>,
    laterals: Vec<ConvNorm>,
    smooths: Vec<ConvNorm>,
}

impl FeaturePyramid {
    /// Features of a picture: the fine ones, and the coarsest of the trunk.
    ///
    /// # Shapes
    /// - `picture`: `[batch, 3, height, width]`, sides a multiple of the coarsest stride
    /// - fine: `[batch, neck, height / stride, width / stride]`
    /// - top: `[batch, top_channels, ...]`
    pub fn forward(&self, picture: &Tensor, mode: Mode) -> (Tensor, Tensor) {
        let mut x = picture.shallow_clone();
        for layer in &self.stem {
            x = layer.forward(&x, mode);
        }
        let mut levels = Vec::new();
        for stage in &self.stages {
            x = stage.halve.forward(&x, mode);
            for block in &stage.blocks {
                x = block.forward(&x, mode);
            }
            levels.push(x.shallow_clone());
        }
        let last = self.stages.len() - 1;
        let mut fine = self.laterals[last].forward(&levels[last], mode);
        for index in (0..last).rev() {
            let (_, _, height, width) = fine.size4().expect("features have four axes");
            let up = fine.upsample_nearest2d([2 * height, 2 * width], None, None);
            fine = self.laterals[index].forward(&levels[index], mode) + up;
            fine = self.smooths[index].forward(&fine, mode);
        }
        (fine, x)
    }

    /// Write the trunk in evaluation mode; returns the fine and the coarsest features.
    pub fn export(&self, graph: &mut GraphBuilder, picture: &Value) -> (Value, Value) {
        let mut x = picture.clone();
        for layer in &self.stem {
            x = layer.export(graph, &x);
        }
        let mut levels = Vec::new();
        for stage in &self.stages {
            x = stage.halve.export(graph, &x);
            for block in &stage.blocks {
                x = block.export(graph, &x);
            }
            levels.push(x.clone());
        }
        let last = self.stages.len() - 1;
        let mut fine = self.laterals[last].export(graph, &levels[last]);
        for index in (0..last).rev() {
            let up = graph.upsample_nearest(&fine, 2);
            let lateral = self.laterals[index].export(graph, &levels[index]);
            let sum = graph.add(&lateral, &up);
            fine = self.smooths[index].export(graph, &sum);
        }
        (fine, x)
    }
}
