//! MobileFaceNet: Chen et al. 2018, Table 1, with a linear embedding layer: an identity net.
//!
//! Its feature is one unit vector per picture. Pictures are resized to 112 px.

use tch::{Kind, Tensor};

use super::error::ContentNetError;
use super::layers::{FeatureConv, TakeWeight};
use crate::blocks::wide_kind;

/// Side of the network's input, pixels.
const SIDE_PX: i64 = 112;
/// Length of the embedding.
const EMBEDDING_LEN: i64 = 512;
/// Added to variances before the square root.
const EPSILON: f64 = 1e-5;
/// Name, channels in, hidden channels and channels out of the three halving blocks.
const HALVINGS: [(&str, i64, i64, i64); 3] = [
    ("conv_23", 64, 128, 64),
    ("conv_34", 64, 256, 128),
    ("conv_45", 128, 512, 128),
];
/// Name, number of blocks, channels and hidden channels of the residual runs after each halving.
const RUNS: [(&str, usize, i64, i64); 3] = [
    ("conv_3", 4, 64, 128),
    ("conv_4", 6, 128, 256),
    ("conv_5", 2, 128, 256),
];

/// Convolution with its batch normalisation folded in, and a parametric rectifier where it has one.
#[derive(Debug)]
struct Unit {
    conv: FeatureConv,
    slope: Option<Tensor>,
}

/// Shape and stride of a [`Unit`].
#[derive(Debug, Clone, Copy)]
struct UnitShape {
    inputs: i64,
    outputs: i64,
    kernel: i64,
    stride: i64,
    is_depthwise: bool,
    is_linear: bool,
}

impl UnitShape {
    fn pointwise(inputs: i64, outputs: i64) -> Self {
        Self {
            inputs,
            outputs,
            kernel: 1,
            stride: 1,
            is_depthwise: false,
            is_linear: false,
        }
    }

    fn depthwise(channels: i64, kernel: i64, stride: i64) -> Self {
        Self {
            kernel,
            stride,
            is_depthwise: true,
            ..Self::pointwise(channels, channels)
        }
    }

    fn linear(self) -> Self {
        Self {
            is_linear: true,
            ..self
        }
    }

    fn init(self, take: &mut TakeWeight, name: &str) -> Result<Unit, ContentNetError> {
        let groups = if self.is_depthwise { self.inputs } else { 1 };
        let shape = [self.outputs, self.inputs / groups, self.kernel, self.kernel];
        let weight = take(&[format!("{name}.conv.weight")], &shape)?;
        let (gain, shift) = batch_norm(take, &format!("{name}.bn"), self.outputs)?;
        let slope = match self.is_linear {
            true => None,
            false => Some(take(&[format!("{name}.prelu.weight")], &[self.outputs])?),
        };
        let conv = FeatureConv::new(
            weight * gain.view([-1, 1, 1, 1]),
            shift,
            self.stride,
            groups,
        );
        Ok(Unit { conv, slope })
    }
}

impl Unit {
    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.conv.forward(x);
        match &self.slope {
            Some(slope) => x.prelu(&slope.to_kind(x.kind())),
            None => x,
        }
    }
}

/// Factor and summand per channel of a normalisation by remembered statistics.
fn batch_norm(
    take: &mut TakeWeight,
    name: &str,
    channels: i64,
) -> Result<(Tensor, Tensor), ContentNetError> {
    let mut part = |part: &str| take(&[format!("{name}.{part}")], &[channels]);
    let variance = part("running_var")?;
    let gain = part("weight")? / (variance + EPSILON).sqrt();
    let shift = part("bias")? - part("running_mean")? * &gain;
    Ok((gain, shift))
}

/// Widen, look around, narrow; added to its input where it keeps the shape.
#[derive(Debug)]
struct Bottleneck {
    units: [Unit; 3],
    is_residual: bool,
}

impl Bottleneck {
    fn init(
        take: &mut TakeWeight,
        name: &str,
        (inputs, hidden, outputs): (i64, i64, i64),
        is_residual: bool,
    ) -> Result<Self, ContentNetError> {
        let stride = if is_residual { 1 } else { 2 };
        let wide = UnitShape::pointwise(inputs, hidden);
        let depthwise = UnitShape::depthwise(hidden, 3, stride);
        let narrow = UnitShape::pointwise(hidden, outputs).linear();
        Ok(Self {
            units: [
                wide.init(take, &format!("{name}.conv"))?,
                depthwise.init(take, &format!("{name}.conv_dw"))?,
                narrow.init(take, &format!("{name}.project"))?,
            ],
            is_residual,
        })
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let branch = self
            .units
            .iter()
            .fold(x.shallow_clone(), |x, unit| unit.forward(&x));
        match self.is_residual {
            true => x + branch,
            false => branch,
        }
    }
}

/// Identity network.
#[derive(Debug)]
pub(super) struct MobileFace {
    first: [Unit; 2],
    blocks: Vec<Bottleneck>,
    wide: Unit,
    global: FeatureConv,
    linear: Tensor,
    gain: Tensor,
    shift: Tensor,
}

impl MobileFace {
    /// Take the weights. Names: `conv1`, `conv2_dw`, `conv_23`, `conv_3.model.0` to `.3`, `conv_34`,
    /// `conv_4.model.0` to `.5`, `conv_45`, `conv_5.model.0` and `.1`, `conv_6_sep`, `conv_6_dw`,
    /// `linear`, `bn`; inside a block `conv`, `conv_dw` and `project`, each with `conv.weight`,
    /// `bn.*` and, where it bends, `prelu.weight`.
    ///
    /// # Errors
    /// Where a weight is missing or has another shape.
    pub(super) fn init(take: &mut TakeWeight) -> Result<Self, ContentNetError> {
        let stem = UnitShape {
            kernel: 3,
            stride: 2,
            ..UnitShape::pointwise(3, 64)
        };
        let first = [
            stem.init(take, "conv1")?,
            UnitShape::depthwise(64, 3, 1).init(take, "conv2_dw")?,
        ];
        let mut blocks = Vec::new();
        for ((halving, inputs, hidden, outputs), (run, count, channels, wide)) in
            HALVINGS.into_iter().zip(RUNS)
        {
            blocks.push(Bottleneck::init(
                take,
                halving,
                (inputs, hidden, outputs),
                false,
            )?);
            for index in 0..count {
                let name = format!("{run}.model.{index}");
                blocks.push(Bottleneck::init(
                    take,
                    &name,
                    (channels, wide, channels),
                    true,
                )?);
            }
        }
        let wide = UnitShape::pointwise(128, 512).init(take, "conv_6_sep")?;
        let global = UnitShape::depthwise(512, 7, 1)
            .linear()
            .init(take, "conv_6_dw")?;
        let linear = take(&["linear.weight".to_string()], &[EMBEDDING_LEN, 512])?;
        let (gain, shift) = batch_norm(take, "bn", EMBEDDING_LEN)?;
        Ok(Self {
            first,
            blocks,
            wide,
            global: global.conv.without_padding(),
            linear,
            gain,
            shift,
        })
    }

    /// Unit embedding of preprocessed pictures, `[batch, 512]`, as the only feature.
    pub(super) fn forward(&self, input: &Tensor) -> Vec<Tensor> {
        let x = resize(input, SIDE_PX);
        let x = self.first.iter().fold(x, |x, unit| unit.forward(&x));
        let x = self.blocks.iter().fold(x, |x, block| block.forward(&x));
        let x = self.global.forward(&self.wide.forward(&x)).flatten(1, -1); // [batch, 512]
        let x = x.to_kind(wide_kind(x.kind()));
        let x = x.linear(&self.linear.to_kind(x.kind()), None::<Tensor>);
        vec![unit_rows(&(x * &self.gain + &self.shift))]
    }
}

/// Resize square pictures smoothly, with a filter as wide as a pixel of the smaller picture.
pub(super) fn resize(pictures: &Tensor, side_px: i64) -> Tensor {
    let size = pictures.size();
    if size[2] == side_px && size[3] == side_px {
        return pictures.shallow_clone();
    }
    pictures.internal_upsample_bilinear2d_aa([side_px, side_px], false, None, None)
}

/// Divide every row by its length.
pub(super) fn unit_rows(rows: &Tensor) -> Tensor {
    let squares: Tensor = rows * rows;
    let lengths = squares.sum_dim_intlist(1, true, None::<Kind>).sqrt();
    rows / lengths.clamp_min(1e-12)
}
