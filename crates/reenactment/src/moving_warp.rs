//! The warp of a frame of a source video, whose own expression the driver's replaces.
//!
//! A driven face stands as the frame's would at rest; the warp needs it as a change of what the frame shows: its
//! eyes as they are open there, its pupils where they look.

use landmarks::Landmarks;

use crate::features::{EYES, gaze, lid_gap};
use crate::lifted_face::LiftedFace;
use crate::retarget::{DrivenFace, lid_shares};

/// Most that lids open, in openings of the frame's eye.
const MOST_OPEN: f32 = 1.6;
/// Opening under which an eye counts as closed, units of the head: there is no eyeball to show.
const CLOSED: f32 = 0.015;

/// A driven face as a change of the face that a frame shows with these landmarks, by a share from 0, as the frame
/// has it, to 1.
pub(crate) fn onto(face: &DrivenFace, own: &Landmarks, share: f32) -> DrivenFace {
    let lifted = LiftedFace::new(own);
    let mut onto = face.clone();
    for (side, eye) in EYES.iter().enumerate() {
        let rest_gap = lid_gap(eye, &face.points, face.pose.scale);
        let own_gap = lid_gap(eye, own, lifted.pose.scale);
        let points = &mut onto.points.points;
        if rest_gap > CLOSED && (own_gap / rest_gap - 1.0).abs() > 1e-3 {
            for (upper, lower) in eye.upper.into_iter().zip(eye.lower) {
                let gap = [0, 1].map(|axis| points[lower][axis] - points[upper][axis]);
                let [top, bottom] = lid_shares(own_gap / rest_gap);
                for axis in 0..2 {
                    points[upper][axis] += top * gap[axis];
                    points[lower][axis] += bottom * gap[axis];
                }
            }
        }
        let wanted = face.lids[side] * rest_gap;
        let lids = if own_gap > CLOSED {
            (wanted / own_gap).min(MOST_OPEN)
        } else {
            1.0
        };
        onto.lids[side] = 1.0 + share * (lids - 1.0);
        let [rest, there] = [gaze(eye, &face.points), gaze(eye, own)];
        let step = [0, 1].map(|axis| face.gaze[side][axis] + rest[axis] - there[axis]);
        onto.gaze[side] = step.map(|value| share * value);
    }
    let pairs = onto.points.points.iter_mut().zip(&own.points);
    for (point, rest) in pairs {
        (0..2).for_each(|axis| point[axis] = rest[axis] + share * (point[axis] - rest[axis]));
    }
    onto.pose = lifted.pose.fit_from(&lifted.shape, &onto.points);
    onto
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retarget::Retargeter;
    use test_support::DrawnHead;

    const SIZE: [u32; 2] = [256, 256];

    fn drawn(change: impl Fn(&mut DrawnHead)) -> Landmarks {
        let mut head = DrawnHead::frontal(256);
        change(&mut head);
        Landmarks {
            points: head.points(),
        }
    }

    #[test]
    fn a_face_that_shall_stand_as_its_frame_shows_it_does_not_change() {
        let own = drawn(|head| head.yaw = 8.0);
        let driven = Retargeter::new(&own, SIZE, &own).drive(&own);
        let onto = onto(&driven, &own, 1.0);
        let moved = onto.points.points.iter().zip(&own.points);
        assert!(
            moved
                .into_iter()
                .all(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]) < 0.05)
        );
        assert!(
            onto.lids.iter().all(|lids| (lids - 1.0).abs() < 0.02),
            "{:?}",
            onto.lids
        );
        assert!(onto.gaze.iter().flatten().all(|step| step.abs() < 0.01));
    }

    #[test]
    fn eyes_that_a_frame_shows_wide_close_to_what_the_driver_does_and_a_share_of_it_part_way() {
        let (rest, wide) = (
            drawn(|head| head.eyes_open = [0.7; 2]),
            drawn(|head| head.eyes_open = [1.0; 2]),
        );
        let driven = Retargeter::new(&rest, SIZE, &rest).drive(&rest);
        let [whole, half, none] = [1.0, 0.5, 0.0].map(|share| onto(&driven, &wide, share).lids[0]);
        assert!(whole < 0.85 && whole > 0.5, "{whole}");
        assert!((half - f32::midpoint(whole, 1.0)).abs() < 1e-4);
        assert_eq!(none, 1.0);
    }
}
