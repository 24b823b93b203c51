//! A video as the source: its frames in any order, and the faces in them.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use landmarks::{FaceFinder, FaceTracker, Landmarks, Track, TrackFrame, TrackerConfig};
use media::{Image, VideoReader};

use crate::composition::FaceConfig;
use crate::driving_track::expected_frames;
use crate::error::AnimateError;
use crate::event::{Event, Stage, Warning};
use crate::gaps::without_gaps;
use crate::progress::{Listener, Meter, tell};
use crate::softness::smooth_step;
use crate::source_face::not_chosen;

/// Bytes of frames that are kept for playing backwards.
const KEPT_BYTES: usize = 96 << 20;
/// Time over which a face takes up or leaves the driver's motion where it comes into sight or goes, seconds.
const EASE_S: f64 = 0.2;

/// A source video that was opened.
#[derive(Debug)]
pub(crate) struct SourceVideo {
    pub(crate) path: PathBuf,
    /// Its first frame.
    pub(crate) first: Image,
}

/// A face through a source video.
#[derive(Debug)]
pub(crate) struct SourceTrack {
    pub(crate) track: Track,
    /// Landmarks of every frame; where it was not seen, those from before.
    pub(crate) faces: Vec<Landmarks>,
    /// How far the face of every frame may be changed: 0 where it was not seen, 1 elsewhere.
    pub(crate) shares: Vec<f32>,
}

impl SourceVideo {
    /// Open the video and look at its first frame.
    pub(crate) fn open(path: &Path) -> Result<Self, AnimateError> {
        let first = VideoReader::open(path)?.next_frame()?;
        let first = first.ok_or_else(|| AnimateError::SourceIsNoPicture {
            path: path.to_owned(),
            kind: "a video without frames",
        })?;
        Ok(Self {
            path: path.to_owned(),
            first: first.image,
        })
    }

    /// Its rate and the unit of its stamps.
    pub(crate) fn timing(&self) -> Result<(media::Rational, media::Rational), AnimateError> {
        let reader = VideoReader::open(&self.path)?;
        Ok((reader.info().frame_rate, reader.info().time_base))
    }

    /// Follow the chosen faces through all frames.
    pub(crate) fn track(
        &self,
        faces: &[FaceConfig],
        listener: &mut Listener,
    ) -> Result<Vec<SourceTrack>, AnimateError> {
        let mut trackers = Vec::with_capacity(faces.len());
        for face in faces {
            let config = TrackerConfig {
                face: face.source_face,
                ..TrackerConfig::default()
            };
            trackers.push(FaceTracker::new(FaceFinder::built_in(None)?, config));
        }
        let mut reader = VideoReader::open(&self.path)?;
        let info = reader.info().clone();
        let mut meter = Meter::start(Stage::Tracking, expected_frames(&reader));
        let mut seen: Vec<Vec<TrackFrame>> = vec![Vec::new(); faces.len()];
        while let Some(frame) = reader.next_frame()? {
            let time_s = frame.pts as f64 * info.time_base.to_f64();
            for (tracker, frames) in trackers.iter_mut().zip(&mut seen) {
                let found = tracker.next_frame(&frame.image, time_s)?;
                frames.push(TrackFrame {
                    pts: frame.pts,
                    landmarks: found.landmarks,
                    confidence: found.confidence,
                });
            }
            meter.advance(listener)?;
        }
        let mut tracks = Vec::with_capacity(faces.len());
        for ((frames, tracker), face) in seen.into_iter().zip(&trackers).zip(faces) {
            let track = Track {
                size: [info.width, info.height],
                frame_rate: info.frame_rate,
                time_base: info.time_base,
                frames,
            };
            let found = tracker.most_faces();
            let track = SourceTrack::new(track).ok_or_else(|| match found {
                0 => AnimateError::NoSourceFace {
                    path: self.path.clone(),
                },
                _ => not_chosen(face.source_face, self.path.clone(), found),
            })?;
            track.warn(listener)?;
            tracks.push(track);
        }
        Ok(tracks)
    }
}

impl SourceTrack {
    /// `None` where the face is never seen.
    fn new(track: Track) -> Option<Self> {
        Some(Self {
            faces: without_gaps(&track)?,
            shares: shares(&track),
            track,
        })
    }

    fn warn(&self, listener: &mut Listener) -> Result<(), AnimateError> {
        let gaps = self.track.gaps();
        if gaps.is_empty() {
            return Ok(());
        }
        let total = self.track.frames.len() as u64;
        let warning = Warning::NoFaceInSourceFrames { gaps, total };
        tell(listener, Event::Warning(warning))
    }
}

/// 0 in frames without the face, rising to 1 with time from them.
fn shares(track: &Track) -> Vec<f32> {
    let times: Vec<f64> = track
        .frames
        .iter()
        .map(|frame| track.time_s(frame))
        .collect();
    let mut away = vec![f64::INFINITY; times.len()];
    let mut pass = |order: &mut dyn Iterator<Item = usize>| {
        let mut last = None;
        for index in order {
            if track.frames[index].landmarks.is_none() {
                last = Some(times[index]);
            }
            if let Some(last) = last {
                away[index] = away[index].min((times[index] - last).abs());
            }
        }
    };
    pass(&mut (0..times.len()));
    pass(&mut (0..times.len()).rev());
    let share = |away: f64| smooth_step(0.0, EASE_S as f32, away as f32);
    away.into_iter().map(share).collect()
}

/// The frames of a source video by number. Going on and starting again cost nothing more; going back
/// reads the video from its beginning once for every piece that fits into a fixed memory.
pub(crate) struct SourceReader {
    path: PathBuf,
    reader: VideoReader,
    next: usize,
    /// The frames before `next`.
    kept: VecDeque<Image>,
    most: usize,
}

impl SourceReader {
    pub(crate) fn open(video: &SourceVideo) -> Result<Self, AnimateError> {
        Ok(Self {
            path: video.path.clone(),
            reader: VideoReader::open(&video.path)?,
            next: 0,
            kept: VecDeque::new(),
            most: (KEPT_BYTES / video.first.rgb().len().max(1)).max(4),
        })
    }

    /// A frame.
    pub(crate) fn frame(&mut self, index: usize) -> Result<Image, AnimateError> {
        if index + self.kept.len() < self.next {
            self.reader = VideoReader::open(&self.path)?;
            self.kept.clear();
            self.next = 0;
        }
        while self.next <= index {
            let frame = self.reader.next_frame()?;
            // a video that has become shorter since it was looked at keeps its last frame
            let image = match (frame, self.kept.back()) {
                (Some(frame), _) => frame.image,
                (None, Some(last)) => last.clone(),
                (None, None) => {
                    return Err(AnimateError::SourceIsNoPicture {
                        path: self.path.clone(),
                        kind: "a video without frames",
                    });
                }
            };
            if self.kept.len() == self.most {
                self.kept.pop_front();
            }
            self.kept.push_back(image);
            self.next += 1;
        }
        let back = self.next - index;
        Ok(self.kept[self.kept.len() - back].clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::{Rational, write_png};

    #[test]
    fn frames_come_in_any_order_with_few_of_them_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        for index in 0..9 {
            let image = Image::from_rgb(8, 8, vec![20 * index; 192]);
            write_png(&folder.path().join(format!("{index}.png")), &image).unwrap();
        }
        let video = SourceVideo::open(folder.path()).unwrap();
        let mut reader = SourceReader::open(&video).unwrap();
        reader.most = 3;
        for index in [0, 1, 5, 8, 7, 6, 5, 4, 3, 0, 8, 0] {
            let frame = reader.frame(index).unwrap();
            assert_eq!(frame.pixel(0, 0)[0], 20 * index as u8);
            assert!(reader.kept.len() <= 3);
        }
    }

    #[test]
    fn a_face_that_goes_out_of_sight_is_left_softly() {
        let rate = Rational::new(20, 1).unwrap();
        let frame = |index: usize| TrackFrame {
            pts: index as i64,
            landmarks: (index != 9).then_some(Landmarks {
                points: [[0.0; 2]; landmarks::POINTS],
            }),
            confidence: 1.0,
        };
        let track = Track {
            size: [8, 8],
            frame_rate: rate,
            time_base: rate.inverse(),
            frames: (0..20).map(frame).collect(),
        };
        let shares = shares(&track);
        assert_eq!([shares[0], shares[9], shares[19]], [1.0, 0.0, 1.0]);
        assert!(shares[8] > 0.0 && shares[8] < 0.5 && shares[8] == shares[10]);
    }
}
