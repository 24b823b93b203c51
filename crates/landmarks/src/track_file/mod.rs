//! Tracks on disk: `.json` for people and scripts, `.motion.safetensors` for programs.
//!
//! Files appear whole or not at all, and what is read is checked before it is believed.

mod json;
mod motion;
mod whole_file;

use std::path::{Path, PathBuf};

use media::{MediaError, read_whole};

use crate::track::Track;

/// Largest file that is read, bytes; the longest track in either format is smaller.
const LARGEST_FILE: u64 = 4 << 30;

/// Why a track could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TrackFileError {
    /// The ending is of no track format.
    #[error("{} is no name for a track: use an ending of .json or .motion.safetensors", path.display())]
    UnknownEnding {
        /// The file.
        path: PathBuf,
    },
    /// The file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not what its name says.
    #[error("{} is not a track of landmarks: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Format of a track file. Both hold the same; JSON rounds to a thousandth of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackFormat {
    /// `.json`, for people and scripts:
    ///
    /// ```json
    /// {
    ///   "format": "vivant-track", "version": 1, "scheme": "ibug68+pupils",
    ///   "width": 640, "height": 360, "frame_rate": [30000, 1001], "time_base": [1, 30000],
    ///   "frames": [
    ///     {"pts": 0, "confidence": 0.98, "points": [[210.25, 120.5], "... 70 in all, x then y"]},
    ///     {"pts": 1001, "confidence": 0.0, "points": null}
    ///   ]
    /// }
    /// ```
    /// Points are pixels of the picture, (0, 0) the centre of its top-left pixel; `pts` counts in
    /// `time_base` seconds; `points` is null where the face was not seen.
    Json,
    /// `.motion.safetensors`, for programs: `points` `[n, 70, 2]` (NaN where the face was not seen)
    /// and `confidence` `[n]`, 32-bit floats, and `pts` `[n]`, 64-bit integers. The metadata has
    /// one entry, `motion`: a JSON object with `version`, `scheme`, `width`, `height`,
    /// `frame_rate` and `time_base` as above, and where there is one a `comment`. Other tensors may
    /// follow, see [`TrackExtras`].
    Motion,
}

/// What a `.motion.safetensors` may hold beside the points, for other programs; reading ignores it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrackExtras {
    /// Words on what the motion is and where it comes from.
    pub comment: String,
    /// Tensors of 32-bit floats: name, columns, and one row a frame after the other.
    pub tensors: Vec<(&'static str, usize, Vec<f32>)>,
}

impl TrackFormat {
    /// Choose by the file's ending.
    ///
    /// # Errors
    /// [`TrackFileError::UnknownEnding`] for any other ending.
    pub fn from_path(path: &Path) -> Result<Self, TrackFileError> {
        let name = path.file_name().unwrap_or_default();
        let name = name.to_string_lossy().to_lowercase();
        if name.ends_with(".motion.safetensors") {
            Ok(Self::Motion)
        } else if name.ends_with(".json") {
            Ok(Self::Json)
        } else {
            let path = path.to_path_buf();
            Err(TrackFileError::UnknownEnding { path })
        }
    }
}

impl Track {
    /// Read a track, in the format that its ending says.
    ///
    /// # Errors
    /// Where the file cannot be read or does not hold a sound track.
    pub fn read(path: &Path) -> Result<Self, TrackFileError> {
        let format = TrackFormat::from_path(path)?;
        let invalid = |reason| TrackFileError::Invalid {
            path: path.to_path_buf(),
            reason,
        };
        let bytes = read_whole(path, LARGEST_FILE).map_err(|error| match error {
            MediaError::Read { path, source } => TrackFileError::Read { path, source },
            MediaError::NotFound { path } => TrackFileError::Read {
                path,
                source: std::io::ErrorKind::NotFound.into(),
            },
            other => invalid(other.to_string()),
        })?;
        let track = match format {
            TrackFormat::Json => json::decode(&bytes),
            TrackFormat::Motion => motion::decode(&bytes),
        };
        let track = track.map_err(invalid)?;
        track.check().map_err(invalid)?;
        Ok(track)
    }

    /// Write the track, whole or not at all, in the format that the ending says.
    ///
    /// # Errors
    /// Where the ending is unknown, the track is not sound, or the disk refuses.
    pub fn write(&self, path: &Path) -> Result<(), TrackFileError> {
        self.write_with(path, &TrackExtras::default())
    }

    /// As [`Track::write`], with what can be told beside the points; JSON has no place for it.
    ///
    /// # Errors
    /// As [`Track::write`], and where a tensor has another number of rows than the track has frames.
    pub fn write_with(&self, path: &Path, extras: &TrackExtras) -> Result<(), TrackFileError> {
        let format = TrackFormat::from_path(path)?;
        let invalid = |reason| TrackFileError::Invalid {
            path: path.to_path_buf(),
            reason,
        };
        self.check().map_err(invalid)?;
        let bytes = match format {
            TrackFormat::Json => json::encode(self),
            TrackFormat::Motion => motion::encode(self, extras),
        };
        let bytes = bytes.map_err(invalid)?;
        whole_file::write(path, &bytes).map_err(|source| TrackFileError::Write {
            path: path.to_path_buf(),
            source,
        })
    }
}
