//! Which chip of a tile says what: an eighth are pilots, the others carry the code bits, several each.
//!
//! Places and signs are drawn once from a fixed generator, so that every part of a picture knows a bit of
//! everything. They are part of the format: changing them means a new version.

use super::convolutional_code::encoded_len;
use super::payload::{PROTECTED_BITS, Payload};

/// Cells along the shorter side of a whole picture.
pub(super) const CELLS: usize = 128;
/// Cells after which the pattern repeats.
pub(super) const TILE: usize = 64;
/// Cells from one chip to the next.
pub(super) const SPACING: usize = 4;
/// Chips at one place, each with a pulse of its own.
pub(super) const PULSES: usize = 8;
/// Chips along a tile.
const SIDE: usize = TILE / SPACING;
/// Chips of a tile.
pub(super) const CHIPS: usize = PULSES * SIDE * SIDE;
/// Chips that are the same in every mark.
const PILOTS: usize = CHIPS / 8;

/// A chip's place in a tile and its sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chip {
    /// Which pulse.
    pub(super) pulse: usize,
    /// Its row, cells.
    pub(super) y: usize,
    /// Its column, cells.
    pub(super) x: usize,
    /// +1 or -1: of a pilot its value, of another what the code bit is multiplied by.
    pub(super) sign: f32,
}

/// The plan of a tile.
#[derive(Debug, Clone)]
pub(super) struct ChipLayout {
    /// Chips that are always the same.
    pub(super) pilots: Vec<Chip>,
    /// Chips of code bits: chip `i` carries code bit `i` modulo the number of code bits.
    pub(super) data: Vec<Chip>,
}

impl ChipLayout {
    /// Draw the plan.
    pub(super) fn new() -> Self {
        let mut random = Generator(0x7669_7661_6e74); // "vivant"
        let mut chips: Vec<Chip> = (0..CHIPS)
            .map(|index| Chip {
                pulse: index / (SIDE * SIDE),
                y: index / SIDE % SIDE * SPACING,
                x: index % SIDE * SPACING,
                sign: if random.next().is_multiple_of(2) {
                    1.0
                } else {
                    -1.0
                },
            })
            .collect();
        for last in (1..CHIPS).rev() {
            let other = (random.next() % (last as u64 + 1)) as usize;
            chips.swap(last, other);
        }
        let data = chips.split_off(PILOTS);
        Self {
            pilots: chips,
            data,
        }
    }

    /// Values of a tile's chips, `[PULSES, TILE, TILE]`, zeros between them.
    pub(super) fn tile(&self, payload: Payload) -> Vec<f32> {
        let code = payload.encode();
        let mut tile = vec![0.0; PULSES * TILE * TILE];
        for chip in &self.pilots {
            tile[place(chip, [0, 0])] = chip.sign;
        }
        for (chip, bit) in self.data.iter().zip(code.iter().cycle()) {
            tile[place(chip, [0, 0])] = if *bit { chip.sign } else { -chip.sign };
        }
        tile
    }

    /// Match of the pilots with evidence `[PULSES, TILE, TILE]` whose tile starts at column and row
    /// `offset`.
    pub(super) fn pilot_match(&self, evidence: &[f32], offset: [usize; 2]) -> f32 {
        let matches = self.pilots.iter();
        matches
            .map(|chip| chip.sign * evidence[place(chip, offset)])
            .sum()
    }

    /// Log odds of the code bits from evidence whose tile starts at `offset`.
    pub(super) fn code_odds(&self, evidence: &[f32], offset: [usize; 2]) -> Vec<f32> {
        let mut odds = vec![0.0; encoded_len(PROTECTED_BITS)];
        let count = odds.len();
        for (index, chip) in self.data.iter().enumerate() {
            odds[index % count] += chip.sign * evidence[place(chip, offset)];
        }
        odds
    }
}

fn place(chip: &Chip, [x, y]: [usize; 2]) -> usize {
    (chip.pulse * TILE + (chip.y + y) % TILE) * TILE + (chip.x + x) % TILE
}

/// SplitMix64 (Steele et al. 2014): the same numbers on every machine and for all time.
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ value >> 31
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watermark::OutputId;

    #[test]
    fn a_tile_read_at_its_own_offset_gives_the_payload_and_matches_at_no_other() {
        let layout = ChipLayout::new();
        let payload = Payload::new(OutputId::from_random_bits(0x1234_5678_9abc));
        let tile = layout.tile(payload);
        assert_eq!(tile.iter().filter(|chip| **chip != 0.0).count(), CHIPS);
        let odds = layout.code_odds(&tile, [0, 0]);
        assert_eq!(Payload::decode(&odds), Some(payload));
        assert_eq!(layout.pilot_match(&tile, [0, 0]), PILOTS as f32);
        let others = (1..SIDE).map(|step| layout.pilot_match(&tile, [step * SPACING, 0]));
        assert!(
            others
                .into_iter()
                .all(|sum| sum.abs() < PILOTS as f32 / 4.0)
        );
    }

    #[test]
    fn every_code_bit_has_at_least_six_chips_in_different_places() {
        let layout = ChipLayout::new();
        let count = encoded_len(PROTECTED_BITS);
        assert!(layout.data.len() / count >= 6);
    }

    #[test]
    fn the_plan_is_the_one_of_version_1() {
        let layout = ChipLayout::new();
        let sum = layout
            .data
            .iter()
            .enumerate()
            .fold(0_u64, |sum, (index, chip)| {
                let place = place(chip, [0, 0]) as u64 * 2 + u64::from(chip.sign > 0.0);
                sum.wrapping_mul(31).wrapping_add(place ^ index as u64)
            });
        assert_eq!(sum, 1_052_665_282_824_068_283);
    }
}
