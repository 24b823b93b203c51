//! Looks for the pilots: where the pattern's tiles start and how large its cells are.

use inference::Tensor;
use media::Image;

use super::WatermarkError;
use super::cells::to_cells;
use super::chip_layout::{CELLS, ChipLayout, PULSES, TILE};
use super::chip_networks::ReadingNetwork;

/// Fewest and most cells along the shorter side that are tried: of a picture cut to half, and of one with
/// broad borders around it.
const FEWEST_CELLS: f64 = 64.0;
const MOST_CELLS: f64 = 150.0;
/// From one size that is tried to the next.
const SIZE_STEP: f64 = 1.018;
/// Least pixels a side that are looked at.
const LEAST_PX: u32 = 48;

/// Evidence of chips, summed over frames and repetitions, `[PULSES, TILE, TILE]`.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    /// Sums of log odds.
    pub(super) sums: Vec<f32>,
}

/// A place where the pilots match.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Match {
    /// Column and row where a tile starts, cells.
    pub(super) offset: [usize; 2],
    /// Standard deviations by which the pilots' match exceeds those at other places.
    pub(super) deviations: f32,
}

impl Evidence {
    /// Read frames whose shorter side has so many cells.
    pub(super) fn gather<'a>(
        reader: &ReadingNetwork,
        frames: impl IntoIterator<Item = &'a Image>,
        shorter_cells: f64,
    ) -> Result<Self, WatermarkError> {
        let mut evidence = Self {
            sums: vec![0.0; PULSES * TILE * TILE],
        };
        for frame in frames {
            let shorter = frame.width().min(frame.height());
            if shorter < LEAST_PX {
                continue;
            }
            let cells = to_cells(frame, f64::from(shorter) / shorter_cells);
            evidence.add(&reader.read(&cells)?);
        }
        Ok(evidence)
    }

    fn add(&mut self, odds: &Tensor) {
        let [height, width] = [odds.shape()[2], odds.shape()[3]];
        for (index, row) in odds.values().chunks_exact(width).enumerate() {
            let [pulse, y] = [index / height, index % height];
            let start = (pulse * TILE + y % TILE) * TILE;
            let sums = &mut self.sums[start..start + TILE];
            for part in row.chunks(TILE) {
                for (sum, value) in sums.iter_mut().zip(part) {
                    *sum += value;
                }
            }
        }
    }

    /// The `count` places where the pilots match best, best first; no two of them touch.
    pub(super) fn best_matches(&self, layout: &ChipLayout, count: usize) -> Vec<Match> {
        let mut matches = self.matches(layout);
        matches.sort_by(|a, b| b.deviations.total_cmp(&a.deviations));
        let mut best: Vec<Match> = Vec::new();
        for one in matches {
            if best.len() == count {
                break;
            }
            let touches = |other: &Match| {
                [0, 1].iter().all(|axis| {
                    let apart = one.offset[*axis].abs_diff(other.offset[*axis]);
                    apart.min(TILE - apart) <= 1
                })
            };
            if !best.iter().any(touches) {
                best.push(one);
            }
        }
        best
    }

    /// How the pilots match at one place.
    pub(super) fn match_at(&self, layout: &ChipLayout, [x, y]: [usize; 2]) -> Match {
        self.matches(layout)[y * TILE + x]
    }

    /// Matches at all places, row by row.
    fn matches(&self, layout: &ChipLayout) -> Vec<Match> {
        let mut matches: Vec<Match> = (0..TILE * TILE)
            .map(|index| {
                let offset = [index % TILE, index / TILE];
                let deviations = layout.pilot_match(&self.sums, offset);
                Match { offset, deviations }
            })
            .collect();
        let squares: f32 = matches.iter().map(|one| one.deviations.powi(2)).sum();
        let spread = (squares / matches.len() as f32)
            .sqrt()
            .max(f32::MIN_POSITIVE);
        for one in &mut matches {
            one.deviations /= spread;
        }
        matches
    }
}

/// Numbers of cells along the shorter side to try: first those of a whole picture, then its neighbours in
/// growing distance.
pub(super) fn sizes() -> Vec<f64> {
    let whole = CELLS as f64;
    let powers = |step: f64| {
        (1..)
            .map(move |power| whole * step.powi(power))
            .take_while(|size| (FEWEST_CELLS..=MOST_CELLS).contains(size))
    };
    let mut sizes: Vec<f64> = std::iter::once(whole)
        .chain(powers(SIZE_STEP))
        .chain(powers(1.0 / SIZE_STEP))
        .collect();
    sizes.sort_by(|a, b| (a / whole).ln().abs().total_cmp(&(b / whole).ln().abs()));
    sizes
}

/// Sizes between `size` and its neighbours.
pub(super) fn finer_sizes(size: f64) -> [f64; 3] {
    let step = SIZE_STEP.powf(0.4);
    [size, size * step, size / step]
}
