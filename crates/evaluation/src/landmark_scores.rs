//! Distances of found landmarks from labelled ones, and how much points on a still picture move.
//!
//! Errors are in percent of the inter-ocular distance, that of the outer eye corners, as is usual
//! for 68 points (Sagonas et al. 2013).

use landmarks::{Landmarks, RIGHT_PUPIL};
use serde::Serialize;

/// Mean error in percent above which a frame counts as failed.
const FAILED_PERCENT: f64 = 10.0;

/// Errors of the frames seen so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LandmarkScores {
    labelled: usize,
    /// Mean error of the 68 points, percent, of each frame with a face found.
    errors: Vec<f64>,
    /// The same of the pupils.
    pupil_errors: Vec<f64>,
}

/// What the errors of many frames come to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScoreSummary {
    /// Frames with labels.
    pub labelled_frames: usize,
    /// Share of them in which a face was found, 0 to 1.
    pub found: f64,
    /// Mean error of the 68 points in percent, over frames with a face found.
    pub mean_error_percent: f64,
    /// Mean error of both pupils in percent.
    pub pupil_error_percent: f64,
    /// Share of frames whose mean error is over 10 percent, 0 to 1.
    pub failed: f64,
}

impl LandmarkScores {
    /// Compare a frame. `found` is `None` where no face was found.
    pub fn add(&mut self, found: Option<&Landmarks>, labelled: &Landmarks) {
        self.labelled += 1;
        let Some(found) = found else { return };
        let unit = f64::from(labelled.inter_ocular_px());
        let pairs = found.points.iter().zip(&labelled.points);
        let errors: Vec<f64> = pairs.map(|(a, b)| 100.0 * apart(a, b) / unit).collect();
        self.errors.push(mean(&errors[..RIGHT_PUPIL]));
        self.pupil_errors.push(mean(&errors[RIGHT_PUPIL..]));
    }

    /// Take another list of frames in.
    pub fn extend(&mut self, other: &Self) {
        self.labelled += other.labelled;
        self.errors.extend(&other.errors);
        self.pupil_errors.extend(&other.pupil_errors);
    }

    /// Sum up. Of no frames at all every number is 0.
    pub fn summary(&self) -> ScoreSummary {
        let failed = self
            .errors
            .iter()
            .filter(|error| **error > FAILED_PERCENT)
            .count();
        ScoreSummary {
            labelled_frames: self.labelled,
            found: self.errors.len() as f64 / self.labelled.max(1) as f64,
            mean_error_percent: mean(&self.errors),
            pupil_error_percent: mean(&self.pupil_errors),
            failed: failed as f64 / self.errors.len().max(1) as f64,
        }
    }
}

/// Mean length of the points' second difference from frame to frame, in percent of the
/// inter-ocular distance: how much they tremble. 0 for fewer than three frames.
pub fn jitter(track: &[Landmarks]) -> f64 {
    let trembles: Vec<f64> = track
        .windows(3)
        .map(|three| {
            let unit = f64::from(three[1].inter_ocular_px());
            let bend = |index: usize| {
                let [a, b, c] = [0, 1, 2].map(|frame| three[frame].points[index]);
                let [x, y] = [0, 1].map(|axis| f64::from(a[axis] - 2.0 * b[axis] + c[axis]));
                100.0 * x.hypot(y) / unit
            };
            mean(&(0..three[1].points.len()).map(bend).collect::<Vec<_>>())
        })
        .collect();
    mean(&trembles)
}

fn apart(a: &[f32; 2], b: &[f32; 2]) -> f64 {
    f64::from(a[0] - b[0]).hypot(f64::from(a[1] - b[1]))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::POINTS;

    /// Points apart from each other, outer eye corners 50 px apart.
    fn labels() -> Landmarks {
        let mut points = [[0.0; 2]; POINTS];
        for (index, point) in points.iter_mut().enumerate() {
            *point = [index as f32, 100.0];
        }
        points[36] = [10.0, 40.0];
        points[45] = [60.0, 40.0];
        Landmarks { points }
    }

    #[test]
    fn an_error_is_a_share_of_the_distance_of_the_eyes() {
        let mut scores = LandmarkScores::default();
        scores.add(Some(&labels().map(|[x, y]| [x + 3.0, y + 4.0])), &labels());
        let mut pupils = labels();
        pupils.points[68][0] += 20.0;
        scores.add(Some(&pupils), &labels());
        let summary = scores.summary();
        assert!(
            (summary.mean_error_percent - 5.0).abs() < 1e-6,
            "10 % and 0 %"
        );
        assert!(
            (summary.pupil_error_percent - 15.0).abs() < 1e-6,
            "10 % and 20 %"
        );
        assert_eq!((summary.found, summary.failed), (1.0, 0.0));
    }

    #[test]
    fn missed_and_failed_frames_are_counted_apart() {
        let mut scores = LandmarkScores::default();
        scores.add(None, &labels());
        scores.add(Some(&labels().map(|[x, y]| [x + 6.0, y])), &labels());
        let summary = scores.summary();
        assert_eq!(
            (summary.labelled_frames, summary.found, summary.failed),
            (2, 0.5, 1.0)
        );
    }

    #[test]
    fn even_motion_is_no_jitter_and_trembling_is() {
        let moved = |shift: f32| labels().map(|[x, y]| [x + shift, y]);
        assert!(jitter(&[moved(0.0), moved(1.0), moved(2.0), moved(3.0)]) < 1e-4);
        let trembling = jitter(&[moved(0.0), moved(0.5), moved(0.0)]);
        assert!((trembling - 2.0).abs() < 1e-4, "1 px of 50");
    }
}
