//! Exponential moving average of weights, which is what gets exported.

use std::collections::BTreeMap;

use tch::Tensor;

/// Averages of named tensors.
#[derive(Debug)]
pub struct Ema {
    averages: BTreeMap<String, Tensor>,
}

impl Ema {
    /// Start at the present values.
    pub fn new(tensors: &BTreeMap<String, Tensor>) -> Self {
        let copy = |tensor: &Tensor| tensor.detach().copy();
        Self {
            averages: tensors
                .iter()
                .map(|(name, t)| (name.clone(), copy(t)))
                .collect(),
        }
    }

    /// Move the averages towards the present values. `decay` is the weight of the past.
    pub fn update(&mut self, tensors: &BTreeMap<String, Tensor>, decay: f64) {
        tch::no_grad(|| {
            for (name, average) in &mut self.averages {
                drop(average.lerp_(&tensors[name].detach(), 1.0 - decay));
            }
        });
    }

    /// The averages by name.
    pub fn tensors(&self) -> &BTreeMap<String, Tensor> {
        &self.averages
    }

    /// Put the averages into `targets`, and what was there into the returned map.
    pub fn swap_into(&self, targets: &BTreeMap<String, Tensor>) -> BTreeMap<String, Tensor> {
        tch::no_grad(|| {
            let before: BTreeMap<_, _> = targets
                .iter()
                .map(|(name, t)| (name.clone(), t.detach().copy()))
                .collect();
            for (name, target) in targets {
                target.detach().copy_(&self.averages[name]);
            }
            before
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_follow_slowly_and_can_be_swapped_in() {
        let named = |value: f32| BTreeMap::from([("a".to_string(), Tensor::from_slice(&[value]))]);
        let mut ema = Ema::new(&named(1.0));
        ema.update(&named(2.0), 0.75);
        let live = named(2.0);
        let before = ema.swap_into(&live);
        assert_eq!(live["a"], Tensor::from_slice(&[1.25f32]));
        assert_eq!(before["a"], Tensor::from_slice(&[2.0f32]));
    }
}
