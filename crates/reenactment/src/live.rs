//! The live view: every frame of a camera moves the picture at once, with nothing known of what comes after it.

use std::time::Instant;

use landmarks::{
    FaceChoice, FaceFinder, FaceTracker, Landmarks, TrackerConfig, resize_longer_side,
};
use media::Image;

use crate::calm_frame::find_calm;
use crate::config::{Engine, Source};
use crate::error::AnimateError;
use crate::event::PaintedBy;
use crate::few_shot::AvatarPainter;
use crate::head_crop::HeadCrop;
use crate::motion_choice::MotionChoice;
use crate::painter::Painter;
use crate::retarget::Retargeter;
use crate::source_face::{SourceFace, find_source};

/// Frames with a face from which the driver's calm is found.
const CALIBRATION_FRAMES: usize = 10;

/// What a live session is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveConfig {
    /// The picture that moves; of a video, its first frame.
    pub source: Source,
    /// Which of its faces.
    pub source_face: FaceChoice,
    /// What paints.
    pub engine: Engine,
    /// Side of the square around the head that is painted, pixels.
    pub side_px: u32,
    /// Steadiness of the landmarks: 0 as found, 1 steadiest.
    pub smoothing: f32,
    /// Which of the motion reaches the picture.
    pub motion: MotionChoice,
}

/// A picture that follows a camera.
pub struct LiveSession {
    tracker: FaceTracker,
    painter: LivePainter,
    source: Landmarks,
    side_px: u32,
    motion: MotionChoice,
    /// Faces seen since calibration was asked for.
    calibration: Vec<Landmarks>,
    retargeter: Option<Retargeter>,
    shown: Image,
}

/// What paints, and who it belongs to.
enum LivePainter {
    /// A painter that owns its picture.
    Owned(Painter<'static>),
    /// An avatar's network.
    Avatar(Box<AvatarPainter>),
}

/// The answer to one frame of the camera.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveFrame {
    /// The picture; the one before where no face was seen.
    pub picture: Image,
    /// Where the face was seen, pixels of the camera's frame.
    pub landmarks: Option<Landmarks>,
    /// Whether the driver's calm is known, so that the picture moves.
    pub is_calibrated: bool,
    /// Time that the landmarks took, seconds.
    pub tracking_s: f64,
    /// Time that painting took, seconds.
    pub painting_s: f64,
}

impl LiveSession {
    /// Get the picture ready.
    ///
    /// # Errors
    /// Where the source shows no face, or a network cannot be loaded.
    pub fn open(config: &LiveConfig) -> Result<Self, AnimateError> {
        let finder = FaceFinder::built_in(None)?;
        let source = find_source(&finder, &config.source, config.source_face)?;
        let source = cut_head(source, config.side_px)?;
        let landmarks = source.landmarks;
        let shown = source.picture.clone();
        let painter = match (source.avatar, &config.engine) {
            (Some(avatar), Engine::Automatic) => LivePainter::Avatar(Box::new(avatar)),
            (_, engine) => {
                LivePainter::Owned(Painter::of_picture(&source.picture, &landmarks, engine)?)
            }
        };
        let tracker = TrackerConfig {
            face: FaceChoice::Largest,
            smoothing: config.smoothing,
        };
        Ok(Self {
            tracker: FaceTracker::new(finder, tracker),
            painter,
            source: landmarks,
            side_px: shown.width(),
            motion: config.motion.clone(),
            calibration: Vec::new(),
            retargeter: None,
            shown,
        })
    }

    /// Side of the pictures it gives, pixels.
    pub fn side_px(&self) -> u32 {
        self.side_px
    }

    /// What paints.
    pub fn painted_by(&self) -> PaintedBy {
        match &self.painter {
            LivePainter::Owned(painter) => painter.name(),
            LivePainter::Avatar(_) => PaintedBy::Avatar,
        }
    }

    /// Take the next frames for the driver's calm; until then the picture keeps moving as before.
    pub fn calibrate(&mut self) {
        self.calibration.clear();
    }

    /// Answer the next frame of the camera, shown at `time_s`.
    ///
    /// # Errors
    /// Where a network fails.
    pub fn next_frame(&mut self, camera: &Image, time_s: f64) -> Result<LiveFrame, AnimateError> {
        let start = Instant::now();
        let seen = self.tracker.next_frame(camera, time_s)?.landmarks;
        let tracking_s = start.elapsed().as_secs_f64();
        if let Some(face) = seen {
            self.learn_calm(face);
            if let Some(retargeter) = &self.retargeter {
                let driven = retargeter.drive(&face);
                self.shown = match &self.painter {
                    LivePainter::Owned(painter) => painter.paint(&driven)?,
                    LivePainter::Avatar(avatar) => avatar.paint(&driven.landmarks())?,
                };
            }
        }
        Ok(LiveFrame {
            picture: self.shown.clone(),
            landmarks: seen,
            is_calibrated: self.calibration.len() >= CALIBRATION_FRAMES,
            tracking_s,
            painting_s: start.elapsed().as_secs_f64() - tracking_s,
        })
    }

    fn learn_calm(&mut self, face: Landmarks) {
        if self.calibration.len() >= CALIBRATION_FRAMES {
            return;
        }
        self.calibration.push(face);
        if self.calibration.len() == CALIBRATION_FRAMES {
            let calm = find_calm(&self.calibration).expect("there are frames");
            let size = [self.side_px; 2];
            let retargeter =
                Retargeter::with_choice(&self.source, size, &calm.landmarks, &self.motion);
            self.retargeter = Some(retargeter);
        }
    }
}

/// The square around the head at the live view's size; an avatar shows nothing else anyway.
fn cut_head(source: SourceFace, side_px: u32) -> Result<SourceFace, AnimateError> {
    if source.avatar.is_some() {
        return Ok(source);
    }
    let picture = &source.picture;
    let size = [picture.width(), picture.height()];
    let Some(crop) = HeadCrop::around([&source.landmarks], size) else {
        return Ok(source);
    };
    let cut = crop.cut(picture);
    let small = resize_longer_side(&cut, side_px);
    let landmarks = source
        .landmarks
        .map(|point| small.to_fitted(crop.to_cut(point)));
    Ok(SourceFace {
        picture: small.image,
        found: vec![landmarks],
        landmarks,
        avatar: None,
    })
}
