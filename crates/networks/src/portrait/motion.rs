//! Motion network: mixes the candidate flows that landmarks give, and says where bending fails.
//!
//! A U-Net at half the grid's side; its masks are enlarged to the grid before the softmax, so that
//! the flows keep the grid's detail.

use tch::{Kind, Tensor, nn};

use super::config::{CANDIDATES, GROUPS, LANDMARK_CHANNELS, PortraitConfig};
use crate::blocks::{
    BasicResidual, BasicResidualConfig, ConvNorm, ConvNormConfig, Mode, PlainConv, PlainConvConfig,
    Resampling,
};
use crate::onnx::{GraphBuilder, Precision, TensorInfo, Value};

/// Planes that the network sees: three pictures, landmarks of source and driver, group heat.
const INPUTS: i64 = 9 + 2 * LANDMARK_CHANNELS + GROUPS;
/// Heads: a mask for each candidate, occlusion, the residual flow's x and y, confidence.
const HEADS: i64 = CANDIDATES + 4;
/// Heat is no less than this before its logarithm is taken.
const LEAST_HEAT: f64 = 1e-3;
/// Where the mask of no motion starts, beside 0 at a group's middle.
const STILL_PRIOR: f64 = -4.0;
/// Where the skull's starts: its heat covers the face too, where parts and plate know better.
const SKULL_PRIOR: f64 = -1.0;
/// Where the thin plate's starts: it leads everywhere until something better is learned.
const PLATE_PRIOR: f64 = 2.0;
/// Where the occlusion's logit starts: the bent source is right.
const OCCLUSION_PRIOR: f64 = 2.0;
/// Longest residual flow, halves of the picture's side.
const LONGEST_RESIDUAL: f64 = 0.2;

/// What the motion network sees; all at the grid's size.
#[derive(Debug)]
pub struct MotionInput {
    /// The source, `[batch, 3, grid, grid]`, -1 to 1.
    pub source: Tensor,
    /// The source moved with the whole head, `[batch, 3, grid, grid]`.
    pub head_warped: Tensor,
    /// The source bent by the thin plate, `[batch, 3, grid, grid]`.
    pub plate_warped: Tensor,
    /// Landmark picture of the source, `[batch, 5, grid, grid]`, 0 to 1.
    pub source_landmarks: Tensor,
    /// Landmark picture of the driver, `[batch, 5, grid, grid]`, 0 to 1.
    pub driving_landmarks: Tensor,
    /// Heat around each group of the driver, `[batch, 16, grid, grid]`, 0 to 1.
    pub group_maps: Tensor,
    /// Candidate flows, `[batch, 18, 2, grid, grid]`, f32: for every place of the result, where in
    /// the source to look, x then y, -1 and 1 at the outer edges of the first and the last pixel.
    /// None, the groups, the thin plate.
    pub candidates: Tensor,
}

/// How a source moves to the driving pose, f32.
#[derive(Debug)]
pub struct MotionField {
    /// `[batch, 2, grid, grid]`, as the candidates.
    pub flow: Tensor,
    /// `[batch, 1, grid, grid]`, 0 to 1: 1 where the bent source is right.
    pub occlusion: Tensor,
    /// `[batch, 1, grid, grid]`, a logit: how well this source serves here beside others.
    pub confidence: Tensor,
}

/// Motion network.
#[derive(Debug)]
pub struct PortraitMotion {
    config: PortraitConfig,
    downs: Vec<(ConvNorm, BasicResidual)>,
    ups: Vec<(ConvNorm, BasicResidual)>,
    heads: PlainConv,
}

impl PortraitMotion {
    pub(super) fn init(config: &PortraitConfig, path: &nn::Path) -> Self {
        let widths = config.motion_channels;
        let pair = |name: String, inputs: i64, channels: i64, stride: i64| {
            let path = path / name;
            (
                ConvNormConfig::relu3(inputs, channels, stride).init(&(&path / "conv")),
                BasicResidualConfig { channels }.init(&(&path / "block")),
            )
        };
        let inputs = [INPUTS, widths[0], widths[1]];
        let down = |index: usize| {
            pair(
                format!("down{}", index + 1),
                inputs[index],
                widths[index],
                2,
            )
        };
        let up = |index: usize| {
            pair(
                format!("up{}", index + 1),
                widths[index + 1],
                widths[index],
                1,
            )
        };
        let heads = PlainConvConfig {
            inputs: widths[0],
            outputs: HEADS,
            kernel: 3,
            initial_spread: 0.0,
        };
        let heads = heads.init(&(path / "heads"));
        heads.start_at(0, 1, STILL_PRIOR);
        heads.start_at(GROUPS, 1, SKULL_PRIOR);
        heads.start_at(CANDIDATES - 1, 1, PLATE_PRIOR);
        heads.start_at(CANDIDATES, 1, OCCLUSION_PRIOR);
        Self {
            config: *config,
            downs: (0..3).map(down).collect(),
            ups: vec![up(1), up(0)],
            heads,
        }
    }

    /// Find the motion. Computes in the kind of `source`; the flow is f32 throughout.
    pub fn forward(&self, input: &MotionInput, mode: Mode) -> MotionField {
        let seen = [
            &input.source,
            &input.head_warped,
            &input.plate_warped,
            &input.source_landmarks,
            &input.driving_landmarks,
            &input.group_maps,
        ];
        let mut levels = vec![Tensor::cat(&seen, 1)];
        for (conv, block) in &self.downs {
            let last = levels.last().expect("the input is a level");
            levels.push(block.forward(&conv.forward(last, mode), mode));
        }
        let mut x = levels.pop().expect("there are levels");
        for (conv, block) in &self.ups {
            let skip = levels.pop().expect("as many ups as downs but one");
            let up = Resampling::Up.apply(&conv.forward(&x, mode));
            x = block.forward(&(up + skip), mode);
        }
        let heads = self.heads.forward(&x).to_kind(Kind::Float);
        let side = self.config.grid_px;
        let heads = heads.upsample_bilinear2d([side, side], false, None, None);
        let heat = input.group_maps.to_kind(Kind::Float) + LEAST_HEAT;
        let none = heads.narrow(1, 0, 1).zeros_like();
        let prior = Tensor::cat(&[&none, &heat.log(), &none], 1);
        let masks = (heads.narrow(1, 0, CANDIDATES) + prior).softmax(1, Kind::Float);
        let mixed =
            (&input.candidates * masks.unsqueeze(2)).sum_dim_intlist(1, false, None::<Kind>);
        let residual = heads.narrow(1, CANDIDATES + 1, 2).tanh() * LONGEST_RESIDUAL;
        MotionField {
            flow: mixed + residual,
            occlusion: heads.narrow(1, CANDIDATES, 1).sigmoid(),
            confidence: heads.narrow(1, CANDIDATES + 3, 1),
        }
    }

    /// Write the network in evaluation mode as an ONNX file: inputs as the fields of
    /// [`MotionInput`], outputs as those of [`MotionField`].
    pub fn export(&self, precision: Precision) -> Vec<u8> {
        let side = self.config.grid_px;
        let mut graph = GraphBuilder::new(precision);
        let square =
            |name: &str, channels: i64| TensorInfo::fixed(name, &[1, channels, side, side]);
        let seen = [
            ("source", 3),
            ("head_warped", 3),
            ("plate_warped", 3),
            ("source_landmarks", LANDMARK_CHANNELS),
            ("driving_landmarks", LANDMARK_CHANNELS),
            ("group_maps", GROUPS),
        ];
        let seen = seen.map(|(name, channels)| graph.input(&square(name, channels)));
        let shape = [1, CANDIDATES, 2, side, side];
        let candidates = graph.input(&TensorInfo::fixed("candidates", &shape));
        let x = graph.concat(&seen.iter().collect::<Vec<_>>(), 1);
        let x = self.export_trunk(&mut graph, x);
        let heads = self.heads.export(&mut graph, &x);
        let heads = graph.upsample_bilinear(&heads, 2);
        let least = scalar(&mut graph, LEAST_HEAT);
        let heat = graph.add(&seen[5], &least);
        let heat = graph.log(&heat);
        let none = Tensor::zeros([1, 1, side, side], (Kind::Float, tch::Device::Cpu));
        let none = graph.single(&none);
        let prior = graph.concat(&[&none, &heat, &none], 1);
        let masks = graph.slice(&heads, 1, 0, CANDIDATES);
        let masks = graph.add(&masks, &prior);
        let masks = graph.softmax_over(&masks, 1);
        let masks = graph.reshape(&masks, &[1, CANDIDATES, 1, side, side]);
        let mixed = graph.multiply(&candidates, &masks);
        let mixed = graph.sum_over(&mixed, 1);
        let residual = graph.slice(&heads, 1, CANDIDATES + 1, 2);
        let residual = graph.tanh(&residual);
        let longest = scalar(&mut graph, LONGEST_RESIDUAL);
        let residual = graph.multiply(&residual, &longest);
        let flow = graph.add(&mixed, &residual);
        let occlusion = graph.slice(&heads, 1, CANDIDATES, 1);
        let occlusion = graph.sigmoid(&occlusion);
        let confidence = graph.slice(&heads, 1, CANDIDATES + 3, 1);
        graph.output(&flow, &square("flow", 2));
        graph.output(&occlusion, &square("occlusion", 1));
        graph.output(&confidence, &square("confidence", 1));
        graph.finish("portrait_motion")
    }

    fn export_trunk(&self, graph: &mut GraphBuilder, x: Value) -> Value {
        let mut levels = vec![x];
        for (conv, block) in &self.downs {
            let x = conv.export(graph, &levels[levels.len() - 1]);
            levels.push(block.export(graph, &x));
        }
        let mut x = levels.pop().expect("there are levels");
        for (index, (conv, block)) in self.ups.iter().enumerate() {
            let skip = levels.pop().expect("as many ups as downs but one");
            let small = conv.export(graph, &x);
            let channels = self.config.motion_channels[1 - index];
            let up = graph.repeat_pixels(&small, channels);
            let sum = graph.add(&up, &skip);
            x = block.export(graph, &sum);
        }
        x
    }
}

fn scalar(graph: &mut GraphBuilder, value: f64) -> Value {
    graph.single(&Tensor::from_slice(&[value as f32]))
}
