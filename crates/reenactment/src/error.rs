//! Why a picture could not be animated.

use std::path::PathBuf;

use inference::InferenceError;
use landmarks::{LandmarksError, TrackFileError};
use media::MediaError;

use crate::few_shot::AvatarError;

/// Why a picture could not be animated. Every message names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum AnimateError {
    /// A file could not be read or written.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The landmark networks could not be loaded.
    #[error(transparent)]
    Landmarks(#[from] LandmarksError),
    /// A landmark network failed while it ran.
    #[error("the landmark networks failed")]
    Inference(#[from] InferenceError),
    /// The network that tells whose face it is could not be used.
    #[error("the identity network cannot be used")]
    Likeness(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A recorded motion could not be read.
    #[error(transparent)]
    TrackFile(#[from] TrackFileError),
    /// An avatar could not be used.
    #[error(transparent)]
    Avatar(#[from] AvatarError),
    /// The result would begin where the driving is over.
    #[error("the driving is over after {length_s:.1} s: it cannot begin at {from_s} s")]
    BeginsAfterEnd {
        /// Where it should begin, seconds.
        from_s: f64,
        /// How long the driving is, seconds.
        length_s: f64,
    },
    /// The result cannot be marked as what it is.
    #[error(transparent)]
    Provenance(#[from] provenance::ProvenanceError),
    /// The source is no picture.
    #[error("{} is {kind}: the source must be a picture", path.display())]
    SourceIsNoPicture {
        /// What was given.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// The driving has no pictures.
    #[error(
        "{} is sound alone: the driving must show a face; to move the lips by its loudness, drive by `audio` and give it as the audio option",
        path.display()
    )]
    DrivingIsSound {
        /// What was given.
        path: PathBuf,
    },
    /// The ending is of no file of coefficients.
    #[error("{} is no name for blendshape coefficients: use an ending of .csv or .json", path.display())]
    UnknownBlendshapeFile {
        /// The file.
        path: PathBuf,
    },
    /// The result would have more frames than any video that is read.
    #[error(
        "the result would have more than {most} frames: raise the limit `frames` if you mean it"
    )]
    TooManyFrames {
        /// Most frames.
        most: u64,
    },
    /// A preview cannot be written in segments.
    #[error("a preview cannot be resumed: make it in a run of its own")]
    PreviewInSegments,
    /// There are segments of another job.
    #[error(
        "{} holds segments of another job (options, files or program have changed): remove it to start \
         afresh, or give another output", folder.display()
    )]
    OtherSegments {
        /// The folder of segments.
        folder: PathBuf,
    },
    /// A stream could not be sent.
    #[error("cannot send to {receiver}: give an address as host:port, such as 127.0.0.1:39539")]
    Stream {
        /// The receiver's address.
        receiver: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The frame that was to count as calm does not exist.
    #[error(
        "the reference frame {asked} does not exist: the driving has {frames} frames, counted from 0"
    )]
    NoReferenceFrame {
        /// Number that was given.
        asked: u64,
        /// Frames of the driving.
        frames: u64,
    },
    /// No face was found in the source.
    #[error(
        "no face found in {}: use a picture in which the face is larger, less hidden or less turned",
        path.display()
    )]
    NoSourceFace {
        /// The picture.
        path: PathBuf,
    },
    /// An avatar's picture has no known outline.
    #[error("another background needs a picture as the source: an avatar shows its head alone")]
    BackgroundOfAvatar,
    /// An avatar shows one person.
    #[error("an avatar has one face: name one driver, or give a picture as the source")]
    AvatarHasOneFace,
    /// Two drivers would move one face.
    #[error(
        "faces {first} and {second} of the job are the same face of the source: choose another with face or face-box"
    )]
    SameFaceTwice {
        /// Place among the faces of the job, counted from 1.
        first: usize,
        /// The same of the other.
        second: usize,
    },
    /// The engine shows one picture alone.
    #[error(
        "{engine} takes one source picture: leave the others out, or paint with the portrait model"
    )]
    OneSourceOnly {
        /// What paints.
        engine: &'static str,
    },
    /// None of the further pictures can be used.
    #[error("none of the further source pictures can be used: {}", verdicts.join("; "))]
    NoFurtherSource {
        /// Each with what is wrong with it.
        verdicts: Vec<String>,
    },
    /// No driving frame shows a face.
    #[error(
        "no face found in any driving frame ({}) of {}: use a video that shows one face clearly",
        frame_names(*frames),
        path.display()
    )]
    NoDrivingFace {
        /// The driving file.
        path: PathBuf,
        /// How many frames were looked at.
        frames: u64,
    },
    /// The chosen face does not exist.
    #[error("face {number} was chosen, but {} shows {found}: choose 1 to {found}", path.display())]
    NoSuchFace {
        /// The picture or video.
        path: PathBuf,
        /// The number that was asked for.
        number: usize,
        /// How many there are.
        found: usize,
    },
    /// No face lies in the chosen box.
    #[error(
        "no face lies in the chosen box of {}, which shows {found} elsewhere: draw the box around a face",
        path.display()
    )]
    NoFaceInBox {
        /// The picture or video.
        path: PathBuf,
        /// How many faces there are.
        found: usize,
    },
    /// The built-in portrait could not be unpacked into a temporary file.
    #[error("cannot unpack the built-in portrait into a temporary file")]
    BuiltInPortrait {
        /// What the system said.
        source: std::io::Error,
    },
    /// The listener asked to stop; nothing was left behind.
    #[error("stopped")]
    Stopped,
}

fn frame_names(frames: u64) -> String {
    match frames {
        0 => "it has none".to_owned(),
        1 => "frame 0".to_owned(),
        _ => format!("frames 0 to {}", frames - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driving_without_faces_names_its_frames() {
        let error = |frames| AnimateError::NoDrivingFace {
            path: "clip.mp4".into(),
            frames,
        };
        assert!(
            error(75)
                .to_string()
                .contains("(frames 0 to 74) of clip.mp4")
        );
        assert!(error(1).to_string().contains("(frame 0)"));
        assert!(error(0).to_string().contains("(it has none)"));
    }
}
