//! Says how far a finished result differs from its source outside the mask of the engine that painted it:
//! `cargo run --release -p reenactment --example background_outside_mask -- SOURCE DRIVING FRAMES [warp]`, where
//! FRAMES is the folder of PNG pictures that `vivant animate -s SOURCE -d DRIVING -o FRAMES` wrote.

#![allow(clippy::print_stdout, reason = "an example is a program")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landmarks::{FaceFinder, FaceTracker, Landmarks, TrackerConfig};
use media::{Image, VideoReader, read_picture};
use reenactment::portrait::{PortraitModel, PortraitPainter};
use reenactment::{DrivenFace, HeadMask, Retargeter, WarpEngine, find_calm};

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [source, driving, frames, engine @ ..] = &paths[..] else {
        return Err("name a source, a driving video and a folder of frames".into());
    };
    let picture = read_picture(source)?;
    let finder = FaceFinder::built_in(None)?;
    let found = finder.find_all(&picture)?;
    let face = found.first().ok_or("no face in the source")?.landmarks;
    let motions = motions(driving)?;
    let calm = find_calm(&motions).ok_or("no face in the driving video")?;
    let size = [picture.width(), picture.height()];
    let retargeter = Retargeter::new(&face, size, &calm.landmarks).knowing(&motions);
    let mask = mask_of(&picture, &face, !engine.is_empty())?;
    let mut reader = VideoReader::open(frames)?;
    let (mut least_db, mut squares, mut area) = (f64::INFINITY, 0.0_f64, 0.0_f32);
    for motion in &motions {
        let frame = reader
            .next_frame()?
            .ok_or("there are fewer frames than the driving has")?;
        let mask = mask(&retargeter.drive(motion));
        let db = mask.psnr_outside_db(&picture, &frame.image, 0.0);
        least_db = least_db.min(db);
        squares += 10.0_f64.powf(-db / 10.0);
        area += mask.area();
    }
    let count = motions.len() as f64;
    let mean_db = -10.0 * (squares / count).log10();
    let area = 100.0 * f64::from(area) / count;
    println!(
        "{} frames, mask {area:.0} % of the picture; outside it PSNR {mean_db:.1} dB, least of a frame {least_db:.1} dB",
        motions.len()
    );
    Ok(())
}

/// Landmarks of every frame, as `animate` finds them.
fn motions(path: &Path) -> Result<Vec<Landmarks>, Box<dyn Error>> {
    let mut reader = VideoReader::open(path)?;
    let base = reader.info().time_base.to_f64();
    let mut tracker = FaceTracker::new(FaceFinder::built_in(None)?, TrackerConfig::default());
    let mut faces = Vec::new();
    while let Some(frame) = reader.next_frame()? {
        let seen = tracker.next_frame(&frame.image, frame.pts as f64 * base)?;
        faces.push(seen.landmarks.ok_or("a frame without a face")?);
    }
    Ok(faces)
}

type Mask = Box<dyn Fn(&DrivenFace) -> HeadMask>;

fn mask_of(picture: &Image, face: &Landmarks, is_warp: bool) -> Result<Mask, Box<dyn Error>> {
    if is_warp {
        let engine = WarpEngine::new(picture, face);
        return Ok(Box::new(move |driven| engine.mask(driven)));
    }
    let model = Arc::new(PortraitModel::built_in()?);
    let painter = PortraitPainter::new(model, picture, face, &[])?.ok_or("no area of a face")?;
    Ok(Box::new(move |driven| painter.mask_of_face(driven)))
}
