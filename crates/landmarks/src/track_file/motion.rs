//! Tracks as safetensors; [`super::TrackFormat::Motion`] says what is in the file.

use std::collections::HashMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use super::TrackExtras;
use super::json::{check_scheme, parts, rational};
use crate::points::{Landmarks, POINTS};
use crate::track::{SCHEME, Track, TrackFrame};

const VERSION: u32 = 1;

/// Name of the metadata entry.
const ENTRY: &str = "motion";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    version: u32,
    scheme: String,
    width: u32,
    height: u32,
    frame_rate: [i64; 2],
    time_base: [i64; 2],
    #[serde(default, skip_serializing_if = "String::is_empty")]
    comment: String,
}

pub(super) fn encode(track: &Track, extras: &TrackExtras) -> Result<Vec<u8>, String> {
    let header = Header {
        version: VERSION,
        scheme: SCHEME.into(),
        width: track.size[0],
        height: track.size[1],
        frame_rate: parts(track.frame_rate),
        time_base: parts(track.time_base),
        comment: extras.comment.clone(),
    };
    let header = serde_json::to_string(&header).map_err(|error| error.to_string())?;
    let unseen = Landmarks {
        points: [[f32::NAN; 2]; POINTS],
    };
    let faces = track
        .frames
        .iter()
        .map(|frame| frame.landmarks.unwrap_or(unseen));
    let points: Vec<u8> = faces
        .flat_map(|face| face.points)
        .flatten()
        .flat_map(f32::to_le_bytes)
        .collect();
    let confidence = track.frames.iter().map(|frame| frame.confidence);
    let confidence: Vec<u8> = confidence.flat_map(f32::to_le_bytes).collect();
    let pts = track.frames.iter().map(|frame| frame.pts);
    let pts: Vec<u8> = pts.flat_map(i64::to_le_bytes).collect();
    let count = track.frames.len();
    let view = |dtype, shape: &[usize], data| {
        TensorView::new(dtype, shape.to_vec(), data).map_err(|error| error.to_string())
    };
    let mut tensors = vec![
        ("points", view(Dtype::F32, &[count, POINTS, 2], &points)?),
        ("confidence", view(Dtype::F32, &[count], &confidence)?),
        ("pts", view(Dtype::I64, &[count], &pts)?),
    ];
    let more = extras.tensors.iter();
    let more = more.map(|(_, _, values)| {
        values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect()
    });
    let more: Vec<Vec<u8>> = more.collect();
    for ((name, columns, _), bytes) in extras.tensors.iter().zip(&more) {
        tensors.push((*name, view(Dtype::F32, &[count, *columns], bytes)?));
    }
    let metadata = HashMap::from([(ENTRY.to_owned(), header)]);
    safetensors::serialize(tensors, Some(metadata)).map_err(|error| error.to_string())
}

pub(super) fn decode(bytes: &[u8]) -> Result<Track, String> {
    let said = |error: safetensors::SafeTensorError| error.to_string();
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(said)?;
    let entry = metadata
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get(ENTRY));
    let entry = entry.ok_or_else(|| format!("its metadata has no entry {ENTRY:?}"))?;
    let header: Header =
        serde_json::from_str(entry).map_err(|error| format!("its metadata: {error}"))?;
    if header.version != VERSION {
        let version = header.version;
        return Err(format!(
            "it has version {version}, this program reads version {VERSION}"
        ));
    }
    check_scheme(&header.scheme)?;
    let file = SafeTensors::deserialize(bytes).map_err(said)?;
    let pts = tensor(&file, "pts", Dtype::I64, &[])?;
    let count = pts.len() / 8;
    let most = media::Limits::current().frames;
    if count as u64 > most {
        return Err(format!("it has more than {most} frames, the limit"));
    }
    let points = floats(tensor(&file, "points", Dtype::F32, &[count, POINTS, 2])?);
    let confidence = floats(tensor(&file, "confidence", Dtype::F32, &[count])?);
    let mut frames = Vec::with_capacity(count);
    for (index, pts) in pts.chunks_exact(8).enumerate() {
        let values = &points[index * POINTS * 2..(index + 1) * POINTS * 2];
        frames.push(TrackFrame {
            pts: i64::from_le_bytes(pts.try_into().expect("a chunk of 8 bytes")),
            landmarks: read_points(values).ok_or_else(|| {
                format!("frame {index} has some points that are numbers and some that are not")
            })?,
            confidence: confidence[index],
        });
    }
    Ok(Track {
        size: [header.width, header.height],
        frame_rate: rational("frame_rate", header.frame_rate)?,
        time_base: rational("time_base", header.time_base)?,
        frames,
    })
}

/// Points of one frame: `Some(None)` where all are NaN, `None` where only some are.
fn read_points(values: &[f32]) -> Option<Option<Landmarks>> {
    if values.iter().all(|value| value.is_nan()) {
        return Some(None);
    }
    if values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut landmarks = Landmarks {
        points: [[0.0; 2]; POINTS],
    };
    for (point, pair) in landmarks.points.iter_mut().zip(values.chunks_exact(2)) {
        *point = [pair[0], pair[1]];
    }
    Some(Some(landmarks))
}

/// Bytes of a tensor of this type and shape; an empty shape stands for one axis of any length.
fn tensor<'a>(
    file: &SafeTensors<'a>,
    name: &str,
    dtype: Dtype,
    shape: &[usize],
) -> Result<&'a [u8], String> {
    let view = file
        .tensor(name)
        .map_err(|error| format!("{name}: {error}"))?;
    let has_shape = view.shape() == shape || (shape.is_empty() && view.shape().len() == 1);
    if view.dtype() != dtype || !has_shape {
        let (found, found_shape) = (view.dtype(), view.shape());
        return Err(format!(
            "{name} is {found:?} of shape {found_shape:?}, expected {dtype:?} of shape {shape:?}"
        ));
    }
    Ok(view.data())
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let words = bytes.chunks_exact(4);
    words
        .map(|word| f32::from_le_bytes(word.try_into().expect("a chunk of 4 bytes")))
        .collect()
}
