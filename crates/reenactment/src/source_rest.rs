//! A moving source without the part of its own motion that the driver replaces.

use std::ops::Range;

use landmarks::{
    HeadPose, INNER_LIPS, JAW, LEFT_BROW, LEFT_EYE, LEFT_PUPIL, Landmarks, NOSE_BRIDGE, NOSTRILS,
    OUTER_LIPS, RIGHT_BROW, RIGHT_EYE, RIGHT_PUPIL, Rotation,
};

use crate::lifted_face::LiftedFace;
use crate::motion_choice::Amounts;
use crate::softness::soft_limit;

/// Turn of the source that is taken back beyond the knee is bent, radians: nothing is known of the far side.
const TURN_BACK: (f32, f32) = (0.35, 0.7);

/// A source's face in its calm frame.
#[derive(Debug)]
pub(crate) struct SourceRest {
    calm: LiftedFace,
    amounts: Amounts,
}

impl SourceRest {
    /// Take the calm frame of a source video; `amounts` says what the driver moves.
    pub(crate) fn new(calm: &Landmarks, amounts: Amounts) -> Self {
        Self {
            calm: LiftedFace::new(calm),
            amounts,
        }
    }

    /// The face of a frame as it would stand there at rest: what the driver moves is as in the calm
    /// frame, everything else as in this one. The head stays where the body carries it.
    pub(crate) fn in_frame(&self, own: &Landmarks) -> Landmarks {
        let face = LiftedFace::new(own);
        let mut shape = face.shape;
        for (amount, parts) in [
            (self.amounts.lips, &[JAW, OUTER_LIPS, INNER_LIPS][..]),
            (
                self.amounts.eyes,
                &[
                    RIGHT_EYE,
                    LEFT_EYE,
                    RIGHT_PUPIL..RIGHT_PUPIL + 1,
                    LEFT_PUPIL..LEFT_PUPIL + 1,
                ],
            ),
            (
                self.amounts.brows,
                &[RIGHT_BROW, LEFT_BROW, NOSE_BRIDGE, NOSTRILS],
            ),
        ] {
            if amount > 0.0 {
                for index in parts.iter().cloned().flat_map(|part: Range<usize>| part) {
                    shape[index] = self.calm.shape[index];
                }
            }
        }
        let pose = if self.amounts.pose > 0.0 {
            let (knee, limit) = TURN_BACK;
            let back = self.calm.pose.rotation.after(&face.pose.rotation.inverse());
            let back = back.to_vector().map(|angle| soft_limit(angle, knee, limit));
            HeadPose {
                rotation: Rotation::from_vector(back).after(&face.pose.rotation),
                ..face.pose
            }
        } else {
            face.pose
        };
        Landmarks {
            points: shape.map(|place| pose.project(place)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::motion_choice::{MotionChoice, Region};
    use test_support::DrawnHead;

    fn face(edit: impl Fn(&mut DrawnHead)) -> Landmarks {
        let mut head = DrawnHead::frontal(256);
        edit(&mut head);
        Landmarks {
            points: head.points(),
        }
    }

    fn rest(regions: &[Region]) -> SourceRest {
        let choice = MotionChoice {
            regions: regions.to_vec(),
            ..MotionChoice::default()
        };
        SourceRest::new(&face(|_| {}), Amounts::of(&choice))
    }

    fn gap(face: &Landmarks) -> f32 {
        face.points[66][1] - face.points[62][1]
    }

    #[test]
    fn lips_alone_close_the_mouth_and_leave_head_and_lids_as_they_are() {
        let own = face(|head| {
            head.mouth_open = 0.8;
            head.yaw = 14.0;
            head.eyes_open = [0.2, 0.2];
            head.centre[0] += 20.0;
        });
        let at_rest = rest(&[Region::Lips]).in_frame(&own);
        assert!(
            gap(&at_rest) < 0.3 * gap(&own),
            "{} {}",
            gap(&at_rest),
            gap(&own)
        );
        for index in (17..48).chain(68..70) {
            let apart =
                [0, 1].map(|axis| (at_rest.points[index][axis] - own.points[index][axis]).abs());
            assert!(apart[0] < 0.1 && apart[1] < 0.1, "{index}: {apart:?}");
        }
    }

    #[test]
    fn a_head_that_is_turned_back_stays_where_the_body_is() {
        let own = face(|head| {
            head.yaw = 12.0;
            head.centre[0] += 30.0;
        });
        let at_rest = rest(&[Region::Pose]).in_frame(&own);
        let pose = LiftedFace::new(&at_rest).pose;
        let [yaw, _, _] = pose.rotation.yaw_pitch_roll();
        assert!(yaw.abs() < 0.06, "{yaw}");
        let moved = pose.shift[0] - LiftedFace::new(&own).pose.shift[0];
        assert!(moved.abs() < 3.0, "{moved}");
    }

    #[test]
    fn what_does_not_move_stays_to_the_last_bit() {
        let own = face(|head| head.mouth_open = 0.5);
        let choice = MotionChoice {
            strength: 0.0,
            ..MotionChoice::default()
        };
        let still = SourceRest::new(&face(|_| {}), Amounts::of(&choice)).in_frame(&own);
        for (one, other) in still.points.iter().zip(&own.points) {
            assert!((one[0] - other[0]).abs() < 1e-2 && (one[1] - other[1]).abs() < 1e-2);
        }
    }
}
