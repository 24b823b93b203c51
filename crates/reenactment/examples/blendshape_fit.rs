//! Learns the weights of `models/blendshapes` from labelled clips: ridge regression of blendshape
//! coefficients on measures of the points.
//!
//! `blendshape_fit TRACKS LABELS OUTPUT`: TRACKS holds `NAME.motion.safetensors` as `vivant landmarks`
//! writes them, LABELS holds `NAME.safetensors` with `points`, `blendshapes`, `confidence` and `frame`.
//! Both the tracker's points and the labelled ones are learned from, each also mirrored; clips are
//! centred, so that a person's resting face teaches nothing. Clips without labels are left out.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for developers"
)]

use std::error::Error;
use std::path::Path;

use dataset::{Labels, flip_landmarks};
use landmarks::{Landmarks, Track, linear_system};
use reenactment::blendshapes::{BLENDSHAPES, FEATURES, NAMES, PointFeatures, is_carried};
use reenactment::find_calm;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// Strength of the ridge, per sample of standardised features.
const RIDGE: f64 = 0.1;
/// Least confidence of a label.
const LEAST_CONFIDENCE: f32 = 0.5;
/// Fewest labelled frames of a clip.
const FEWEST_FRAMES: usize = 8;
/// How far a coefficient is stretched at most, since a ridge shrinks what it is unsure of.
const MOST_STRETCH: f64 = 2.2;

/// Features and coefficients of one clip, centred and weighted.
struct Clip {
    features: Vec<[f64; FEATURES]>,
    targets: Vec<[f64; BLENDSHAPES]>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [tracks, labels, output] = arguments.as_slice() else {
        return Err("usage: blendshape_fit TRACKS LABELS OUTPUT".into());
    };
    let mut clips = Vec::new();
    let mut entries: Vec<_> = std::fs::read_dir(labels)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let track = Path::new(tracks).join(format!("{name}.motion.safetensors"));
        clips.extend(read_clip(&path, &track)?);
    }
    let frames: usize = clips.iter().map(|clip| clip.features.len()).sum();
    println!("{} clips and mirror images, {frames} frames", clips.len());
    let weights = fit(&clips);
    write(Path::new(output), &weights)?;
    Ok(())
}

/// A clip, as tracked where it was tracked and as labelled, each with its mirror image.
fn read_clip(path: &Path, track: &Path) -> Result<Vec<Clip>, Box<dyn Error>> {
    let labels = Labels::read(path)?;
    let coefficients = coefficients(path)?;
    let labelled: Vec<(Landmarks, [f64; BLENDSHAPES])> = labels
        .faces
        .iter()
        .filter(|face| face.confidence > LEAST_CONFIDENCE)
        .filter_map(|face| Some((face.landmarks, coefficients(face.frame)?)))
        .collect();
    let mut seen = vec![(labelled.iter().map(|(face, _)| *face).collect(), labelled)];
    if track.exists() {
        let track = Track::read(track)?;
        let all: Vec<Landmarks> = track.frames.iter().filter_map(|f| f.landmarks).collect();
        let tracked = labels.faces.iter().filter_map(|face| {
            let frame = track.frames.get(usize::try_from(face.frame).ok()?)?;
            let is_sure = face.confidence > LEAST_CONFIDENCE;
            is_sure.then_some((frame.landmarks?, coefficients(face.frame)?))
        });
        seen.push((all, tracked.collect()));
    }
    let mut clips = Vec::new();
    for (all, frames) in seen {
        if frames.len() < FEWEST_FRAMES {
            continue;
        }
        let calm = find_calm(&all).ok_or("a clip without a face")?.landmarks;
        clips.push(clip(&calm, &frames));
        let flip = |face: &Landmarks| flip_landmarks(face, labels.size[0]);
        let flipped: Vec<_> = frames.iter().map(|(f, t)| (flip(f), mirrored(t))).collect();
        clips.push(clip(&flip(&calm), &flipped));
    }
    Ok(clips)
}

fn clip(calm: &Landmarks, frames: &[(Landmarks, [f64; BLENDSHAPES])]) -> Clip {
    let reader = PointFeatures::new(calm);
    let features = frames
        .iter()
        .map(|(face, _)| reader.of(face).map(f64::from));
    let mut features: Vec<[f64; FEATURES]> = features.collect();
    let mut targets: Vec<[f64; BLENDSHAPES]> = frames.iter().map(|(_, target)| *target).collect();
    // Long clips count more, but not as much more as they are longer.
    let weight = (frames.len() as f64).powf(-0.25);
    centre(&mut features, weight);
    centre(&mut targets, weight);
    Clip { features, targets }
}

fn centre<const WIDTH: usize>(rows: &mut [[f64; WIDTH]], weight: f64) {
    for column in 0..WIDTH {
        let mean = rows.iter().map(|row| row[column]).sum::<f64>() / rows.len() as f64;
        for row in rows.iter_mut() {
            row[column] = weight * (row[column] - mean);
        }
    }
}

/// The coefficients of a mirrored face: left and right change places.
fn mirrored(target: &[f64; BLENDSHAPES]) -> [f64; BLENDSHAPES] {
    std::array::from_fn(|index| {
        let name = NAMES[index];
        let other = if name.contains("Left") {
            name.replace("Left", "Right")
        } else {
            name.replace("Right", "Left")
        };
        let partner = NAMES.iter().position(|known| *known == other);
        target[partner.expect("every side has its partner")]
    })
}

/// Coefficients of the labelled frames by their number in the clip, in our order.
fn coefficients(path: &Path) -> Result<impl Fn(u64) -> Option<[f64; BLENDSHAPES]>, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let (_, header) = SafeTensors::read_metadata(&bytes)?;
    let words = header
        .metadata()
        .as_ref()
        .ok_or("labels without metadata")?;
    let names: Vec<String> = serde_json::from_str(&words["blendshape_names"])?;
    let file = SafeTensors::deserialize(&bytes)?;
    let frames = file.tensor("frame")?;
    let frames = frames.data().chunks_exact(4);
    let frames: Vec<u64> = frames
        .map(|word| u64::from(u32::from_le_bytes([word[0], word[1], word[2], word[3]])))
        .collect();
    let values = file.tensor("blendshapes")?.data().to_vec();
    let columns = NAMES.map(|name| names.iter().position(|known| known == name));
    let count = names.len();
    Ok(move |frame| {
        let row = frames.iter().position(|known| *known == frame)?;
        let value = |column: Option<usize>| {
            let Some(column) = column else { return 0.0 };
            let at = 4 * (row * count + column);
            let word = values[at..at + 4].try_into().expect("four bytes");
            f64::from(f32::from_le_bytes(word))
        };
        let found = columns.map(value);
        found.iter().all(|value| value.is_finite()).then_some(found)
    })
}

/// Ridge regression on standardised features, then a stretch towards the spread of the labels.
fn fit(clips: &[Clip]) -> Vec<[f32; BLENDSHAPES]> {
    let rows = || {
        clips
            .iter()
            .flat_map(|clip| clip.features.iter().zip(&clip.targets))
    };
    let count = rows().count() as f64;
    let mut matrix = vec![0.0; FEATURES * FEATURES];
    let mut right = vec![0.0; FEATURES * BLENDSHAPES];
    for (features, targets) in rows() {
        for (row, value) in features.iter().enumerate() {
            let line = &mut matrix[row * FEATURES..(row + 1) * FEATURES];
            line.iter_mut()
                .zip(features)
                .for_each(|(sum, other)| *sum += value * other);
            let line = &mut right[row * BLENDSHAPES..(row + 1) * BLENDSHAPES];
            line.iter_mut()
                .zip(targets)
                .for_each(|(sum, target)| *sum += value * target);
        }
    }
    let spread: Vec<f64> = (0..FEATURES)
        .map(|row| (matrix[row * FEATURES + row] / count).sqrt() + 1e-9)
        .collect();
    for row in 0..FEATURES {
        for column in 0..FEATURES {
            matrix[row * FEATURES + column] /= spread[row] * spread[column];
        }
        matrix[row * FEATURES + row] += RIDGE * count;
        for value in &mut right[row * BLENDSHAPES..(row + 1) * BLENDSHAPES] {
            *value /= spread[row];
        }
    }
    linear_system::solve(&mut matrix, &mut right, BLENDSHAPES).expect("a ridge can be solved");
    let weight = |row: usize, column: usize| right[row * BLENDSHAPES + column] / spread[row];
    let stretch: Vec<f64> = (0..BLENDSHAPES)
        .map(|column| {
            let (mut read, mut wanted) = (0.0_f64, 0.0_f64);
            for (features, targets) in rows() {
                let value: f64 = (0..FEATURES)
                    .map(|row| features[row] * weight(row, column))
                    .sum();
                read += value * value;
                wanted += targets[column] * targets[column];
            }
            (wanted / read.max(1e-12)).sqrt().clamp(1.0, MOST_STRETCH)
        })
        .collect();
    let row = |row: usize| {
        std::array::from_fn(|column| {
            let value = (weight(row, column) * stretch[column]) as f32;
            if is_carried(NAMES[column]) {
                value
            } else {
                0.0
            }
        })
    };
    (0..FEATURES).map(row).collect()
}

fn write(path: &Path, weights: &[[f32; BLENDSHAPES]]) -> Result<(), Box<dyn Error>> {
    let bytes: Vec<u8> = weights
        .iter()
        .flatten()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let view = TensorView::new(Dtype::F32, vec![FEATURES, BLENDSHAPES], &bytes)?;
    safetensors::serialize_to_file([("weights", view)], None, path)?;
    Ok(())
}
