//! Finding all faces of a picture.

use inference::{Graph, InferenceError, Tensor};
use media::Image;

use crate::face_frame::FaceFrame;
use crate::fit::{Fitted, resize_to_fit};
use crate::network_input::{sigmoid, to_network_input};

/// Longer side that a picture usually has when the network is given it, pixels.
pub(crate) const LONGER_SIDE_PX: u32 = 256;

/// Input pixels to one output cell.
const CELL_PX: f32 = 8.0;

/// Middle of the first cell, pixels.
const FIRST_CELL_PX: f32 = 3.5;

/// Face size that the network calls 0, pixels.
const UNIT_SIZE_PX: f32 = 32.0;

/// Values of a cell: score, centre x and y, size, cosine and sine of the roll.
const CHANNELS: usize = 6;

/// Least score at which a face is sure enough without further proof.
const SURE_SCORE: f32 = 0.5;

/// Share of their union that two squares may have in common and still be two faces.
const MOST_OVERLAP: f32 = 0.4;

/// Most candidates looked at; more faces than this are not told apart.
const MOST_CANDIDATES: usize = 400;

/// A face that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Face {
    /// Its place in the picture.
    pub frame: FaceFrame,
    /// How sure the detector is, 0 to 1.
    pub score: f32,
}

/// The network that finds faces.
#[derive(Debug)]
pub struct FaceDetector {
    graph: Graph,
}

impl FaceDetector {
    /// Use a graph with the input `picture` and the output `faces`.
    pub fn new(graph: Graph) -> Self {
        Self { graph }
    }

    /// Find all faces, the largest first.
    ///
    /// # Errors
    /// Where the network is damaged or of another version.
    pub fn detect(&self, picture: &Image) -> Result<Vec<Face>, InferenceError> {
        self.detect_at(picture, LONGER_SIDE_PX, SURE_SCORE)
    }

    /// Find the faces of at least a given score in the picture scaled to a given longer side, the
    /// largest first.
    pub(crate) fn detect_at(
        &self,
        picture: &Image,
        longer_side_px: u32,
        least_score: f32,
    ) -> Result<Vec<Face>, InferenceError> {
        let fitted = resize_to_fit(picture, longer_side_px);
        let input = to_network_input(&fitted.image);
        let outputs = self.graph.run(&[("picture", &input)])?;
        let mut faces = distinct(candidates(outputs.get("faces")?, least_score)?);
        for face in &mut faces {
            face.frame = to_picture(&face.frame, &fitted);
        }
        faces.sort_by(|a, b| b.frame.size_px.total_cmp(&a.frame.size_px));
        Ok(faces)
    }
}

fn to_picture(frame: &FaceFrame, fitted: &Fitted) -> FaceFrame {
    FaceFrame {
        centre: fitted.to_original(frame.centre),
        size_px: frame.size_px * fitted.scale,
        roll: frame.roll,
    }
}

/// Faces that the cells of the network's output name, in pixels of its input, the surest first.
fn candidates(output: &Tensor, least_score: f32) -> Result<Vec<Face>, InferenceError> {
    let &[1, CHANNELS, height, width] = output.shape() else {
        return Err(InferenceError::OutputShape {
            name: "faces".into(),
            expected: "[1, 6, height, width]".into(),
            found: output.shape().to_vec(),
        });
    };
    let cells = height * width;
    let mut faces = Vec::new();
    for cell in 0..cells {
        let value = |channel: usize| output.values()[channel * cells + cell];
        let score = sigmoid(value(0));
        if score.is_nan() {
            let name = "faces".into();
            return Err(InferenceError::NotFinite { name });
        }
        if score < least_score {
            continue;
        }
        let [row, column] = [cell / width, cell % width].map(|index| index as f32);
        let frame = FaceFrame {
            centre: [
                CELL_PX * (column + value(1)) + FIRST_CELL_PX,
                CELL_PX * (row + value(2)) + FIRST_CELL_PX,
            ],
            size_px: UNIT_SIZE_PX * value(3).clamp(-4.0, 4.0).exp(),
            roll: value(5).atan2(value(4)),
        };
        if frame.centre.iter().all(|value| value.is_finite()) && frame.roll.is_finite() {
            faces.push(Face { frame, score });
        }
    }
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    faces.truncate(MOST_CANDIDATES);
    Ok(faces)
}

/// Keep the surest of the candidates that lie on one another.
fn distinct(candidates: Vec<Face>) -> Vec<Face> {
    let mut kept: Vec<Face> = Vec::new();
    for face in candidates {
        let is_new = |other: &Face| face.frame.overlap(&other.frame) <= MOST_OVERLAP;
        if kept.iter().all(is_new) {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An output of 4 x 6 cells without faces, and one face written into it.
    fn output(faces: &[(usize, usize, [f32; CHANNELS])]) -> Tensor {
        let mut values = vec![0.0; CHANNELS * 24];
        values[..24].fill(-9.0);
        for (row, column, channels) in faces {
            for (channel, value) in channels.iter().enumerate() {
                values[channel * 24 + row * 6 + column] = *value;
            }
        }
        Tensor::new(&[1, CHANNELS, 4, 6], values)
    }

    #[test]
    fn a_cell_says_where_its_face_is() {
        let turned = [3.0, 0.25, -0.5, 0.5_f32.ln(), 2.0, 2.0];
        let faces = candidates(&output(&[(2, 5, turned)]), 0.5).unwrap();
        assert_eq!(faces.len(), 1);
        let Face { frame, score } = faces[0];
        assert!((frame.centre[0] - (8.0 * 5.25 + 3.5)).abs() < 1e-4);
        assert!((frame.centre[1] - (8.0 * 1.5 + 3.5)).abs() < 1e-4);
        assert!((frame.size_px - 16.0).abs() < 1e-4);
        assert!((frame.roll - std::f32::consts::FRAC_PI_4).abs() < 1e-6);
        assert!((score - sigmoid(3.0)).abs() < 1e-6);
    }

    #[test]
    fn cells_of_one_face_give_one_face_and_neighbours_stay_two() {
        let sure = [4.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        let less_sure = [2.0, -1.0, 0.1, 0.0, 1.0, 0.0];
        let faces = distinct(candidates(&output(&[(1, 1, sure), (1, 2, less_sure)]), 0.5).unwrap());
        assert_eq!(faces.len(), 1);
        assert!((faces[0].score - sigmoid(4.0)).abs() < 1e-6);
        let faces = distinct(candidates(&output(&[(1, 1, sure), (1, 5, sure)]), 0.5).unwrap());
        assert_eq!(faces.len(), 2);
    }

    #[test]
    fn weak_and_garbled_cells_give_no_face() {
        let weak = [-0.1, 0.0, 0.0, 0.0, 1.0, 0.0];
        let garbled = [5.0, f32::NAN, 0.0, 0.0, 1.0, 0.0];
        let faces = candidates(&output(&[(0, 0, weak), (1, 1, garbled)]), 0.5).unwrap();
        assert_eq!(faces, []);
        let nan = [f32::NAN; CHANNELS];
        assert!(candidates(&output(&[(0, 0, nan)]), 0.5).is_err());
    }

    #[test]
    fn an_output_of_another_shape_is_an_error() {
        let error = candidates(&Tensor::new(&[1, 5, 2, 2], vec![0.0; 20]), 0.5).unwrap_err();
        assert!(error.to_string().contains("[1, 5, 2, 2]"), "{error}");
    }

    #[test]
    fn faces_map_back_into_the_original_picture() {
        let fitted = resize_to_fit(&Image::new(1024, 512), 256);
        let frame = FaceFrame {
            centre: [100.0, 50.0],
            size_px: 40.0,
            roll: 0.2,
        };
        let back = to_picture(&frame, &fitted);
        assert_eq!(back.centre, [401.5, 201.5]);
        assert_eq!(back.size_px, 160.0);
        assert_eq!(back.roll, 0.2);
    }
}
