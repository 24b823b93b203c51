//! Encoder: what a picture shows, at three sizes, and who it is.
//!
//! Runs once a source. Convolutions with batch normalisation for what is bent; for the identity, as
//! in Zakharov et al. 2019, spectrally normalised ones, rectified and summed over space.

use tch::{Tensor, nn};

use super::config::{LANDMARK_CHANNELS, PortraitConfig};
use crate::blocks::{
    BasicResidual, BasicResidualConfig, ConvNorm, ConvNormConfig, Mode, Resampling, SpectralConv,
    SpectralConvConfig,
};
use crate::embedder::{export_pool, pool};
use crate::onnx::{GraphBuilder, Precision, TensorInfo};

/// Channels of the embedder after each halving but the last.
const EMBEDDER: [i64; 4] = [32, 64, 128, 192];

/// What the encoder sees in a picture.
#[derive(Debug)]
pub struct SourceFeatures {
    /// `[batch, channels, side / 2, side / 2]`
    pub half: Tensor,
    /// `[batch, channels, side / 4, side / 4]`
    pub quarter: Tensor,
    /// `[batch, channels, side / 8, side / 8]`
    pub eighth: Tensor,
    /// Identity embedding, `[batch, embedding]`, f32, not negative.
    pub identity: Tensor,
}

/// A halving with a residual block after it.
#[derive(Debug)]
struct Stage {
    down: ConvNorm,
    block: BasicResidual,
}

/// Encoder network.
#[derive(Debug)]
pub struct PortraitEncoder {
    config: PortraitConfig,
    stem: ConvNorm,
    joined: Stage,
    stages: [Stage; 2],
    embedder: Vec<SpectralConv>,
}

impl PortraitEncoder {
    pub(super) fn init(config: &PortraitConfig, path: &nn::Path) -> Self {
        let [half, quarter, eighth] = config.channels;
        let stage = |name: &str, inputs: i64, channels: i64, stride: i64| {
            let path = path / name;
            Stage {
                down: ConvNormConfig::relu3(inputs, channels, stride).init(&(&path / "down")),
                block: BasicResidualConfig { channels }.init(&(&path / "block")),
            }
        };
        let widths: Vec<i64> = [3 + LANDMARK_CHANNELS]
            .into_iter()
            .chain(EMBEDDER)
            .chain([config.embedding_len])
            .collect();
        let embed = |(index, pair): (usize, &[i64])| {
            let conv = SpectralConvConfig {
                inputs: pair[0],
                outputs: pair[1],
                kernel: 3,
                has_bias: true,
            };
            conv.init(&(path / format!("embed{}", index + 1)))
        };
        Self {
            stem: ConvNormConfig::relu3(3, half, 2).init(&(path / "stem")),
            joined: stage("half", half + LANDMARK_CHANNELS, half, 1),
            stages: [
                stage("quarter", half, quarter, 2),
                stage("eighth", quarter, eighth, 2),
            ],
            embedder: widths.windows(2).enumerate().map(embed).collect(),
            config: *config,
        }
    }

    /// Look at pictures of people. Computes in the kind of `pictures`.
    ///
    /// # Shapes
    /// - `pictures`: `[batch, 3, side, side]`, -1 to 1
    /// - `landmark_pictures`: `[batch, 5, side / 2, side / 2]`, 0 to 1
    pub fn forward(
        &self,
        pictures: &Tensor,
        landmark_pictures: &Tensor,
        mode: Mode,
    ) -> SourceFeatures {
        let x = self.stem.forward(pictures, mode);
        let x = Tensor::cat(&[&x, landmark_pictures], 1);
        let half = self.joined.forward(&x, mode);
        let quarter = self.stages[0].forward(&half, mode);
        let eighth = self.stages[1].forward(&quarter, mode);
        let mut x = Tensor::cat(&[&Resampling::Down.apply(pictures), landmark_pictures], 1);
        for (index, conv) in self.embedder.iter().enumerate() {
            x = if index == 0 { x } else { x.relu() };
            x = conv.forward_resampled(&x, Resampling::Down, mode);
        }
        SourceFeatures {
            half,
            quarter,
            eighth,
            identity: pool(&x),
        }
    }

    /// Write the network in evaluation mode as an ONNX file: inputs `picture` and
    /// `landmark_picture`, outputs `half`, `quarter`, `eighth` and `identity`.
    pub fn export(&self, precision: Precision) -> Vec<u8> {
        let side = self.config.side_px;
        let mut graph = GraphBuilder::new(precision);
        let square = |name: &str, channels: i64, side: i64| {
            TensorInfo::fixed(name, &[1, channels, side, side])
        };
        let picture = graph.input(&square("picture", 3, side));
        let landmarks = graph.input(&square("landmark_picture", LANDMARK_CHANNELS, side / 2));
        let x = self.stem.export(&mut graph, &picture);
        let x = graph.concat(&[&x, &landmarks], 1);
        let mut level = x;
        let stages = [&self.joined, &self.stages[0], &self.stages[1]];
        let mut levels = Vec::new();
        for stage in stages {
            let x = stage.down.export(&mut graph, &level);
            level = stage.block.export(&mut graph, &x);
            levels.push(level.clone());
        }
        let small = graph.average_pool(&picture, 2);
        let mut x = graph.concat(&[&small, &landmarks], 1);
        for (index, conv) in self.embedder.iter().enumerate() {
            x = if index == 0 { x } else { graph.relu(&x) };
            x = conv.export_resampled(&mut graph, &x, Resampling::Down);
        }
        let identity = export_pool(&mut graph, &x);
        for (index, name) in ["half", "quarter", "eighth"].into_iter().enumerate() {
            let info = square(name, self.config.channels[index], side >> (index + 1));
            graph.output(&levels[index], &info);
        }
        let shape = [1, self.config.embedding_len];
        graph.output(&identity, &TensorInfo::fixed("identity", &shape));
        graph.finish("portrait_encoder")
    }
}

impl Stage {
    fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        self.block.forward(&self.down.forward(x, mode), mode)
    }
}
