//! Likeness of a person: the cosine of two embeddings by a face recognition network (CSIM).
//!
//! The face is turned and scaled onto five fixed places first: the eyes, the tip of the nose, the
//! corners of the mouth. The values depend on the network; only one network's may be compared.

use std::error::Error;
use std::path::{Path, PathBuf};

use inference::{Graph, InferenceError, Tensor};
use landmarks::{FaceFrame, LEFT_EYE, Landmarks, RIGHT_EYE, cut_crop};
use media::Image;
use serde::{Deserialize, Serialize};

use crate::metrics::MetricError;
use crate::metrics::feature_net::{net_name, open_graph};

/// Landmarks of the tip of the nose and the corners of the mouth.
const NOSE_AND_MOUTH: [usize; 3] = [30, 48, 54];

/// Least cosine of two embeddings of one person. With `face-reidentification-retail-0095` on 41
/// people, of 2,101 pairs of frames of one person's clips none lay below, of 48,302 pairs of two
/// people .8 % above.
pub const LEAST_LIKENESS: f32 = 0.25;

/// The embedding of the face at the landmarks of a picture, by some network.
pub type Embed = dyn Fn(&Image, &Landmarks) -> Result<Vec<f32>, Box<dyn Error + Send + Sync>>;

/// What an identity network takes: it was trained so, and gives nonsense otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityInput {
    /// 128 px, blue green red from 0 to 255: `face-reidentification-retail-0095`.
    #[serde(rename = "reid-bgr128")]
    ReidBgr128,
    /// 112 px, RGB less 127.5 over 128: ArcFace and its relatives.
    #[serde(rename = "arcface-rgb112")]
    ArcFaceRgb112,
    /// 112 px on ArcFace's places, RGB 0 to 1 less the mean over the deviation of ImageNet.
    #[serde(rename = "imagenet-rgb112")]
    ImageNetRgb112,
}

impl IdentityInput {
    fn side_px(self) -> u32 {
        match self {
            Self::ReidBgr128 => 128,
            Self::ArcFaceRgb112 | Self::ImageNetRgb112 => 112,
        }
    }

    /// The square of a picture that such a network is shown of the face at `landmarks`: its five points
    /// lie as near as a similarity brings them to where the network expects them.
    pub fn frame(self, landmarks: &Landmarks) -> FaceFrame {
        placed(&self.places(), &five_points(landmarks), self.side_px())
    }

    /// Where the five places lie, pixels of the crop.
    fn places(self) -> [[f64; 2]; 5] {
        match self {
            Self::ReidBgr128 => [
                [0.315_568_75, 0.461_574_10],
                [0.682_622_91, 0.459_833_93],
                [0.500_262_49, 0.640_505_36],
                [0.349_471_87, 0.824_691_96],
                [0.653_436_45, 0.823_250_89],
            ]
            .map(|place| place.map(|share| 128.0 * share)),
            Self::ArcFaceRgb112 | Self::ImageNetRgb112 => [
                [38.2946, 51.6963],
                [73.5318, 51.5014],
                [56.0252, 71.7366],
                [41.5493, 92.3655],
                [70.7299, 92.2041],
            ],
        }
    }

    fn tensor(self, crop: &Image) -> Tensor {
        let (pixels, _) = crop.rgb().as_chunks::<3>();
        let mut values = Vec::with_capacity(3 * pixels.len());
        for channel in 0..3 {
            let (place, mean, deviation) = match self {
                Self::ReidBgr128 => (2 - channel, 0.0, 1.0),
                Self::ArcFaceRgb112 => (channel, 127.5, 128.0),
                Self::ImageNetRgb112 => {
                    let mean = [0.485, 0.456, 0.406][channel];
                    (
                        channel,
                        255.0 * mean,
                        255.0 * [0.229, 0.224, 0.225][channel],
                    )
                }
            };
            let level = |pixel: &[u8; 3]| (f32::from(pixel[place]) - mean) / deviation;
            values.extend(pixels.iter().map(level));
        }
        let side = crop.width() as usize;
        Tensor::new(&[1, 3, side, side], values)
    }
}

/// A face recognition network, ready to run.
#[derive(Debug)]
pub struct IdentityNet {
    path: PathBuf,
    graph: Graph,
    input: IdentityInput,
    names: [String; 2],
}

impl IdentityNet {
    /// Load the network.
    ///
    /// # Errors
    /// If it cannot be read or run, or does not have exactly one input and one output.
    pub fn open(path: &Path, input: IdentityInput) -> Result<Self, MetricError> {
        let graph = open_graph(path)?;
        let inputs: Vec<String> = graph.input_names().map(str::to_owned).collect();
        let outputs: Vec<String> = graph.output_names().map(str::to_owned).collect();
        let ([taken], [given]) = (inputs.as_slice(), outputs.as_slice()) else {
            let reason =
                format!("one input and one output are needed, not {inputs:?}, {outputs:?}");
            return Err(MetricError::Mismatch {
                path: path.to_owned(),
                reason,
            });
        };
        let names = [taken.clone(), given.clone()];
        Ok(Self {
            path: path.to_owned(),
            graph,
            input,
            names,
        })
    }

    /// What the measure is called after: the file's name without its ending.
    pub fn name(&self) -> String {
        net_name(&self.path)
    }

    /// The network as a function, for those who do not ask which network it is.
    pub fn into_embed(self) -> Box<Embed> {
        Box::new(move |picture, landmarks| Ok(self.embedding(picture, landmarks)?))
    }

    /// Embedding of the face at `landmarks`.
    ///
    /// # Errors
    /// If the network cannot be run or is of another kind.
    pub fn embedding(
        &self,
        picture: &Image,
        landmarks: &Landmarks,
    ) -> Result<Vec<f32>, MetricError> {
        let failed = |source: InferenceError| MetricError::Net {
            path: self.path.clone(),
            source,
        };
        let side_px = self.input.side_px();
        let frame = self.input.frame(landmarks);
        let crop = cut_crop(picture, &frame.square_to_picture(1.0, side_px), side_px);
        let [taken, given] = &self.names;
        let outputs = self
            .graph
            .run(&[(taken, &self.input.tensor(&crop))])
            .map_err(failed)?;
        Ok(outputs.get(given).map_err(failed)?.values().to_vec())
    }
}

/// Cosine of the angle between two embeddings: 1 for the same direction.
pub fn cosine(one: &[f32], other: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    dot(one, other)
        / (dot(one, one) * dot(other, other))
            .sqrt()
            .max(f64::MIN_POSITIVE)
}

fn five_points(landmarks: &Landmarks) -> [[f64; 2]; 5] {
    let [nose, right_corner, left_corner] = NOSE_AND_MOUTH.map(|index| landmarks.points[index]);
    let eyes = [RIGHT_EYE, LEFT_EYE].map(|eye| landmarks.mean_of(eye));
    [eyes[0], eyes[1], nose, right_corner, left_corner].map(|point| point.map(f64::from))
}

/// The square of the picture that brings the points nearest to their places: the least-squares
/// similarity from the places to the points, as multiplication of complex numbers.
fn placed(places: &[[f64; 2]; 5], points: &[[f64; 2]; 5], side_px: u32) -> FaceFrame {
    let mean = |list: &[[f64; 2]; 5]| {
        [0, 1].map(|axis| list.iter().map(|place| place[axis]).sum::<f64>() / 5.0)
    };
    let [place_mean, point_mean] = [mean(places), mean(points)];
    let [mut along, mut across, mut square] = [0.0; 3];
    for (place, point) in places.iter().zip(points) {
        let [x, y] = [place[0] - place_mean[0], place[1] - place_mean[1]];
        let [u, v] = [point[0] - point_mean[0], point[1] - point_mean[1]];
        along += x * u + y * v;
        across += x * v - y * u;
        square += x * x + y * y;
    }
    let [a, b] = [along / square, across / square];
    let middle = (f64::from(side_px) - 1.0) / 2.0;
    let [x, y] = [middle - place_mean[0], middle - place_mean[1]];
    let centre = [point_mean[0] + a * x - b * y, point_mean[1] + b * x + a * y];
    FaceFrame {
        centre: centre.map(|value| value as f32),
        size_px: (a.hypot(b) * f64::from(side_px)) as f32,
        roll: b.atan2(a) as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turned_and_scaled_points_come_back_to_their_places() {
        for input in [IdentityInput::ReidBgr128, IdentityInput::ArcFaceRgb112] {
            let places = input.places();
            let moved = places.map(|[x, y]| [1.2 * x - 0.5 * y + 7.0, 0.5 * x + 1.2 * y - 3.0]);
            let map =
                placed(&places, &moved, input.side_px()).square_to_picture(1.0, input.side_px());
            for (place, point) in places.iter().zip(moved) {
                let back = map.to_crop(point.map(|value| value as f32));
                assert!((0..2).all(|axis| (f64::from(back[axis]) - place[axis]).abs() < 1e-2));
            }
        }
    }

    #[test]
    fn the_cosine_does_not_depend_on_lengths() {
        assert!((cosine(&[1.0, 2.0], &[2.0, 4.0]) - 1.0).abs() < 1e-12);
        assert!(cosine(&[1.0, 0.0], &[0.0, 3.0]).abs() < 1e-12);
    }

    #[test]
    fn channels_come_in_the_order_and_range_that_the_network_was_trained_with() {
        let crop = Image::from_rgb(1, 1, vec![255, 0, 0]);
        assert_eq!(
            IdentityInput::ReidBgr128.tensor(&crop).values(),
            [0.0, 0.0, 255.0]
        );
        assert_eq!(
            IdentityInput::ArcFaceRgb112.tensor(&crop).values()[0],
            127.5 / 128.0
        );
        let red = IdentityInput::ImageNetRgb112.tensor(&crop).values()[0];
        assert!((red - (1.0 - 0.485) / 0.229).abs() < 1e-5);
    }
}
