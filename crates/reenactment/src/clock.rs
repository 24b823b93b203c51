//! When each frame of the result is shown, and what a driver of another rate or length does then.

use landmarks::{Landmarks, Track};
use media::{Limits, Rational};

use crate::composition::{AfterDriving, SourceFrames};
use crate::error::AnimateError;
use crate::softness::smooth_step;

/// Time in which a motion goes over into another at its end, seconds.
const EASE_S: f64 = 0.4;

/// Time stamps of the result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Clock {
    pub(crate) frame_rate: Rational,
    pub(crate) time_base: Rational,
    /// Stamp from which times are counted: that of the driver's first frame.
    start: i64,
    /// Of each frame, in units of the time base.
    pub(crate) pts: Vec<i64>,
    /// Frame of the source video that each shows; empty for a still source.
    pub(crate) source_frames: Vec<usize>,
}

impl Clock {
    /// The stamps of a driver, and more at its rate where the result is longer.
    pub(crate) fn of_driving(track: &Track, length_s: f64) -> Self {
        let mut clock = Self {
            frame_rate: track.frame_rate,
            time_base: track.time_base,
            start: track.frames.first().map_or(0, |frame| frame.pts),
            pts: track.frames.iter().map(|frame| frame.pts).collect(),
            source_frames: Vec::new(),
        };
        let step = step_of(track);
        let half_s = 0.5 * track.frame_rate.inverse().to_f64();
        let most = most_frames(&clock.pts);
        while let (Some(last), Some(first)) = (clock.pts.last(), clock.pts.first())
            && clock.pts.len() <= most
        {
            let next = last + step;
            if (next - first) as f64 * clock.time_base.to_f64() > length_s - half_s {
                break;
            }
            clock.pts.push(next);
        }
        clock
    }

    /// The stamps of a source video that goes on until the driving ends.
    pub(crate) fn of_source(track: &Track, length_s: f64, frames: SourceFrames) -> Self {
        let count = track.frames.len();
        let step = step_of(track);
        let half_s = 0.5 * track.frame_rate.inverse().to_f64();
        // how long a frame is shown
        let shown = |index: usize| match track.frames.get(index + 1) {
            Some(next) => next.pts - track.frames[index].pts,
            None => step,
        };
        let turn = (2 * count).saturating_sub(2).max(1);
        let mut clock = Self {
            frame_rate: track.frame_rate,
            time_base: track.time_base,
            start: 0,
            pts: Vec::new(),
            source_frames: Vec::new(),
        };
        let mut pts = 0;
        for at in 0..=most_frames(&clock.pts) {
            let is_over = at > 0 && pts as f64 * track.time_base.to_f64() > length_s - half_s;
            if is_over || count == 0 || (at >= count && frames == SourceFrames::Cut) {
                break;
            }
            let index = match frames {
                SourceFrames::Mirror => {
                    let place = at % turn;
                    if place < count { place } else { turn - place }
                }
                SourceFrames::Loop | SourceFrames::Cut => at % count,
            };
            clock.pts.push(pts);
            clock.source_frames.push(index);
            pts += shown(index);
        }
        clock
    }

    /// Leave out what is shown before this second.
    pub(crate) fn begin_at(&mut self, from_s: f64) -> Result<(), AnimateError> {
        let times_s = self.times_s();
        let first = times_s.partition_point(|time_s| *time_s < from_s - 1e-6);
        if first == self.pts.len() && first > 0 {
            let length_s = times_s[first - 1] + self.frame_rate.inverse().to_f64();
            return Err(AnimateError::BeginsAfterEnd { from_s, length_s });
        }
        self.pts.drain(..first);
        self.source_frames
            .drain(..first.min(self.source_frames.len()));
        Ok(())
    }

    /// Refuse more frames than a result may have.
    pub(crate) fn check(&self) -> Result<(), AnimateError> {
        let most = Limits::current().frames;
        if self.pts.len() as u64 > most {
            return Err(AnimateError::TooManyFrames { most });
        }
        Ok(())
    }

    /// Whether these are the stamps of a driver, frame by frame.
    pub(crate) fn is_of(&self, track: &Track) -> bool {
        let own = track.frames.iter().map(|frame| frame.pts);
        self.source_frames.is_empty()
            && self.time_base == track.time_base
            && own.eq(self.pts.iter().copied())
    }

    /// Seconds from the driver's first frame to each.
    pub(crate) fn times_s(&self) -> Vec<f64> {
        let base = self.time_base.to_f64();
        self.pts
            .iter()
            .map(|pts| (pts - self.start) as f64 * base)
            .collect()
    }
}

/// How long a track is, in seconds, with its last frame.
pub(crate) fn length_s(track: &Track) -> f64 {
    let times = [track.frames.first(), track.frames.last()];
    let [Some(first), Some(last)] = times else {
        return 0.0;
    };
    track.time_s(last) - track.time_s(first) + track.frame_rate.inverse().to_f64()
}

/// Frames that a result may have. A clock that has one more is refused by [`Clock::check`].
fn most_frames(own: &[i64]) -> usize {
    let most = usize::try_from(Limits::current().frames).unwrap_or(usize::MAX - 1);
    most.max(own.len())
}

/// Time stamps to one frame at the mean rate.
fn step_of(track: &Track) -> i64 {
    let step = track.frame_rate.inverse().to_f64() / track.time_base.to_f64();
    (step.round() as i64).max(1)
}

/// What a driver's face does at these times, in seconds from its first frame; between two frames its
/// points go straight.
pub(crate) fn at_times(
    track: &Track,
    faces: &[Landmarks],
    times_s: &[f64],
    after: AfterDriving,
    calm: &Landmarks,
) -> Vec<Landmarks> {
    let start = track.time_s(&track.frames[0]);
    let own: Vec<f64> = track
        .frames
        .iter()
        .map(|frame| track.time_s(frame) - start)
        .collect();
    let whole = length_s(track);
    let last = own.last().copied().unwrap_or(0.0);
    let at = |time: f64| {
        let next = own.partition_point(|own| *own <= time);
        let (before, next) = (next.saturating_sub(1), next.min(faces.len() - 1));
        let span = (own[next] - own[before]).max(1e-9);
        let share = ((time - own[before]) / span).clamp(0.0, 1.0);
        mixed(&faces[before], &faces[next], share as f32)
    };
    let one = |time: &f64| {
        if *time <= last {
            return at(*time);
        }
        match after {
            AfterDriving::Hold => at(last),
            AfterDriving::Rest => {
                let share = smooth_step(0.0, EASE_S as f32, (time - last) as f32);
                mixed(&at(last), calm, share)
            }
            AfterDriving::Loop => {
                let place = time.rem_euclid(whole);
                // softly out of the end of the round before
                let share = smooth_step(0.0, EASE_S as f32, place as f32);
                mixed(&at(last), &at(place), share)
            }
            AfterDriving::Mirror => {
                let place = time.rem_euclid(2.0 * last.max(1e-9));
                at(if place <= last {
                    place
                } else {
                    2.0 * last - place
                })
            }
        }
    };
    times_s.iter().map(one).collect()
}

/// Points between two faces.
pub(crate) fn mixed(from: &Landmarks, to: &Landmarks, share: f32) -> Landmarks {
    let mut points = from.points;
    for (point, wanted) in points.iter_mut().zip(&to.points) {
        for axis in 0..2 {
            point[axis] += share * (wanted[axis] - point[axis]);
        }
    }
    Landmarks { points }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::{POINTS, TrackFrame};

    fn face(x: f32) -> Landmarks {
        Landmarks {
            points: [[x, 0.0]; POINTS],
        }
    }

    /// A face that moves by 10 a frame.
    fn track(frames: usize, rate: i64) -> (Track, Vec<Landmarks>) {
        let rate = Rational::new(rate, 1).unwrap();
        let faces: Vec<Landmarks> = (0..frames).map(|index| face(10.0 * index as f32)).collect();
        let frames = faces.iter().enumerate().map(|(index, face)| TrackFrame {
            pts: 100 + index as i64,
            landmarks: Some(*face),
            confidence: 1.0,
        });
        let track = Track {
            size: [100, 100],
            frame_rate: rate,
            time_base: rate.inverse(),
            frames: frames.collect(),
        };
        (track, faces)
    }

    fn places(after: AfterDriving, times: &[f64]) -> Vec<f32> {
        let (track, faces) = track(5, 10);
        let faces = at_times(&track, &faces, times, after, &face(-50.0));
        faces.iter().map(|face| face.points[0][0]).collect()
    }

    #[test]
    fn a_driver_of_another_rate_is_met_between_its_frames() {
        let found = places(AfterDriving::Hold, &[0.0, 0.05, 0.1, 0.33, 0.4, 9.0]);
        for (found, wanted) in found.iter().zip([0.0, 5.0, 10.0, 33.0, 40.0, 40.0]) {
            assert!((found - wanted).abs() < 1e-3, "{found} {wanted}");
        }
    }

    #[test]
    fn after_its_end_a_driver_rests_loops_or_runs_back() {
        let rest = places(AfterDriving::Rest, &[0.4, 0.6, 1.0]);
        assert!(
            rest[1] < 40.0 && rest[1] > -50.0 && rest[2] == -50.0,
            "{rest:?}"
        );
        let back = places(AfterDriving::Mirror, &[0.5, 0.8, 0.9]);
        for (found, wanted) in back.iter().zip([30.0, 0.0, 10.0]) {
            assert!((found - wanted).abs() < 1e-2, "{back:?}");
        }
        // the jump from the end to the beginning is spread over time
        let round = places(AfterDriving::Loop, &[0.5, 0.6, 0.7, 0.8, 0.9]);
        assert_eq!(round[0], 40.0);
        assert!(
            round
                .windows(2)
                .all(|pair| (pair[1] - pair[0]).abs() < 20.0),
            "{round:?}"
        );
    }

    #[test]
    fn source_frames_loop_mirror_or_end() {
        let (track, _) = track(3, 10);
        let frames = |mode| Clock::of_source(&track, 0.7, mode);
        assert_eq!(
            frames(SourceFrames::Loop).source_frames,
            [0, 1, 2, 0, 1, 2, 0]
        );
        assert_eq!(
            frames(SourceFrames::Mirror).source_frames,
            [0, 1, 2, 1, 0, 1, 2]
        );
        assert_eq!(frames(SourceFrames::Cut).source_frames, [0, 1, 2]);
        assert_eq!(frames(SourceFrames::Loop).pts, [0, 1, 2, 3, 4, 5, 6]);
        // a shorter driving ends it
        let short = Clock::of_source(&track, 0.2, SourceFrames::Loop);
        assert_eq!(short.source_frames, [0, 1]);
    }

    #[test]
    fn a_later_beginning_leaves_frames_out_and_counts_from_the_same_moment() {
        let (track, _) = track(5, 10);
        let mut clock = Clock::of_driving(&track, 0.5);
        clock.begin_at(0.2).unwrap();
        assert_eq!(clock.pts, [102, 103, 104]);
        assert!((clock.times_s()[0] - 0.2).abs() < 1e-9);
        let late = Clock::of_driving(&track, 0.5).begin_at(0.5).unwrap_err();
        assert!(late.to_string().contains("0.5 s"), "{late}");
        let mut moving = Clock::of_source(&track, 0.5, SourceFrames::Loop);
        moving.begin_at(0.3).unwrap();
        assert_eq!(moving.source_frames, [3, 4]);
    }

    #[test]
    fn a_driver_keeps_its_stamps_and_is_continued_at_its_rate() {
        let (track, _) = track(3, 10);
        assert_eq!(Clock::of_driving(&track, 0.3).pts, [100, 101, 102]);
        assert_eq!(
            Clock::of_driving(&track, 0.5).pts,
            [100, 101, 102, 103, 104]
        );
    }
}
