//! The driver's mouth carried over to the source's: in proportion, and lips that touch still touch.

use landmarks::{INNER_LIPS, OUTER_LIPS, POINTS};

use crate::features::{lip_gaps, mouth_width};
use crate::motion_choice::MotionReference;
use crate::softness::{smooth_step, soft_limit};
use landmarks::Place3;

/// Opening of the driver at rest from which closing further counts in full.
const RESTS_OPEN: f32 = 0.06;
/// Share of a corrected opening that the lower lip makes up for.
const LOWER_SHARE: f32 = 0.7;

/// The driver's lips at rest and now, and the source's at rest; places on the head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mouths<'a> {
    pub(crate) driver_calm: &'a [Place3; POINTS],
    pub(crate) driver_now: &'a [Place3; POINTS],
    pub(crate) source: &'a [Place3; POINTS],
    /// Whether the source's own opening at rest counts.
    pub(crate) reference: MotionReference,
}

/// Outer and inner points that follow the right, middle and left of each lip, with their shares.
const UPPER: [(usize, [f32; 3]); 8] = [
    (49, [0.5, 0.0, 0.0]),
    (50, [1.0, 0.0, 0.0]),
    (51, [0.0, 1.0, 0.0]),
    (52, [0.0, 0.0, 1.0]),
    (53, [0.0, 0.0, 0.5]),
    (61, [1.0, 0.0, 0.0]),
    (62, [0.0, 1.0, 0.0]),
    (63, [0.0, 0.0, 1.0]),
];
const LOWER: [(usize, [f32; 3]); 8] = [
    (59, [0.5, 0.0, 0.0]),
    (58, [1.0, 0.0, 0.0]),
    (57, [0.0, 1.0, 0.0]),
    (56, [0.0, 0.0, 1.0]),
    (55, [0.0, 0.0, 0.5]),
    (67, [1.0, 0.0, 0.0]),
    (66, [0.0, 1.0, 0.0]),
    (65, [0.0, 0.0, 1.0]),
];

impl Mouths<'_> {
    /// How much larger the source's mouth is than the driver's.
    pub(crate) fn size_ratio(&self) -> f32 {
        (mouth_width(self.source) / mouth_width(self.driver_calm).max(1e-3)).clamp(0.7, 1.4)
    }

    /// Move the source's lips, in `moved`, as the driver's moved.
    pub(crate) fn transfer(&self, moved: &mut [Place3; POINTS]) {
        let ratio = self.size_ratio();
        let lips = OUTER_LIPS.start..INNER_LIPS.end;
        let pairs = self.driver_now[lips.clone()]
            .iter()
            .zip(&self.driver_calm[lips.clone()]);
        for (place, (now, calm)) in moved[lips].iter_mut().zip(pairs) {
            for axis in 0..3 {
                let limit = if axis == 2 { 0.08 } else { 0.45 };
                place[axis] += soft_limit(ratio * (now[axis] - calm[axis]), 0.6 * limit, limit);
            }
        }
        let wanted = self.wanted_gaps(ratio);
        let found = [(61, 67), (62, 66), (63, 65)].map(|(up, low)| moved[low][1] - moved[up][1]);
        let closed = self.source_offsets();
        let missing = [0, 1, 2].map(|i| wanted[i] + closed[i] - found[i]);
        let share = |shares: [f32; 3]| -> f32 { (0..3).map(|i| shares[i] * missing[i]).sum() };
        for (index, shares) in UPPER {
            moved[index][1] -= (1.0 - LOWER_SHARE) * share(shares);
        }
        for (index, shares) in LOWER {
            moved[index][1] += LOWER_SHARE * share(shares);
        }
    }

    /// What the source's inner points are apart where its lips touch.
    fn source_offsets(&self) -> [f32; 3] {
        let gaps = lip_gaps(self.source);
        let apart = [(61, 67), (62, 66), (63, 65)]
            .map(|(up, low)| self.source[low][1] - self.source[up][1]);
        [0, 1, 2].map(|i| apart[i] - gaps[i])
    }

    /// Openings that the source shall have: its own at rest, more by as much as the driver opened,
    /// or less in the proportion in which the driver closed. In absolute motion the driver's own.
    fn wanted_gaps(&self, ratio: f32) -> [f32; 3] {
        let [calm, now] = [lip_gaps(self.driver_calm), lip_gaps(self.driver_now)];
        let own = lip_gaps(self.source);
        [0, 1, 2].map(|i| {
            if self.reference == MotionReference::Absolute {
                return soft_limit(ratio * now[i], 0.30, 0.50);
            }
            let opened = now[i] - calm[i];
            if opened >= 0.0 {
                return own[i] + soft_limit(ratio * opened, 0.30, 0.50);
            }
            let counts = smooth_step(0.0, RESTS_OPEN, calm[i]);
            own[i] * (1.0 + counts * opened / calm[i]).max(0.0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::MEAN_HEAD;

    fn opened(by: f32) -> [Place3; POINTS] {
        let mut shape = MEAN_HEAD;
        for index in (55..60).chain(65..68) {
            shape[index][1] += by;
        }
        shape
    }

    fn transfer(calm: f32, now: f32, source: f32) -> [f32; 3] {
        let [calm, now, source] = [opened(calm), opened(now), opened(source)];
        let mouths = Mouths {
            driver_calm: &calm,
            driver_now: &now,
            source: &source,
            reference: MotionReference::Relative,
        };
        let mut moved = source;
        mouths.transfer(&mut moved);
        lip_gaps(&moved)
    }

    #[test]
    fn a_closed_mouth_stays_closed_while_the_drivers_is() {
        assert!(transfer(0.0, 0.0, 0.0).iter().all(|gap| *gap < 1e-4));
        assert!(transfer(0.1, 0.1, 0.0).iter().all(|gap| *gap < 1e-4));
    }

    #[test]
    fn lips_that_touch_in_the_driver_touch_in_the_source() {
        assert!(transfer(0.12, 0.0, 0.15).iter().all(|gap| *gap < 1e-3));
        assert!(transfer(0.12, 0.0, 0.0).iter().all(|gap| *gap < 1e-4));
    }

    #[test]
    fn an_opening_is_carried_over_and_the_widest_yawn_is_bent() {
        assert!((transfer(0.0, 0.2, 0.0)[1] - 0.2).abs() < 0.02);
        assert!(transfer(0.0, 2.0, 0.0)[1] < 0.6);
    }

    #[test]
    fn nothing_moves_while_the_driver_is_calm() {
        let source = opened(0.1);
        let calm = opened(0.05);
        let mouths = Mouths {
            driver_calm: &calm,
            driver_now: &calm,
            source: &source,
            reference: MotionReference::Relative,
        };
        let mut moved = source;
        mouths.transfer(&mut moved);
        for (a, b) in moved.iter().zip(&source) {
            assert!((a[1] - b[1]).abs() < 1e-6);
        }
    }
}
