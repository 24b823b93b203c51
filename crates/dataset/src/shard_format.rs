//! What shards look like on disk: tar files of JPEG crops with JSON beside them, and an index.
//!
//! The layout is that of WebDataset: members `KEY.jpg` and `KEY.json` follow each other, so that
//! other readers can stream the files; the index says where each member lies, so that ours can
//! pick frames.

use std::path::PathBuf;

use landmarks::{Landmarks, POINTS};
use serde::{Deserialize, Serialize};

/// Version of the format that this program reads and writes.
pub const SHARD_VERSION: u32 = 1;
/// Name of the format in an index.
pub const SHARD_FORMAT: &str = "vivant-shards";

/// Contents of an `index*.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardIndex {
    /// [`SHARD_FORMAT`].
    pub format: String,
    /// [`SHARD_VERSION`].
    pub version: u32,
    /// Side of the square crops, pixels.
    pub side_px: u32,
    /// Meaning of the points.
    pub landmark_scheme: String,
    /// Tar files, beside the index.
    pub shards: Vec<ShardFile>,
    /// Clips, in order.
    pub clips: Vec<ClipEntry>,
}

/// One tar file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardFile {
    /// Name of the file.
    pub file: String,
    /// Its length, bytes.
    pub bytes: u64,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// One clip: a run of frames of one person under one fixed crop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipEntry {
    /// The person, by the name of the folder the video lay in.
    pub identity: String,
    /// The video, by its path below the input folder.
    pub video: String,
    /// Which part of the video, from 0.
    pub part: u32,
    /// Index of the tar file.
    pub shard: usize,
    /// Frames, in order.
    pub frames: Vec<FrameEntry>,
}

/// Where a frame's members lie in its tar file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameEntry {
    /// Time in the video, seconds.
    pub time_s: f64,
    /// First byte and length of the JPEG.
    pub picture: [u64; 2],
    /// First byte and length of the JSON.
    pub facts: [u64; 2],
}

/// A frame's JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameFacts {
    /// Index of the frame in the video.
    pub frame: u64,
    /// Time in the video, seconds.
    pub time_s: f64,
    /// x, y of each point in pixels of the crop.
    pub points: Vec<[f32; 2]>,
    /// Pitch, yaw and roll of the head, degrees.
    pub pose_degrees: [f32; 3],
    /// How sure the landmarks are, 0 to 1.
    pub confidence: f32,
}

impl FrameFacts {
    /// The points; `None` where their number is another.
    pub fn landmarks(&self) -> Option<Landmarks> {
        let points: [[f32; 2]; POINTS] = self.points.as_slice().try_into().ok()?;
        Some(Landmarks { points })
    }
}

/// Why shards could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    /// A file could not be read or written.
    #[error("cannot access {}", path.display())]
    Io {
        /// The file in question.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder holds no index.
    #[error("{} holds no index.json; make shards with `vivant preprocess`", folder.display())]
    NoIndex {
        /// The folder.
        folder: PathBuf,
    },
    /// A job of a job array has not finished.
    #[error("there is no {}; run `vivant preprocess` with that --shard-index", path.display())]
    JobMissing {
        /// The missing index.
        path: PathBuf,
    },
    /// An object storage did not do what was asked.
    #[error("cannot use {url}")]
    Storage {
        /// Address of the object or folder.
        url: String,
        /// What the storage said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The program was built without object storage.
    #[error(
        "cannot use {url}: this program was built without object storage; build it with `--features object-storage`"
    )]
    NoStorage {
        /// Address of the folder.
        url: String,
    },
    /// An index or a frame's JSON is not what it should be.
    #[error("{} is damaged or of another version: {reason}; run `vivant preprocess` again", path.display())]
    Format {
        /// The file in question.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A picture could not be decoded.
    #[error("cannot decode a picture of {}", path.display())]
    Picture {
        /// The tar file.
        path: PathBuf,
        /// What the decoder said.
        source: media::MediaError,
    },
    /// There are too few people or frames.
    #[error("{what}; preprocess more videos")]
    TooFew {
        /// What there is and what is needed.
        what: String,
    },
}
