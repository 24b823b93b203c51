//! Room around the face in its picture, which bounds how far the head may move.

use landmarks::Landmarks;

use crate::softness::{smooth_step, soft_limit};

/// Moves across the picture beyond the knee are bent: units of the head.
const SHIFT_LIMIT: (f32, f32) = (0.25, 0.55);

/// How far the face is from each border of its picture, in units of the head: what a move uncovers
/// beyond a border nobody can paint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Room {
    /// Left and right, above and below.
    sides: [[f32; 2]; 2],
}

/// Room, in units of the head, from which a border no longer matters.
const WIDE: f32 = 0.8;
/// Hair above the brows, in units of the head.
const FOREHEAD: f32 = 0.6;

impl Room {
    pub(crate) fn around(landmarks: &Landmarks, size: [u32; 2], scale: f32) -> Self {
        let sides = [0, 1].map(|axis| {
            let values = landmarks.points.iter().map(|point| point[axis]);
            let low = values.clone().fold(f32::INFINITY, f32::min);
            let high = values.fold(f32::NEG_INFINITY, f32::max);
            [low / scale, (size[axis] as f32 - 1.0 - high) / scale]
        });
        let [[left, right], [above, below]] = sides;
        Self {
            sides: [[left, right], [above - FOREHEAD, below]],
        }
    }

    /// How far turns go in a tight picture, from a half to 1.
    pub(crate) fn share_of_turns(&self) -> f32 {
        let [[left, right], [_, below]] = self.sides;
        let least = left.min(right).min(below);
        0.55 + 0.45 * smooth_step(0.0, 0.5 * WIDE, least)
    }

    /// Bend a move; one that would uncover what lies beyond a near border is bent most.
    pub(crate) fn bend(&self, step: [f32; 2]) -> [f32; 2] {
        let length = step[0].hypot(step[1]).max(1e-6);
        let (knee, limit) = SHIFT_LIMIT;
        let bent = soft_limit(length, knee, limit) / length;
        [0, 1].map(|axis| {
            let behind = self.sides[axis][usize::from(step[axis] < 0.0)];
            let share = 0.15 + 0.85 * smooth_step(0.0, WIDE, behind);
            soft_limit(bent * step[axis], share * knee, share * limit)
        })
    }
}
