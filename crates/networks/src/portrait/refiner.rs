//! Patch network: paints what a mouth or an eye shows that bending cannot bring, in an upright
//! square of its own, out of what is there, the skin around, and a residual.

use tch::{Kind, Tensor, nn};

use super::config::{LANDMARK_CHANNELS, PortraitConfig};
use super::skin::{export_skin, skin};
use super::style::{self, StyledBlocks};
use crate::blocks::{
    BasicResidual, BasicResidualConfig, ConvNorm, ConvNormConfig, Mode, PlainConv, PlainConvConfig,
    Resampling,
};
use crate::onnx::{GraphBuilder, Precision, TensorInfo};

/// Planes that the network sees: the finished patch, the source's, landmarks of both.
const INPUTS: i64 = 6 + 2 * LANDMARK_CHANNELS;
/// AdaIN blocks.
const BLOCKS: usize = 2;
/// Spread of the last layer's weights at the start.
const LAST_SPREAD: f64 = 0.005;

/// What a patch network sees, cut out around the feature.
#[derive(Debug)]
pub struct RefinerInput {
    /// The picture so far, `[batch, 3, patch, patch]`, -1 to 1.
    pub made: Tensor,
    /// The source's own patch, unbent, `[batch, 3, patch, patch]`, -1 to 1.
    pub source: Tensor,
    /// Landmark picture of the source, `[batch, 5, patch, patch]`, 0 to 1.
    pub source_landmarks: Tensor,
    /// Landmark picture of the driver, `[batch, 5, patch, patch]`, 0 to 1.
    pub driving_landmarks: Tensor,
    /// The person's style, `[batch, style_len]`; zeros are nobody's.
    pub style: Tensor,
}

/// Patch network.
#[derive(Debug)]
pub struct PatchRefiner {
    config: PortraitConfig,
    patch_px: i64,
    downs: [ConvNorm; 2],
    blocks: StyledBlocks,
    up: ConvNorm,
    joined: BasicResidual,
    last: PlainConv,
}

fn styled(config: &PortraitConfig) -> Vec<i64> {
    vec![config.patch_channels[1]; BLOCKS]
}

/// Style values that a patch network takes.
pub(super) fn style_len(config: &PortraitConfig) -> i64 {
    style::style_len(&styled(config))
}

impl PatchRefiner {
    pub(super) fn init(config: &PortraitConfig, kind: usize, path: &nn::Path) -> Self {
        let [half, quarter] = config.patch_channels;
        let conv = |name: &str, inputs: i64, outputs: i64, stride: i64| {
            ConvNormConfig::relu3(inputs, outputs, stride).init(&(path / name))
        };
        let last = PlainConvConfig {
            inputs: half,
            outputs: 20,
            kernel: 3,
            initial_spread: LAST_SPREAD,
        };
        let last = last.init(&(path / "last"));
        last.start_at(12, 4, 1.0);
        Self {
            config: *config,
            patch_px: config.patch_px[kind],
            downs: [
                conv("down1", INPUTS, half, 2),
                conv("down2", half, quarter, 2),
            ],
            blocks: StyledBlocks::init(path, &styled(config), config.patch_style_start(kind)),
            up: conv("up", quarter, half, 1),
            joined: BasicResidualConfig { channels: half }.init(&(path / "joined")),
            last,
        }
    }

    /// Paint patches over. Computes in the kind of `made`; what is returned is f32.
    ///
    /// # Shapes
    /// returns `[batch, 3, patch, patch]`, about -1 to 1
    pub fn forward(&self, input: &RefinerInput, mode: Mode) -> Tensor {
        let seen = [
            &input.made,
            &input.source,
            &input.source_landmarks,
            &input.driving_landmarks,
        ];
        let style = self.blocks.style(&input.style);
        let half = self.downs[0].forward(&Tensor::cat(&seen, 1), mode);
        let mut x = self.downs[1].forward(&half, mode);
        for index in 0..BLOCKS {
            x = self.blocks.forward(index, &x, &style, mode);
        }
        let up = Resampling::Up.apply(&self.up.forward(&x, mode));
        let x = self.joined.forward(&(up + half), mode);
        let last = self.last.forward(&x).to_kind(Kind::Float).pixel_shuffle(2);
        let made = input.made.to_kind(Kind::Float);
        let around = skin(
            &input.source.to_kind(Kind::Float),
            &input.source_landmarks.to_kind(Kind::Float),
        );
        last.narrow(1, 3, 1) * made + last.narrow(1, 4, 1) * around + last.narrow(1, 0, 3).tanh()
    }

    /// Write the network in evaluation mode as an ONNX file: inputs as the fields of
    /// [`RefinerInput`], output `patch`.
    pub fn export(&self, precision: Precision) -> Vec<u8> {
        let mut graph = GraphBuilder::new(precision);
        let side = self.patch_px;
        let square =
            |name: &str, channels: i64| TensorInfo::fixed(name, &[1, channels, side, side]);
        let seen = [
            ("made", 3),
            ("source", 3),
            ("source_landmarks", LANDMARK_CHANNELS),
            ("driving_landmarks", LANDMARK_CHANNELS),
        ];
        let seen = seen.map(|(name, channels)| graph.input(&square(name, channels)));
        let shape = [1, self.config.style_len()];
        let own = graph.input(&TensorInfo::fixed("style", &shape));
        let style = self.blocks.export_style(&mut graph, &own);
        let x = graph.concat(&seen.iter().collect::<Vec<_>>(), 1);
        let half = self.downs[0].export(&mut graph, &x);
        let mut x = self.downs[1].export(&mut graph, &half);
        for index in 0..BLOCKS {
            x = self.blocks.export(&mut graph, index, &x, &style);
        }
        let up = self.up.export(&mut graph, &x);
        let up = graph.repeat_pixels(&up, self.config.patch_channels[0]);
        let x = graph.add(&up, &half);
        let x = self.joined.export(&mut graph, &x);
        let last = self.last.export(&mut graph, &x);
        let last = graph.shuffle_pixels(&last, 2);
        let skip = graph.slice(&last, 1, 3, 1);
        let residual = graph.slice(&last, 1, 0, 3);
        let residual = graph.tanh(&residual);
        let skip = graph.multiply(&skip, &seen[0]);
        let around = export_skin(&mut graph, &seen[1], &seen[2]);
        let share = graph.slice(&last, 1, 4, 1);
        let around = graph.multiply(&share, &around);
        let patch = graph.add(&skip, &around);
        let patch = graph.add(&patch, &residual);
        graph.output(&patch, &square("patch", 3));
        graph.finish("patch_refiner")
    }
}
