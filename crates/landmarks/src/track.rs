//! Landmarks of one face through a clip.

use std::ops::RangeInclusive;

use media::{Limits, Rational};

use crate::points::Landmarks;

/// Name of the landmark scheme in files.
pub const SCHEME: &str = "ibug68+pupils";

/// Longest side of a picture, pixels.
const LONGEST_SIDE: u32 = 1 << 20;

/// Frames a second, from a picture a day to more than any camera takes.
const FRAME_RATES: RangeInclusive<f64> = 1e-5..=1000.0;

/// Farthest time stamp from zero, units: sums of two, and their numbers as floats, are exact.
const FARTHEST_PTS: u64 = 1 << 52;

/// Farthest that a point may lie from the picture's corner, pixels.
const FARTHEST_POINT: f32 = 1e7;

/// Landmarks of one face, frame by frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Width and height of the pictures that the points lie in, pixels.
    pub size: [u32; 2],
    /// Frames a second; of a clip with variable rate, the mean.
    pub frame_rate: Rational,
    /// Seconds per unit of a frame's time stamp.
    pub time_base: Rational,
    /// All frames of the clip, with and without a face, in order.
    pub frames: Vec<TrackFrame>,
}

/// One frame of a [`Track`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackFrame {
    /// Time stamp in units of [`Track::time_base`].
    pub pts: i64,
    /// Points; `None` where the face was not seen.
    pub landmarks: Option<Landmarks>,
    /// How sure they are, 0 to 1.
    pub confidence: f32,
}

impl Track {
    /// Time of a frame, seconds.
    pub fn time_s(&self, frame: &TrackFrame) -> f64 {
        frame.pts as f64 * self.time_base.to_f64()
    }

    /// Frames that show the face.
    pub fn frames_with_face(&self) -> usize {
        let is_seen = |frame: &&TrackFrame| frame.landmarks.is_some();
        self.frames.iter().filter(is_seen).count()
    }

    /// First and last frame of each run of frames without the face, counted from 0.
    pub fn gaps(&self) -> Vec<(u64, u64)> {
        let mut gaps: Vec<(u64, u64)> = Vec::new();
        for (index, frame) in (0_u64..).zip(&self.frames) {
            match gaps.last_mut() {
                _ if frame.landmarks.is_some() => {}
                Some(gap) if gap.1 + 1 == index => gap.1 = index,
                _ => gaps.push((index, index)),
            }
        }
        gaps
    }

    /// What makes this track unusable, in words.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !self
            .size
            .iter()
            .all(|side| (1..=LONGEST_SIDE).contains(side))
        {
            return Err(format!("its pictures have the size {:?}", self.size));
        }
        self.check_times()?;
        let mut last = None;
        for (index, frame) in self.frames.iter().enumerate() {
            if last.is_some_and(|last| frame.pts <= last) {
                return Err(format!("frame {index} is not later than the one before"));
            }
            last = Some(frame.pts);
            if !(0.0..=1.0).contains(&frame.confidence) {
                let confidence = frame.confidence;
                return Err(format!("frame {index} has the confidence {confidence}"));
            }
            let mut values = frame
                .landmarks
                .iter()
                .flat_map(|face| face.points)
                .flatten();
            if values.any(|value| !value.is_finite() || value.abs() > FARTHEST_POINT) {
                return Err(format!("frame {index} has a point that lies nowhere"));
            }
        }
        Ok(())
    }

    /// As [`Track::check`], of the times alone.
    fn check_times(&self) -> Result<(), String> {
        let limits = Limits::current();
        if self.frames.len() as u64 > limits.frames {
            let most = limits.frames;
            return Err(format!("it has more than {most} frames, the limit"));
        }
        if !FRAME_RATES.contains(&self.frame_rate.to_f64()) {
            return Err(format!("it has {} frames a second", self.frame_rate));
        }
        let [first, last] = [self.frames.first(), self.frames.last()];
        let is_far = |frame: &TrackFrame| frame.pts.unsigned_abs() > FARTHEST_PTS;
        if self.frames.iter().any(is_far) {
            return Err("it has a time stamp beyond all times".to_owned());
        }
        if let (Some(first), Some(last)) = (first, last)
            && self.time_s(last) - self.time_s(first) > limits.duration_s as f64
        {
            let most = limits.duration_s;
            return Err(format!("it is longer than {most} s, the limit"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::drawn_face;

    fn track(seen: &[bool]) -> Track {
        let frame = |(index, is_seen): (usize, &bool)| TrackFrame {
            pts: index as i64 * 1001,
            landmarks: is_seen.then(drawn_face),
            confidence: f32::from(u8::from(*is_seen)),
        };
        Track {
            size: [640, 360],
            frame_rate: Rational::new(30000, 1001).unwrap(),
            time_base: Rational::new(1, 30000).unwrap(),
            frames: seen.iter().enumerate().map(frame).collect(),
        }
    }

    #[test]
    fn gaps_are_runs_of_frames_without_the_face() {
        let track = track(&[false, true, false, false, true, false]);
        assert_eq!(track.gaps(), [(0, 0), (2, 3), (5, 5)]);
        assert_eq!(track.frames_with_face(), 2);
        assert!((track.time_s(&track.frames[3]) - 0.1001).abs() < 1e-12);
    }

    #[test]
    fn impossible_tracks_are_named() {
        let good = track(&[true, true, false]);
        assert_eq!(good.check(), Ok(()));
        let spoilt = |spoil: fn(&mut Track)| {
            let mut track = good.clone();
            spoil(&mut track);
            assert!(track.check().is_err());
        };
        spoilt(|track| track.size = [0, 5]);
        spoilt(|track| track.size = [5, u32::MAX]);
        spoilt(|track| track.frames[1].pts = 0);
        spoilt(|track| track.frames[2].pts = i64::MAX);
        spoilt(|track| track.frames[0].pts = i64::MIN);
        spoilt(|track| track.frames[2].pts = 30_000 * 86_401);
        spoilt(|track| track.frame_rate = Rational::new(1 << 40, 1).unwrap());
        spoilt(|track| track.frame_rate = Rational::new(1, 1 << 40).unwrap());
        spoilt(|track| track.time_base = Rational::new(1 << 40, 1).unwrap());
        spoilt(|track| track.frames[1].confidence = f32::NAN);
        spoilt(|track| track.frames[1].confidence = 1.5);
        spoilt(|track| {
            let face = track.frames[0].landmarks.as_mut();
            face.expect("a face").points[69][1] = f32::INFINITY;
        });
    }
}
