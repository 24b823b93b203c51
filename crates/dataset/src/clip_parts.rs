//! Follows the face through a video and cuts the video into parts of one person each.

use landmarks::{FaceFinder, FaceTracker, Landmarks, TrackerConfig};
use media::{Image, Rational, VideoReader};

use crate::preprocess_config::{PreprocessConfig, RejectReason};

/// Steadiness of the landmarks that are stored: little, so that lips and lids are where they are.
const SMOOTHING: f32 = 0.2;
/// Mean change of a thumbnail from frame to frame, in grey levels, that is a cut.
const CUT_LEVELS: f32 = 26.0;
/// Jump of the face's centre, in face sizes, that is a cut.
const CUT_JUMP: f32 = 0.5;
/// Columns and rows of a thumbnail.
const THUMBNAIL: usize = 24;
/// Share of looks at the whole picture with several faces from which a part is rejected.
const CROWDED: f64 = 0.5;

/// A frame that is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TrackedFrame {
    /// Index in the video.
    pub(crate) index: u64,
    /// Time in the video, seconds.
    pub(crate) time_s: f64,
    /// Points, pixels of the video.
    pub(crate) landmarks: Landmarks,
    /// How sure they are.
    pub(crate) confidence: f32,
}

/// Frames of one person between two cuts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClipPart {
    pub(crate) frames: Vec<TrackedFrame>,
}

/// A part that cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BadPart {
    pub(crate) first_frame: u64,
    pub(crate) frames: u64,
    pub(crate) reason: RejectReason,
    pub(crate) detail: String,
}

/// What a video holds.
#[derive(Debug, Default)]
pub(crate) struct VideoParts {
    pub(crate) good: Vec<ClipPart>,
    pub(crate) bad: Vec<BadPart>,
    /// Length of the video, seconds.
    pub(crate) seconds: f64,
}

/// Frames since the last cut, and what was seen in them.
#[derive(Debug, Default)]
struct OpenPart {
    frames: Vec<TrackedFrame>,
    first_frame: u64,
    seen: u64,
    looks: u32,
    crowded: u32,
}

/// Look through a video.
pub(crate) fn find_parts(
    mut reader: VideoReader,
    finder: &dyn Fn() -> Result<FaceFinder, landmarks::LandmarksError>,
    config: &PreprocessConfig,
) -> Result<VideoParts, Box<dyn std::error::Error + Send + Sync>> {
    let time_base = reader.info().time_base.to_f64();
    let tracker_config = TrackerConfig {
        smoothing: SMOOTHING,
        ..TrackerConfig::default()
    };
    let new_tracker =
        || Ok::<_, landmarks::LandmarksError>(FaceTracker::new(finder()?, tracker_config));
    let mut tracker = new_tracker()?;
    let mut parts = VideoParts::default();
    let mut open = OpenPart::default();
    let mut before: Option<Vec<f32>> = None;
    let mut ticks = Ticks::new(config.frame_rate);
    let mut index = 0;
    while let Some(frame) = reader.next_frame()? {
        let time_s = frame.pts as f64 * time_base;
        let thumbnail = thumbnail(&frame.image);
        if before
            .as_ref()
            .is_some_and(|before| change(before, &thumbnail) > CUT_LEVELS)
        {
            parts.close(&mut open, index, config);
            tracker = new_tracker()?;
        }
        before = Some(thumbnail);
        let seen = tracker.next_frame(&frame.image, time_s)?;
        if let Some(faces) = seen.faces {
            open.looks += 1;
            open.crowded += u32::from(faces > 1);
        }
        open.seen += 1;
        match seen.landmarks {
            Some(landmarks) => {
                if open.jumps_to(&landmarks) {
                    parts.close(&mut open, index, config);
                    open.seen = 1;
                }
                if ticks.keeps(time_s) {
                    open.frames.push(TrackedFrame {
                        index,
                        time_s,
                        landmarks,
                        confidence: seen.confidence,
                    });
                }
                if open.frames.len() >= config.most_frames {
                    parts.close(&mut open, index + 1, config);
                }
            }
            None if open.frames.is_empty() => {}
            None => parts.close(&mut open, index, config),
        }
        index += 1;
        parts.seconds = time_s;
    }
    parts.close(&mut open, index, config);
    parts.seconds += reader.info().frame_rate.inverse().to_f64();
    Ok(parts)
}

impl OpenPart {
    /// Whether the face is elsewhere than a head can have moved between two frames.
    fn jumps_to(&self, landmarks: &Landmarks) -> bool {
        let Some(last) = self.frames.last() else {
            return false;
        };
        let frame = landmarks::FaceFrame::from_landmarks;
        let [from, to] = [frame(&last.landmarks), frame(landmarks)];
        let [dx, dy] = [0, 1].map(|axis| to.centre[axis] - from.centre[axis]);
        dx.hypot(dy) > CUT_JUMP * from.size_px.max(to.size_px)
    }
}

impl VideoParts {
    /// End the open part before frame `next` and judge it by what was tracked.
    fn close(&mut self, open: &mut OpenPart, next: u64, config: &PreprocessConfig) {
        let part = std::mem::replace(
            open,
            OpenPart {
                first_frame: next,
                ..OpenPart::default()
            },
        );
        if part.seen == 0 {
            return;
        }
        match part.fault(config) {
            None => self.good.push(ClipPart {
                frames: part.frames,
            }),
            Some((reason, detail)) => self.bad.push(BadPart {
                first_frame: part.first_frame,
                frames: part.seen,
                reason,
                detail,
            }),
        }
    }
}

impl OpenPart {
    fn fault(&self, config: &PreprocessConfig) -> Option<(RejectReason, String)> {
        let count = self.frames.len();
        if count == 0 {
            return Some((RejectReason::NoFace, format!("{} frames", self.seen)));
        }
        if count < config.least_frames {
            let detail = format!("{count} of at least {} kept frames", config.least_frames);
            return Some((RejectReason::TooShort, detail));
        }
        if f64::from(self.crowded) > CROWDED * f64::from(self.looks) && self.looks > 0 {
            let detail = format!("in {} of {} looks", self.crowded, self.looks);
            return Some((RejectReason::SeveralPeople, detail));
        }
        let mut sure: Vec<f32> = self.frames.iter().map(|frame| frame.confidence).collect();
        sure.sort_by(f32::total_cmp);
        if sure[count / 2] < config.least_confidence {
            let [found, least] = [sure[count / 2], config.least_confidence];
            let detail = format!("{found:.4} sure of one, of at least {least:.4}");
            return Some((RejectReason::NoFace, detail));
        }
        let mut sizes: Vec<f32> = self
            .frames
            .iter()
            .map(|frame| landmarks::FaceFrame::from_landmarks(&frame.landmarks).size_px)
            .collect();
        sizes.sort_by(f32::total_cmp);
        let median = sizes[count / 2];
        (median < config.least_face_px).then(|| {
            let detail = format!("{median:.0} of at least {:.0} px", config.least_face_px);
            (RejectReason::TooSmall, detail)
        })
    }
}

/// Which frames are kept: the first at or after every tick of the wanted rate.
#[derive(Debug)]
struct Ticks {
    rate: Option<f64>,
    next: u64,
}

impl Ticks {
    fn new(rate: Option<Rational>) -> Self {
        Self {
            rate: rate.map(Rational::to_f64),
            next: 0,
        }
    }

    fn keeps(&mut self, time_s: f64) -> bool {
        let Some(rate) = self.rate else {
            return true;
        };
        // A frame that is early by rounding alone is not late.
        let tick = (time_s * rate + 1e-3).floor().max(0.0) as u64;
        if tick < self.next {
            return false;
        }
        self.next = tick + 1;
        true
    }
}

/// Grey levels on a coarse grid.
fn thumbnail(image: &Image) -> Vec<f32> {
    let [width, height] = [image.width(), image.height()].map(|side| side as usize);
    let sample = |row: usize, column: usize| {
        let y = (2 * row + 1) * height / (2 * THUMBNAIL);
        let x = (2 * column + 1) * width / (2 * THUMBNAIL);
        let [red, green, blue] = image.pixel(x as u32, y as u32).map(f32::from);
        0.299 * red + 0.587 * green + 0.114 * blue
    };
    (0..THUMBNAIL * THUMBNAIL)
        .map(|cell| sample(cell / THUMBNAIL, cell % THUMBNAIL))
        .collect()
}

fn change(before: &[f32], now: &[f32]) -> f32 {
    let sum: f32 = before.iter().zip(now).map(|(a, b)| (a - b).abs()).sum();
    sum / before.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_keep_one_frame_for_each_even_where_the_video_is_slower_or_uneven() {
        let kept = |rate: i64, times: &[f64]| {
            let mut ticks = Ticks::new(Rational::new(rate, 1));
            times.iter().filter(|time| ticks.keeps(**time)).count()
        };
        let thirty: Vec<f64> = (0..300).map(|frame| f64::from(frame) / 30.0).collect();
        assert_eq!(kept(1, &thirty), 10);
        assert_eq!(kept(25, &thirty), 250);
        assert_eq!(kept(60, &thirty), 300);
        assert_eq!(kept(25, &[0.0, 0.001, 0.002, 0.5, 0.501]), 2);
    }
}
