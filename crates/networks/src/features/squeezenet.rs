//! SqueezeNet 1.1: Iandola et al. 2016, with the pooling moved forward.
//!
//! Features: after the first rectifier and after fire modules 3, 5, 6, 7, 8 and 9, where the
//! perceptual metric of Zhang et al. 2018 reads them too.

use tch::Tensor;

use super::error::ContentNetError;
use super::layers::{FeatureConv, TakeWeight};
use crate::blocks::channels_last;

/// Position, channels in, squeezed channels and channels of each branch of the fire modules.
const FIRES: [(usize, i64, i64, i64); 8] = [
    (3, 64, 16, 64),
    (4, 128, 16, 64),
    (6, 128, 32, 128),
    (7, 256, 32, 128),
    (9, 256, 48, 192),
    (10, 384, 48, 192),
    (11, 384, 64, 256),
    (12, 512, 64, 256),
];
/// Positions of the fire modules that follow a pooling.
const POOLED: [usize; 3] = [3, 6, 9];
/// Positions of the fire modules whose output is a feature.
const TAPS: [usize; 6] = [4, 7, 9, 10, 11, 12];
/// Channels of the features.
pub(super) const FEATURE_CHANNELS: [i64; 7] = [64, 128, 256, 384, 384, 512, 512];

/// Squeeze to few channels, expand by two branches.
#[derive(Debug)]
struct Fire {
    position: usize,
    squeeze: FeatureConv,
    expand1: FeatureConv,
    expand3: FeatureConv,
}

impl Fire {
    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.squeeze.forward(x).relu();
        let branches = [self.expand1.forward(&x), self.expand3.forward(&x)];
        Tensor::cat(&branches, 1).relu()
    }
}

/// Feature layers of a SqueezeNet 1.1.
#[derive(Debug)]
pub(super) struct SqueezeNet {
    first: FeatureConv,
    fires: Vec<Fire>,
}

impl SqueezeNet {
    /// Take the weights, under torchvision's names (`features.3.squeeze.weight`).
    ///
    /// # Errors
    /// Where a weight is missing or has another shape.
    pub(super) fn init(take: &mut TakeWeight) -> Result<Self, ContentNetError> {
        let first = FeatureConv::take(take, &["features.0".to_string()], [64, 3, 3, 3], 2)?;
        let first = first.without_padding();
        let mut fires = Vec::new();
        for (position, inputs, squeezed, branch) in FIRES {
            let mut conv = |part: &str, shape| {
                FeatureConv::take(take, &[format!("features.{position}.{part}")], shape, 1)
            };
            fires.push(Fire {
                position,
                squeeze: conv("squeeze", [squeezed, inputs, 1, 1])?,
                expand1: conv("expand1x1", [branch, squeezed, 1, 1])?,
                expand3: conv("expand3x3", [branch, squeezed, 3, 3])?,
            });
        }
        Ok(Self { first, fires })
    }

    /// Features of preprocessed pictures, seven of them.
    pub(super) fn forward(&self, input: &Tensor) -> Vec<Tensor> {
        let mut x = self.first.forward(&channels_last(input)).relu();
        let mut features = vec![x.shallow_clone()];
        for fire in &self.fires {
            if POOLED.contains(&fire.position) {
                x = x.max_pool2d([3, 3], [2, 2], [0, 0], [1, 1], true);
            }
            x = fire.forward(&x);
            if TAPS.contains(&fire.position) {
                features.push(x.shallow_clone());
            }
        }
        features
    }
}
