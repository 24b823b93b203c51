//! VGG19 and the VGG16 of VGGFace, up to the first convolution of the fifth block.
//!
//! Simonyan and Zisserman 2015, Table 1, columns E and D. Features: after the first rectifier of
//! each block, relu1_1 to relu5_1.

use tch::Tensor;

use super::error::ContentNetError;
use super::layers::{FeatureConv, TakeWeight};

/// Channels of the five blocks.
const CHANNELS: [i64; 5] = [64, 128, 256, 512, 512];

/// Convolutions in each block, as far as they are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VggDepth {
    /// VGG19.
    Nineteen,
    /// VGG16.
    Sixteen,
}

impl VggDepth {
    fn convolutions(self) -> [usize; 5] {
        match self {
            Self::Nineteen => [2, 2, 4, 4, 1],
            Self::Sixteen => [2, 2, 3, 3, 1],
        }
    }

    /// Take the weights, under torchvision's names (`features.0.weight`) or Caffe's
    /// (`conv1_1.weight`).
    ///
    /// # Errors
    /// Where a weight is missing or has another shape.
    pub(super) fn init(self, take: &mut TakeWeight) -> Result<Vgg, ContentNetError> {
        let mut position = 0;
        let mut inputs = 3;
        let mut blocks = Vec::new();
        for (block, (count, outputs)) in self.convolutions().into_iter().zip(CHANNELS).enumerate() {
            let mut layers = Vec::new();
            for layer in 0..count {
                let names = [
                    format!("features.{position}"),
                    format!("conv{}_{}", block + 1, layer + 1),
                ];
                layers.push(FeatureConv::take(take, &names, [outputs, inputs, 3, 3], 1)?);
                inputs = outputs;
                position += 2; // the rectifier has a position too
            }
            position += 1; // and so has the pooling
            blocks.push(layers);
        }
        Ok(Vgg { blocks })
    }
}

/// Feature layers of a VGG.
#[derive(Debug)]
pub(super) struct Vgg {
    blocks: Vec<Vec<FeatureConv>>,
}

impl Vgg {
    /// Features of preprocessed pictures, `[batch, channels, side, side]` for each of the blocks.
    pub(super) fn forward(&self, input: &Tensor) -> Vec<Tensor> {
        let mut x = input.shallow_clone();
        let mut features = Vec::with_capacity(self.blocks.len());
        for (block, layers) in self.blocks.iter().enumerate() {
            if block > 0 {
                x = x.max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false);
            }
            for (index, layer) in layers.iter().enumerate() {
                x = layer.forward(&x).relu();
                if index == 0 {
                    features.push(x.shallow_clone());
                }
            }
        }
        features
    }
}
