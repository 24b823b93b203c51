//! Both networks together: the faces of a single picture with their landmarks.

use std::num::NonZeroUsize;

use inference::{Bundle, InferenceError};
use media::Image;

use crate::choice::FaceChoice;
use crate::detector::FaceDetector;
use crate::error::LandmarksError;
use crate::face_frame::FaceFrame;
use crate::landmark_net::{FacePoints, LandmarkNet};

/// Least presence at which a face counts as seen.
const LEAST_PRESENCE: f32 = 0.5;

/// Finds faces and places landmarks on them.
#[derive(Debug)]
pub struct FaceFinder {
    pub(crate) detector: FaceDetector,
    pub(crate) net: LandmarkNet,
}

impl FaceFinder {
    /// Use the networks that are built into the program, on all cores or on so many threads.
    ///
    /// # Errors
    /// Where the engine cannot load them: the program was built with damaged files.
    pub fn built_in(threads: Option<NonZeroUsize>) -> Result<Self, LandmarksError> {
        let files: [(&str, &'static [u8]); 2] = [
            (
                "face_detector.onnx",
                include_bytes!("../../../models/landmarks/face_detector.onnx"),
            ),
            (
                "face_landmarks.onnx",
                include_bytes!("../../../models/landmarks/face_landmarks.onnx"),
            ),
        ];
        let manifest = include_str!("../../../models/landmarks/model.toml");
        let bundle = Bundle::embedded("the built-in landmark model", manifest, &files)?;
        Self::new(&bundle, threads)
    }

    /// Use the networks of a bundle, on all cores or on so many threads.
    ///
    /// # Errors
    /// Where the bundle lacks a network or the engine cannot load it.
    pub fn new(bundle: &Bundle, threads: Option<NonZeroUsize>) -> Result<Self, LandmarksError> {
        let load = |part: &str| {
            let graph = bundle.graph(part)?;
            Ok::<_, LandmarksError>(match threads {
                Some(count) => graph.with_threads(count),
                None => graph,
            })
        };
        Ok(Self {
            detector: FaceDetector::new(load("face_detector")?),
            net: LandmarkNet::new(load("face_landmarks")?),
        })
    }

    /// The network that finds faces.
    pub fn detector(&self) -> &FaceDetector {
        &self.detector
    }

    /// The network that places landmarks.
    pub fn net(&self) -> &LandmarkNet {
        &self.net
    }

    /// Find all faces with their landmarks, the largest first.
    ///
    /// # Errors
    /// Where a network is damaged or of another version.
    pub fn find_all(&self, picture: &Image) -> Result<Vec<FacePoints>, InferenceError> {
        let mut found = Vec::new();
        for face in self.detector.detect(picture)? {
            let points = self.net.place_refined(picture, &face.frame)?;
            if is_seen(&points) {
                found.push(points);
            }
        }
        Ok(found)
    }

    /// Find the chosen face; `None` where no face fits the choice.
    ///
    /// # Errors
    /// Where a network is damaged or of another version.
    pub fn find(
        &self,
        picture: &Image,
        choice: FaceChoice,
    ) -> Result<Option<FacePoints>, InferenceError> {
        let found = self.find_all(picture)?;
        let frames: Vec<FaceFrame> = found
            .iter()
            .map(|points| FaceFrame::from_landmarks(&points.landmarks))
            .collect();
        Ok(choice.choose(&frames).map(|index| found[index]))
    }
}

/// Whether the landmark network is sure enough that the crop showed a face.
pub(crate) fn is_seen(points: &FacePoints) -> bool {
    let is_usable = FaceFrame::from_landmarks(&points.landmarks).is_usable();
    points.presence >= LEAST_PRESENCE && is_usable
}
