//! Entry point that measures the tracker against labels, on clips and stills, as a user gets it:
//! faces are found by the detector and followed with smoothing, nothing is given away.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use inference::InferenceError;
use landmarks::{FaceFinder, FaceTracker, Landmarks, LandmarksError, TrackerConfig};
use media::{Frame, Image, MediaError, VideoReader, read_picture};
use serde::Serialize;

use crate::landmark_scores::{LandmarkScores, ScoreSummary, jitter};

/// A clip or still with the labels of some of its frames.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledMedia {
    /// What reports call it.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Whether it moves.
    pub is_clip: bool,
    /// Width and height that the labels refer to; frames decoded at another size scale them.
    pub size: [u32; 2],
    /// Landmarks by frame; a still has frame 0.
    pub labels: BTreeMap<u64, Landmarks>,
}

impl LabelledMedia {
    /// Labels in the pixels of a decoded picture.
    fn scaled(&self, labels: &Landmarks, picture: &Image) -> Landmarks {
        labels.resized(self.size, [picture.width(), picture.height()])
    }
}

/// Settings of a measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct LandmarkEvaluationConfig {
    /// What to measure on.
    pub labelled: Vec<LabelledMedia>,
    /// Pictures that show no face.
    pub faceless: Vec<PathBuf>,
    /// A clip of one still picture, encoded and decoded again, to measure jitter on.
    pub still_clip: Option<PathBuf>,
    /// Smoothing of the tracker, 0 to 1.
    pub smoothing: f32,
}

/// All numbers of a measurement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LandmarkReport {
    /// Over the frames of all clips.
    pub clips: ScoreSummary,
    /// Over all stills.
    pub stills: ScoreSummary,
    /// Of each file by name.
    pub files: BTreeMap<String, ScoreSummary>,
    /// Pictures without a face that were looked at.
    pub faceless_pictures: usize,
    /// Faces found in them.
    pub false_finds: usize,
    /// Jitter of the still clip, percent of the inter-ocular distance.
    pub jitter_percent: Option<f64>,
}

/// What happens during a measurement.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A file is done.
    Measured {
        /// Its name.
        name: String,
        /// Files done.
        done: usize,
        /// Files in all.
        total: usize,
    },
}

/// Why a measurement could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// A file could not be read.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The networks could not be loaded.
    #[error(transparent)]
    Landmarks(#[from] LandmarksError),
    /// A network could not be run.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// The listener asked for the end.
    #[error("the measurement was stopped; there is no report of a part")]
    Stopped,
}

/// Measure the built-in networks.
///
/// # Errors
/// See [`EvaluationError`].
pub fn evaluate_landmarks(
    config: &LandmarkEvaluationConfig,
    listener: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<LandmarkReport, EvaluationError> {
    let mut clips = LandmarkScores::default();
    let mut stills = LandmarkScores::default();
    let mut files = BTreeMap::new();
    let total = config.labelled.len() + config.faceless.len();
    let mut done = 0;
    let mut tell = |name: &str| {
        done += 1;
        let event = Event::Measured {
            name: name.into(),
            done,
            total,
        };
        if listener(event).is_break() {
            Err(EvaluationError::Stopped)
        } else {
            Ok(())
        }
    };
    for media in &config.labelled {
        let scores = if media.is_clip {
            measure_clip(media, config)?
        } else {
            measure_still(media)?
        };
        if media.is_clip {
            &mut clips
        } else {
            &mut stills
        }
        .extend(&scores);
        files.insert(media.name.clone(), scores.summary());
        tell(&media.name)?;
    }
    let finder = FaceFinder::built_in(None)?;
    let mut false_finds = 0;
    for path in &config.faceless {
        false_finds += finder.find_all(&read_picture(path)?)?.len();
        tell(&path.display().to_string())?;
    }
    let jitter_percent = match &config.still_clip {
        Some(path) => Some(measure_jitter(path, config.smoothing)?),
        None => None,
    };
    Ok(LandmarkReport {
        clips: clips.summary(),
        stills: stills.summary(),
        files,
        faceless_pictures: config.faceless.len(),
        false_finds,
        jitter_percent,
    })
}

fn tracker(smoothing: f32) -> Result<FaceTracker, EvaluationError> {
    let config = TrackerConfig {
        smoothing,
        ..TrackerConfig::default()
    };
    Ok(FaceTracker::new(FaceFinder::built_in(None)?, config))
}

fn measure_clip(
    media: &LabelledMedia,
    config: &LandmarkEvaluationConfig,
) -> Result<LandmarkScores, EvaluationError> {
    let mut scores = LandmarkScores::default();
    track(&media.path, config.smoothing, &mut |frame, found| {
        if let Some(label) = media.labels.get(&frame.index) {
            scores.add(found.as_ref(), &media.scaled(label, &frame.image));
        }
    })?;
    Ok(scores)
}

fn measure_still(media: &LabelledMedia) -> Result<LandmarkScores, EvaluationError> {
    let mut scores = LandmarkScores::default();
    let picture = read_picture(&media.path)?;
    let found = FaceFinder::built_in(None)?.find_all(&picture)?;
    for label in media.labels.values() {
        let label = media.scaled(label, &picture);
        scores.add(found.first().map(|points| &points.landmarks), &label);
    }
    Ok(scores)
}

fn measure_jitter(path: &Path, smoothing: f32) -> Result<f64, EvaluationError> {
    let mut points = Vec::new();
    track(path, smoothing, &mut |_, found| points.extend(found))?;
    Ok(jitter(&points))
}

fn track(
    path: &Path,
    smoothing: f32,
    see: &mut dyn FnMut(&Frame, Option<Landmarks>),
) -> Result<(), EvaluationError> {
    let mut tracker = tracker(smoothing)?;
    let mut reader = VideoReader::open(path)?;
    let time_base = reader.info().time_base.to_f64();
    while let Some(frame) = reader.next_frame()? {
        let time_s = frame.pts as f64 * time_base;
        let seen = tracker.next_frame(&frame.image, time_s)?;
        see(&frame, seen.landmarks);
    }
    Ok(())
}
