//! What `animate` is asked to do, fully resolved: no option is left open.

use std::path::PathBuf;

use landmarks::FaceChoice;

use crate::built_in::BuiltInMotion;
use crate::composition::Composition;
use crate::marks::Marks;
use crate::motion_choice::MotionChoice;

/// Everything one run of [`crate::animate()`] needs.
#[derive(Debug, Clone, PartialEq)]
pub struct AnimateConfig {
    /// The picture to bring to life.
    pub source: Source,
    /// More pictures of the same person: files, folders, or videos whose frames are taken. The portrait
    /// model paints the face from those nearest to each pose; the other engines cannot.
    pub further_sources: Vec<PathBuf>,
    /// Which face of the source moves.
    pub source_face: FaceChoice,
    /// What supplies the motion.
    pub driving: Driving,
    /// Which face of the driving video supplies the motion.
    pub driving_face: FaceChoice,
    /// Where the result goes; the ending decides the format (`.mp4`, `.webm`, `.gif`, or a folder
    /// for numbered PNG pictures).
    pub output: PathBuf,
    /// Sound of the result.
    pub audio: Audio,
    /// What paints the frames.
    pub engine: Engine,
    /// Steadiness of the driving landmarks: 0 as found, 1 steadiest.
    pub smoothing: f32,
    /// Which of the driver's motion reaches the source, and how much of it.
    pub motion: MotionChoice,
    /// What the result shows besides.
    pub composition: Composition,
    /// How the result says what it is.
    pub marks: Marks,
    /// Where to write source, driving with landmarks and result side by side, as a video.
    pub preview: Option<PathBuf>,
    /// Write the result in whole segments of so many frames in a folder beside it, and go on after those
    /// that an earlier, stopped run of the same job left. Not together with a preview.
    pub segment_frames: Option<u64>,
}

/// The picture to animate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A picture file, a video (see [`Composition::source_frames`]), or an `.avatar`.
    File(PathBuf),
    /// The drawn portrait that comes with the program.
    BuiltInPortrait,
}

/// What supplies the motion.
#[derive(Debug, Clone, PartialEq)]
pub enum Driving {
    /// A video, a folder of pictures, or a recorded `.motion.safetensors`.
    File(PathBuf),
    /// A motion that comes with the program.
    BuiltIn {
        /// Which one.
        motion: BuiltInMotion,
        /// Length in seconds; the motion repeats until then. `None`: once.
        duration_s: Option<f64>,
    },
    /// A sound or video file, to whose loudness and bands lips are moved by rule.
    Sound(PathBuf),
}

/// Where the sound of the result comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Audio {
    /// The driving video's, where it has any.
    #[default]
    Driving,
    /// The source's, where it is a video with sound.
    Source,
    /// None.
    None,
    /// A file of its own.
    File(PathBuf),
}

/// What paints the frames.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Engine {
    /// An avatar's network for an avatar, the built-in portrait model for a picture.
    #[default]
    Automatic,
    /// A geometric warp of the source picture; of an avatar, the person at rest is warped.
    Warp,
    /// A portrait model, by the folder of its bundle: the head is bent and painted over.
    Portrait(PathBuf),
}
