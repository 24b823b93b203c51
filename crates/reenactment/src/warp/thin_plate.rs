//! A smooth field through scattered values: the thin-plate spline of Duchon 1977.

use landmarks::linear_system::solve;

/// A displacement for every place, which takes given values at given places.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ThinPlate {
    middle: [f32; 2],
    /// One over the unit that distances are measured in.
    per_unit: f32,
    centres: Vec<[f32; 2]>,
    weights: Vec<[f32; 2]>,
    /// Constant, slope in x, slope in y.
    plane: [[f32; 2]; 3],
}

impl ThinPlate {
    /// Lay the field through `values` at `places`. `unit` is a typical distance; `softness` lets
    /// it miss values a little where that makes it much smoother, 0 not at all.
    ///
    /// `None` where the places do not span the plane.
    pub(crate) fn fit(
        places: &[[f32; 2]],
        values: &[[f32; 2]],
        unit: f32,
        softness: f32,
    ) -> Option<Self> {
        let per_unit = 1.0 / unit;
        let middle = [0, 1]
            .map(|axis| places.iter().map(|place| place[axis]).sum::<f32>() / places.len() as f32);
        let centres: Vec<[f32; 2]> = places
            .iter()
            .map(|place| [0, 1].map(|axis| (place[axis] - middle[axis]) * per_unit))
            .collect();
        let rows = centres.len() + 3;
        let mut matrix = equations(&centres, softness);
        let mut right: Vec<f64> = values.iter().flatten().map(|v| f64::from(*v)).collect();
        right.resize(rows * 2, 0.0);
        solve(&mut matrix, &mut right, 2)?;
        let pair = |row: usize| [right[row * 2] as f32, right[row * 2 + 1] as f32];
        let count = centres.len();
        Some(Self {
            middle,
            per_unit,
            weights: (0..count).map(pair).collect(),
            plane: [pair(count), pair(count + 1), pair(count + 2)],
            centres,
        })
    }

    /// The field at a place.
    pub(crate) fn at(&self, place: [f32; 2]) -> [f32; 2] {
        let x = (place[0] - self.middle[0]) * self.per_unit;
        let y = (place[1] - self.middle[1]) * self.per_unit;
        let [constant, across, down] = self.plane;
        let mut value = [0, 1].map(|axis| constant[axis] + across[axis] * x + down[axis] * y);
        for (centre, weight) in self.centres.iter().zip(&self.weights) {
            let [dx, dy] = [x - centre[0], y - centre[1]];
            let bend = kernel(dx * dx + dy * dy);
            value[0] += weight[0] * bend;
            value[1] += weight[1] * bend;
        }
        value
    }
}

/// r^2 log r, up to a factor.
#[inline(always)]
fn kernel(square: f32) -> f32 {
    square * square.max(1e-12).ln()
}

fn equations(centres: &[[f32; 2]], softness: f32) -> Vec<f64> {
    let count = centres.len();
    let rows = count + 3;
    let mut matrix = vec![0.0_f64; rows * rows];
    for (i, one) in centres.iter().enumerate() {
        for (j, other) in centres.iter().enumerate().take(i) {
            let [dx, dy] = [one[0] - other[0], one[1] - other[1]];
            let bend = f64::from(kernel(dx * dx + dy * dy));
            matrix[i * rows + j] = bend;
            matrix[j * rows + i] = bend;
        }
        matrix[i * rows + i] = f64::from(softness);
        for (offset, value) in [1.0, one[0], one[1]].into_iter().enumerate() {
            matrix[i * rows + count + offset] = f64::from(value);
            matrix[(count + offset) * rows + i] = f64::from(value);
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: [[f32; 2]; 5] = [
        [10.0, 10.0],
        [90.0, 20.0],
        [80.0, 95.0],
        [15.0, 85.0],
        [50.0, 45.0],
    ];

    #[test]
    fn the_field_takes_its_values_at_its_places() {
        let values = [[1.0, 0.0], [0.0, 2.0], [-3.0, 1.0], [4.0, 4.0], [0.5, -0.5]];
        let field = ThinPlate::fit(&PLACES, &values, 50.0, 0.0).unwrap();
        for (place, value) in PLACES.iter().zip(&values) {
            let found = field.at(*place);
            assert!((found[0] - value[0]).abs() < 1e-3 && (found[1] - value[1]).abs() < 1e-3);
        }
    }

    #[test]
    fn a_turn_and_a_growth_are_carried_on_beyond_the_places() {
        let truth = |[x, y]: [f32; 2]| [0.1 * x - 0.2 * y + 3.0, 0.2 * x + 0.1 * y - 1.0];
        let values = PLACES.map(truth);
        let field = ThinPlate::fit(&PLACES, &values, 50.0, 0.01).unwrap();
        let [found, wanted] = [field.at([-60.0, 200.0]), truth([-60.0, 200.0])];
        assert!((found[0] - wanted[0]).abs() < 0.01 && (found[1] - wanted[1]).abs() < 0.01);
    }

    #[test]
    fn places_on_one_line_span_no_plane() {
        let places = [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0]];
        assert!(ThinPlate::fit(&places, &[[0.0; 2]; 4], 1.0, 0.0).is_none());
    }
}
