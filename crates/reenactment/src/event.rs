//! What `animate` reports while it runs, and what it hands back.

use std::path::PathBuf;

use media::Rational;

/// One report of [`crate::animate()`].
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Work moved on.
    Progress(Progress),
    /// Something the user should know; the run goes on.
    Warning(Warning),
    /// The result lies at its place.
    Finished(Summary),
}

/// Parts of the work, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Finding the landmarks of the driving frames.
    Tracking,
    /// Painting and writing the result.
    Painting,
    /// Sending a recorded motion at the times of its frames.
    Streaming,
}

/// How far a stage is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Which part of the work.
    pub stage: Stage,
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
    /// Some driving frames show no usable face; the last motion is held there.
    NoFaceInFrames {
        /// First and last frame of each gap, counted from 0.
        gaps: Vec<(u64, u64)>,
        /// Frames in all.
        total: u64,
    },
    /// Some frames of a source video do not show the face; they stay as they are.
    NoFaceInSourceFrames {
        /// First and last frame of each gap, counted from 0.
        gaps: Vec<(u64, u64)>,
        /// Frames in all.
        total: u64,
    },
    /// The source shows several faces and none was chosen.
    SeveralSourceFaces {
        /// How many.
        found: usize,
    },
    /// The driving video shows several faces and none was chosen.
    SeveralDrivingFaces {
        /// Most in one frame.
        found: usize,
    },
    /// The driver turns the head farther than one picture can show; the turn is softly cut off there.
    TurnHeldBack {
        /// First and last frame of each such part, counted from 0.
        parts: Vec<(u64, u64)>,
        /// Frames in all.
        total: u64,
    },
    /// A further picture of the source is not used.
    UnusedSource {
        /// Its name.
        name: String,
        /// Why not, in words.
        reason: String,
    },
    /// The driving has a single frame, so nothing moves.
    OneDrivingFrame,
    /// The sound asked for does not exist, so the result is silent.
    NoSound,
}

/// What painted the frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaintedBy {
    /// The geometric warp.
    Warp,
    /// The network of an avatar.
    Avatar,
    /// A portrait model.
    Portrait {
        /// Where it came from.
        origin: String,
        /// Side of the head as it painted it, pixels.
        side_px: u32,
    },
}

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Where the result lies.
    pub output: PathBuf,
    /// Frames written.
    pub frames: u64,
    /// Frames a second of the result.
    pub frame_rate: Rational,
    /// Width of the result, pixels.
    pub width: u32,
    /// Height of the result, pixels.
    pub height: u32,
    /// Whether the result has sound.
    pub has_sound: bool,
    /// What painted the frames.
    pub painter: PaintedBy,
    /// Driving frame that the motion is measured from, counted from 0.
    pub calm_frame: u64,
    /// What else the user should know, in sentences, such as a damaged end of the driving video.
    pub notes: Vec<String>,
    /// Seconds the whole run took.
    pub wall_s: f64,
}
