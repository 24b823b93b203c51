//! Both networks together: the faces of a single picture with their landmarks.

use std::num::NonZeroUsize;

use inference::{Bundle, InferenceError};
use media::Image;

use crate::choice::FaceChoice;
use crate::detector::{Face, FaceDetector, LONGER_SIDE_PX};
use crate::error::LandmarksError;
use crate::face_frame::FaceFrame;
use crate::landmark_net::{FacePoints, LandmarkNet};
use crate::network_input::logit;
use crate::pupils::settle_pupils;

/// Longer sides that a picture is scaled to, one after the other, until faces are found: the usual
/// one, then one for small faces and one for faces that fill the picture.
const LONGER_SIDES_PX: [u32; 3] = [LONGER_SIDE_PX, 512, 128];

/// Least score of a detected face that the landmark network is asked about.
const WEAK_SCORE: f32 = 0.3;

/// Least [`evidence`] of a face, between the most that things other than faces gave (2.4) and the
/// least that faces gave which show both eyes (4.2): neither network alone tells them apart.
const LEAST_EVIDENCE: f32 = 3.0;

/// How much it speaks against a face that its landmarks lie elsewhere than it was detected.
const WEIGHT_OF_CHANGE: f32 = 3.0;

/// Least presence at which a face counts as seen.
const LEAST_PRESENCE: f32 = 0.5;

/// Share of their union from which two faces are one.
const SAME_FACE: f32 = 0.4;

/// Most faces looked at in one picture.
const MOST_FACES: usize = 32;

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
        for longer_side_px in LONGER_SIDES_PX {
            let faces = self
                .detector
                .detect_at(picture, longer_side_px, WEAK_SCORE)?;
            let found = self.confirm(picture, &faces)?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }

    /// Place landmarks on detected faces and keep those that turn out to be distinct faces.
    fn confirm(&self, picture: &Image, faces: &[Face]) -> Result<Vec<FacePoints>, InferenceError> {
        let mut by_score = faces.to_vec();
        by_score.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut found: Vec<(FaceFrame, FacePoints)> = Vec::new();
        for face in by_score.iter().take(MOST_FACES) {
            let first = self.net.place(picture, &face.frame)?;
            let points = self.net.refine(picture, &face.frame, first)?;
            let frame = FaceFrame::from_landmarks(&points.landmarks);
            let presence = first.presence.min(points.presence);
            let evidence = evidence(face, presence, face.frame.change(&frame));
            let is_face = is_seen(&points) && evidence >= LEAST_EVIDENCE;
            let is_new = |(other, _): &(FaceFrame, FacePoints)| frame.overlap(other) < SAME_FACE;
            if is_face && found.iter().all(is_new) {
                found.push((frame, points));
            }
        }
        found.sort_by(|a, b| b.0.size_px.total_cmp(&a.0.size_px));
        let settled = found.into_iter().map(|(_, mut points)| {
            settle_pupils(picture, &mut points.landmarks);
            points
        });
        Ok(settled.collect())
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

/// What both networks say for a face, as a logit: the detector looked at its surroundings, the
/// landmark network at its details, and both say where it is.
fn evidence(face: &Face, presence: f32, change: f32) -> f32 {
    logit(face.score) + logit(presence) / 2.0 - WEIGHT_OF_CHANGE * change
}

/// Whether the landmark network is sure enough that the crop showed a face.
pub(crate) fn is_seen(points: &FacePoints) -> bool {
    let is_usable = FaceFrame::from_landmarks(&points.landmarks).is_usable();
    points.presence >= LEAST_PRESENCE && is_usable
}
