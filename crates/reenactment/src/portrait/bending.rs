//! Bending planes of a source along a flow: what the portrait model does between its networks.
//!
//! What a flow moves by (itself less the place) is enlarged as libtorch's `upsample_bilinear2d` does
//! it with half-pixel centres, so that nothing is smeared at the border of a coarse grid; planes are
//! read as its `grid_sampler` does it with border padding and `align_corners = false`. Networks that
//! were trained with those see the same here.

use std::sync::OnceLock;

use rayon::prelude::*;

/// Steepness of the cubic kernel at distance 1 (Keys 1981), the usual choice.
const CUBIC: f32 = -0.75;

/// How values between pixels are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BendKind {
    /// From the 2 x 2 pixels around.
    Bilinear,
    /// From the 4 x 4 pixels around; sharper, and may overshoot.
    Bicubic,
}

/// For every cell of a square grid over the result, where in the source to look.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowGrid {
    /// Cells a side.
    pub side: usize,
    /// `[2, side, side]`, x then y, -1 and 1 at the outer edges of the first and the last pixel.
    pub values: Vec<f32>,
}

impl FlowGrid {
    /// A flow with these values.
    ///
    /// # Panics
    /// If their number is another than `2 * side * side`.
    pub fn new(side: usize, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), 2 * side * side, "a flow has two planes");
        Self { side, values }
    }

    /// Where to look for a place of the result, -1 to 1 both.
    pub(super) fn at(&self, place: [f32; 2]) -> [f32; 2] {
        let last = (self.side - 1) as f32;
        let cells = place.map(|value| {
            let cell = ((value + 1.0) * self.side as f32 - 1.0) / 2.0;
            cell.max(0.0).min(last)
        });
        let [left, top] = cells.map(|cell| cell as usize);
        let [right, bottom] = [left, top].map(|first| (first + 1).min(self.side - 1));
        let [beside, below] = [cells[0] - left as f32, cells[1] - top as f32];
        [0, 1].map(|axis| {
            let step = |row: usize, column: usize| {
                let own = centre([column, row][axis], self.side);
                self.values[(axis * self.side + row) * self.side + column] - own
            };
            let over = lerp(step(top, left), step(top, right), beside);
            let under = lerp(step(bottom, left), step(bottom, right), beside);
            place[axis] + lerp(over, under, below)
        })
    }

    /// One row of the flow as a result of `side` pixels takes it.
    fn row(&self, y: usize, side: usize) -> Vec<[f32; 2]> {
        let (top, bottom, below) = between(y, side, self.side);
        let at = |axis: usize, row: usize, column: usize| {
            let own = centre([column, row][axis], self.side);
            self.values[(axis * self.side + row) * self.side + column] - own
        };
        (0..side)
            .map(|x| {
                let (left, right, beside) = between(x, side, self.side);
                [0, 1].map(|axis| {
                    let over = lerp(at(axis, top, left), at(axis, top, right), beside);
                    let under = lerp(at(axis, bottom, left), at(axis, bottom, right), beside);
                    centre([x, y][axis], side) + lerp(over, under, below)
                })
            })
            .collect()
    }
}

/// Planes of a square source, ready to be bent again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct BendSource {
    side: usize,
    channels: usize,
    /// `[channels, side, side]`
    planes: Vec<f32>,
    /// The same for bicubic looks, made at the first: for every four planes, what belongs to a pixel.
    quads: OnceLock<Vec<Vec<Quad>>>,
}

/// Four planes of a pixel.
type Quad = [f32; 4];

/// What a place between pixels takes of the four around it.
#[derive(Clone, Copy)]
struct Look {
    /// Left and right in the row above, then below.
    at: [usize; 4],
    weights: [f32; 4],
}

impl BendSource {
    /// Take planes, `[channels, side, side]`.
    ///
    /// # Panics
    /// If they are no whole number of planes.
    pub fn from_planes(planes: &[f32], side: usize) -> Self {
        assert_eq!(planes.len() % (side * side), 0, "whole planes");
        Self {
            side,
            channels: planes.len() / (side * side),
            planes: planes.to_vec(),
            quads: OnceLock::new(),
        }
    }

    /// Side of the planes, pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// The planes as they were taken, `[channels, side, side]`.
    pub fn planes(&self) -> Vec<f32> {
        self.planes.clone()
    }

    /// Number of the planes.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// What a place of the source shows in each plane, bilinearly; -1 and 1 are the outer edges.
    pub(super) fn look(&self, place: [f32; 2], pixel: &mut [f32]) {
        let look = self.bilinear(place);
        let planes = self.planes.chunks_exact(self.side * self.side);
        for (value, plane) in pixel.iter_mut().zip(planes) {
            *value = look.of(plane);
        }
    }

    /// The planes bent along a flow, `[channels, side, side]`.
    pub fn bend(&self, flow: &FlowGrid, kind: BendKind) -> Vec<f32> {
        let (side, area) = (self.side, self.side * self.side);
        let mut planes = vec![0.0; self.channels * area];
        match kind {
            BendKind::Bilinear => {
                let looks: Vec<Look> = (0..side)
                    .into_par_iter()
                    .flat_map_iter(|y| flow.row(y, side))
                    .map(|place| self.bilinear(place))
                    .collect();
                let sources = self.planes.par_chunks_exact(area);
                let fill = |(plane, source): (&mut [f32], &[f32])| {
                    for (value, look) in plane.iter_mut().zip(&looks) {
                        *value = look.of(source);
                    }
                };
                planes
                    .par_chunks_exact_mut(area)
                    .zip(sources)
                    .for_each(fill);
            }
            BendKind::Bicubic => {
                let places: Vec<[f32; 2]> = (0..side)
                    .into_par_iter()
                    .flat_map_iter(|y| flow.row(y, side))
                    .collect();
                for (four, quads) in planes.chunks_mut(4 * area).zip(self.quads()) {
                    let places = places.par_iter().with_min_len(side);
                    let looked: Vec<Quad> =
                        places.map(|place| self.bicubic(quads, *place)).collect();
                    let fill = |(channel, plane): (usize, &mut [f32])| {
                        for (value, quad) in plane.iter_mut().zip(&looked) {
                            *value = quad[channel];
                        }
                    };
                    let four = four.par_chunks_exact_mut(area);
                    four.enumerate().for_each(fill);
                }
            }
        }
        planes
    }

    fn quads(&self) -> &[Vec<Quad>] {
        let area = self.side * self.side;
        self.quads.get_or_init(|| {
            let quads = |four: &[f32]| {
                let mut quads = vec![[0.0; 4]; area];
                for (channel, plane) in four.chunks_exact(area).enumerate() {
                    for (quad, value) in quads.iter_mut().zip(plane) {
                        quad[channel] = *value;
                    }
                }
                quads
            };
            self.planes.chunks(4 * area).map(quads).collect()
        })
    }

    fn to_pixels(&self, place: [f32; 2]) -> [f32; 2] {
        place.map(|value| ((value + 1.0) * self.side as f32 - 1.0) / 2.0)
    }

    fn bilinear(&self, place: [f32; 2]) -> Look {
        let last = (self.side - 1) as f32;
        // what is no number looks at the first pixel
        let [x, y] = self.to_pixels(place).map(|value| value.max(0.0).min(last));
        let [left, top] = [x as usize, y as usize];
        let [beside, below] = [x - left as f32, y - top as f32];
        let [right, bottom] = [left, top].map(|first| (first + 1).min(self.side - 1));
        let corners = [(left, top), (right, top), (left, bottom), (right, bottom)];
        Look {
            at: corners.map(|(x, y)| y * self.side + x),
            weights: [
                (1.0 - beside) * (1.0 - below),
                beside * (1.0 - below),
                (1.0 - beside) * below,
                beside * below,
            ],
        }
    }

    /// Pixels beyond the border are those at the border, each for itself.
    fn bicubic(&self, quads: &[Quad], place: [f32; 2]) -> Quad {
        let far = self.side as f32;
        let [x, y] = self
            .to_pixels(place)
            .map(|value| value.max(-far).min(2.0 * far));
        let [left, top] = [x.floor(), y.floor()];
        let [across, down] = [cubic_weights(x - left), cubic_weights(y - top)];
        let last = self.side as isize - 1;
        let near =
            |first: f32| [-1, 0, 1, 2].map(|step| (first as isize + step).clamp(0, last) as usize);
        let [columns, rows] = [near(left), near(top)];
        let mut sum = [0.0; 4];
        for (row, vertical) in rows.iter().zip(down) {
            let line = &quads[row * self.side..(row + 1) * self.side];
            for (column, horizontal) in columns.iter().zip(across) {
                let weight = vertical * horizontal;
                for (sum, seen) in sum.iter_mut().zip(line[*column]) {
                    *sum += weight * seen;
                }
            }
        }
        sum
    }
}

impl Look {
    #[inline]
    fn of(&self, plane: &[f32]) -> f32 {
        let [a, b, c, d] = self.at.map(|at| plane[at]);
        let [w, x, y, z] = self.weights;
        w * a + x * b + y * c + z * d
    }
}

/// Bend planes once: see [`BendSource::bend`].
///
/// # Panics
/// If `planes` are no whole number of planes of this side.
pub fn bend(planes: &[f32], side: usize, flow: &FlowGrid, kind: BendKind) -> Vec<f32> {
    BendSource::from_planes(planes, side).bend(flow, kind)
}

/// Place of the centre of a cell or pixel among so many.
fn centre(index: usize, count: usize) -> f32 {
    (2 * index + 1) as f32 / count as f32 - 1.0
}

/// Cells before and after the centre of a pixel, and how far it is from the first to the second.
fn between(pixel: usize, pixels: usize, cells: usize) -> (usize, usize, f32) {
    let place = ((pixel as f32 + 0.5) * cells as f32 / pixels as f32 - 0.5).max(0.0);
    let first = (place as usize).min(cells - 1);
    (first, (first + 1).min(cells - 1), place - first as f32)
}

fn lerp(from: f32, to: f32, share: f32) -> f32 {
    from + (to - from) * share
}

/// Weights of the pixels at -1, 0, 1 and 2 for a place between 0 and 1.
fn cubic_weights(share: f32) -> [f32; 4] {
    let near = |t: f32| ((CUBIC + 2.0) * t - (CUBIC + 3.0)) * t * t + 1.0;
    let far = |t: f32| ((CUBIC * t - 5.0 * CUBIC) * t + 8.0 * CUBIC) * t - 4.0 * CUBIC;
    [
        far(share + 1.0),
        near(share),
        near(1.0 - share),
        far(2.0 - share),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn still(side: usize) -> FlowGrid {
        let at = |index| centre(index, side);
        let mut values: Vec<f32> = (0..side * side).map(|place| at(place % side)).collect();
        values.extend((0..side * side).map(|place| at(place / side)));
        FlowGrid::new(side, values)
    }

    fn waves(side: usize) -> Vec<f32> {
        let wave = |place: usize| {
            let [x, y] = [place % side, place / side].map(|value| value as f32 / side as f32);
            [(9.0 * x).sin() * (7.0 * y).cos(), x - y]
        };
        let pairs: Vec<[f32; 2]> = (0..side * side).map(wave).collect();
        [0, 1]
            .iter()
            .flat_map(|channel| pairs.iter().map(move |pair| pair[*channel]))
            .collect()
    }

    fn worst(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max)
    }

    #[test]
    fn a_flow_that_moves_nothing_gives_the_source_up_to_its_border() {
        for (side, grid) in [(16, 16), (64, 16)] {
            let planes = waves(side);
            for kind in [BendKind::Bilinear, BendKind::Bicubic] {
                let bent = bend(&planes, side, &still(grid), kind);
                assert!(worst(&bent, &planes) < 1e-4, "{kind:?}");
            }
        }
    }

    #[test]
    fn a_shift_of_whole_pixels_is_exact_and_the_border_is_repeated() {
        let side = 16;
        let planes = waves(side);
        let mut flow = still(side);
        for x in &mut flow.values[..side * side] {
            *x += 2.0 * 3.0 / side as f32;
        }
        for kind in [BendKind::Bilinear, BendKind::Bicubic] {
            let bent = bend(&planes, side, &flow, kind);
            for y in 0..side {
                for x in 0..side {
                    let wanted = planes[y * side + (x + 3).min(side - 1)];
                    assert!((bent[y * side + x] - wanted).abs() < 1e-4, "{kind:?}");
                }
            }
        }
    }

    #[test]
    fn half_pixel_shifts_interpolate_slopes_exactly() {
        let side = 16;
        let slope: Vec<f32> = (0..side * side)
            .map(|place| (place % side) as f32)
            .collect();
        let mut flow = still(side);
        for x in &mut flow.values[..side * side] {
            *x += 1.0 / side as f32;
        }
        for kind in [BendKind::Bilinear, BendKind::Bicubic] {
            let bent = bend(&slope, side, &flow, kind);
            assert!((bent[5 * side + 7] - 7.5).abs() < 1e-4, "{kind:?}");
        }
    }

    #[test]
    fn flows_to_nowhere_stay_within_the_source() {
        let side = 8;
        let planes = waves(side);
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30] {
            let flow = FlowGrid::new(side, vec![value; 2 * side * side]);
            for kind in [BendKind::Bilinear, BendKind::Bicubic] {
                let bent = bend(&planes, side, &flow, kind);
                assert!(
                    bent.iter().all(|value| value.is_finite()),
                    "{value} {kind:?}"
                );
                assert!(worst(&bent, &vec![0.0; bent.len()]) < 2.0);
            }
        }
    }
}
