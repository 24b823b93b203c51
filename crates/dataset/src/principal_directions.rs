//! Principal directions of rows of numbers: where they spread most (Pearson 1901), found by
//! repeated multiplication with their covariance.

/// Rounds of multiplication; enough for directions whose spreads differ by two percent.
const ROUNDS: usize = 400;

/// Directions of length 1, the one with the largest spread first, and the spread (root mean square)
/// along each. The mean is not taken off. The same rows give the same directions, to the last bit.
///
/// # Panics
/// If the rows differ in length: a wiring bug.
pub(crate) fn principal_directions(rows: &[Vec<f64>], count: usize) -> Vec<(Vec<f64>, f64)> {
    let Some(side) = rows.first().map(Vec::len) else {
        return Vec::new();
    };
    let covariance = covariance(rows, side);
    let count = count.min(side);
    // any start that is not square to a direction will do; this one is the same every time
    let mut found: Vec<Vec<f64>> = (0..count)
        .map(|index| {
            let at = |place: usize| ((place * (2 * index + 3) + index) as f64 * 0.7).sin();
            (0..side).map(at).collect()
        })
        .collect();
    orthonormalise(&mut found);
    for _ in 0..ROUNDS {
        for direction in &mut found {
            *direction = multiply(&covariance, direction);
        }
        orthonormalise(&mut found);
    }
    let spread = |direction: &[f64]| dot(direction, &multiply(&covariance, direction)).max(0.0);
    let mut found: Vec<(Vec<f64>, f64)> = found
        .into_iter()
        .map(|direction| {
            let spread = spread(&direction).sqrt();
            (direction, spread)
        })
        .collect();
    found.sort_by(|one, other| other.1.total_cmp(&one.1));
    found
}

fn covariance(rows: &[Vec<f64>], side: usize) -> Vec<f64> {
    let mut matrix = vec![0.0; side * side];
    for row in rows {
        assert_eq!(row.len(), side, "rows have one length");
        for (value, line) in row.iter().zip(matrix.chunks_exact_mut(side)) {
            for (cell, other) in line.iter_mut().zip(row) {
                *cell += value * other;
            }
        }
    }
    let count = rows.len() as f64;
    matrix.iter_mut().for_each(|cell| *cell /= count);
    matrix
}

fn multiply(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    let lines = matrix.chunks_exact(vector.len());
    lines.map(|line| dot(line, vector)).collect()
}

/// Make directions square to those before them and of length 1 (Gram and Schmidt).
fn orthonormalise(directions: &mut [Vec<f64>]) {
    for index in 0..directions.len() {
        let (before, rest) = directions.split_at_mut(index);
        let direction = &mut rest[0];
        for other in before {
            let along = dot(direction, other);
            let pairs = direction.iter_mut().zip(other);
            pairs.for_each(|(value, other)| *value -= along * *other);
        }
        let length = dot(direction, direction).sqrt().max(1e-300);
        direction.iter_mut().for_each(|value| *value /= length);
    }
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_made_of_two_directions_give_them_back_the_larger_first() {
        let [first, second] = [[0.6, 0.8, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
        let rows: Vec<Vec<f64>> = (0..200)
            .map(|index| {
                let angle = f64::from(index) * 0.1 * std::f64::consts::PI;
                let [much, little] = [3.0 * angle.cos(), angle.sin()];
                (0..4)
                    .map(|i| much * first[i] + little * second[i])
                    .collect()
            })
            .collect();
        let found = principal_directions(&rows, 2);
        assert!((dot(&found[0].0, &first).abs() - 1.0).abs() < 1e-6);
        assert!((dot(&found[1].0, &second).abs() - 1.0).abs() < 1e-6);
        let root = 0.5_f64.sqrt();
        assert!((found[0].1 - 3.0 * root).abs() < 1e-6 && (found[1].1 - root).abs() < 1e-6);
    }
}
