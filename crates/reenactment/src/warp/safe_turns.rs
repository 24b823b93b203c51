//! How far a picture's head can be turned before its skin would fold, told once for each direction.
//!
//! What is told once holds in every frame alike, so that a head that is held back still moves smoothly.

use std::f32::consts::TAU;

use crate::softness::soft_limit;

/// Directions that are tried: nod down, and on around.
const DIRECTIONS: usize = 12;
/// Longest turn that is tried, radians.
const MOST: f32 = 0.6;
/// Each try is shorter than the one before by this factor.
const SHORTER: f32 = 0.8;
/// Most tries.
const TRIES: i32 = 9;
/// Share of the safe turn from which turns are bent.
const KNEE: f32 = 0.6;

/// Safe lengths of turns, radians.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SafeTurns {
    lengths: [f32; DIRECTIONS],
}

impl SafeTurns {
    /// Try all directions: `is_safe` says whether the head can be turned by these angles about the axes of pitch
    /// and yaw.
    pub(super) fn find(is_safe: impl Fn([f32; 2]) -> bool) -> Self {
        let longest = |direction: usize| {
            let (yaw, pitch) = (TAU * direction as f32 / DIRECTIONS as f32).sin_cos();
            let mut tries = 0..TRIES;
            let length = |index: i32| MOST * SHORTER.powi(index);
            let is_safe = |index: &i32| is_safe([pitch, yaw].map(|share| length(*index) * share));
            match tries.find(is_safe) {
                // nothing is known of what lies beyond, and no turn gets there
                Some(0) => 2.0 * MOST,
                found => length(found.unwrap_or(TRIES)),
            }
        };
        Self {
            lengths: std::array::from_fn(longest),
        }
    }

    /// Bend a turn about the axes of pitch and yaw to what is safe.
    pub(super) fn bend(&self, [pitch, yaw]: [f32; 2]) -> [f32; 2] {
        let length = pitch.hypot(yaw);
        if length < 1e-6 {
            return [pitch, yaw];
        }
        let place = yaw.atan2(pitch).rem_euclid(TAU) / TAU * DIRECTIONS as f32;
        let before = place as usize % DIRECTIONS;
        let share = place.fract();
        let [low, high] = [before, (before + 1) % DIRECTIONS].map(|index| self.lengths[index]);
        let safe = low + share * (high - low);
        let bent = soft_limit(length, KNEE * safe, safe) / length;
        [bent * pitch, bent * yaw]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_bent_where_they_would_not_be_safe_and_nowhere_else() {
        // safe to the one side, half safe to the other
        let turns = SafeTurns::find(|[_, yaw]| yaw < 0.2);
        let [_, there] = turns.bend([0.0, 0.5]);
        assert!(there < 0.2 && there > 0.1, "{there}");
        assert_eq!(turns.bend([0.0, -0.3]), [0.0, -0.3]);
        assert_eq!(turns.bend([0.2, 0.0]), [0.2, 0.0]);
        assert_eq!(turns.bend([0.0, 0.0]), [0.0, 0.0]);
    }

    #[test]
    fn a_little_more_turn_in_is_a_little_more_turn_out() {
        let turns = SafeTurns::find(|[pitch, yaw]| pitch.abs() < 0.3 && yaw < 0.15);
        let mut last = 0.0;
        for step in 1..60 {
            let length = 0.01 * step as f32;
            let [pitch, yaw] = turns.bend([0.3 * length, 0.954 * length]);
            let bent = pitch.hypot(yaw);
            assert!(bent > last && bent - last < 0.0105, "{length}: {bent}");
            last = bent;
        }
    }
}
