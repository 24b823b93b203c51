//! Coefficients and head pose of every frame of a motion, and the files that hold them.

use std::path::Path;

use landmarks::{Landmarks, Track};
use media::{MediaError, Rational, write_whole};

use crate::blendshapes::reader::{BlendshapeReader, FaceReading};
use crate::blendshapes::{csv, json};

/// Numbers of a head's pose: three angles and a place.
pub(crate) const POSE_VALUES: usize = 6;

/// What a face does through a clip.
#[derive(Debug, Clone, PartialEq)]
pub struct BlendshapeTrack {
    /// Frames a second.
    pub frame_rate: Rational,
    /// Frame that is calm, counted from 0: every coefficient is measured from it.
    pub calm_frame: u64,
    /// Where it comes from and what it is, in a sentence.
    pub comment: String,
    /// One entry a frame.
    pub frames: Vec<BlendshapeFrame>,
}

/// One frame of a [`BlendshapeTrack`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlendshapeFrame {
    /// Seconds since the first frame.
    pub time_s: f64,
    /// Whether the face was seen; where it was not, the last motion is held.
    pub is_seen: bool,
    /// What it does.
    pub face: FaceReading,
}

/// Format of a file of coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlendshapeFormat {
    /// `.csv`, the columns of Live Link Face, then pose in degrees and centimetres.
    Csv,
    /// `.json`, which also says which coefficients are not carried.
    Json,
}

impl BlendshapeFormat {
    /// Choose by the ending; `None` for any but `.csv` and `.json`.
    pub fn from_path(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_string_lossy().to_lowercase();
        match ending.as_str() {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

impl BlendshapeTrack {
    /// Read every frame of a track whose gaps are filled in `faces`.
    pub(crate) fn read(
        track: &Track,
        faces: &[Landmarks],
        reader: &BlendshapeReader,
        calm_frame: u64,
        comment: String,
    ) -> Self {
        let first_s = track
            .frames
            .first()
            .map_or(0.0, |frame| track.time_s(frame));
        let frames = track.frames.iter().zip(faces);
        Self {
            frame_rate: track.frame_rate,
            calm_frame,
            comment,
            frames: frames
                .map(|(frame, face)| BlendshapeFrame {
                    time_s: track.time_s(frame) - first_s,
                    is_seen: frame.landmarks.is_some(),
                    face: reader.read(face),
                })
                .collect(),
        }
    }

    /// The coefficients, one frame after the other, `[frames, BLENDSHAPES]`.
    pub(crate) fn coefficients(&self) -> Vec<f32> {
        let frames = self.frames.iter();
        frames.flat_map(|frame| frame.face.coefficients).collect()
    }

    /// Yaw, pitch and roll in degrees and place in centimetres, `[frames, POSE_VALUES]`.
    pub(crate) fn poses(&self) -> Vec<f32> {
        let pose = |frame: &BlendshapeFrame| {
            let head = &frame.face.head;
            let angles = head.yaw_pitch_roll.map(f32::to_degrees);
            angles.into_iter().chain(head.place_cm)
        };
        self.frames.iter().flat_map(pose).collect()
    }

    /// Write the track, whole or not at all.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn write(&self, path: &Path, format: BlendshapeFormat) -> Result<(), MediaError> {
        let text = match format {
            BlendshapeFormat::Csv => csv::text(self),
            BlendshapeFormat::Json => json::text(self),
        };
        write_whole(path, text.as_bytes())
    }
}
