//! The run itself: picture, video or folder in, track and overlay out.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use media::{InputKind, Rational, VideoReader, read_picture, sniff};

use crate::choice::FaceChoice;
use crate::error::LandmarksError;
use crate::event::{Event, LandmarksConfig, Progress, Summary, Warning};
use crate::finder::FaceFinder;
use crate::overlay::{Overlay, check_picture_name};
use crate::track::{Track, TrackFrame};
use crate::track_file::TrackFormat;
use crate::tracker::FaceTracker;

/// Frame rate that the track of a single picture gets, frames a second.
const PICTURE_RATE: i64 = 25;

type Listener<'a> = dyn FnMut(Event) -> ControlFlow<()> + 'a;

/// Find the landmarks of one face in a picture, or follow them through a video or a folder of
/// pictures, and write them as a track.
///
/// Answering [`ControlFlow::Break`] stops the run and leaves no half file.
///
/// # Errors
/// Where no frame shows the chosen face, or files cannot be read or written.
pub fn landmarks(
    config: &LandmarksConfig,
    listener: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<Summary, LandmarksError> {
    let start = Instant::now();
    TrackFormat::from_path(&config.output)?;
    let kind = sniff(&config.input)?;
    let finder = FaceFinder::built_in(config.threads)?;
    let mut tracker = FaceTracker::new(finder, config.tracker);
    let mut found = match kind {
        InputKind::Picture => look_at_picture(config, &mut tracker)?,
        InputKind::Video | InputKind::PictureFolder | InputKind::Sound => {
            follow_video(config, &mut tracker, listener)?
        }
    };
    let most_faces = tracker.most_faces();
    warn(config, &found, most_faces, listener)?;
    if let Some(overlay) = found.overlay.take() {
        found.notes.extend(overlay.finish()?);
    }
    found.track.write(&config.output)?;
    // All is done: an answer that asks to stop has nothing left to stop.
    for note in found.notes {
        let _answer = listener(Event::Warning(Warning::Media { note }));
    }
    let summary = summarise(config, &found.track, most_faces, start);
    let _answer = listener(Event::Finished(summary.clone()));
    Ok(summary)
}

/// What looking at the input gave.
struct Found {
    track: Track,
    overlay: Option<Overlay>,
    /// What the user should know of the files.
    notes: Vec<String>,
}

fn look_at_picture(
    config: &LandmarksConfig,
    tracker: &mut FaceTracker,
) -> Result<Found, LandmarksError> {
    if let Some(overlay) = &config.overlay {
        check_picture_name(overlay)?;
    }
    let picture = read_picture(&config.input)?;
    let seen = tracker.next_frame(&picture, 0.0)?;
    let landmarks = seen
        .landmarks
        .ok_or_else(|| not_found(config, tracker.most_faces(), 1))?;
    let overlay = config.overlay.as_deref();
    let overlay = overlay.map(|path| {
        let seal = config.overlay_seal.clone();
        Overlay::picture(path, &picture, &landmarks, seal)
    });
    let rate = Rational::new(PICTURE_RATE, 1).expect("the rate is positive");
    let track = Track {
        size: [picture.width(), picture.height()],
        frame_rate: rate,
        time_base: rate.inverse(),
        frames: vec![TrackFrame {
            pts: 0,
            landmarks: Some(landmarks),
            confidence: seen.confidence,
        }],
    };
    Ok(Found {
        track,
        overlay,
        notes: Vec::new(),
    })
}

fn follow_video(
    config: &LandmarksConfig,
    tracker: &mut FaceTracker,
    listener: &mut Listener<'_>,
) -> Result<Found, LandmarksError> {
    let mut reader = VideoReader::open(&config.input)?;
    let info = reader.info().clone();
    let seal = config.overlay_seal.clone();
    let create = |path: &Path| Overlay::video(path, &config.input, &info, seal);
    let mut overlay = config.overlay.as_deref().map(create).transpose()?;
    let mut track = Track {
        size: [info.width, info.height],
        frame_rate: info.frame_rate,
        time_base: info.time_base,
        frames: Vec::new(),
    };
    let start = Instant::now();
    while let Some(frame) = reader.next_frame()? {
        let time_s = frame.pts as f64 * info.time_base.to_f64();
        let seen = tracker.next_frame(&frame.image, time_s)?;
        track.frames.push(TrackFrame {
            pts: frame.pts,
            landmarks: seen.landmarks,
            confidence: seen.confidence,
        });
        if let Some(overlay) = &mut overlay {
            overlay.write(frame.image, frame.pts, seen.landmarks.as_ref())?;
        }
        let progress = progress(track.frames.len() as u64, info.frame_count, start);
        tell(listener, Event::Progress(progress))?;
    }
    if track.frames_with_face() == 0 {
        let frames = track.frames.len() as u64;
        return Err(not_found(config, tracker.most_faces(), frames));
    }
    let notes = reader.warning().map(str::to_owned).into_iter().collect();
    Ok(Found {
        track,
        overlay,
        notes,
    })
}

fn progress(done: u64, total: Option<u64>, start: Instant) -> Progress {
    let frames_per_second = done as f64 / start.elapsed().as_secs_f64().max(1e-9);
    let left = total.map(|total| total.saturating_sub(done) as f64);
    Progress {
        done,
        total,
        frames_per_second,
        left_s: left.map(|left| left / frames_per_second),
    }
}

/// Why no frame shows the chosen face, when `faces` is the most that one frame shows.
fn not_found(config: &LandmarksConfig, faces: usize, frames: u64) -> LandmarksError {
    let path = config.input.clone();
    match config.tracker.face {
        FaceChoice::Number(number) if faces > 0 => LandmarksError::NoSuchFace {
            path,
            number,
            found: faces,
        },
        FaceChoice::Box { .. } if faces > 0 => LandmarksError::NoFaceInBox { path, found: faces },
        _ => LandmarksError::NoFace { path, frames },
    }
}

fn warn(
    config: &LandmarksConfig,
    found: &Found,
    most_faces: usize,
    listener: &mut Listener<'_>,
) -> Result<(), LandmarksError> {
    if most_faces > 1 && config.tracker.face == FaceChoice::Largest {
        let warning = Warning::SeveralFaces { found: most_faces };
        tell(listener, Event::Warning(warning))?;
    }
    let gaps = found.track.gaps();
    if !gaps.is_empty() {
        let total = found.track.frames.len() as u64;
        let warning = Warning::NoFaceInFrames { gaps, total };
        tell(listener, Event::Warning(warning))?;
    }
    Ok(())
}

fn summarise(
    config: &LandmarksConfig,
    track: &Track,
    most_faces: usize,
    start: Instant,
) -> Summary {
    let seen = track.frames_with_face();
    let sum: f32 = track.frames.iter().map(|frame| frame.confidence).sum();
    Summary {
        output: config.output.clone(),
        overlay: config.overlay.clone(),
        frames: track.frames.len() as u64,
        frames_with_face: seen as u64,
        confidence: sum / seen.max(1) as f32,
        most_faces,
        wall_s: start.elapsed().as_secs_f64(),
    }
}

fn tell(listener: &mut Listener<'_>, event: Event) -> Result<(), LandmarksError> {
    match listener(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(LandmarksError::Stopped),
    }
}
