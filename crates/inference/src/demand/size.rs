//! How large a value is, and which numbers it holds where they are few and known.

/// Most numbers that are followed; shapes have a handful.
pub(crate) const MOST_NUMBERS: u64 = 1024;

/// Largest whole number that is followed: engines compute shapes in single precision or 32 bits, and up to here all agree.
const LARGEST_EXACT: f64 = (1 << 24) as f64;

/// Most axes of a value.
const MOST_AXES: usize = 16;

/// Size of a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Size {
    pub(crate) dims: Vec<u64>,
    /// Its numbers, row by row, where they are known.
    pub(crate) numbers: Option<Vec<f64>>,
}

impl Size {
    /// A value of which only the shape is known.
    pub(crate) fn new(dims: Vec<u64>) -> Self {
        Self {
            dims,
            numbers: None,
        }
    }

    /// A value whose numbers are known.
    pub(crate) fn of_numbers(dims: Vec<u64>, numbers: Vec<f64>) -> Self {
        Self::new(dims).with_numbers(Some(numbers))
    }

    /// With these numbers, where they are as many as the shape tells.
    pub(crate) fn with_numbers(mut self, numbers: Option<Vec<f64>>) -> Self {
        self.numbers = numbers.filter(|numbers| numbers.len() as u64 == self.count());
        self
    }

    /// Values in it; the largest number there is where it overflows.
    pub(crate) fn count(&self) -> u64 {
        if self.dims.len() > MOST_AXES {
            return u64::MAX;
        }
        // a zero beside a huge axis still is a shape that nothing can have
        let product = self
            .dims
            .iter()
            .try_fold(1_u64, |product, dim| product.checked_mul((*dim).max(1)));
        match product {
            None => u64::MAX,
            Some(_) if self.dims.contains(&0) => 0,
            Some(product) => product,
        }
    }

    /// The axis that a setting names, counted from the end where it is negative.
    pub(crate) fn axis(&self, named: i64) -> Result<usize, String> {
        axis_of(self.dims.len(), named)
    }

    /// The lengths that its numbers are: whole and not negative.
    pub(crate) fn lengths(&self) -> Option<Vec<u64>> {
        let numbers = self.numbers.as_ref()?;
        let length = |number: &f64| {
            (number.fract() == 0.0 && (0.0..1e15).contains(number)).then_some(*number as u64)
        };
        numbers.iter().map(length).collect()
    }

    /// Its numbers as whole ones, held within 2^53.
    pub(crate) fn integers(&self) -> Option<Vec<i64>> {
        let numbers = self.numbers.as_ref()?;
        let most = (1_i64 << 53) as f64;
        let whole =
            |number: &f64| (number.fract() == 0.0).then(|| number.clamp(-most, most) as i64);
        numbers.iter().map(whole).collect()
    }
}

/// The axis of so many that a setting names.
pub(crate) fn axis_of(axes: usize, named: i64) -> Result<usize, String> {
    let place = if named < 0 {
        named.saturating_add(axes as i64)
    } else {
        named
    };
    let place = usize::try_from(place).ok().filter(|place| *place < axes);
    place.ok_or_else(|| format!("there is no axis {named} of {axes}"))
}

/// A number that every engine computes alike, or none.
pub(crate) fn exact(number: f64) -> Option<f64> {
    (number.fract() == 0.0 && number.abs() <= LARGEST_EXACT).then_some(number)
}

/// The shape of several values that are combined element by element.
///
/// # Errors
/// Where they do not fit.
pub(crate) fn broadcast<'a>(sizes: impl IntoIterator<Item = &'a Size>) -> Result<Vec<u64>, String> {
    let mut shape: Vec<u64> = Vec::new();
    for size in sizes {
        while shape.len() < size.dims.len() {
            shape.insert(0, 1);
        }
        let start = shape.len() - size.dims.len();
        for (place, dim) in shape[start..].iter_mut().zip(&size.dims) {
            *place = match (*place, *dim) {
                (1, other) | (other, 1) => other,
                (one, other) if one == other => one,
                (one, other) => {
                    return Err(format!("lengths {one} and {other} do not fit each other"));
                }
            };
        }
    }
    Ok(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_overflow_are_the_largest_and_an_empty_axis_does_not_hide_a_huge_one() {
        assert_eq!(Size::new(vec![3, 4]).count(), 12);
        assert_eq!(Size::new(vec![1 << 40, 1 << 40]).count(), u64::MAX);
        assert_eq!(Size::new(vec![0, 7]).count(), 0);
        assert_eq!(Size::new(vec![0, 1 << 40, 1 << 40]).count(), u64::MAX);
        assert_eq!(Size::new(vec![1; 17]).count(), u64::MAX);
    }

    #[test]
    fn shapes_are_combined_from_their_last_axes() {
        let of = |dims: &[u64]| Size::new(dims.to_vec());
        assert_eq!(
            broadcast([&of(&[5, 1, 3]), &of(&[4, 1])]),
            Ok(vec![5, 4, 3])
        );
        assert!(broadcast([&of(&[2]), &of(&[3])]).is_err());
    }
}
