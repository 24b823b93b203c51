//! Where each pixel of the result is taken from: a displacement kept on a coarse grid.

use rayon::prelude::*;

/// A box of the picture in pixels; right and bottom are outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PixelBox {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) right: usize,
    pub(crate) bottom: usize,
}

impl PixelBox {
    /// The part of `bounds` (left, top, right, bottom) inside a picture.
    pub(crate) fn within(bounds: [f32; 4], width: usize, height: usize) -> Self {
        let limit = |value: f32, end: usize| value.clamp(0.0, end as f32) as usize;
        Self {
            left: limit(bounds[0].floor(), width),
            top: limit(bounds[1].floor(), height),
            right: limit(bounds[2].ceil() + 1.0, width),
            bottom: limit(bounds[3].ceil() + 1.0, height),
        }
    }
}

/// Displacements on the crossings of a grid; between them they are blended.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    left: f32,
    top: f32,
    step: f32,
    columns: usize,
    rows: usize,
    values: Vec<[f32; 2]>,
}

impl Field {
    /// Fill a grid over `area` by `value` for each crossing; `None` from it means no displacement.
    pub(crate) fn fill(
        area: &PixelBox,
        step_px: f32,
        value: impl Fn([f32; 2]) -> Option<[f32; 2]> + Sync,
    ) -> Self {
        let count = |from: usize, to: usize| {
            ((to.saturating_sub(from)) as f32 / step_px).ceil() as usize + 2
        };
        let [columns, rows] = [count(area.left, area.right), count(area.top, area.bottom)];
        let [left, top] = [area.left as f32, area.top as f32];
        let row = |y: usize| {
            (0..columns).map(move |x| [left + x as f32 * step_px, top + y as f32 * step_px])
        };
        let values = (0..rows)
            .into_par_iter()
            .flat_map_iter(|y| row(y).map(|place| value(place).unwrap_or([0.0; 2])))
            .collect();
        Self {
            left,
            top,
            step: step_px,
            columns,
            rows,
            values,
        }
    }

    /// Displacements along one row of pixels, blended between the two nearest grid rows.
    pub(crate) fn row(&self, y: f32, into: &mut Vec<[f32; 2]>) {
        let place = ((y - self.top) / self.step).clamp(0.0, (self.rows - 1) as f32);
        let upper = (place as usize).min(self.rows - 2);
        let rest = place - upper as f32;
        let start = upper * self.columns;
        let [one, two] = [
            &self.values[start..start + self.columns],
            &self.values[start + self.columns..start + 2 * self.columns],
        ];
        into.clear();
        into.extend(
            one.iter()
                .zip(two)
                .map(|(one, two)| blend(*one, *two, rest)),
        );
    }

    /// Displacement at column `x` of a row that [`Field::row`] filled.
    #[inline(always)]
    pub(crate) fn along(&self, row: &[[f32; 2]], x: f32) -> [f32; 2] {
        let place = ((x - self.left) / self.step).max(0.0);
        let column = (place as usize).min(self.columns - 2);
        blend(row[column], row[column + 1], place - column as f32)
    }

    /// Smallest growth of area from result to source over the cells that `counts` lets in; at 0
    /// the picture would fold.
    pub(crate) fn smallest_growth(&self, counts: impl Fn([f32; 2]) -> bool) -> f32 {
        let mut smallest = f32::INFINITY;
        for y in 0..self.rows - 1 {
            for x in 0..self.columns - 1 {
                let place = [
                    self.left + (x as f32 + 0.5) * self.step,
                    self.top + (y as f32 + 0.5) * self.step,
                ];
                if counts(place) {
                    smallest = smallest.min(self.growth(x, y));
                }
            }
        }
        smallest
    }

    fn growth(&self, x: usize, y: usize) -> f32 {
        let start = y * self.columns + x;
        let [here, right, below] =
            [start, start + 1, start + self.columns].map(|index| self.values[index]);
        let slope = |to: [f32; 2]| [0, 1].map(|axis| (to[axis] - here[axis]) / self.step);
        let [across, down] = [slope(right), slope(below)];
        (1.0 + across[0]) * (1.0 + down[1]) - across[1] * down[0]
    }
}

#[inline(always)]
fn blend(one: [f32; 2], two: [f32; 2], rest: f32) -> [f32; 2] {
    [
        one[0] + (two[0] - one[0]) * rest,
        one[1] + (two[1] - one[1]) * rest,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: PixelBox = PixelBox {
        left: 3,
        top: 5,
        right: 60,
        bottom: 41,
    };

    #[test]
    fn a_linear_displacement_is_given_back_between_the_crossings() {
        let truth = |[x, y]: [f32; 2]| [0.1 * x - 0.05 * y, 0.2 * y];
        let field = Field::fill(&AREA, 4.0, |place| Some(truth(place)));
        let mut row = Vec::new();
        for [x, y] in [[3.0, 5.0], [17.5, 22.25], [59.0, 40.0]] {
            field.row(y, &mut row);
            let [found, wanted] = [field.along(&row, x), truth([x, y])];
            assert!((found[0] - wanted[0]).abs() < 1e-4 && (found[1] - wanted[1]).abs() < 1e-4);
        }
    }

    #[test]
    fn growth_tells_a_fold_from_a_stretch() {
        let stretch = Field::fill(&AREA, 4.0, |[x, _]| Some([-0.5 * x, 0.0]));
        assert!((stretch.smallest_growth(|_| true) - 0.5).abs() < 1e-4);
        let fold = Field::fill(&AREA, 4.0, |[x, _]| Some([-1.5 * x, 0.0]));
        assert!(fold.smallest_growth(|_| true) < 0.0);
    }

    #[test]
    fn a_box_is_cut_to_the_picture() {
        let found = PixelBox::within([-5.0, 2.5, 900.0, 7.2], 100, 50);
        assert_eq!(
            found,
            PixelBox {
                left: 0,
                top: 2,
                right: 100,
                bottom: 9
            }
        );
    }
}
