//! What [`crate::landmarks`] is asked to do, what it reports while it runs, and what it hands back.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use media::SharedSeal;

use crate::tracker::TrackerConfig;

/// Everything one run of [`crate::landmarks`] needs.
#[derive(Debug, Clone, PartialEq)]
pub struct LandmarksConfig {
    /// Picture, video, or folder of pictures that follow each other.
    pub input: PathBuf,
    /// Where the track goes: `.json` or `.motion.safetensors`.
    pub output: PathBuf,
    /// Where the input goes with the landmarks drawn onto it: a video, a folder, or for a picture
    /// a `.png`.
    pub overlay: Option<PathBuf>,
    /// What signs the overlay.
    pub overlay_seal: Option<SharedSeal>,
    /// Which face is followed, and how steadily.
    pub tracker: TrackerConfig,
    /// Threads that the networks run on; `None` uses all cores.
    pub threads: Option<NonZeroUsize>,
}

/// One report of [`crate::landmarks`].
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Work moved on.
    Progress(Progress),
    /// Something the user should know; the run goes on.
    Warning(Warning),
    /// The results lie at their places.
    Finished(Summary),
}

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Frames done.
    pub done: u64,
    /// Frames in all, where the file tells.
    pub total: Option<u64>,
    /// Frames a second so far.
    pub frames_per_second: f64,
    /// Seconds left at this rate, where the total is known.
    pub left_s: Option<f64>,
}

/// Something the user should know.
#[derive(Debug, Clone, PartialEq)]
pub enum Warning {
    /// The face was not seen in some frames.
    NoFaceInFrames {
        /// First and last frame of each gap, counted from 0.
        gaps: Vec<(u64, u64)>,
        /// Frames in all.
        total: u64,
    },
    /// There are several faces and none was chosen; the largest of the first frames was followed.
    SeveralFaces {
        /// Most in one frame.
        found: usize,
    },
    /// The input or the overlay is not all that it could be, such as a file that was cut off.
    Media {
        /// What is the matter, in a sentence.
        note: String,
    },
}

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Where the track lies.
    pub output: PathBuf,
    /// Where the overlay lies.
    pub overlay: Option<PathBuf>,
    /// Frames of the input.
    pub frames: u64,
    /// Frames that show the face.
    pub frames_with_face: u64,
    /// Mean confidence of these, 0 to 1.
    pub confidence: f32,
    /// Most faces in one frame.
    pub most_faces: usize,
    /// Seconds the whole run took.
    pub wall_s: f64,
}
