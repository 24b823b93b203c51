//! Solving small dense systems of linear equations.

/// Solve `matrix * x = right` in place; `right` holds `columns` right sides, row by row, and
/// becomes the solution. `None` where the equations do not determine it.
///
/// # Shapes
/// - `matrix`: `[rows, rows]`, destroyed
/// - `right`: `[rows, columns]`
///
/// # Panics
/// If the lengths do not fit: a wiring bug.
pub fn solve(matrix: &mut [f64], right: &mut [f64], columns: usize) -> Option<()> {
    let rows = right.len() / columns;
    assert_eq!(matrix.len(), rows * rows, "the matrix is square");
    for step in 0..rows {
        let pivot = largest_below(matrix, rows, step);
        if matrix[pivot * rows + step].abs() < 1e-12 {
            return None;
        }
        swap_rows(matrix, rows, pivot, step);
        swap_rows(right, columns, pivot, step);
        eliminate(matrix, rows, right, columns, step);
    }
    for step in (0..rows).rev() {
        let (solved, rest) = right.split_at_mut((step + 1) * columns);
        let row = &mut solved[step * columns..];
        for (offset, later) in rest.chunks_exact(columns).enumerate() {
            let factor = matrix[step * rows + step + 1 + offset];
            for (value, known) in row.iter_mut().zip(later) {
                *value -= factor * known;
            }
        }
        let diagonal = matrix[step * rows + step];
        for value in row {
            *value /= diagonal;
        }
    }
    Some(())
}

fn largest_below(matrix: &[f64], rows: usize, step: usize) -> usize {
    let size = |row: usize| matrix[row * rows + step].abs();
    (step..rows).fold(
        step,
        |best, row| if size(row) > size(best) { row } else { best },
    )
}

fn swap_rows(values: &mut [f64], length: usize, one: usize, other: usize) {
    if one != other {
        let (low, high) = (one.min(other), one.max(other));
        let (head, tail) = values.split_at_mut(high * length);
        head[low * length..(low + 1) * length].swap_with_slice(&mut tail[..length]);
    }
}

fn eliminate(matrix: &mut [f64], rows: usize, right: &mut [f64], columns: usize, step: usize) {
    let (above, below) = matrix.split_at_mut((step + 1) * rows);
    let pivot_row = &above[step * rows..];
    let (solved, open) = right.split_at_mut((step + 1) * columns);
    let pivot_right = &solved[step * columns..];
    for (row, values) in below
        .chunks_exact_mut(rows)
        .zip(open.chunks_exact_mut(columns))
    {
        let factor = row[step] / pivot_row[step];
        if factor != 0.0 {
            for (value, pivot) in row[step..].iter_mut().zip(&pivot_row[step..]) {
                *value -= factor * pivot;
            }
            for (value, pivot) in values.iter_mut().zip(pivot_right) {
                *value -= factor * pivot;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_that_needs_row_swaps_is_solved_for_both_right_sides() {
        let mut matrix = vec![0.0, 2.0, 1.0, 1.0, 0.0, 3.0, 2.0, 1.0, 0.0];
        // x = (1, 2, 3) and (0, -1, 1)
        let mut right = vec![7.0, -1.0, 10.0, 3.0, 4.0, -1.0];
        solve(&mut matrix, &mut right, 2).unwrap();
        let wanted = [1.0, 0.0, 2.0, -1.0, 3.0, 1.0];
        assert!(right.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn equations_that_say_the_same_twice_have_no_solution() {
        assert_eq!(solve(&mut [1.0, 2.0, 2.0, 4.0], &mut [1.0, 2.0], 1), None);
    }
}
