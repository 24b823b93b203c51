//! The input again, with the landmarks drawn onto it.

use std::path::{Path, PathBuf};

use media::{AudioPlan, Image, MediaError, OutputConfig, VideoInfo, VideoWriter, write_png};

use crate::drawing::{DrawingConfig, draw_onto};
use crate::error::LandmarksError;
use crate::points::Landmarks;

/// An overlay on its way; dropping it leaves nothing behind.
#[derive(Debug)]
pub(crate) enum Overlay {
    /// A picture, drawn but not written.
    Picture {
        /// Where it goes.
        path: PathBuf,
        /// What it shows.
        picture: Image,
    },
    /// A video being written.
    Video {
        /// The file being written.
        writer: Box<VideoWriter>,
        /// How landmarks are drawn.
        drawing: DrawingConfig,
    },
}

impl Overlay {
    /// Draw onto a picture.
    pub(crate) fn picture(path: &Path, picture: &Image, landmarks: &Landmarks) -> Self {
        let mut picture = picture.clone();
        let drawing = DrawingConfig::overlay(picture.width(), picture.height());
        draw_onto(&mut picture, landmarks, &drawing);
        Self::Picture {
            path: path.to_path_buf(),
            picture,
        }
    }

    /// Start an overlay with the size, times and sound of a video.
    pub(crate) fn video(path: &Path, input: &Path, info: &VideoInfo) -> Result<Self, MediaError> {
        let mut config = OutputConfig::new(path, info.width, info.height, info.frame_rate)?;
        config.time_base = info.time_base;
        if info.audio.is_some() {
            config.audio = AudioPlan::CopyFrom(input.to_path_buf());
        }
        Ok(Self::Video {
            writer: Box::new(VideoWriter::create(&config)?),
            drawing: DrawingConfig::overlay(info.width, info.height),
        })
    }

    /// Draw onto a video's next frame and append it.
    pub(crate) fn write(
        &mut self,
        mut image: Image,
        pts: i64,
        landmarks: Option<&Landmarks>,
    ) -> Result<(), MediaError> {
        let Self::Video { writer, drawing } = self else {
            return Ok(());
        };
        if let Some(landmarks) = landmarks {
            draw_onto(&mut image, landmarks, drawing);
        }
        writer.write(&image, pts)
    }

    /// Give the overlay its name; returns what the user should know.
    pub(crate) fn finish(self) -> Result<Vec<String>, MediaError> {
        match self {
            Self::Picture { path, picture } => {
                write_png(&path, &picture)?;
                Ok(Vec::new())
            }
            Self::Video { writer, .. } => Ok(writer.finish()?.notes),
        }
    }
}

/// Check that a picture's overlay has a name that it can have.
pub(crate) fn check_picture_name(path: &Path) -> Result<(), LandmarksError> {
    let extension = path.extension().map(|text| text.to_ascii_lowercase());
    if extension.is_some_and(|extension| extension == "png") {
        return Ok(());
    }
    let path = path.to_path_buf();
    Err(LandmarksError::OverlayNotPng { path })
}
