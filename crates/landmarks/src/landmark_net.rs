//! The 70 points of one face whose place is known.

use inference::{Graph, InferenceError, Outputs};
use media::Image;

use crate::crop::cut_crop;
use crate::face_frame::FaceFrame;
use crate::network_input::{sigmoid, to_network_input};
use crate::points::{Landmarks, POINTS};

/// Side of the crop that the network is given, pixels.
pub const CROP_SIDE_PX: u32 = 128;

/// Most crops that are cut after the first to refine the points.
const MOST_REFINEMENTS: usize = 3;

/// Difference between the crop and the face in it, in face sizes, at which the crop fits.
const FITTING_CHANGE: f32 = 0.06;

/// What the network says of one crop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FacePoints {
    /// Points, in pixels of the picture.
    pub landmarks: Landmarks,
    /// Chance that the crop shows a face, 0 to 1.
    pub presence: f32,
}

/// The network that places landmarks.
#[derive(Debug)]
pub struct LandmarkNet {
    graph: Graph,
}

impl LandmarkNet {
    /// Use a graph with the input `crop` and the outputs `points` and `presence`.
    pub fn new(graph: Graph) -> Self {
        Self { graph }
    }

    /// Place the landmarks of the face that lies at `frame`.
    ///
    /// # Errors
    /// Where the network is damaged or of another version.
    pub fn place(&self, picture: &Image, frame: &FaceFrame) -> Result<FacePoints, InferenceError> {
        let map = frame.crop_to_picture(CROP_SIDE_PX);
        let crop = cut_crop(picture, &map, CROP_SIDE_PX);
        let outputs = self.graph.run(&[("crop", &to_network_input(&crop))])?;
        let found = read(&outputs)?;
        Ok(FacePoints {
            landmarks: found.landmarks.map(|point| map.to_picture(point)),
            presence: found.presence,
        })
    }

    /// Place the landmarks of a face whose place is known roughly, such as from the detector: the
    /// points say where to cut the next crop, until it fits.
    ///
    /// # Errors
    /// As [`LandmarkNet::place`].
    pub fn place_refined(
        &self,
        picture: &Image,
        frame: &FaceFrame,
    ) -> Result<FacePoints, InferenceError> {
        let first = self.place(picture, frame)?;
        self.refine(picture, frame, first)
    }

    /// Go on from the points that were found in the crop of `frame`.
    pub(crate) fn refine(
        &self,
        picture: &Image,
        frame: &FaceFrame,
        first: FacePoints,
    ) -> Result<FacePoints, InferenceError> {
        let mut crop = *frame;
        let mut points = first;
        for _ in 0..MOST_REFINEMENTS {
            let refined = FaceFrame::from_landmarks(&points.landmarks);
            if !refined.is_usable() || crop.change(&refined) < FITTING_CHANGE {
                break;
            }
            crop = refined;
            points = self.place(picture, &crop)?;
        }
        Ok(points)
    }
}

/// Points in pixels of the crop, and presence.
fn read(outputs: &Outputs) -> Result<FacePoints, InferenceError> {
    let wrong = |name: &str, expected: &str, found: &[usize]| InferenceError::OutputShape {
        name: name.to_owned(),
        expected: expected.to_owned(),
        found: found.to_vec(),
    };
    let points = outputs.get("points")?;
    if points.shape() != [1, POINTS, 2] {
        return Err(wrong("points", "[1, 70, 2]", points.shape()));
    }
    let presence = outputs.get("presence")?;
    let [logit] = presence.values() else {
        return Err(wrong("presence", "[1, 1]", presence.shape()));
    };
    let mut landmarks = Landmarks {
        points: [[0.0; 2]; POINTS],
    };
    for (point, values) in landmarks
        .points
        .iter_mut()
        .zip(points.values().chunks_exact(2))
    {
        *point = [values[0], values[1]];
    }
    let is_finite = landmarks
        .points
        .iter()
        .flatten()
        .all(|value| value.is_finite());
    if !is_finite || logit.is_nan() {
        let name = "points".into();
        return Err(InferenceError::NotFinite { name });
    }
    Ok(FacePoints {
        landmarks,
        presence: sigmoid(*logit),
    })
}
