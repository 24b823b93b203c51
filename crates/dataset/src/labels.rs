//! Label files: the landmarks of the labelled frames of one picture or clip.

use std::path::Path;

use landmarks::{Landmarks, POINTS};
use media::{MediaError, read_whole};
use safetensors::{Dtype, SafeTensors};

use crate::DatasetError;

/// Largest file that is read, bytes.
const LARGEST_FILE: u64 = 4 << 30;

/// Landmarks of one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledFace {
    /// Frame of the clip, from 0 in order of presentation.
    pub frame: u64,
    /// Points, pixels of the frame.
    pub landmarks: Landmarks,
    /// Depth of each point away from the viewer, in the same unit, from an origin that does not matter.
    pub depths: [f32; POINTS],
    /// How sure the labels are, 0 to 1.
    pub confidence: f32,
}

/// What a label file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    /// Width and height of the frames as they were labelled, pixels as stored: those of a clip with
    /// non-square pixels differ from the frames that are decoded for display.
    pub size: [u32; 2],
    /// Frames that were looked at, with and without a face.
    pub frames_looked_at: usize,
    /// Frames with a usable face, in order.
    pub faces: Vec<LabelledFace>,
}

impl Labels {
    /// Read a safetensors file with `width` and `height` in its metadata, `points` `[n, 70, 3]`, `confidence` `[n]` and `frame` `[n]`.
    ///
    /// # Errors
    /// Where the file cannot be read or a tensor is missing or has another shape.
    pub fn read(path: &Path) -> Result<Self, DatasetError> {
        let io = |source| DatasetError::Io {
            path: path.to_path_buf(),
            source,
        };
        let wrong = |reason: String| DatasetError::Labels {
            path: path.to_path_buf(),
            reason,
        };
        let bytes = read_whole(path, LARGEST_FILE).map_err(|error| match error {
            MediaError::Read { source, .. } => io(source),
            MediaError::NotFound { .. } => io(std::io::ErrorKind::NotFound.into()),
            other => wrong(other.to_string()),
        })?;
        let size = size_of(&bytes).map_err(wrong)?;
        let file = SafeTensors::deserialize(&bytes).map_err(|error| wrong(error.to_string()))?;
        let points = floats(&file, "points").map_err(wrong)?;
        let confidence = floats(&file, "confidence").map_err(wrong)?;
        let frames = integers(&file, "frame").map_err(wrong)?;
        let count = confidence.len();
        if points.len() != count * POINTS * 3 || frames.len() != count {
            return Err(wrong(
                "points, confidence and frame differ in length".into(),
            ));
        }
        let mut faces = Vec::new();
        for (index, row) in points.chunks_exact(POINTS * 3).enumerate() {
            if confidence[index] <= 0.0 || row.iter().any(|value| !value.is_finite()) {
                continue;
            }
            let mut landmarks = Landmarks {
                points: [[0.0; 2]; POINTS],
            };
            let mut depths = [0.0; POINTS];
            for (index, values) in row.chunks_exact(3).enumerate() {
                landmarks.points[index] = [values[0], values[1]];
                depths[index] = values[2];
            }
            let frame = u64::from(frames[index].unsigned_abs());
            faces.push(LabelledFace {
                frame,
                landmarks,
                depths,
                confidence: confidence[index],
            });
        }
        Ok(Self {
            size,
            frames_looked_at: count,
            faces,
        })
    }
}

fn size_of(bytes: &[u8]) -> Result<[u32; 2], String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let words = header.metadata().as_ref().ok_or("it has no metadata")?;
    let read = |name: &str| {
        let word = words.get(name).ok_or(format!("its metadata lack {name}"))?;
        word.parse()
            .map_err(|error: std::num::ParseIntError| format!("{name} is {word}: {error}"))
    };
    Ok([read("width")?, read("height")?])
}

fn floats(file: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>, String> {
    let words = words_of(file, name, Dtype::F32)?;
    Ok(words.into_iter().map(f32::from_le_bytes).collect())
}

fn integers(file: &SafeTensors<'_>, name: &str) -> Result<Vec<i32>, String> {
    let words = words_of(file, name, Dtype::I32)?;
    Ok(words.into_iter().map(i32::from_le_bytes).collect())
}

fn words_of(file: &SafeTensors<'_>, name: &str, dtype: Dtype) -> Result<Vec<[u8; 4]>, String> {
    let view = file
        .tensor(name)
        .map_err(|error| format!("{name}: {error}"))?;
    if view.dtype() != dtype {
        return Err(format!("{name} is {:?}, expected {dtype:?}", view.dtype()));
    }
    let word = |bytes: &[u8]| [bytes[0], bytes[1], bytes[2], bytes[3]];
    Ok(view.data().chunks_exact(4).map(word).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_labels_says_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        let empty: Vec<(&str, safetensors::tensor::TensorView<'_>)> = Vec::new();
        safetensors::serialize_to_file(empty, None, &path).unwrap();
        let error = Labels::read(&path).unwrap_err().to_string();
        assert!(error.contains("metadata"), "{error}");
    }
}
