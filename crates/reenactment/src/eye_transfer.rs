//! The driver's eyes carried over to the source's: lids in proportion, pupils within the source's eye.

use landmarks::{Landmarks, POINTS, Place3};

use crate::features::{EYES, gaze, lid_gap};
use crate::motion_choice::MotionReference;
use crate::softness::{smooth_step, soft_limit};

/// Parts of an eye's opening at which a driver's eye may count as closed: painted lashes look like an
/// eye that is a little open.
const SHUT: [f32; 2] = [0.10, 0.38];
/// How much more open than closed an eye is when it is carried over as it is: a squint stays as open
/// as it was.
const SQUINT: f32 = 0.22;
/// Part of an opening that the lids fall below in a blink, and rise above on both sides of it.
const BLINK: [f32; 2] = [0.45, 0.72];
/// Most frames from the middle of a blink to open eyes.
const BLINK_FRAMES: usize = 8;
/// Farthest that a pupil may stand from the middle of the eye, in eye widths along and below: from
/// there on it would hide behind the corner or the lids.
const GAZE_REACH: [f32; 2] = [0.33, 0.15];
/// Least room that a pupil has on either side, in eye widths.
const GAZE_ROOM: f32 = 0.04;

/// Both faces' eyes at rest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Eyes {
    /// Openings that count as fully open, units of the head.
    rest_lids: [f32; 2],
    /// Part of the driver's opening at which its eyes are closed.
    shut: f32,
    /// The driver's face at rest, on the head.
    driver: [Place3; POINTS],
    /// The source's gaze at rest.
    source_gaze: [[f32; 2]; 2],
    reference: MotionReference,
}

/// The driver's eyes in one frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EyesNow<'a> {
    pub(crate) landmarks: &'a Landmarks,
    pub(crate) pose: &'a landmarks::HeadPose,
    /// How much of the motion is carried over, 0 to 2.
    pub(crate) amount: f32,
}

impl Eyes {
    /// Measure the source, seen at `source_scale`, and the driver at rest: seen at `driver_scale`, its
    /// points on the head in `driver`.
    pub(crate) fn new(
        source: (&Landmarks, f32),
        calm: (&Landmarks, f32),
        driver: &[Place3; POINTS],
        reference: MotionReference,
    ) -> Self {
        let lids = |(face, scale): (&Landmarks, f32)| EYES.map(|eye| lid_gap(&eye, face, scale));
        Self {
            rest_lids: match reference {
                MotionReference::Relative => lids(calm),
                MotionReference::Absolute => lids(source),
            },
            shut: SHUT[0],
            driver: *driver,
            source_gaze: EYES.map(|eye| gaze(&eye, source.0)),
            reference,
        }
    }

    /// Learn from a whole clip how far the driver's eyes close when they blink: faces, each with the
    /// scale that it is seen at.
    pub(crate) fn learn_blinks(&mut self, faces: &[(Landmarks, f32)]) {
        let gap = |(face, scale): &(Landmarks, f32)| {
            EYES.iter()
                .map(|eye| lid_gap(eye, face, *scale))
                .sum::<f32>()
        };
        let gaps: Vec<f32> = faces.iter().map(gap).collect();
        let mut sorted = gaps.clone();
        sorted.sort_by(f32::total_cmp);
        let Some(open) = sorted.get(sorted.len() * 7 / 10) else {
            return;
        };
        let ratios: Vec<f32> = gaps.iter().map(|gap| gap / open.max(0.02)).collect();
        if let Some(depth) = blink_depth(&ratios) {
            self.shut = depth.clamp(SHUT[0], SHUT[1]);
        }
    }

    /// Take how far the driver's eyes close from what was learned beside another source.
    pub(crate) fn blink_as(&mut self, other: &Self) {
        self.shut = other.shut;
    }

    /// Openings of the right and left eye: 0 closed, 1 as in the source.
    pub(crate) fn lids(&self, now: &EyesNow<'_>) -> [f32; 2] {
        if now.amount == 0.0 {
            return [1.0; 2];
        }
        [0, 1].map(|side| {
            let gap = lid_gap(&EYES[side], now.landmarks, now.pose.scale);
            let ratio = gap / self.rest_lids[side].max(0.02);
            let opening = 1.0 + now.amount * (opening(ratio, self.shut) - 1.0);
            soft_limit(opening.max(0.0), 1.15, 1.40)
        })
    }

    /// Steps of the pupils along the line between the corners and square to it, in lengths of that
    /// line; a pupil behind a closing lid is not trusted.
    pub(crate) fn gaze(&self, now: &EyesNow<'_>, lids: [f32; 2]) -> [[f32; 2]; 2] {
        // A turned head shows a resting pupil nearer to one corner: only what is left is a glance.
        let at_rest = Landmarks {
            points: self.driver.map(|place| now.pose.project(place)),
        };
        [0, 1].map(|side| {
            let seen = gaze(&EYES[side], now.landmarks);
            let own = self.source_gaze[side];
            let from = match self.reference {
                MotionReference::Relative => gaze(&EYES[side], &at_rest),
                MotionReference::Absolute => own,
            };
            let trust = smooth_step(0.15, 0.55, lids[side]);
            [0, 1].map(|axis| {
                let step = now.amount * trust * (seen[axis] - from[axis]);
                within_eye(own[axis], step, GAZE_REACH[axis])
            })
        })
    }
}

/// Opening of the source for a part of the driver's: closed while the driver's is, and beyond a
/// squint the same.
fn opening(ratio: f32, shut: f32) -> f32 {
    let closing = shut * (1.0 - smooth_step(shut, shut + SQUINT, ratio));
    (ratio - closing).max(0.0)
}

/// How far open eyes are that blink, by the openings of a whole clip in shares of the open eye: the
/// median of its blinks' lowest. `None` where it has no blink: slow squints are none.
fn blink_depth(ratios: &[f32]) -> Option<f32> {
    let opens = |mut side: std::slice::Iter<'_, f32>| side.any(|ratio| *ratio > BLINK[1]);
    let is_blink = |index: usize| {
        let from = index.saturating_sub(BLINK_FRAMES);
        let to = (index + BLINK_FRAMES).min(ratios.len() - 1);
        let around = &ratios[from..=to];
        let low = ratios[index];
        low < BLINK[0]
            && around.iter().all(|ratio| *ratio >= low)
            && opens(ratios[from..index].iter())
            && opens(ratios[index + 1..=to].iter())
    };
    let blinks = (0..ratios.len()).filter(|index| is_blink(*index));
    let mut depths: Vec<f32> = blinks.map(|index| ratios[index]).collect();
    depths.sort_by(f32::total_cmp);
    depths.get(depths.len() / 2).copied()
}

/// A step from `own`, bent so that it ends within `reach` of the middle.
fn within_eye(own: f32, step: f32, reach: f32) -> f32 {
    let room = (reach - own * step.signum()).max(GAZE_ROOM);
    soft_limit(step, 0.6 * room, room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::{HeadPose, MEAN_HEAD, Rotation};

    #[test]
    fn a_squint_stays_open_a_closed_eye_closes_and_more_open_is_more_open() {
        for shut in SHUT {
            assert_eq!(opening(1.0, shut), 1.0);
            assert_eq!(opening(0.9 * shut, shut), 0.0);
            let steps: Vec<f32> = (0..40)
                .map(|step| opening(step as f32 / 40.0, shut))
                .collect();
            assert!(steps.windows(2).all(|pair| pair[1] >= pair[0]));
        }
        assert!((opening(0.35, SHUT[0]) - 0.35).abs() < 1e-6);
    }

    #[test]
    fn a_dip_between_open_eyes_is_a_blink_and_a_lasting_squint_is_none() {
        let mut ratios = vec![1.0; 40];
        ratios[12..15].copy_from_slice(&[0.6, 0.3, 0.7]);
        assert_eq!(blink_depth(&ratios), Some(0.3));
        let mut squinting = vec![1.0; 40];
        squinting[10..35].fill(0.3);
        assert_eq!(blink_depth(&squinting), None);
        assert_eq!(blink_depth(&[]), None);
    }

    #[test]
    fn a_pupil_stays_within_the_eye_wherever_it_rests() {
        for own in [-0.4, -0.2, 0.0, 0.3] {
            assert_eq!(within_eye(own, 0.0, 0.33), 0.0);
            for step in [-1.0, -0.1, 0.2, 3.0] {
                let place = own + within_eye(own, step, 0.33);
                assert!(place.abs() <= own.abs().max(0.33) + GAZE_ROOM);
            }
        }
        assert!((within_eye(0.0, 0.15, 0.33) - 0.15).abs() < 1e-6);
    }

    #[test]
    fn a_turn_of_the_head_is_no_glance() {
        let pose = |yaw: f32| HeadPose {
            rotation: Rotation::from_yaw_pitch_roll([yaw, 0.0, 0.0]),
            scale: 100.0,
            shift: [200.0, 200.0],
        };
        let seen = |yaw: f32| Landmarks {
            points: MEAN_HEAD.map(|place| pose(yaw).project(place)),
        };
        let calm = seen(0.0);
        let eyes = Eyes::new(
            (&calm, 100.0),
            (&calm, 100.0),
            &MEAN_HEAD,
            MotionReference::Relative,
        );
        let turned = seen(0.5);
        let now = EyesNow {
            landmarks: &turned,
            pose: &pose(0.5),
            amount: 1.0,
        };
        let steps = eyes.gaze(&now, [1.0; 2]);
        assert!(steps.iter().flatten().all(|step| step.abs() < 1e-4));
    }
}
