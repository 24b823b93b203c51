//! Eigenvalues of a symmetric matrix: Householder reflections to three diagonals, then bisection
//! on the number of values below a bound.

/// Halvings of the interval around a value: past them, doubles do not change.
const HALVINGS: usize = 70;

/// All eigenvalues of the symmetric `matrix`, row by row with `side` values a row, upwards.
///
/// # Panics
/// If the matrix does not have `side` squared values: a wiring bug, never a user error.
pub(crate) fn symmetric_eigenvalues(mut matrix: Vec<f64>, side: usize) -> Vec<f64> {
    assert_eq!(matrix.len(), side * side, "values in the matrix");
    if side == 0 {
        return Vec::new();
    }
    let (diagonal, beside) = three_diagonals(&mut matrix, side);
    let radius = |row: usize| {
        let left = if row > 0 { beside[row - 1].abs() } else { 0.0 };
        left + beside.get(row).map_or(0.0, |value| value.abs())
    };
    // Gershgorin: every value lies within these.
    let low = (0..side)
        .map(|row| diagonal[row] - radius(row))
        .fold(f64::INFINITY, f64::min);
    let high = (0..side)
        .map(|row| diagonal[row] + radius(row))
        .fold(f64::NEG_INFINITY, f64::max);
    (0..side)
        .map(|place| {
            let [mut from, mut to] = [low, high];
            for _ in 0..HALVINGS {
                let middle = f64::midpoint(from, to);
                if count_below(&diagonal, &beside, middle) > place {
                    to = middle;
                } else {
                    from = middle;
                }
            }
            f64::midpoint(from, to)
        })
        .collect()
}

/// Reflect the matrix until only the diagonal and its neighbours are left.
fn three_diagonals(matrix: &mut [f64], side: usize) -> (Vec<f64>, Vec<f64>) {
    let mut beside = vec![0.0; side - 1];
    for step in 0..side.saturating_sub(2) {
        let mut mirror: Vec<f64> = (step + 1..side)
            .map(|row| matrix[row * side + step])
            .collect();
        let length = norm(&mirror);
        if length == 0.0 {
            continue;
        }
        let end = -length.copysign(mirror[0]);
        beside[step] = end;
        mirror[0] -= end;
        let length = norm(&mirror);
        mirror.iter_mut().for_each(|value| *value /= length);
        reflect(matrix, side, step + 1, &mirror);
    }
    if side > 1 {
        beside[side - 2] = matrix[(side - 1) * side + side - 2];
    }
    (
        (0..side).map(|row| matrix[row * side + row]).collect(),
        beside,
    )
}

/// Replace the block from `first` on by its reflection at the plane square to `mirror`, from both
/// sides.
fn reflect(matrix: &mut [f64], side: usize, first: usize, mirror: &[f64]) {
    let block = |row: usize| (first + row) * side + first..(first + row + 1) * side;
    let mut shift: Vec<f64> = (0..mirror.len())
        .map(|row| dot(&matrix[block(row)], mirror))
        .collect();
    let share = dot(&shift, mirror);
    for (value, part) in shift.iter_mut().zip(mirror) {
        *value -= share * part;
    }
    for row in 0..mirror.len() {
        let [along, across] = [2.0 * mirror[row], 2.0 * shift[row]];
        let columns = matrix[block(row)].iter_mut().zip(mirror.iter().zip(&shift));
        for (value, (part, moved)) in columns {
            *value -= along * moved + across * part;
        }
    }
}

/// How many eigenvalues lie below `bound`: the negative pivots of the shifted matrix (Sturm).
fn count_below(diagonal: &[f64], beside: &[f64], bound: f64) -> usize {
    let mut count = 0;
    let mut pivot = 1.0_f64;
    for (row, value) in diagonal.iter().enumerate() {
        let carried = if row > 0 {
            beside[row - 1].powi(2) / pivot
        } else {
            0.0
        };
        pivot = value - bound - carried;
        if pivot == 0.0 {
            pivot = f64::MIN_POSITIVE;
        }
        count += usize::from(pivot < 0.0);
    }
    count
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn norm(values: &[f64]) -> f64 {
    dot(values, values).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_a_chain_of_springs_are_the_known_cosines() {
        // 2 on the diagonal, -1 beside it: 2 - 2 cos(k pi / (n + 1))
        let side = 30;
        let mut matrix = vec![0.0; side * side];
        for row in 0..side {
            matrix[row * side + row] = 2.0;
            if row > 0 {
                matrix[row * side + row - 1] = -1.0;
                matrix[(row - 1) * side + row] = -1.0;
            }
        }
        for (place, found) in symmetric_eigenvalues(matrix, side).into_iter().enumerate() {
            let angle = std::f64::consts::PI * (place + 1) as f64 / (side + 1) as f64;
            assert!((found - (2.0 - 2.0 * angle.cos())).abs() < 1e-12);
        }
    }

    #[test]
    fn a_full_matrix_keeps_its_trace_and_its_squares() {
        let side = 17;
        let value = |row: usize, column: usize| ((row * column + row + column) as f64 * 0.7).sin();
        let matrix: Vec<f64> = (0..side * side)
            .map(|place| value(place / side, place % side))
            .collect();
        let found = symmetric_eigenvalues(matrix.clone(), side);
        let trace: f64 = (0..side).map(|row| matrix[row * side + row]).sum();
        assert!((found.iter().sum::<f64>() - trace).abs() < 1e-10);
        let squares = dot(&matrix, &matrix);
        assert!((dot(&found, &found) - squares).abs() < 1e-9 * squares);
    }
}
