//! How far a head may be turned from where it stands in its picture: what the picture hides nobody can show.

use crate::softness::soft_limit;

/// Turns beyond the knee are bent, because a picture shows nothing of the far side: radians about
/// the axes of pitch, yaw and roll, as (knee, limit).
const TURN_LIMITS: [(f32, f32); 3] = [(0.22, 0.45), (0.30, 0.60), (0.40, 0.75)];
/// Slant of the far half of a face against its front, radians.
const FAR_HALF: f32 = 0.61;
/// How much a far half that the picture shows foreshortened may be stretched, as (knee, limit).
const STRETCH: (f32, f32) = (1.2, 1.45);
/// Yaw, in radians, at which hardly more than half of a face is seen, as (knee, limit).
const HALF_SEEN: (f32, f32) = (0.65, 0.90);
/// Part of a turn that may be lost to the limits before it is worth telling, radians.
const TOLD_LOSS: f32 = 0.10;

/// Limits for one source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TurnLimits {
    /// For each axis those of negative and of positive turns, as (knee, limit).
    axes: [[(f32, f32); 2]; 3],
}

impl TurnLimits {
    /// Of a head that stands with this yaw (radians, positive to the right of the picture); `narrow` scales all
    /// limits, as a tight picture needs.
    pub(crate) fn of(yaw: f32, narrow: f32) -> Self {
        let mut axes = TURN_LIMITS.map(|limits| [limits; 2]);
        // A positive turn about the axis downwards takes the nose to the left.
        let [towards_left, towards_right] = [1, 0];
        let [to_front, away] = if yaw < 0.0 {
            [towards_right, towards_left]
        } else {
            [towards_left, towards_right]
        };
        let yaw = yaw.abs();
        axes[1][to_front] = least(
            axes[1][to_front],
            (revealed(yaw, STRETCH.0), revealed(yaw, STRETCH.1)),
        );
        axes[1][away] = least(axes[1][away], (HALF_SEEN.0 - yaw, HALF_SEEN.1 - yaw));
        let scaled = |(knee, limit): (f32, f32)| (narrow * knee, narrow * limit);
        Self {
            axes: axes.map(|axis| axis.map(scaled)),
        }
    }

    /// Bend a turn, given as its vector about the upright head's axes, to what can be shown; also whether much of
    /// it is lost.
    pub(crate) fn bend(&self, turn: [f32; 3]) -> ([f32; 3], bool) {
        let bent = [0, 1, 2].map(|axis| {
            let (knee, limit) = self.axes[axis][usize::from(turn[axis] > 0.0)];
            soft_limit(turn[axis], knee, limit)
        });
        let is_lost = (0..3).any(|axis| (turn[axis] - bent[axis]).abs() > TOLD_LOSS);
        (bent, is_lost)
    }
}

/// Turn to the front at which the far half of a head that stands with this yaw has grown `stretch`-fold; without
/// end where it never does.
fn revealed(yaw: f32, stretch: f32) -> f32 {
    let shown = (FAR_HALF + yaw).min(1.5).cos() * stretch;
    if shown >= 1.0 {
        return f32::INFINITY;
    }
    FAR_HALF + yaw - shown.acos()
}

/// The tighter of two limits, knees and ends each; never none at all.
fn least(one: (f32, f32), other: (f32, f32)) -> (f32, f32) {
    let knee = one.0.min(other.0).max(0.05);
    (knee, one.1.min(other.1).max(2.0 * knee))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_looks_ahead_turns_alike_to_both_sides() {
        for yaw in [0.0, 0.05, -0.05] {
            assert_eq!(TurnLimits::of(yaw, 1.0), TurnLimits::of(0.0, 1.0));
        }
        let (left, _) = TurnLimits::of(0.0, 1.0).bend([0.0, 0.5, 0.0]);
        let (right, _) = TurnLimits::of(0.0, 1.0).bend([0.0, -0.5, 0.0]);
        assert_eq!(left, right.map(|angle| -angle));
    }

    #[test]
    fn a_head_turned_to_the_left_turns_less_far_to_the_front_and_beyond_than_one_that_looks_ahead()
    {
        let turned = TurnLimits::of(-0.53, 1.0);
        for wanted in [0.4, -0.4] {
            let (bent, is_lost) = turned.bend([0.0, wanted, 0.0]);
            assert!(bent[1].abs() < 0.30 && is_lost, "{bent:?}");
            let (ahead, _) = TurnLimits::of(0.0, 1.0).bend([0.0, wanted, 0.0]);
            assert!(ahead[1].abs() > 0.35, "{ahead:?}");
        }
        // mirrored, the same
        let mirrored = TurnLimits::of(0.53, 1.0);
        assert_eq!(
            turned.bend([0.0, 0.2, 0.0]).0[1],
            -mirrored.bend([0.0, -0.2, 0.0]).0[1]
        );
    }

    #[test]
    fn limits_are_never_closed_and_nods_keep_theirs() {
        for yaw in [-1.4, -0.6, 0.8, 1.5] {
            let limits = TurnLimits::of(yaw, 0.55);
            let (small, is_lost) = limits.bend([0.02, 0.02, -0.02]);
            assert_eq!(small, [0.02, 0.02, -0.02]);
            assert!(!is_lost);
            assert_eq!(limits.axes[0], TurnLimits::of(0.0, 0.55).axes[0]);
        }
    }
}
