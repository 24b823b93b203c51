//! The driving: where its landmarks come from, and its frames once more for the preview.

use std::path::{Path, PathBuf};

use landmarks::{
    FaceChoice, FaceFinder, FaceTracker, Landmarks, Track, TrackFormat, TrackFrame, TrackerConfig,
};
use media::{Image, InputKind, Rational, VideoReader, read_picture, sniff};

use crate::clock::length_s;
use crate::composition::FaceConfig;
use crate::config::Driving;
use crate::error::AnimateError;
use crate::event::{Event, Stage, Warning};
use crate::progress::{Listener, Meter, tell};
use crate::resumable::Resumable;
use crate::source_face::not_chosen;
use crate::speech::speaking_track;

/// Frames a second of a single driving picture.
const STILL_RATE: i64 = 25;

/// Who sees each frame of a video when it was looked at.
pub(crate) type Watch<'a> = dyn FnMut(&TrackFrame) -> Result<(), AnimateError> + 'a;

/// A driving that was opened but not looked at yet.
pub(crate) enum OpenDriving {
    /// Landmarks are there already.
    Track(Track),
    /// Frames have to be looked at.
    Video {
        path: PathBuf,
        reader: Box<VideoReader>,
        /// Only the frames before this second are looked at.
        until_s: Option<f64>,
    },
    /// One picture.
    Picture { path: PathBuf, picture: Image },
}

impl OpenDriving {
    /// Open the driving and tell what it is.
    pub(crate) fn open(driving: &Driving) -> Result<Self, AnimateError> {
        let path = match driving {
            Driving::BuiltIn { motion, duration_s } => {
                return Ok(Self::Track(motion.track(*duration_s)));
            }
            Driving::Sound(path) => return Ok(Self::Track(speaking_track(path)?)),
            Driving::File(path) => path.clone(),
        };
        if TrackFormat::from_path(&path).is_ok() && !path.is_dir() {
            return Ok(Self::Track(Track::read(&path)?));
        }
        match sniff(&path)? {
            InputKind::Video | InputKind::PictureFolder => {
                let reader = Box::new(VideoReader::open(&path)?);
                Ok(Self::Video {
                    path,
                    reader,
                    until_s: None,
                })
            }
            InputKind::Picture => {
                let picture = read_picture(&path)?;
                Ok(Self::Picture { path, picture })
            }
            InputKind::Sound => Err(AnimateError::DrivingIsSound { path }),
        }
    }

    /// Use what lies before this second alone, where that is asked for.
    pub(crate) fn until(mut self, seconds: Option<f64>) -> Self {
        let Some(seconds) = seconds else {
            return self;
        };
        match &mut self {
            Self::Track(track) => {
                let start = track
                    .frames
                    .first()
                    .map_or(0.0, |frame| track.time_s(frame));
                let times = track.frames.iter().map(|frame| track.time_s(frame));
                let count = times.take_while(|time_s| time_s - start < seconds).count();
                track.frames.truncate(count.max(1));
            }
            Self::Video { until_s, .. } => *until_s = Some(seconds),
            Self::Picture { .. } => {}
        }
        self
    }

    /// Frames a second and seconds per unit of the time stamps.
    pub(crate) fn timing(&self) -> (Rational, Rational) {
        match self {
            Self::Track(track) => (track.frame_rate, track.time_base),
            Self::Video { reader, .. } => {
                let info = reader.info();
                (info.frame_rate, info.time_base)
            }
            Self::Picture { .. } => (still_rate(), still_rate().inverse()),
        }
    }

    /// Width and height of the driving pictures.
    pub(crate) fn size(&self) -> [u32; 2] {
        match self {
            Self::Track(track) => track.size,
            Self::Video { reader, .. } => [reader.info().width, reader.info().height],
            Self::Picture { picture, .. } => [picture.width(), picture.height()],
        }
    }

    /// Length in seconds, as far as the file tells.
    pub(crate) fn expected_s(&self) -> f64 {
        match self {
            Self::Track(track) => length_s(track),
            Self::Video {
                reader, until_s, ..
            } => {
                let info = reader.info();
                let counted = |count: u64| count as f64 / info.frame_rate.to_f64();
                let whole_s = info.duration_s.or(info.frame_count.map(counted));
                whole_s.unwrap_or(0.0).min(until_s.unwrap_or(f64::INFINITY))
            }
            Self::Picture { .. } => 0.0,
        }
    }

    /// The video file, where it has sound.
    pub(crate) fn sound(&self) -> Option<&Path> {
        match self {
            Self::Video { path, reader, .. } if reader.info().audio.is_some() => Some(path),
            _ => None,
        }
    }

    /// Whether its frames have to be looked at one after the other.
    pub(crate) fn has_to_be_watched(&self) -> bool {
        matches!(self, Self::Video { .. })
    }

    /// Look at every frame, unless that was done before.
    pub(crate) fn track(
        self,
        finder: FaceFinder,
        config: &FaceConfig,
        listener: &mut Listener,
    ) -> Result<Tracked, AnimateError> {
        let tracker = TrackerConfig {
            face: config.driving_face,
            smoothing: config.smoothing,
        };
        self.track_watched(finder, &config.driving, tracker, listener, &mut |_| Ok(()))
    }

    /// As [`OpenDriving::track`] for a face counted from 0, unless an earlier run has kept the landmarks; kept
    /// for a later one.
    pub(crate) fn track_once(
        self,
        finder: FaceFinder,
        config: &FaceConfig,
        (resumable, face): (&Resumable, usize),
        listener: &mut Listener,
    ) -> Result<Tracked, AnimateError> {
        let known = resumable.track(face)?;
        let is_known = known.is_some();
        let driving = known.map_or(self, Self::Track);
        let tracked = driving.track(finder, config, listener)?;
        if !is_known {
            resumable.keep(face, &tracked.track)?;
        }
        Ok(tracked)
    }

    /// As [`OpenDriving::track`]; `watch` sees every frame of a video as soon as it was looked at.
    pub(crate) fn track_watched(
        self,
        finder: FaceFinder,
        driving: &Driving,
        config: TrackerConfig,
        listener: &mut Listener,
        watch: &mut Watch,
    ) -> Result<Tracked, AnimateError> {
        let mut tracker = FaceTracker::new(finder, config);
        let (path, mut tracked) = match self {
            Self::Track(track) => (named(driving), Tracked::without_notes(track)),
            Self::Video {
                path,
                mut reader,
                until_s,
            } => {
                let tracked = follow(&mut reader, until_s, &mut tracker, listener, watch)?;
                (path, tracked)
            }
            Self::Picture { path, picture } => {
                let track = look_once(&picture, &mut tracker)?;
                (path, Tracked::without_notes(track))
            }
        };
        let found = tracker.most_faces();
        if tracked.track.frames_with_face() == 0 {
            let frames = tracked.track.frames.len() as u64;
            return Err(if found > 0 {
                not_chosen(config.face, path, found)
            } else {
                AnimateError::NoDrivingFace { path, frames }
            });
        }
        if found > 1 && config.face == FaceChoice::Largest {
            tell(
                listener,
                Event::Warning(Warning::SeveralDrivingFaces { found }),
            )?;
        }
        tracked.warn(listener)?;
        Ok(tracked)
    }
}

/// A driving with landmarks.
pub(crate) struct Tracked {
    pub(crate) track: Track,
    /// What was wrong with the file although frames came.
    pub(crate) notes: Vec<String>,
}

impl Tracked {
    fn without_notes(track: Track) -> Self {
        Self {
            track,
            notes: Vec::new(),
        }
    }

    fn warn(&mut self, listener: &mut Listener) -> Result<(), AnimateError> {
        let total = self.track.frames.len() as u64;
        let gaps = self.track.gaps();
        if !gaps.is_empty() {
            let warning = Warning::NoFaceInFrames { gaps, total };
            tell(listener, Event::Warning(warning))?;
        }
        if total == 1 {
            tell(listener, Event::Warning(Warning::OneDrivingFrame))?;
        }
        Ok(())
    }
}

fn still_rate() -> Rational {
    Rational::new(STILL_RATE, 1).expect("the rate is positive")
}

/// What to call a driving that is no file.
fn named(driving: &Driving) -> PathBuf {
    match driving {
        Driving::File(path) | Driving::Sound(path) => path.clone(),
        Driving::BuiltIn { motion, .. } => PathBuf::from(motion.name()),
    }
}

fn follow(
    reader: &mut VideoReader,
    until_s: Option<f64>,
    tracker: &mut FaceTracker,
    listener: &mut Listener,
    watch: &mut Watch,
) -> Result<Tracked, AnimateError> {
    let info = reader.info().clone();
    let most = until_s.map(|seconds| (seconds * info.frame_rate.to_f64()).ceil() as u64);
    let expected = expected_frames(reader).into_iter().chain(most).min();
    let mut meter = Meter::start(Stage::Tracking, expected);
    let mut frames: Vec<TrackFrame> = Vec::new();
    while let Some(frame) = reader.next_frame()? {
        let time_s = frame.pts as f64 * info.time_base.to_f64();
        let start_pts = frames.first().map_or(frame.pts, |first| first.pts);
        let since_start_s = (frame.pts - start_pts) as f64 * info.time_base.to_f64();
        if until_s.is_some_and(|seconds| since_start_s >= seconds) {
            break;
        }
        let seen = tracker.next_frame(&frame.image, time_s)?;
        let found = TrackFrame {
            pts: frame.pts,
            landmarks: seen.landmarks,
            confidence: seen.confidence,
        };
        watch(&found)?;
        frames.push(found);
        meter.advance(listener)?;
    }
    Ok(Tracked {
        track: Track {
            size: [info.width, info.height],
            frame_rate: info.frame_rate,
            time_base: info.time_base,
            frames,
        },
        notes: reader.warning().map(str::to_owned).into_iter().collect(),
    })
}

fn look_once(picture: &Image, tracker: &mut FaceTracker) -> Result<Track, AnimateError> {
    let seen = tracker.next_frame(picture, 0.0)?;
    Ok(Track {
        size: [picture.width(), picture.height()],
        frame_rate: still_rate(),
        time_base: still_rate().inverse(),
        frames: vec![TrackFrame {
            pts: 0,
            landmarks: seen.landmarks,
            confidence: seen.confidence,
        }],
    })
}

/// How many frames a video will have, as far as it tells.
pub(crate) fn expected_frames(reader: &VideoReader) -> Option<u64> {
    let info = reader.info();
    let by_length = || Some((info.duration_s? * info.frame_rate.to_f64()).round() as u64);
    info.frame_count.or_else(by_length)
}

/// The driving's pictures once more, in order, for the preview; black where there are none.
pub(crate) struct DrivingPictures<'a> {
    track: &'a Track,
    reader: Option<Box<VideoReader>>,
    /// The picture that is shown, and its number.
    shown: Image,
    number: usize,
}

impl<'a> DrivingPictures<'a> {
    /// Start from the first frame again.
    pub(crate) fn open(driving: &Driving, track: &'a Track) -> Result<Self, AnimateError> {
        let mut pictures = Self {
            track,
            reader: None,
            shown: Image::new(track.size[0], track.size[1]),
            number: 0,
        };
        if let Driving::File(path) = driving
            && (path.is_dir() || TrackFormat::from_path(path).is_err())
        {
            if sniff(path)? == InputKind::Picture {
                pictures.shown = read_picture(path)?;
            } else {
                let mut reader = Box::new(VideoReader::open(path)?);
                if let Some(frame) = reader.next_frame()? {
                    pictures.shown = frame.image;
                }
                pictures.reader = Some(reader);
            }
        }
        Ok(pictures)
    }

    /// The picture that is shown so many seconds after the first, with its landmarks; times rise. After
    /// the end the last one stays.
    pub(crate) fn at(&mut self, time_s: f64) -> Result<(Image, Option<Landmarks>), AnimateError> {
        let frames = &self.track.frames;
        let start = self.track.time_s(&frames[0]);
        let is_due = |number: usize| {
            let frame = frames.get(number);
            frame.is_some_and(|frame| self.track.time_s(frame) - start <= time_s + 1e-6)
        };
        while is_due(self.number + 1) {
            self.number += 1;
            if let Some(reader) = &mut self.reader
                && let Some(frame) = reader.next_frame()?
            {
                self.shown = frame.image;
            }
        }
        Ok((self.shown.clone(), frames[self.number].landmarks))
    }
}
