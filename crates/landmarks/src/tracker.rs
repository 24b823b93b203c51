//! One person's landmarks through a clip: found once, then followed from frame to frame.

use inference::InferenceError;
use media::Image;

use crate::choice::FaceChoice;
use crate::face_frame::FaceFrame;
use crate::finder::{FaceFinder, is_seen};
use crate::landmark_net::FacePoints;
use crate::person::{FARTHEST_STEP, Person};
use crate::points::Landmarks;
use crate::pupils::settle_pupils;
use crate::smoothing::{DEFAULT_SMOOTHING, Smoother};
use crate::steady_crop::SteadyCrop;

/// Frames between two looks at the whole picture while a face is followed.
const FRAMES_BETWEEN_CHECKS: u32 = 50;

/// Difference between a face and the crop it was found in, in face sizes, beyond which its points
/// are placed again in a crop of their own.
const FAST_CHANGE: f32 = 0.12;

/// Presence below which a followed face is given up where all faces seen are elsewhere.
const DOUBTFUL_PRESENCE: f32 = 0.9;

/// Least overlap of a face in the whole picture with the followed one that confirms it.
const CONFIRMING_OVERLAP: f32 = 0.2;

/// How a [`FaceTracker`] works.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackerConfig {
    /// Which face is followed, among those of the first frames.
    pub face: FaceChoice,
    /// Steadiness of the points: 0 as found, 1 steadiest.
    pub smoothing: f32,
}

impl Default for TrackerConfig {
    fn default() -> Self {
        Self {
            face: FaceChoice::Largest,
            smoothing: DEFAULT_SMOOTHING,
        }
    }
}

/// What the tracker saw in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Points after smoothing; `None` where the face was not seen.
    pub landmarks: Option<Landmarks>,
    /// How sure they are, 0 to 1; 0 where the face was not seen.
    pub confidence: f32,
    /// Faces in the picture, where the whole of it was looked at.
    pub faces: Option<usize>,
}

/// Follows one face through the frames of a clip.
#[derive(Debug)]
pub struct FaceTracker {
    finder: FaceFinder,
    person: Person,
    crop: SteadyCrop,
    smoother: Smoother,
    frames_since_check: u32,
}

impl FaceTracker {
    /// Follow a face by these networks.
    pub fn new(finder: FaceFinder, config: TrackerConfig) -> Self {
        Self {
            finder,
            person: Person::new(config.face),
            crop: SteadyCrop::default(),
            smoother: Smoother::new(config.smoothing),
            frames_since_check: 0,
        }
    }

    /// Most faces seen in one frame so far.
    pub fn most_faces(&self) -> usize {
        self.person.most_faces()
    }

    /// Look at the next frame, shown at `time_s`.
    ///
    /// # Errors
    /// Where a network is damaged or of another version.
    pub fn next_frame(
        &mut self,
        picture: &Image,
        time_s: f64,
    ) -> Result<Observation, InferenceError> {
        let mut faces = None;
        let mut found = self.follow(picture)?;
        self.frames_since_check += 1;
        if found.is_none() || self.frames_since_check > FRAMES_BETWEEN_CHECKS {
            self.frames_since_check = 0;
            let seen = self.finder.find_all(picture)?;
            faces = Some(seen.len());
            let frames: Vec<FaceFrame> = seen.iter().map(face_frame).collect();
            let person = self.person.recognise(&frames, time_s);
            if found.is_none_or(|points| is_refuted(&points, &frames)) {
                found = person.map(|index| seen[index]);
                if let Some(index) = person {
                    self.crop.set(&frames[index]);
                }
            }
        }
        let landmarks = match &found {
            Some(points) => {
                let frame = face_frame(points);
                self.person.see(&frame, time_s);
                Some(self.smoother.smooth(time_s, &points.landmarks))
            }
            None => {
                self.person.miss();
                self.smoother.reset();
                None
            }
        };
        Ok(Observation {
            landmarks,
            confidence: found.map_or(0.0, |points| points.presence),
            faces,
        })
    }

    /// Place the points where the last frame's motion would have carried the face.
    fn follow(&mut self, picture: &Image) -> Result<Option<FacePoints>, InferenceError> {
        let places = self.person.expected_place().zip(self.person.last_place());
        let Some((expected, last)) = places else {
            return Ok(None);
        };
        let crop = self.crop.towards(&expected);
        let mut points = self.finder.net.place(picture, &crop)?;
        if !is_seen(&points) {
            return Ok(None);
        }
        let mut frame = face_frame(&points);
        if crop.change(&frame) > FAST_CHANGE {
            points = self.finder.net.place(picture, &frame)?;
            frame = face_frame(&points);
            self.crop.set(&frame);
        }
        let is_same = is_seen(&points) && last.change(&frame) < FARTHEST_STEP;
        settle_pupils(picture, &mut points.landmarks);
        Ok(is_same.then_some(points))
    }
}

fn face_frame(points: &FacePoints) -> FaceFrame {
    FaceFrame::from_landmarks(&points.landmarks)
}

/// Whether there are faces, but none where the points are, and the points are unsure too.
fn is_refuted(points: &FacePoints, seen: &[FaceFrame]) -> bool {
    let confirms = |face: &FaceFrame| face_frame(points).overlap(face) >= CONFIRMING_OVERLAP;
    points.presence < DOUBTFUL_PRESENCE && !seen.is_empty() && !seen.iter().any(confirms)
}
