//! Decoder: finishes a bent picture.
//!
//! Bent features and the driving landmarks go through AdaIN blocks at an eighth and a quarter of
//! the side; nothing is convolved at full size, where few channels cost much: the last layer gives
//! four pixels at once. The result is `a * bent + tanh(r)`: a skip that a layer can scale and
//! sharpen, never a convex blend, which collapses to the bent picture.

use tch::{Kind, Tensor, nn};

use super::config::{LANDMARK_CHANNELS, PortraitConfig};
use super::style::{self, StyledBlocks};
use crate::blocks::{ConvNorm, ConvNormConfig, Mode, PlainConv, PlainConvConfig, Resampling};
use crate::onnx::{GraphBuilder, Precision, TensorInfo, Value};

/// Channels of the driving landmarks at a half and a quarter of the side.
const LANDMARK_WIDTHS: [i64; 2] = [8, 24];
/// Channels of the bent picture at half the side.
const PICTURE_WIDTH: i64 = 16;
/// Blocks at an eighth of the side.
const INNER_BLOCKS: usize = 3;
/// Spread of the last layer's weights at the start.
const LAST_SPREAD: f64 = 0.005;

/// What the decoder takes.
#[derive(Debug)]
pub struct DecoderInput {
    /// Bent features, `[batch, channels, side / 2, side / 2]`.
    pub half: Tensor,
    /// Bent features, `[batch, channels, side / 4, side / 4]`.
    pub quarter: Tensor,
    /// Bent features, `[batch, channels, side / 8, side / 8]`.
    pub eighth: Tensor,
    /// `[batch, 1, grid, grid]`, 0 to 1: 1 where the bent source is right.
    pub occlusion: Tensor,
    /// The bent picture, `[batch, 3, side, side]`.
    pub warped_picture: Tensor,
    /// Landmark picture of the driver, `[batch, 5, side / 2, side / 2]`, 0 to 1.
    pub driving_landmarks: Tensor,
    /// The person's style, `[batch, style_len]`; zeros are nobody's.
    pub style: Tensor,
}

/// Decoder network.
#[derive(Debug)]
pub struct PortraitDecoder {
    config: PortraitConfig,
    landmarks: [ConvNorm; 2],
    picture: ConvNorm,
    quarter: ConvNorm,
    down: ConvNorm,
    eighth: ConvNorm,
    up: [ConvNorm; 2],
    half: ConvNorm,
    blocks: StyledBlocks,
    last: PlainConv,
}

/// Channels of the AdaIN blocks.
fn styled(config: &PortraitConfig) -> Vec<i64> {
    let [_, quarter, eighth] = config.channels;
    let mut channels = vec![eighth; INNER_BLOCKS];
    channels.push(quarter);
    channels
}

/// Style values that a decoder takes.
pub(super) fn style_len(config: &PortraitConfig) -> i64 {
    style::style_len(&styled(config))
}

impl PortraitDecoder {
    pub(super) fn init(config: &PortraitConfig, path: &nn::Path) -> Self {
        let [half, quarter, eighth] = config.channels;
        let [fine, coarse] = LANDMARK_WIDTHS;
        let conv = |name: &str, inputs: i64, outputs: i64, stride: i64| {
            ConvNormConfig::relu3(inputs, outputs, stride).init(&(path / name))
        };
        let last = PlainConvConfig {
            inputs: half,
            outputs: 16,
            kernel: 3,
            initial_spread: LAST_SPREAD,
        };
        let last = last.init(&(path / "last"));
        last.start_at(12, 4, 1.0);
        Self {
            config: *config,
            landmarks: [
                conv("landmarks1", LANDMARK_CHANNELS, fine, 1),
                conv("landmarks2", fine, coarse, 2),
            ],
            picture: conv("picture", 3, PICTURE_WIDTH, 2),
            quarter: conv("quarter", quarter + coarse + 1, quarter, 1),
            down: conv("down", quarter, eighth, 2),
            eighth: conv("eighth", 2 * eighth, eighth, 1),
            up: [
                conv("up1", eighth, quarter, 1),
                conv("up2", quarter, half, 1),
            ],
            half: conv("half", half + fine + PICTURE_WIDTH, half, 1),
            blocks: StyledBlocks::init(path, &styled(config), 0),
            last,
        }
    }

    /// Finish pictures. Computes in the kind of `half`; what is returned is f32.
    ///
    /// # Shapes
    /// returns `[batch, 3, side, side]`, about -1 to 1
    pub fn forward(&self, input: &DecoderInput, mode: Mode) -> Tensor {
        let style = self.blocks.style(&input.style);
        let occlusion = input.occlusion.to_kind(input.half.kind());
        let at = |side: i64| {
            if side < self.config.grid_px {
                occlusion.adaptive_avg_pool2d([side, side])
            } else {
                occlusion.upsample_bilinear2d([side, side], false, None, None)
            }
        };
        let side = self.config.side_px;
        let fine = self.landmarks[0].forward(&input.driving_landmarks, mode);
        let coarse = self.landmarks[1].forward(&fine, mode);
        let right = at(side / 4);
        let x = Tensor::cat(&[&coarse, &(&input.quarter * &right), &right], 1);
        let quarter = self.quarter.forward(&x, mode);
        let inner = self.down.forward(&quarter, mode);
        let bent = &input.eighth * right.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None);
        let mut x = self.eighth.forward(&Tensor::cat(&[&inner, &bent], 1), mode);
        for index in 0..INNER_BLOCKS {
            x = self.blocks.forward(index, &x, &style, mode);
        }
        let up = Resampling::Up.apply(&self.up[0].forward(&x, mode));
        let x = self
            .blocks
            .forward(INNER_BLOCKS, &(up + quarter), &style, mode);
        let up = Resampling::Up.apply(&self.up[1].forward(&x, mode));
        let seen = [
            &(&input.half * at(side / 2)),
            &fine,
            &self.picture.forward(&input.warped_picture, mode),
        ];
        let x = self.half.forward(&Tensor::cat(&seen, 1), mode) + up;
        let last = self.last.forward(&x).to_kind(Kind::Float).pixel_shuffle(2);
        let bent = input.warped_picture.to_kind(Kind::Float);
        last.narrow(1, 3, 1) * bent + last.narrow(1, 0, 3).tanh()
    }

    /// Write the network in evaluation mode as an ONNX file: inputs as the fields of
    /// [`DecoderInput`], output `picture`.
    pub fn export(&self, precision: Precision) -> Vec<u8> {
        let mut graph = GraphBuilder::new(precision);
        let [c2, c4, c8] = self.config.channels;
        let side = self.config.side_px;
        let square = |name: &str, channels: i64, side: i64| {
            TensorInfo::fixed(name, &[1, channels, side, side])
        };
        let half = graph.input(&square("half", c2, side / 2));
        let quarter = graph.input(&square("quarter", c4, side / 4));
        let eighth = graph.input(&square("eighth", c8, side / 8));
        let occlusion = graph.input(&square("occlusion", 1, self.config.grid_px));
        let picture = graph.input(&square("warped_picture", 3, side));
        let landmarks = square("driving_landmarks", LANDMARK_CHANNELS, side / 2);
        let landmarks = graph.input(&landmarks);
        let shape = [1, self.config.style_len()];
        let own = graph.input(&TensorInfo::fixed("style", &shape));
        let style = self.blocks.export_style(&mut graph, &own);
        let fine = self.landmarks[0].export(&mut graph, &landmarks);
        let coarse = self.landmarks[1].export(&mut graph, &fine);
        let right = self.occlusion_at(&mut graph, &occlusion, side / 4);
        let bent = graph.multiply(&quarter, &right);
        let x = graph.concat(&[&coarse, &bent, &right], 1);
        let quarter = self.quarter.export(&mut graph, &x);
        let inner = self.down.export(&mut graph, &quarter);
        let right = graph.average_pool(&right, 2);
        let bent = graph.multiply(&eighth, &right);
        let x = graph.concat(&[&inner, &bent], 1);
        let mut x = self.eighth.export(&mut graph, &x);
        for index in 0..INNER_BLOCKS {
            x = self.blocks.export(&mut graph, index, &x, &style);
        }
        let up = self.up[0].export(&mut graph, &x);
        let up = graph.repeat_pixels(&up, c4);
        let x = graph.add(&up, &quarter);
        let x = self.blocks.export(&mut graph, INNER_BLOCKS, &x, &style);
        let up = self.up[1].export(&mut graph, &x);
        let up = graph.repeat_pixels(&up, c2);
        let right = self.occlusion_at(&mut graph, &occlusion, side / 2);
        let bent = graph.multiply(&half, &right);
        let small = self.picture.export(&mut graph, &picture);
        let x = graph.concat(&[&bent, &fine, &small], 1);
        let x = self.half.export(&mut graph, &x);
        let x = graph.add(&x, &up);
        let last = self.last.export(&mut graph, &x);
        let last = graph.shuffle_pixels(&last, 2);
        let skip = graph.slice(&last, 1, 3, 1);
        let residual = graph.slice(&last, 1, 0, 3);
        let residual = graph.tanh(&residual);
        let skip = graph.multiply(&skip, &picture);
        let made = graph.add(&skip, &residual);
        graph.output(&made, &square("picture", 3, side));
        graph.finish("portrait_decoder")
    }

    /// Occlusion from the grid's side to one that is a multiple or a part of it.
    fn occlusion_at(&self, graph: &mut GraphBuilder, occlusion: &Value, side: i64) -> Value {
        let grid = self.config.grid_px;
        if side < grid {
            graph.average_pool(occlusion, grid / side)
        } else if side == grid {
            occlusion.clone()
        } else {
            graph.upsample_bilinear(occlusion, (side / grid) as u8)
        }
    }
}
