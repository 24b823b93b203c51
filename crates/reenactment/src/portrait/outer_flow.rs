//! How the picture moves around the model's crop: crown and hair go on with the head, and what is
//! farther away stays.
//!
//! The crop ends above the brows. Without this the forehead would slide under hair that stands still.

use landmarks::Landmarks;

use super::skull::Skull;
use crate::softness::smooth_step;
use crate::warp::bend::Border;
use crate::warp::field::{Field, PixelBox};

/// Half axes of the skull up to which everything moves with it.
const HEAD: f32 = 1.2;
/// Least half axes over which motion fades out beyond that.
const LEAST_FADE: f32 = 0.5;
/// Shares of the longest step over which motion fades: with less, the picture would fold.
const FADE_OF_STEP: f32 = 2.6;
/// The same at a border of the picture, which lets nothing in.
const BORDER_OF_STEP: f32 = 2.2;
/// Grid of the flow, half axes of the skull.
const GRID: f32 = 0.06;
/// Diagonal of a cell in cells, along the shortest half axis.
const CELL: f32 = 2.0;
/// Least growth of area from result to source; less is nearly a fold.
const LEAST_GROWTH: f32 = 0.1;
/// Motion that is left after each attempt to undo a fold, and most attempts.
const CALMER: (f32, usize) = (0.8, 10);

/// Displacements from the result to the source around a head, in pixels of the picture.
#[derive(Debug)]
pub(super) struct OuterFlow {
    skull: Skull,
    /// From where on nothing moves, half axes of the skull: a cell of the grid beyond the end of motion.
    reach: f32,
    field: Field,
    /// Pixels that may move.
    area: PixelBox,
}

impl OuterFlow {
    /// The flow that carries a source's head to the driving pose in a picture of `size`.
    pub(super) fn new(driving: &Landmarks, source: &Landmarks, size: [usize; 2]) -> Self {
        let skull = Skull::new(driving, source);
        let radius = skull.radius_px();
        let longest = skull.longest_step_px();
        let end = HEAD + (FADE_OF_STEP * longest / radius).max(LEAST_FADE);
        let area = PixelBox::within(skull.bounds(end), size[0], size[1]);
        let border = Border::new(size, (BORDER_OF_STEP * longest).max(0.25 * radius));
        let cell_px = (GRID * radius).max(3.0);
        let fill = |calm: f32| {
            Field::fill(&area, cell_px, |place| {
                let share = 1.0 - smooth_step(HEAD, end, skull.nearness(place));
                let from = skull.carry(place);
                let step = [from[0] - place[0], from[1] - place[1]];
                (share > 0.0).then(|| border.damp(place, calm * share, step))
            })
        };
        let (calmer, attempts) = CALMER;
        let mut field = fill(1.0);
        for attempt in 1..=attempts {
            if field.smallest_growth(|_| true) >= LEAST_GROWTH {
                break;
            }
            field = fill(calmer.powi(attempt as i32));
        }
        Self {
            skull,
            reach: end + CELL * cell_px / radius,
            field,
            area,
        }
    }

    /// Pixels that may move.
    pub(super) fn area(&self) -> &PixelBox {
        &self.area
    }

    /// Displacements along a row; see [`OuterFlow::step`].
    pub(super) fn row(&self, y: f32) -> Vec<[f32; 2]> {
        let mut row = Vec::new();
        self.field.row(y, &mut row);
        row
    }

    /// Where the pixel of column `x` is taken from, relative to itself.
    pub(super) fn step(&self, row: &[[f32; 2]], x: f32) -> [f32; 2] {
        self.field.along(row, x)
    }

    /// How far a place takes part: 1 on the head, 0 where nothing moves.
    pub(super) fn share(&self, place: [f32; 2]) -> f32 {
        1.0 - smooth_step(HEAD, self.reach, self.skull.nearness(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::DrawnHead;

    fn face(centre: [f32; 2], turn: f32) -> Landmarks {
        let mut head = DrawnHead::frontal(256);
        head.width = 512;
        head.height = 512;
        head.centre = centre;
        head.yaw = turn;
        Landmarks {
            points: head.points(),
        }
    }

    #[test]
    fn the_crown_moves_with_the_head_and_the_corners_stay() {
        let [source, driving] = [face([256.0, 256.0], 0.0), face([268.0, 256.0], 0.0)];
        let flow = OuterFlow::new(&driving, &source, [512, 512]);
        let step = |x: f32, y: f32| flow.step(&flow.row(y), x);
        let crown = step(268.0, 150.0);
        assert!((crown[0] + 12.0).abs() < 1.5, "{crown:?}");
        assert_eq!(flow.share([3.0, 3.0]), 0.0);
        assert!(flow.share([268.0, 150.0]) > 0.9);
    }

    #[test]
    fn no_turn_folds_the_hair() {
        for turn in [-30.0, 18.0, 35.0] {
            let [source, driving] = [face([256.0, 256.0], 0.0), face([280.0, 250.0], turn)];
            let flow = OuterFlow::new(&driving, &source, [512, 512]);
            let growth = flow.field.smallest_growth(|_| true);
            assert!(growth > 0.0, "{turn}: {growth}");
            // and the crown still follows the head
            let crown = flow.step(&flow.row(150.0), 280.0);
            assert!(crown[0] < -6.0, "{turn}: {crown:?}");
        }
    }
}
