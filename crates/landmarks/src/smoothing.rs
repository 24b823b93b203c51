//! Steady landmarks over time, without holding back what really moves.
//!
//! As in the 1-Euro filter (Casiez et al. 2012), what changes little is averaged over time and
//! what changes much passes. Here the change is judged for the face as a whole (its place, turn
//! and size) and then for each part in the face's own frame, over all its points at once: noise
//! of single points averages out, so that the first frame of a blink already counts as one.

use std::ops::Range;

use crate::face_frame::FaceFrame;
use crate::points::{
    INNER_LIPS, JAW, LEFT_BROW, LEFT_EYE, LEFT_PUPIL, Landmarks, NOSE_BRIDGE, NOSTRILS, OUTER_LIPS,
    RIGHT_BROW, RIGHT_EYE, RIGHT_PUPIL,
};
use crate::similarity::Similarity;

/// Points that keep their places on the skull: temples, nose, corners of the eyes.
const RIGID: [usize; 19] = [
    0, 1, 2, 14, 15, 16, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 39, 42, 45,
];

/// Change of the face as a whole that passes by half, in face sizes, at the default control.
const POSE_KNEE: f32 = 0.0025;

/// How a part of the face is smoothed.
struct Part {
    points: Range<usize>,
    /// Change within the face that passes by half at the default control, in face sizes.
    knee: f32,
    /// Cut-off frequency at the default control while the part is still, hertz.
    cut_off_hz: f32,
}

const fn part(points: Range<usize>, knee: f32, cut_off_hz: f32) -> Part {
    Part {
        points,
        knee,
        cut_off_hz,
    }
}

/// Parts move on their own. Eyelids and lips pass early; pupils jump and must not be dragged.
const PARTS: [Part; 11] = [
    part(JAW, 0.006, 2.0),
    part(RIGHT_BROW, 0.004, 2.0),
    part(LEFT_BROW, 0.004, 2.0),
    part(NOSE_BRIDGE, 0.004, 2.0),
    part(NOSTRILS, 0.004, 2.0),
    part(RIGHT_EYE, 0.003, 2.0),
    part(LEFT_EYE, 0.003, 2.0),
    part(OUTER_LIPS, 0.004, 2.0),
    part(INNER_LIPS, 0.004, 2.0),
    part(RIGHT_PUPIL..RIGHT_PUPIL + 1, 0.005, 5.0),
    part(LEFT_PUPIL..LEFT_PUPIL + 1, 0.005, 5.0),
];

/// Cut-off frequency of the face as a whole at the default control while it is still, hertz.
const POSE_CUT_OFF_HZ: f32 = 2.0;

/// Natural logarithm of how much the cut-off falls from no smoothing to full smoothing.
const CUT_OFF_RANGE: f32 = 3.2;

/// Longest time between two frames that are smoothed together, seconds.
const LONGEST_GAP_S: f64 = 0.25;

/// Control that users get who choose none.
pub const DEFAULT_SMOOTHING: f32 = 0.5;

/// Smooths the landmarks of one face, frame by frame.
#[derive(Debug, Clone)]
pub struct Smoother {
    control: f32,
    last: Option<(f64, Landmarks)>,
}

impl Smoother {
    /// Smooth by `control`, from 0 (leave all as found) to 1 (steadiest).
    pub fn new(control: f32) -> Self {
        Self {
            control: control.clamp(0.0, 1.0),
            last: None,
        }
    }

    /// Forget the past, such as when the face was lost.
    pub fn reset(&mut self) {
        self.last = None;
    }

    /// Take the landmarks found at `time_s` and return the steady ones.
    pub fn smooth(&mut self, time_s: f64, found: &Landmarks) -> Landmarks {
        let steady = match &self.last {
            Some((last_s, last)) if self.control > 0.0 => {
                let step_s = time_s - last_s;
                if step_s > 0.0 && step_s <= LONGEST_GAP_S {
                    self.step(step_s as f32, last, found)
                } else {
                    *found
                }
            }
            _ => *found,
        };
        self.last = Some((time_s, steady));
        steady
    }

    fn step(&self, step_s: f32, last: &Landmarks, found: &Landmarks) -> Landmarks {
        let size_px = FaceFrame::from_landmarks(found).size_px.max(1.0);
        let rigid = |landmarks: &Landmarks| RIGID.map(|index| landmarks.points[index]);
        let motion = Similarity::fit(&rigid(last), &rigid(found));
        let change = pose_change(&motion, size_px);
        let part_way = motion.part(self.share(change / POSE_KNEE, POSE_CUT_OFF_HZ, step_s));
        let mut steady = *found;
        for part in PARTS {
            let indices = part.points.clone();
            let errors: Vec<[f32; 2]> = indices
                .map(|index| difference(found.points[index], motion.carry(last.points[index])))
                .collect();
            let change = root_mean_square(&errors) / size_px;
            let share = self.share(change / part.knee, part.cut_off_hz, step_s);
            for (index, error) in part.points.zip(errors) {
                let [x, y] = part_way.carry(last.points[index]);
                steady.points[index] = [x + share * error[0], y + share * error[1]];
            }
        }
        steady
    }

    /// Share of a change that passes in one frame; `ratio` is the change over its knee.
    fn share(&self, ratio: f32, cut_off_hz: f32, step_s: f32) -> f32 {
        let cut_off_hz = cut_off_hz * (CUT_OFF_RANGE * (DEFAULT_SMOOTHING - self.control)).exp();
        let still = 1.0 - (-std::f32::consts::TAU * cut_off_hz * step_s).exp();
        let ratio = (ratio * DEFAULT_SMOOTHING / self.control).min(1e3);
        let power = ratio.powi(4);
        still + (1.0 - still) * power / (1.0 + power)
    }
}

/// How far a motion of the whole face carries a point at its border, in face sizes.
fn pose_change(motion: &Similarity, size_px: f32) -> f32 {
    let moved = motion.shift[0].hypot(motion.shift[1]) / size_px;
    moved.hypot(motion.turn / 2.0).hypot(motion.log_scale / 2.0)
}

fn difference(a: [f32; 2], b: [f32; 2]) -> [f32; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

fn root_mean_square(errors: &[[f32; 2]]) -> f32 {
    let sum: f32 = errors.iter().map(|[x, y]| x * x + y * y).sum();
    (sum / errors.len() as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{deviation, drawn_face};

    const STEP_S: f64 = 1.0 / 25.0;

    /// Eye with lids `openness` of the way from closed (0) to as drawn (1).
    fn with_lids(face: &Landmarks, openness: f32) -> Landmarks {
        let mut face = *face;
        for (upper, lower) in [(37, 41), (38, 40), (43, 47), (44, 46)] {
            let lid = face.points[lower][1];
            face.points[upper][1] = lid + (face.points[upper][1] - lid) * openness;
        }
        face
    }

    fn lid_gap(face: &Landmarks) -> f32 {
        face.points[41][1] - face.points[37][1]
    }

    /// Reproducible noise of about `deviation_px`.
    fn with_noise(face: &Landmarks, seed: u32, deviation_px: f32) -> Landmarks {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
        let mut random = || {
            let mut sum = 0.0;
            for _ in 0..12 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                sum += (state >> 8) as f32 / (1 << 24) as f32;
            }
            (sum - 6.0) * deviation_px
        };
        face.map(|[x, y]| [x + random(), y + random()])
    }

    #[test]
    fn a_blink_of_three_frames_keeps_its_depth_and_its_frame() {
        let face = drawn_face();
        let mut smoother = Smoother::new(DEFAULT_SMOOTHING);
        let lids = [1.0, 1.0, 1.0, 0.5, 0.0, 0.5, 1.0, 1.0, 1.0];
        let noise_px = 0.003 * face.inter_ocular_px();
        let mut gaps = Vec::new();
        for frame in 0..30_u32 {
            let openness = lids.get(frame as usize % 15).copied().unwrap_or(1.0);
            let found = with_noise(&with_lids(&face, openness), frame, noise_px);
            let steady = smoother.smooth(f64::from(frame) * STEP_S, &found);
            gaps.push(lid_gap(&steady) / lid_gap(&face));
        }
        for start in [0, 15] {
            let blink = &gaps[start..start + 9];
            assert!(blink[4] < 0.15, "depth kept: {blink:?}");
            assert!(blink[3] < 0.65, "closing is not delayed: {blink:?}");
            assert!(blink[6] > 0.85, "open again one frame after: {blink:?}");
        }
    }

    #[test]
    fn noise_of_a_still_face_falls_to_a_third() {
        let face = drawn_face();
        let noise_px = 0.001 * face.inter_ocular_px();
        let second_difference = |control: f32| {
            let mut smoother = Smoother::new(control);
            let steady: Vec<Landmarks> = (0..100_u32)
                .map(|frame| {
                    let found = with_noise(&face, frame, noise_px);
                    smoother.smooth(f64::from(frame) * STEP_S, &found)
                })
                .collect();
            let bend = |three: &[Landmarks]| {
                let pairs = three[0]
                    .points
                    .iter()
                    .zip(&three[1].points)
                    .zip(&three[2].points);
                pairs
                    .map(|((a, b), c)| (a[0] - 2.0 * b[0] + c[0]).hypot(a[1] - 2.0 * b[1] + c[1]))
                    .sum::<f32>()
            };
            steady.windows(3).map(bend).sum::<f32>()
        };
        let raw = second_difference(0.0);
        let default = second_difference(DEFAULT_SMOOTHING);
        assert!(default < raw / 3.0, "{default} of {raw}");
        assert!(second_difference(1.0) < default);
    }

    #[test]
    fn control_zero_changes_nothing() {
        let mut smoother = Smoother::new(0.0);
        for frame in 0..5_u32 {
            let found = with_noise(&drawn_face(), frame, 3.0);
            assert_eq!(smoother.smooth(f64::from(frame) * STEP_S, &found), found);
        }
    }

    #[test]
    fn a_moving_turning_and_growing_head_is_followed_closely() {
        let face = drawn_face();
        let mut smoother = Smoother::new(DEFAULT_SMOOTHING);
        for frame in 0..50 {
            let time = frame as f32 * STEP_S as f32;
            let motion = Similarity {
                centre: [0.0, 0.0],
                shift: [150.0 * time, 40.0 * (3.0 * time).sin()],
                turn: 0.4 * (2.0 * time).sin(),
                log_scale: 0.3 * time,
            };
            let found = face.map(|point| motion.carry(point));
            let steady = smoother.smooth(frame as f64 * STEP_S, &found);
            let lag = deviation(&steady, &found) / FaceFrame::from_landmarks(&found).size_px;
            assert!(lag < 0.012, "frame {frame}: {lag}");
        }
    }

    #[test]
    fn after_a_gap_or_a_reset_the_past_counts_no_more() {
        let face = drawn_face();
        let moved = face.map(|[x, y]| [x + 0.3, y]);
        let mut smoother = Smoother::new(1.0);
        smoother.smooth(0.0, &face);
        assert_ne!(smoother.smooth(0.04, &moved), moved);
        assert_eq!(smoother.smooth(1.0, &face), face);
        smoother.reset();
        assert_eq!(smoother.smooth(1.04, &moved), moved);
    }

    #[test]
    fn every_point_belongs_to_one_part() {
        let mut seen = [0; crate::POINTS];
        for part in PARTS {
            part.points.for_each(|index| seen[index] += 1);
        }
        assert_eq!(seen, [1; crate::POINTS]);
    }
}
