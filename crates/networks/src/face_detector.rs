//! Faces of a picture: for every cell of 8 px a score and the place of the face centred there.
//!
//! Centre points instead of anchor boxes: Zhou et al. 2019, "Objects as Points", Section 3.

use tch::{Tensor, nn, nn::Init};

use crate::blocks::{ConvNorm, ConvNormConfig, Mode};
use crate::feature_pyramid::{FeaturePyramid, FeaturePyramidConfig};
use crate::onnx::{Convolution, GraphBuilder, Precision, TensorInfo};

/// Input pixels per cell.
pub const STRIDE: i64 = 8;
/// Channels of the output: score logit; offset x and y of the centre in cells; natural logarithm
/// of the size in units of 32 px; cosine and sine of the roll.
pub const CHANNELS: i64 = 6;

/// Hyper-parameters of a [`FaceDetectorNet`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaceDetectorConfig {
    /// Trunk and top-down path; its stride is [`STRIDE`].
    pub pyramid: FeaturePyramidConfig,
}

impl FaceDetectorConfig {
    /// The shipped size.
    pub fn shipped() -> Self {
        let stages = vec![(32, 1), (64, 2), (128, 3)];
        Self {
            pyramid: FeaturePyramidConfig {
                stem: vec![12, 24],
                stages,
                neck: 48,
            },
        }
    }

    /// A few thousand weights, for tests.
    pub fn tiny() -> Self {
        let stages = vec![(8, 1), (16, 1), (16, 0)];
        Self {
            pyramid: FeaturePyramidConfig {
                stem: vec![4, 8],
                stages,
                neck: 8,
            },
        }
    }

    /// Register the weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> FaceDetectorNet {
        assert_eq!(self.pyramid.stride(), STRIDE, "the pyramid's stride");
        let neck = self.pyramid.neck;
        let small = Init::Randn {
            mean: 0.0,
            stdev: 0.01,
        };
        let bias = (path / "faces").zeros("bias", &[CHANNELS]);
        // almost no cell is a face's centre: start at a chance of 1 %
        drop(tch::no_grad(|| bias.get(0).fill_(-4.6)));
        FaceDetectorNet {
            pyramid: self.pyramid.init(&(path / "pyramid")),
            head: ConvNormConfig::relu3(neck, neck, 1).init(&(path / "head")),
            weight: (path / "faces").var("weight", &[CHANNELS, neck, 1, 1], small),
            bias,
        }
    }
}

/// Face detector.
#[derive(Debug)]
pub struct FaceDetectorNet {
    pyramid: FeaturePyramid,
    head: ConvNorm,
    weight: Tensor,
    bias: Tensor,
}

impl FaceDetectorNet {
    /// Look for faces.
    ///
    /// # Shapes
    /// - `picture`: `[batch, 3, height, width]`, -1 to 1, sides multiples of 32
    /// - returns: `[batch, CHANNELS, height / 8, width / 8]`, f32 where `picture` is f32
    pub fn forward(&self, picture: &Tensor, mode: Mode) -> Tensor {
        let (fine, _) = self.pyramid.forward(picture, mode);
        let fine = self.head.forward(&fine, mode);
        let kind = fine.kind();
        fine.conv2d(
            &self.weight.to_kind(kind),
            Some(self.bias.to_kind(kind)),
            [1, 1],
            [0, 0],
            [1, 1],
            1,
        )
    }

    /// Write the network in evaluation mode as an ONNX file: input `picture`, output `faces`,
    /// any height and width that are multiples of the coarsest stride.
    pub fn export(&self, precision: Precision) -> Vec<u8> {
        let mut graph = GraphBuilder::new(precision);
        let picture = graph.input(&TensorInfo::with_free_size("picture", 3));
        let (fine, _) = self.pyramid.export(&mut graph, &picture);
        let fine = self.head.export(&mut graph, &fine);
        let convolution = Convolution {
            weight: self.weight.shallow_clone(),
            bias: self.bias.shallow_clone(),
            stride: 1,
        };
        let faces = graph.convolution(&fine, &convolution);
        graph.output(&faces, &TensorInfo::with_free_size("faces", CHANNELS));
        graph.finish("face_detector")
    }
}
