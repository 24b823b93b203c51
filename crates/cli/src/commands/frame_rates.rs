//! How fast this machine follows a face and paints one, measured on the built-in portrait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use landmarks::{FaceChoice, FaceFinder, FaceTracker, Landmarks, TrackerConfig};
use media::Image;
use reenactment::portrait::{PortraitModel, PortraitPainter};
use reenactment::{
    AnimateConfig, Audio, BuiltInMotion, Composition, Driving, Engine, Marks, MotionChoice,
    Retargeter, Source, WarpEngine,
};

use crate::terminal::failure::Failure;

/// Seconds of the built-in motion that are drawn to measure on.
const SAMPLE_S: f64 = 0.5;
/// Time that each measurement takes at least.
const MEASURED_FOR: Duration = Duration::from_secs(2);

/// Frames a second, and the size they hold for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FrameRates {
    /// Following a face from frame to frame, with its 70 points.
    pub(crate) tracking: f64,
    /// Painting a frame with the engine `warp`.
    pub(crate) warp: f64,
    /// Painting a frame with the built-in portrait model, one after the other.
    pub(crate) portrait: f64,
    /// Width of the frames, pixels.
    pub(crate) width: u32,
    /// Height of the frames, pixels.
    pub(crate) height: u32,
}

/// Draw a short clip, then follow and paint its face for a few seconds.
///
/// # Errors
/// If no temporary folder can be written to, or a network does not run.
pub(crate) fn measure() -> Result<FrameRates, Failure> {
    let pictures = sample()?;
    let first = &pictures[0];
    let mut seen: Vec<Landmarks> = Vec::new();
    let finder = FaceFinder::built_in(None).map_err(Failure::work)?;
    let config = TrackerConfig {
        face: FaceChoice::Largest,
        ..TrackerConfig::default()
    };
    let mut tracker = FaceTracker::new(finder, config);
    let mut failed = None;
    let tracking = rate(|index| {
        let picture = &pictures[index % pictures.len()];
        match tracker.next_frame(picture, index as f64 / 25.0) {
            Ok(observation) => seen.extend(observation.landmarks),
            Err(error) => failed = Some(error),
        }
    });
    if let Some(error) = failed {
        return Err(Failure::work(error));
    }
    let rest = seen.first().ok_or_else(|| Failure::work(NoFaceSeen))?;
    let engine = WarpEngine::new(first, rest);
    let retargeter = Retargeter::new(rest, [first.width(), first.height()], rest);
    let warp = rate(|index| {
        engine.paint(&retargeter.drive(&seen[index % seen.len()]));
    });
    let model = Arc::new(PortraitModel::built_in().map_err(Failure::work)?);
    let painter = PortraitPainter::new(model, first, rest, &[]).map_err(Failure::work)?;
    let painter = painter.ok_or_else(|| Failure::work(NoFaceSeen))?;
    let mut failed = None;
    let portrait = rate(|index| {
        let face = retargeter.drive(&seen[index % seen.len()]);
        failed = painter.paint(&face.landmarks()).err().or(failed.take());
    });
    if let Some(error) = failed {
        return Err(Failure::work(error));
    }
    Ok(FrameRates {
        tracking,
        warp,
        portrait,
        width: first.width(),
        height: first.height(),
    })
}

/// The tracker lost the built-in portrait.
#[derive(Debug, thiserror::Error)]
#[error("the built-in portrait's face was not found: the built-in networks are damaged")]
struct NoFaceSeen;

/// How often a second `work` can be done; it is given the count so far.
fn rate(mut work: impl FnMut(usize)) -> f64 {
    let started = Instant::now();
    let mut done = 0;
    while started.elapsed() < MEASURED_FOR {
        work(done);
        done += 1;
    }
    done as f64 / started.elapsed().as_secs_f64()
}

/// Frames of the built-in portrait speaking.
pub(crate) fn sample() -> Result<Vec<Image>, Failure> {
    let folder = tempfile::tempdir().map_err(Failure::work)?;
    let frames = folder.path().join("frames");
    let config = AnimateConfig {
        source: Source::BuiltInPortrait,
        further_sources: Vec::new(),
        source_face: FaceChoice::Largest,
        driving: Driving::BuiltIn {
            motion: BuiltInMotion::Talk,
            duration_s: Some(SAMPLE_S),
        },
        driving_face: FaceChoice::Largest,
        output: frames.clone(),
        audio: Audio::None,
        engine: Engine::Warp,
        motion: MotionChoice::default(),
        smoothing: 0.0,
        composition: Composition::default(),
        marks: Marks::default(),
        preview: None,
        segment_frames: None,
    };
    let go_on = &mut |_| std::ops::ControlFlow::Continue(());
    reenactment::animate(&config, go_on).map_err(Failure::work)?;
    let paths = media::pictures_in(&frames).map_err(Failure::work)?;
    let pictures = paths.iter().map(|path| media::read_picture(path));
    pictures.collect::<Result<_, _>>().map_err(Failure::work)
}
