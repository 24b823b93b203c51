//! The input again, with the landmarks drawn onto it.

use std::path::{Path, PathBuf};

use media::{
    AudioPlan, Image, MediaError, Metadata, OutputConfig, SharedSeal, VideoInfo, VideoWriter,
    write_png_sealed, write_png_with,
};

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
        /// What signs it.
        seal: Option<SharedSeal>,
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
    pub(crate) fn picture(
        path: &Path,
        picture: &Image,
        landmarks: &Landmarks,
        seal: Option<SharedSeal>,
    ) -> Self {
        let mut picture = picture.clone();
        let drawing = DrawingConfig::overlay(picture.width(), picture.height());
        draw_onto(&mut picture, landmarks, &drawing);
        Self::Picture {
            path: path.to_path_buf(),
            picture,
            seal,
        }
    }

    /// Start an overlay with the size, times and sound of a video.
    pub(crate) fn video(
        path: &Path,
        input: &Path,
        info: &VideoInfo,
        seal: Option<SharedSeal>,
    ) -> Result<Self, MediaError> {
        let mut config = OutputConfig::new(path, info.width, info.height, info.frame_rate)?;
        config.time_base = info.time_base;
        config.metadata = metadata();
        config.seal = seal;
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
            Self::Picture {
                path,
                picture,
                seal,
            } => {
                match seal {
                    Some(seal) => write_png_sealed(&path, &picture, &metadata(), &seal)?,
                    None => write_png_with(&path, &picture, &metadata())?,
                }
                Ok(Vec::new())
            }
            Self::Video { writer, .. } => Ok(writer.finish()?.notes),
        }
    }
}

/// What an overlay says of itself. What it shows is not synthetic for its lines, and may be for other reasons.
fn metadata() -> Metadata {
    Metadata {
        title: None,
        comment: Some("Vivant drew the lines of the face onto it.".to_owned()),
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
