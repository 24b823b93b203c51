//! The white of an eye as it would look without the iris before it: what the source shows of it,
//! smoothly continued behind iris and lids.

use crate::warp::texture::{Colour, brightness, mix};

/// Columns of the grid over an eye's width.
const COLUMNS: usize = 72;
/// Rounds of smoothing; enough for a colour to travel across the grid.
const ROUNDS: usize = 160;
/// How far each round overshoots, which makes it converge sooner.
const OVERSHOOT: f32 = 1.6;
/// Fewest cells of white to continue from.
const FEWEST: usize = 16;
/// Cells darker than this share of the median are lashes or the rim of the iris.
const DARKEST: f32 = 0.72;

/// Colours on a grid over the eye, in the coordinates of its corners.
#[derive(Debug, Clone)]
pub(crate) struct EyeWhite {
    origin: [f32; 2],
    step: f32,
    rows: usize,
    colours: Vec<Colour>,
}

impl EyeWhite {
    /// Continue the white over a box that reaches `half_width` to either side of the middle, from
    /// `top` to `bottom`. `seen` gives the colour at a place where the white shows, `None`
    /// elsewhere; `guess` is the colour where hardly any does.
    pub(crate) fn new(
        half_width: f32,
        [top, bottom]: [f32; 2],
        seen: impl Fn([f32; 2]) -> Option<Colour>,
        guess: impl Fn(Option<Colour>) -> Colour,
    ) -> Self {
        let step = 2.0 * half_width / (COLUMNS - 1) as f32;
        let rows = (((bottom - top) / step).ceil() as usize + 1).clamp(2, COLUMNS);
        let origin = [-half_width, top];
        let place = |index: usize| {
            let [column, row] = [index % COLUMNS, index / COLUMNS];
            [
                origin[0] + column as f32 * step,
                origin[1] + row as f32 * step,
            ]
        };
        let mut known: Vec<Option<Colour>> = (0..COLUMNS * rows).map(|i| seen(place(i))).collect();
        let brightest = drop_dark(&mut known);
        let count = known.iter().flatten().count();
        let colours = if count < FEWEST {
            vec![guess(brightest); known.len()]
        } else {
            spread(&known, rows)
        };
        Self {
            origin,
            step,
            rows,
            colours,
        }
    }

    /// The white at a place.
    pub(crate) fn at(&self, place: [f32; 2]) -> Colour {
        let ends = [COLUMNS, self.rows];
        let [x, y] = [0, 1].map(|axis| {
            let cell = (place[axis] - self.origin[axis]) / self.step;
            cell.clamp(0.0, (ends[axis] - 1) as f32)
        });
        let [column, row] = [
            (x as usize).min(COLUMNS - 2),
            (y as usize).min(self.rows - 2),
        ];
        let start = row * COLUMNS + column;
        let across = |start: usize| {
            mix(
                self.colours[start],
                self.colours[start + 1],
                x - column as f32,
            )
        };
        mix(across(start), across(start + COLUMNS), y - row as f32)
    }
}

/// Forget cells that are too dark to be white; return the brightest that was seen.
fn drop_dark(known: &mut [Option<Colour>]) -> Option<Colour> {
    let mut seen: Vec<Colour> = known.iter().flatten().copied().collect();
    seen.sort_by(|a, b| brightness(*a).total_cmp(&brightness(*b)));
    let median = brightness(*seen.get(seen.len() / 2)?);
    for cell in known.iter_mut() {
        *cell = cell.filter(|colour| brightness(*colour) >= DARKEST * median);
    }
    seen.last().copied()
}

/// Fill the unknown cells so that each is the mean of its neighbours.
fn spread(known: &[Option<Colour>], rows: usize) -> Vec<Colour> {
    let count = known.iter().flatten().count() as f32;
    let mean = known
        .iter()
        .flatten()
        .fold([0.0; 4], |sum: Colour, colour| {
            [0, 1, 2, 3].map(|c| sum[c] + colour[c] / count)
        });
    let mut colours: Vec<Colour> = known.iter().map(|cell| cell.unwrap_or(mean)).collect();
    for _ in 0..ROUNDS {
        for row in 0..rows {
            for column in 0..COLUMNS {
                let index = row * COLUMNS + column;
                if known[index].is_some() {
                    continue;
                }
                let neighbours = [
                    row * COLUMNS + column.saturating_sub(1),
                    row * COLUMNS + (column + 1).min(COLUMNS - 1),
                    row.saturating_sub(1) * COLUMNS + column,
                    (row + 1).min(rows - 1) * COLUMNS + column,
                ];
                let around = neighbours.map(|i| colours[i]);
                for (channel, value) in colours[index].iter_mut().enumerate() {
                    let sum: f32 = around.iter().map(|colour| colour[channel]).sum();
                    *value += OVERSHOOT * (sum / 4.0 - *value);
                }
            }
        }
    }
    for colour in &mut colours {
        *colour = colour.map(|value| value.clamp(0.0, 255.0));
    }
    colours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_is_continued_behind_the_iris() {
        let truth = |[x, _]: [f32; 2]| [200.0 + x, 180.0, 170.0 - x, 255.0];
        let seen = |place: [f32; 2]| (place[0].hypot(place[1]) > 9.0).then(|| truth(place));
        let white = EyeWhite::new(20.0, [-8.0, 8.0], seen, |_| [0.0; 4]);
        for place in [[0.0, 0.0], [-6.0, 2.0], [6.0, -3.0], [15.0, 0.0]] {
            let [found, wanted] = [white.at(place), truth(place)];
            assert!((found[0] - wanted[0]).abs() < 2.5, "{place:?} {found:?}");
        }
    }

    #[test]
    fn dark_lashes_do_not_spread() {
        let seen = |[x, y]: [f32; 2]| {
            let is_lash = y < -6.0;
            let level = if is_lash { 30.0 } else { 220.0 };
            (x.hypot(y) > 7.0).then_some([level, level, level, 255.0])
        };
        let white = EyeWhite::new(20.0, [-8.0, 8.0], seen, |_| [0.0; 4]);
        assert!(white.at([0.0, -5.0])[0] > 210.0);
        assert!(white.at([10.0, -7.5])[0] > 210.0);
    }

    #[test]
    fn without_white_the_guess_is_taken() {
        let white = EyeWhite::new(20.0, [-8.0, 8.0], |_| None, |_| [99.0; 4]);
        assert_eq!(white.at([3.0, 1.0]), [99.0; 4]);
    }
}
