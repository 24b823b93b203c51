//! What the result shows besides one driven face: more faces, a moving source, a cut, another background.

use landmarks::FaceChoice;

use crate::config::{AnimateConfig, Driving};
use crate::motion_choice::MotionChoice;

/// How the result is put together; the default is one face in its still picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Composition {
    /// How a source video's own motion goes on, where it shall; `None` takes its first frame for a
    /// picture.
    pub source_frames: Option<SourceFrames>,
    /// More faces of the source, each with a driver of its own.
    pub further_faces: Vec<FaceConfig>,
    /// What a driver shows after its end, where another is longer.
    pub after_driving: AfterDriving,
    /// Whether the square around the head is shown alone, at the source's scale.
    pub is_cropped: bool,
    /// What stands behind the person instead of what the source shows.
    pub background: Option<Background>,
    /// Second of the driving at which the result begins. What lies before it is looked at and not shown, so that
    /// the calm frame is the one of the whole.
    pub from_s: f64,
    /// Only so many seconds from there on are shown, for a quick look before a long run.
    pub first_s: Option<f64>,
}

/// What happens when a source video is shorter than the driving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SourceFrames {
    /// It starts again.
    Loop,
    /// It runs back and forth.
    #[default]
    Mirror,
    /// The result ends with it.
    Cut,
}

/// What a driver shows after its end, where another is longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AfterDriving {
    /// Its calm frame: the face comes to rest.
    #[default]
    Rest,
    /// Its last frame.
    Hold,
    /// It starts again.
    Loop,
    /// It runs back and forth.
    Mirror,
}

/// What stands behind the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// One colour: red, green, blue.
    Colour([u8; 3]),
    /// Nothing: the result is transparent there.
    Alpha,
}

/// A face of the source and what drives it.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceConfig {
    /// Which face of the source moves.
    pub source_face: FaceChoice,
    /// What supplies the motion.
    pub driving: Driving,
    /// Which face of the driving video supplies the motion.
    pub driving_face: FaceChoice,
    /// Steadiness of the driving landmarks: 0 as found, 1 steadiest.
    pub smoothing: f32,
    /// Which of the driver's motion reaches the face, and how much of it.
    pub motion: MotionChoice,
}

impl AnimateConfig {
    /// All faces that move, the first one first.
    pub(crate) fn faces(&self) -> Vec<FaceConfig> {
        let first = FaceConfig {
            source_face: self.source_face,
            driving: self.driving.clone(),
            driving_face: self.driving_face,
            smoothing: self.smoothing,
            motion: self.motion.clone(),
        };
        let further = self.composition.further_faces.iter().cloned();
        std::iter::once(first).chain(further).collect()
    }
}
