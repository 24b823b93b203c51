//! Data to train on: labelled pictures and clips, and the random changes made to them.
//!
//! Plain pictures and points; tensors are made of them in `training`.

pub mod augmentation;
mod clip_crops;
mod clip_parts;
mod episodes;
mod face_difference;
mod face_pictures;
mod face_shape;
mod finished_video;
mod flip;
mod labels;
#[cfg(feature = "object-storage")]
mod object_storage;
#[cfg(not(feature = "object-storage"))]
#[path = "without_object_storage.rs"]
mod object_storage;
mod preprocess;
mod preprocess_config;
mod preprocess_report;
mod preprocess_store;
mod principal_directions;
mod rigid_fit;
mod selection;
mod shard_format;
mod shard_writer;
mod shards;
mod sources;
mod still_work;
mod video_search;
mod video_work;

pub use crate::episodes::{Episode, EpisodeConfig, EpisodeFrame, EpisodeSampler};
pub use crate::face_pictures::{FacePicture, Keep, LoadedFaces, load_faceless, load_faces};
pub use crate::face_shape::{
    FaceShapeConfig, LearnedFaceShape, PersonShapes, learn_face_shape, person_shapes,
};
pub use crate::flip::flip_landmarks;
pub use crate::labels::{LabelledFace, Labels};
pub use crate::preprocess::preprocess;
pub use crate::preprocess_config::{
    PreprocessConfig, PreprocessError, PreprocessEvent, PreprocessSummary, Reject, RejectReason,
};
pub use crate::selection::Selection;
pub use crate::shard_format::{
    ClipEntry, FrameEntry, FrameFacts, SHARD_FORMAT, SHARD_VERSION, ShardError, ShardFile,
    ShardIndex,
};
pub use crate::shard_writer::{ShardWriter, StoredClip, StoredFrame};
pub use crate::shards::Shards;
pub use crate::sources::{LabelledSource, SourceKind, Split, find_sources};
pub use crate::video_search::{FoundVideo, find_videos};

use std::path::PathBuf;

/// Why labelled data could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A file or folder could not be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file in question.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A label file is not what it should be.
    #[error("{} is not a label file: {reason}", path.display())]
    Labels {
        /// The file in question.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing to train on.
    #[error("found no labelled pictures or clips under {}; expected folders `clips` or `portraits` with `labels` beside them", folder.display())]
    Empty {
        /// The folder that was searched.
        folder: PathBuf,
    },
    /// A picture or clip could not be decoded.
    #[error("cannot decode {}", path.display())]
    Media {
        /// The file in question.
        path: PathBuf,
        /// What the decoder said.
        source: media::MediaError,
    },
}
