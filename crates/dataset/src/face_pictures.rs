//! Labelled faces in memory, decoded once and cut or shrunk to what training samples from.

use std::path::Path;

use landmarks::{FaceFrame, Landmarks, cut_crop, resize_longer_side};
use media::{Image, VideoReader, read_picture};
use rayon::prelude::*;

use crate::{DatasetError, LabelledFace, LabelledSource, Labels, SourceKind};

/// What is kept of each labelled frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Keep {
    /// A square around the face, upright, of so many face sizes and pixels a side.
    Crop {
        /// Side in units of [`FaceFrame::size_px`].
        face_sizes: f32,
        /// Side in pixels.
        side_px: u32,
    },
    /// The whole picture, shrunk so that its longer side has at most so many pixels.
    Whole {
        /// Longer side in pixels.
        longer_px: u32,
    },
}

/// A face ready to sample from.
#[derive(Debug, Clone)]
pub struct FacePicture {
    /// The kept pixels.
    pub image: Image,
    /// Points in them; `None` in a faceless picture.
    pub landmarks: Option<Landmarks>,
    /// Index of the source that it came from.
    pub source: usize,
}

/// All faces of a list of sources, and the sources that gave none, with the reason.
#[derive(Debug, Default)]
pub struct LoadedFaces {
    /// Faces, in the order of the sources.
    pub faces: Vec<FacePicture>,
    /// Names of sources that could not be used, and why.
    pub rejected: Vec<(String, String)>,
}

/// Decode the labelled frames of all `sources`, on all cores. Of a clip every `every`-th labelled
/// frame is kept.
///
/// # Errors
/// Where no source could be used; single bad sources are listed in [`LoadedFaces::rejected`].
pub fn load_faces(
    folder: &Path,
    sources: &[LabelledSource],
    keep: Keep,
    every: usize,
) -> Result<LoadedFaces, DatasetError> {
    let parts: Vec<_> = sources
        .par_iter()
        .enumerate()
        .map(|(index, source)| load_source(source, index, keep, every))
        .collect();
    let mut loaded = LoadedFaces::default();
    for (source, part) in sources.iter().zip(parts) {
        match part {
            Ok(faces) => loaded.faces.extend(faces),
            Err(error) => loaded.rejected.push((source.name.clone(), reason(&error))),
        }
    }
    if loaded.faces.is_empty() {
        return Err(DatasetError::Empty {
            folder: folder.to_path_buf(),
        });
    }
    Ok(loaded)
}

/// Decode pictures that show no face, from every file of `folder` that is a picture.
///
/// # Errors
/// Where the folder cannot be read.
pub fn load_faceless(folder: &Path, longer_px: u32) -> Result<Vec<FacePicture>, DatasetError> {
    let io = |source| DatasetError::Io {
        path: folder.to_path_buf(),
        source,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        paths.push(entry.map_err(io)?.path());
    }
    paths.sort();
    let picture = |path: &std::path::PathBuf| {
        let image = read_picture(path).ok()?;
        let image = resize_longer_side(&image, longer_px).image;
        Some(FacePicture {
            image,
            landmarks: None,
            source: usize::MAX,
        })
    };
    Ok(paths.par_iter().filter_map(picture).collect())
}

fn reason(error: &DatasetError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

fn load_source(
    source: &LabelledSource,
    index: usize,
    keep: Keep,
    every: usize,
) -> Result<Vec<FacePicture>, DatasetError> {
    let labels = Labels::read(&source.labels)?;
    let media = |error| DatasetError::Media {
        path: source.path.clone(),
        source: error,
    };
    let face = |image: &Image, label: &LabelledFace| {
        let landmarks = label
            .landmarks
            .resized(labels.size, [image.width(), image.height()]);
        keep_face(image, &landmarks, keep, index)
    };
    if source.kind == SourceKind::Still {
        let image = read_picture(&source.path).map_err(media)?;
        return Ok(labels
            .faces
            .iter()
            .map(|label| face(&image, label))
            .collect());
    }
    let mut reader = VideoReader::open(&source.path).map_err(media)?;
    let mut wanted = labels.faces.iter().step_by(every.max(1)).peekable();
    let mut faces = Vec::new();
    while let Some(label) = wanted.peek() {
        let Some(frame) = reader.next_frame().map_err(media)? else {
            break;
        };
        if frame.index == label.frame {
            faces.push(face(&frame.image, label));
            wanted.next();
        }
    }
    Ok(faces)
}

fn keep_face(image: &Image, landmarks: &Landmarks, keep: Keep, source: usize) -> FacePicture {
    match keep {
        Keep::Crop {
            face_sizes,
            side_px,
        } => {
            let map = FaceFrame::from_landmarks(landmarks).square_to_picture(face_sizes, side_px);
            let image = cut_crop(image, &map, side_px);
            let landmarks = Some(landmarks.map(|point| map.to_crop(point)));
            FacePicture {
                image,
                landmarks,
                source,
            }
        }
        Keep::Whole { longer_px } => {
            let shrunk = resize_longer_side(image, longer_px);
            let landmarks = Some(landmarks.map(|point| shrunk.to_fitted(point)));
            FacePicture {
                image: shrunk.image,
                landmarks,
                source,
            }
        }
    }
}
