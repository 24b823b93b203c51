//! Comparing a picture with a golden one.

/// How two pictures of one size differ, in levels from 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Mean over all values.
    pub mean: f64,
    /// Largest of all values.
    pub worst: u8,
    /// Column and row of the largest.
    pub place: [usize; 2],
}

/// Compare RGB bytes, row by row, of pictures `width` pixels wide.
///
/// # Panics
/// If the pictures differ in size or have no pixels.
pub fn compare_pictures(golden: &[u8], found: &[u8], width: usize) -> Difference {
    assert_eq!(golden.len(), found.len(), "the pictures differ in size");
    assert!(!golden.is_empty(), "the pictures have no pixels");
    let differences = golden.iter().zip(found).map(|(a, b)| a.abs_diff(*b));
    let sum: u64 = differences.clone().map(u64::from).sum();
    let (index, worst) = differences
        .enumerate()
        .max_by_key(|(_, difference)| *difference)
        .unwrap_or((0, 0));
    let pixel = index / 3;
    Difference {
        mean: sum as f64 / golden.len() as f64,
        worst,
        place: [pixel % width, pixel / width],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_pixel_is_named() {
        let golden = vec![100; 5 * 4 * 3];
        let mut found = golden.clone();
        found[(2 * 5 + 3) * 3 + 1] = 130;
        let difference = compare_pictures(&golden, &found, 5);
        assert_eq!((difference.worst, difference.place), (30, [3, 2]));
        assert_eq!(difference.mean, 0.5);
    }
}
