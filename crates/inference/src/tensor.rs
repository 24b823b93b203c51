//! The array type that goes into and comes out of a graph.

/// Numbers with a shape, row by row: the last axis is contiguous.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl Tensor {
    /// Wrap values.
    ///
    /// # Panics
    /// If `shape` does not hold as many values as there are: a wiring bug, never a user error.
    pub fn new(shape: &[usize], values: Vec<f32>) -> Self {
        assert_eq!(
            shape.iter().product::<usize>(),
            values.len(),
            "values in shape {shape:?}"
        );
        Self {
            shape: shape.to_vec(),
            values,
        }
    }

    /// Length of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// All values.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, to change.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// Give the values away.
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }
}
