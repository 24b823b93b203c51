//! Numbers as options: what is a number, and within which bounds.

/// A share, 0 to 1.
pub(crate) fn share(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("a number from 0 to 1 is needed".to_owned()),
    }
}

/// How much of something, 0 to 2.
pub(crate) fn strength(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(value) if (0.0..=2.0).contains(&value) => Ok(value),
        _ => Err("a number from 0 to 2 is needed".to_owned()),
    }
}

/// A length of time, seconds.
pub(crate) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if value > 0.0 && value <= 3600.0 => Ok(value),
        _ => Err("a number of seconds above 0 and up to 3600 is needed".to_owned()),
    }
}

/// A moment from the beginning on, seconds.
pub(crate) fn moment(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if (0.0..=86_400.0).contains(&value) => Ok(value),
        _ => Err("a number of seconds from 0 on is needed".to_owned()),
    }
}

/// Place of a face among several.
pub(crate) fn face_number(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("faces are counted from 1".to_owned()),
        Ok(number) => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_and_words_are_refused() {
        assert_eq!(share("0.25"), Ok(0.25));
        for bad in ["-0.1", "1.1", "NaN", "much"] {
            assert!(share(bad).is_err(), "{bad}");
        }
        assert_eq!(strength("1.5"), Ok(1.5));
        for bad in ["-0.1", "2.1", "NaN"] {
            assert!(strength(bad).is_err(), "{bad}");
        }
        for bad in ["0", "-3", "inf", "NaN", "3601"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
        assert_eq!(moment("0"), Ok(0.0));
        for bad in ["-1", "inf", "NaN", "soon"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
        for bad in ["0", "-1", "1.5", "first"] {
            assert!(face_number(bad).is_err(), "{bad}");
        }
    }
}
