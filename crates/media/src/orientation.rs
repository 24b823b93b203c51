//! How stored pictures must be turned to be shown: display matrices of video streams.

/// One of the eight ways to put a rectangle on a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Orientation {
    /// As stored.
    #[default]
    Upright,
    /// Turned right by a quarter.
    QuarterRight,
    /// Turned by a half.
    Half,
    /// Turned left by a quarter.
    QuarterLeft,
    /// Mirrored left to right.
    Mirrored,
    /// Mirrored top to bottom.
    Flipped,
    /// Mirrored along the falling diagonal.
    Transposed,
    /// Mirrored along the rising diagonal.
    AntiTransposed,
}

impl Orientation {
    /// Read the matrix as ffprobe prints it; other angles go to the nearest of the eight.
    pub(crate) fn from_display_matrix(text: &str) -> Self {
        let rows: Vec<Vec<f64>> = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(_, row)| {
                row.split_whitespace()
                    .filter_map(|value| value.parse().ok())
                    .collect()
            })
            .collect();
        let entry = |row: usize, column: usize| {
            let row: Option<&Vec<f64>> = rows.get(row);
            row.and_then(|row| row.get(column)).copied().unwrap_or(0.0)
        };
        // A stored point (x, y) is shown at (a x + c y, b x + d y), y down.
        let (a, b, c, d) = (entry(0, 0), entry(0, 1), entry(1, 0), entry(1, 1));
        let straight = a.abs() + d.abs() >= b.abs() + c.abs();
        match (straight, a < 0.0, d < 0.0, b < 0.0, c < 0.0) {
            (true, false, false, ..) => Self::Upright,
            (true, true, true, ..) => Self::Half,
            (true, true, false, ..) => Self::Mirrored,
            (true, false, true, ..) => Self::Flipped,
            (false, _, _, false, true) => Self::QuarterRight,
            (false, _, _, true, false) => Self::QuarterLeft,
            (false, _, _, false, false) => Self::Transposed,
            (false, _, _, true, true) => Self::AntiTransposed,
        }
    }

    /// Whether width and height change places.
    pub(crate) fn swaps_sides(self) -> bool {
        use Orientation::{AntiTransposed, QuarterLeft, QuarterRight, Transposed};
        matches!(
            self,
            QuarterRight | QuarterLeft | Transposed | AntiTransposed
        )
    }

    /// The ffmpeg filter that does it.
    pub(crate) fn filter(self) -> Option<&'static str> {
        match self {
            Self::Upright => None,
            Self::QuarterRight => Some("transpose=clock"),
            Self::Half => Some("hflip,vflip"),
            Self::QuarterLeft => Some("transpose=cclock"),
            Self::Mirrored => Some("hflip"),
            Self::Flipped => Some("vflip"),
            Self::Transposed => Some("transpose=cclock_flip"),
            Self::AntiTransposed => Some("transpose=clock_flip"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_held_upright_is_turned_right_by_a_quarter() {
        let matrix = "\n00000000:            0       65536           0\n\
                      00000001:       -65536           0           0\n\
                      00000002:            0           0  1073741824\n";
        assert_eq!(
            Orientation::from_display_matrix(matrix),
            Orientation::QuarterRight
        );
    }

    #[test]
    fn a_missing_matrix_changes_nothing() {
        assert_eq!(Orientation::from_display_matrix(""), Orientation::Upright);
    }
}
