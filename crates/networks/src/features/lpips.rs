//! Features of LPIPS v0.1 with SqueezeNet, so that their squared differences are the metric.
//!
//! Zhang et al. 2018, Eq. (1).

use tch::Tensor;

use super::error::ContentNetError;
use super::layers::TakeWeight;
use super::squeezenet::{FEATURE_CHANNELS, SqueezeNet};
use crate::blocks::wide_kind;

/// Added to a squared length before its root is taken.
const EPSILON: f64 = 1e-10;

/// SqueezeNet and a weight for each channel of its features.
#[derive(Debug)]
pub(super) struct Lpips {
    net: SqueezeNet,
    /// Roots of the weights, `[1, channels, 1, 1]` each.
    roots: Vec<Tensor>,
}

impl Lpips {
    /// Take the weights: SqueezeNet's under torchvision's names, the heads as `lpips.lin0` to
    /// `lpips.lin6`, `[channels]` each, none below 0.
    ///
    /// # Errors
    /// Where a weight is missing or has another shape.
    pub(super) fn init(take: &mut TakeWeight) -> Result<Self, ContentNetError> {
        let net = SqueezeNet::init(take)?;
        let root = |(index, channels): (usize, &i64)| {
            let head = take(&[format!("lpips.lin{index}")], &[*channels])?;
            Ok(head.clamp_min(0.0).sqrt().view([1, *channels, 1, 1]))
        };
        let roots = FEATURE_CHANNELS.iter().enumerate().map(root);
        Ok(Self {
            roots: roots.collect::<Result<_, _>>()?,
            net,
        })
    }

    /// Features of preprocessed pictures, in at least 32 bits: of unit length at every place, times the
    /// roots.
    pub(super) fn forward(&self, input: &Tensor) -> Vec<Tensor> {
        let features = self.net.forward(input);
        let weigh = |(feature, root): (&Tensor, &Tensor)| {
            let kind = wide_kind(feature.kind());
            let feature = feature.to_kind(kind);
            let squares = feature.square().sum_dim_intlist(1, true, kind);
            feature * (squares + EPSILON).rsqrt() * root.to_kind(kind)
        };
        features.iter().zip(&self.roots).map(weigh).collect()
    }
}
