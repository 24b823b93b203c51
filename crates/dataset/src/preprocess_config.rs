//! Settings of preprocessing, what it tells its listener, and why it may fail.

use std::collections::BTreeMap;
use std::path::PathBuf;

use landmarks::HEAD_MARGIN;
use media::Rational;
use serde::{Deserialize, Serialize};

use crate::selection::Selection;
use crate::shard_format::ShardError;

/// Settings, all resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct PreprocessConfig {
    /// Folders and videos; see [`crate::find_videos`] for how people are told apart.
    pub inputs: Vec<PathBuf>,
    /// Whether pictures are taken too, each as a clip of one frame.
    pub has_stills: bool,
    /// People or clips to keep, of those found.
    pub selection: Option<Selection>,
    /// Folder of the shards; with `remote`, where they lie until they are sent.
    pub output: PathBuf,
    /// Address in an object storage that takes the shards, such as `s3://BUCKET/FOLDER`.
    pub remote: Option<String>,
    /// Side of the crops, pixels.
    pub side_px: u32,
    /// Side of the crop, in sides of the square around all landmarks of a clip.
    pub margin: f32,
    /// Frames a second that are kept; `None` keeps all.
    pub frame_rate: Option<Rational>,
    /// Quality of the JPEGs, 1 to 100.
    pub jpeg_quality: u8,
    /// Clips with fewer kept frames are rejected.
    pub least_frames: usize,
    /// Clips are cut so that they have at most so many kept frames.
    pub most_frames: usize,
    /// Faces smaller than this are rejected, pixels.
    pub least_face_px: f32,
    /// Clips of whose face the detector is less sure in half of their frames are rejected, 0 to 1.
    pub least_confidence: f32,
    /// Clips less sharp than this are rejected: mean absolute second difference of grey levels in
    /// the crop.
    pub least_sharpness: f32,
    /// Size from which a new tar file is begun, bytes.
    pub shard_bytes: u64,
    /// This job's number and how many jobs there are.
    pub job: [u64; 2],
    /// Videos worked on at once.
    pub threads: usize,
}

impl PreprocessConfig {
    /// The usual settings: 256 px, 25 frames a second.
    pub fn new(inputs: Vec<PathBuf>, output: PathBuf) -> Self {
        Self {
            inputs,
            has_stills: false,
            selection: None,
            output,
            remote: None,
            side_px: 256,
            margin: HEAD_MARGIN,
            frame_rate: Rational::new(25, 1),
            jpeg_quality: 95,
            least_frames: 16,
            most_frames: 1500,
            least_face_px: 64.0,
            least_confidence: 0.997,
            least_sharpness: 0.4,
            shard_bytes: 256 << 20,
            job: [0, 1],
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// Problems with the settings, all at once; empty where there are none.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(32..=1024).contains(&self.side_px) {
            problems.push(format!(
                "the side must be 32 to 1024 px, not {}",
                self.side_px
            ));
        }
        if !(1.0..=4.0).contains(&self.margin) {
            problems.push(format!("the margin must be 1 to 4, not {}", self.margin));
        }
        if self.job[0] >= self.job[1] {
            problems.push(format!(
                "the shard index must be below the shard count, not {} of {}",
                self.job[0], self.job[1]
            ));
        }
        if self.least_frames < 2 || self.most_frames < self.least_frames {
            problems
                .push("clips need at least 2 frames, and no fewer at most than at least".into());
        }
        if self.threads == 0 {
            problems.push("at least one thread is needed".into());
        }
        for input in self.inputs.iter().filter(|input| !input.exists()) {
            problems.push(format!("there is no {}", input.display()));
        }
        if self.inputs.is_empty() {
            problems.push("no input is given".into());
        }
        problems
    }

    /// Where the shards end up, for people.
    pub fn place(&self) -> String {
        let folder = || self.output.display().to_string();
        self.remote.clone().unwrap_or_else(folder)
    }

    /// What makes the stored frames what they are; where they go and how fast does not.
    pub(crate) fn fingerprint(&self) -> String {
        format!(
            "{} px, margin {}, rate {:?}, quality {}, {}..{} frames, face {} px, confidence {}, sharpness {}",
            self.side_px,
            self.margin,
            self.frame_rate
                .map(|rate| (rate.numerator(), rate.denominator())),
            self.jpeg_quality,
            self.least_frames,
            self.most_frames,
            self.least_face_px,
            self.least_confidence,
            self.least_sharpness
        )
    }
}

/// Why a video, or a part of it, is not in the shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectReason {
    /// It cannot be decoded.
    Unreadable,
    /// No face was found.
    NoFace,
    /// The face is too small.
    TooSmall,
    /// Too few frames between two cuts.
    TooShort,
    /// More than one face in most frames.
    SeveralPeople,
    /// The picture ends too near to the face of a single picture.
    CutOff,
    /// Out of focus.
    Blurred,
    /// The same frames are there already.
    Duplicate,
}

impl RejectReason {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Unreadable => "cannot be decoded",
            Self::NoFace => "no face",
            Self::TooSmall => "face too small",
            Self::TooShort => "too few frames between cuts",
            Self::SeveralPeople => "several people",
            Self::CutOff => "picture ends near the face",
            Self::Blurred => "blurred",
            Self::Duplicate => "duplicate",
        }
    }
}

/// A video or part of one that was left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reject {
    /// The video, by its path below the input folder.
    pub video: String,
    /// First frame of the part.
    pub first_frame: u64,
    /// Frames of the part.
    pub frames: u64,
    /// Why.
    pub reason: RejectReason,
    /// What was measured, or what the decoder said.
    pub detail: String,
}

/// What happens.
#[derive(Debug, Clone, PartialEq)]
pub enum PreprocessEvent {
    /// The inputs were searched.
    Found {
        /// Videos of this job.
        videos: usize,
        /// Videos that an earlier run has finished.
        done_before: usize,
    },
    /// A video is finished.
    Progress {
        /// Videos done.
        done: usize,
        /// Videos in all.
        total: usize,
        /// Seconds of video a second.
        realtime: f64,
        /// Seconds left.
        left_s: f64,
    },
    /// A video or part of one was left out.
    Warning(Reject),
}

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub struct PreprocessSummary {
    /// Whether the listener asked for the end before all videos were done.
    pub was_stopped: bool,
    /// People in the shards.
    pub people: usize,
    /// Clips in the shards.
    pub clips: usize,
    /// Frames in the shards.
    pub frames: u64,
    /// Parts left out, counted by reason.
    pub rejects: BTreeMap<RejectReason, usize>,
    /// Seconds of video that were looked at in this run, a second.
    pub realtime: f64,
    /// Path or address of the report page.
    pub report: Option<String>,
}

/// Why nothing, or not all, could be done.
#[derive(Debug, thiserror::Error)]
pub enum PreprocessError {
    /// Settings that make no sense.
    #[error("the settings cannot be used: {}", problems.join("; "))]
    Settings {
        /// All that is wrong.
        problems: Vec<String>,
    },
    /// No video among the inputs.
    #[error("found no video in {}", inputs.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "))]
    NoVideos {
        /// What was searched.
        inputs: Vec<PathBuf>,
    },
    /// Two videos that could not be told apart in the output.
    #[error("{} and {} have the same path below their inputs; give one input that holds both", first.display(), second.display())]
    SameName {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A split or metadata file names none of the videos for the wanted set.
    #[error("{} has no video found here in set {set:?}; its sets are {}", file.display(), sets.join(", "))]
    NothingSelected {
        /// The file.
        file: PathBuf,
        /// The wanted set.
        set: String,
        /// Sets that the file names.
        sets: Vec<String>,
    },
    /// The output was begun with another number of jobs.
    #[error(
        "{output} holds {index}, of a run with another --shard-count; use that count, or another output"
    )]
    OtherJobs {
        /// The output.
        output: String,
        /// The index of the other run.
        index: String,
    },
    /// The output was begun with other settings.
    #[error("{output} was begun with other settings ({was}); use another output")]
    OtherSettings {
        /// The output.
        output: String,
        /// Its settings.
        was: String,
    },
    /// The landmark networks cannot be used.
    #[error(transparent)]
    Landmarks(#[from] landmarks::LandmarksError),
    /// Shards could not be written.
    #[error(transparent)]
    Shards(#[from] ShardError),
    /// A picture of the report could not be written.
    #[error("cannot write the report")]
    Report(#[source] media::MediaError),
}
