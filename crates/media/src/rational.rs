//! Exact fractions for frame rates and time bases, so that 29.97 stays 30000/1001.

use std::fmt;

/// A positive fraction in lowest terms, such as a frame rate in frames a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rational {
    numerator: i64,
    denominator: i64,
}

impl Rational {
    /// Reduce `numerator / denominator`; `None` where either is zero or negative.
    pub fn new(numerator: i64, denominator: i64) -> Option<Self> {
        if numerator <= 0 || denominator <= 0 {
            return None;
        }
        let divisor = greatest_common_divisor(numerator, denominator);
        Some(Self {
            numerator: numerator / divisor,
            denominator: denominator / divisor,
        })
    }

    /// Part above the line.
    pub fn numerator(self) -> i64 {
        self.numerator
    }

    /// Part below the line.
    pub fn denominator(self) -> i64 {
        self.denominator
    }

    /// Nearest float, for arithmetic that may round, such as a smoothing constant.
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// One over this fraction: a frame rate becomes a frame's duration in seconds.
    pub fn inverse(self) -> Self {
        Self {
            numerator: self.denominator,
            denominator: self.numerator,
        }
    }
}

impl fmt::Display for Rational {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.numerator, self.denominator)
    }
}

fn greatest_common_divisor(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_kept_in_lowest_terms() {
        let ntsc = Rational::new(60000, 2002).unwrap();
        assert_eq!(ntsc.to_string(), "30000/1001");
        assert_eq!(ntsc.inverse().to_string(), "1001/30000");
    }

    #[test]
    fn zero_and_negative_parts_are_refused() {
        for (numerator, denominator) in [(0, 1), (1, 0), (-25, 1), (25, -1)] {
            assert_eq!(Rational::new(numerator, denominator), None);
        }
    }
}
