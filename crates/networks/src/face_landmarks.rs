//! 70 landmarks of the face in a crop, and whether there is a face at all.
//!
//! One heat map a point; the point is the map's mean under its softmax, so it is finer than the
//! map's grid and differentiable. Integral regression: Sun et al. 2018, Eq. (2).

use tch::{Kind, Tensor, nn, nn::Init};

use crate::blocks::{ConvNorm, ConvNormConfig, Mode};
use crate::feature_pyramid::{FeaturePyramid, FeaturePyramidConfig};
use crate::onnx::{Convolution, GraphBuilder, Linear, Precision, TensorInfo};

/// Points the network gives.
pub const POINTS: i64 = 70;

/// Hyper-parameters of a [`FaceLandmarksNet`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaceLandmarksConfig {
    /// Side of the square crop, pixels.
    pub side_px: i64,
    /// Trunk and top-down path.
    pub pyramid: FeaturePyramidConfig,
}

impl FaceLandmarksConfig {
    /// The shipped size: 128 px.
    pub fn shipped() -> Self {
        let stages = vec![(32, 2), (64, 2), (128, 2), (128, 1)];
        Self {
            side_px: 128,
            pyramid: FeaturePyramidConfig {
                stem: vec![24],
                stages,
                neck: 64,
            },
        }
    }

    /// A few thousand weights, for tests.
    pub fn tiny() -> Self {
        let stages = vec![(8, 1), (8, 1), (16, 1), (16, 0)];
        Self {
            side_px: 128,
            pyramid: FeaturePyramidConfig {
                stem: vec![4],
                stages,
                neck: 8,
            },
        }
    }

    /// Register the weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> FaceLandmarksNet {
        let neck = self.pyramid.neck;
        let top = self.pyramid.top_channels();
        let small = Init::Randn {
            mean: 0.0,
            stdev: 0.01,
        };
        FaceLandmarksNet {
            config: self.clone(),
            pyramid: self.pyramid.init(&(path / "pyramid")),
            head: ConvNormConfig::relu3(neck, neck, 1).init(&(path / "head")),
            maps_weight: (path / "maps").var("weight", &[POINTS, neck, 1, 1], small),
            maps_bias: (path / "maps").zeros("bias", &[POINTS]),
            presence_weight: (path / "presence").var("weight", &[1, top], small),
            presence_bias: (path / "presence").zeros("bias", &[1]),
            grid: grid(self.side_px, self.pyramid.stride()).to_device(path.device()),
        }
    }
}

/// Crop positions of the heat map's cells, `[cells, 2]`, x then y, pixels of the crop.
fn grid(side_px: i64, stride: i64) -> Tensor {
    let cells = side_px / stride;
    let centre = |cell: i64| cell as f32 * stride as f32 + (stride as f32 - 1.0) / 2.0;
    let values: Vec<f32> = (0..cells * cells)
        .flat_map(|cell| [centre(cell % cells), centre(cell / cells)])
        .collect();
    Tensor::from_slice(&values).view([cells * cells, 2])
}

/// What a [`FaceLandmarksNet`] says about a batch of crops.
#[derive(Debug)]
pub struct FacePoints {
    /// `[batch, points, 2]`, x then y, pixels of the crop.
    pub points: Tensor,
    /// `[batch, 1]`, logit of "this crop shows a face".
    pub presence: Tensor,
}

/// Landmark network.
#[derive(Debug)]
pub struct FaceLandmarksNet {
    config: FaceLandmarksConfig,
    pyramid: FeaturePyramid,
    head: ConvNorm,
    maps_weight: Tensor,
    maps_bias: Tensor,
    presence_weight: Tensor,
    presence_bias: Tensor,
    grid: Tensor,
}

impl FaceLandmarksNet {
    /// Find the points.
    ///
    /// # Shapes
    /// `crop`: `[batch, 3, side, side]`, -1 to 1, f32 or bf16.
    pub fn forward(&self, crop: &Tensor, mode: Mode) -> FacePoints {
        let (fine, top) = self.pyramid.forward(crop, mode);
        let fine = self.head.forward(&fine, mode);
        let kind = fine.kind();
        let maps = fine.conv2d(
            &self.maps_weight.to_kind(kind),
            Some(self.maps_bias.to_kind(kind)),
            [1, 1],
            [0, 0],
            [1, 1],
            1,
        );
        let chances = maps
            .to_kind(Kind::Float)
            .flatten(2, 3)
            .softmax(-1, Kind::Float); // [batch, points, cells]
        let pooled = top
            .to_kind(Kind::Float)
            .mean_dim([2i64, 3].as_slice(), false, Kind::Float);
        FacePoints {
            points: chances.matmul(&self.grid),
            presence: pooled.linear(&self.presence_weight, Some(&self.presence_bias)),
        }
    }

    /// Write the network in evaluation mode as an ONNX file: input `crop`, outputs `points` and
    /// `presence`.
    pub fn export(&self, precision: Precision) -> Vec<u8> {
        let side = self.config.side_px;
        let cells = side / self.config.pyramid.stride();
        let mut graph = GraphBuilder::new(precision);
        let crop = graph.input(&TensorInfo::fixed("crop", &[1, 3, side, side]));
        let (fine, top) = self.pyramid.export(&mut graph, &crop);
        let fine = self.head.export(&mut graph, &fine);
        let convolution = Convolution {
            weight: self.maps_weight.shallow_clone(),
            bias: self.maps_bias.shallow_clone(),
            stride: 1,
        };
        let maps = graph.convolution(&fine, &convolution);
        let maps = graph.reshape(&maps, &[1, POINTS, cells * cells]);
        let chances = graph.softmax(&maps);
        let points = graph.matmul_constant(&chances, &self.grid);
        let pooled = graph.mean_over_space(&top);
        let linear = Linear {
            weight: self.presence_weight.shallow_clone(),
            bias: self.presence_bias.shallow_clone(),
        };
        let presence = graph.linear(&pooled, &linear);
        graph.output(&points, &TensorInfo::fixed("points", &[1, POINTS, 2]));
        graph.output(&presence, &TensorInfo::fixed("presence", &[1, 1]));
        graph.finish("face_landmarks")
    }
}
