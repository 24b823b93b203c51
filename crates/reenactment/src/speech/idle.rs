//! What a speaker does beside speaking: small turns of the head, nods on loud moments, blinks.

use crate::built_in::timeline::blinking;
use crate::softness::smooth_step;
use crate::speech::lips::Lips;

/// Time in which the motion grows from rest and goes back to it, seconds.
const EASE_S: f64 = 0.3;
/// Slow swings of yaw, pitch and roll: degrees and seconds. Their periods share no multiple, so
/// nothing seems to repeat.
const SWINGS: [[(f32, f32); 2]; 3] = [
    [(2.2, 5.3), (1.1, 2.9)],
    [(0.8, 4.1), (0.5, 2.3)],
    [(1.0, 6.7), (0.6, 3.7)],
];
/// How much of the swings is left in silence.
const SILENT_SHARE: f32 = 0.4;
/// Nod at a loud moment, degrees, and brows at one, units of the head.
const NOD: f32 = 2.6;
const BROWS: f32 = 0.022;
/// Time over which loudness becomes stress, seconds.
const STRESS_S: f32 = 0.25;
/// Time over which loudness becomes liveliness, seconds.
const LIVELY_S: f32 = 1.2;
/// Shortest and longest time between two blinks, seconds.
const BETWEEN_BLINKS_S: [f32; 2] = [2.2, 5.4];

/// The motion of head and lids through a sound.
pub(super) struct Idle {
    rate: f64,
    frames: usize,
    /// How stressed and how lively each frame is, 0 to about 1.
    stress: Vec<f32>,
    lively: Vec<f32>,
    blinks_s: Vec<f32>,
}

impl Idle {
    /// Plan the motion to these lips, `rate` frames a second.
    pub(super) fn new(lips: &[Lips], rate: f64) -> Self {
        let loudness = || lips.iter().map(|lips| lips.loudness);
        let lively = trailing(loudness(), LIVELY_S * rate as f32);
        let short = trailing(loudness(), STRESS_S * rate as f32);
        let stress = short.iter().zip(&lively);
        Self {
            rate,
            frames: lips.len(),
            stress: stress
                .map(|(now, before)| (now - before).max(0.0))
                .collect(),
            lively,
            blinks_s: blinks(lips.len() as f32 / rate as f32),
        }
    }

    /// Share of the motion that a frame shows: 0 at both ends, 1 between.
    pub(super) fn share(&self, index: usize) -> f32 {
        let from_end = index.min(self.frames.saturating_sub(1 + index));
        smooth_step(0.0, EASE_S as f32, (from_end as f64 / self.rate) as f32)
    }

    /// Yaw, pitch and roll, degrees.
    pub(super) fn turn(&self, index: usize) -> [f32; 3] {
        let time_s = (index as f64 / self.rate) as f32;
        let share = SILENT_SHARE + (1.0 - SILENT_SHARE) * self.lively[index].min(1.0);
        let swing = |[slow, fast]: [(f32, f32); 2]| {
            let wave = |(degrees, period_s): (f32, f32)| {
                degrees * (std::f32::consts::TAU * time_s / period_s).sin()
            };
            share * (wave(slow) + wave(fast))
        };
        let mut turn = SWINGS.map(swing);
        turn[1] += NOD * self.stress[index];
        turn
    }

    /// Brows raised, in units of the head.
    pub(super) fn brows(&self, index: usize) -> f32 {
        BROWS * self.stress[index]
    }

    /// Lids closed, 0 to 1.
    pub(super) fn lids(&self, index: usize) -> f32 {
        blinking(&self.blinks_s, (index as f64 / self.rate) as f32)
    }
}

/// Mean that forgets over so many frames.
fn trailing(values: impl Iterator<Item = f32>, frames: f32) -> Vec<f32> {
    let share = 1.0 / frames.max(1.0);
    let mut mean = 0.0;
    values
        .map(|value| {
            mean += share * (value - mean);
            mean
        })
        .collect()
}

/// Starts of the blinks of so long a motion, the same at every run; none near its end.
fn blinks(length_s: f32) -> Vec<f32> {
    let mut state = 12_345_u32;
    let mut starts = Vec::new();
    let mut time_s = 1.3;
    while time_s < length_s - 0.5 {
        starts.push(time_s);
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let share = (state >> 8) as f32 / (1 << 24) as f32;
        let [shortest, longest] = BETWEEN_BLINKS_S;
        time_s += shortest + share * (longest - shortest);
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_moves_a_little_never_jumps_and_the_eyes_blink() {
        let lips: Vec<Lips> = (0..900)
            .map(|index| Lips {
                open: 0.0,
                broad: 0.0,
                loudness: if index % 60 < 30 { 1.0 } else { 0.0 },
            })
            .collect();
        let idle = Idle::new(&lips, 30.0);
        let mut last = [0.0; 3];
        for index in 0..900 {
            let turn = idle.turn(index).map(|angle| angle * idle.share(index));
            for (now, before) in turn.iter().zip(last) {
                assert!(
                    now.abs() < 6.0 && (now - before).abs() < 0.5,
                    "{index}: {turn:?}"
                );
            }
            last = turn;
        }
        let closed = (0..900).filter(|index| idle.lids(*index) > 0.9).count();
        assert!((6..60).contains(&closed), "{closed} frames closed in 30 s");
        assert_eq!(idle.share(0), 0.0);
        assert_eq!(idle.share(899), 0.0);
    }
}
