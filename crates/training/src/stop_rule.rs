//! When fine-tuning stops: never past the point where expression suffers.

use std::collections::BTreeMap;

use tch::{Tensor, no_grad};

/// How much worse the landmarks of made pictures may become before likeness counts for nothing:
/// training then buys likeness with expression.
const WORST_LANDMARKS: f64 = 1.10;

/// Remembers the best weights and says when more training is of no use.
pub(crate) struct StopRule {
    patience: u64,
    since_best: u64,
    first_error: f64,
    best: Option<(u64, f64, BTreeMap<String, Tensor>)>,
}

impl StopRule {
    pub(crate) fn new(patience: u64) -> Self {
        Self {
            patience,
            since_best: 0,
            first_error: f64::NAN,
            best: None,
        }
    }

    /// Add a look at the held-out pictures: their content loss and landmark error.
    pub(crate) fn add(
        &mut self,
        step: u64,
        content: f64,
        error: f64,
        weights: &BTreeMap<String, Tensor>,
    ) {
        if self.first_error.is_nan() {
            self.first_error = error;
        }
        let follows = error <= WORST_LANDMARKS * self.first_error.max(1e-6);
        let is_better = self.best.as_ref().is_none_or(|best| content < best.1);
        if is_better && follows {
            let copies = weights
                .iter()
                .map(|(name, tensor)| (name.clone(), tensor.detach().copy()));
            self.best = Some((step, content, copies.collect()));
            self.since_best = 0;
        } else {
            self.since_best += 1;
        }
    }

    /// Whether so many looks have brought nothing.
    pub(crate) fn is_over(&self) -> bool {
        self.since_best >= self.patience
    }

    /// Put the best weights back; returns their step, `None` where nothing was measured.
    pub(crate) fn restore(self, weights: &BTreeMap<String, Tensor>) -> Option<u64> {
        let (step, _, best) = self.best?;
        no_grad(|| {
            for (name, tensor) in weights {
                tensor.detach().copy_(&best[name]);
            }
        });
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(value: f32) -> BTreeMap<String, Tensor> {
        BTreeMap::from([("w".to_owned(), Tensor::from_slice(&[value]))])
    }

    #[test]
    fn the_best_weights_come_back_and_patience_ends() {
        let mut rule = StopRule::new(2);
        let live = weights(0.0);
        for (step, content) in [(0, 3.0), (20, 2.0), (40, 2.5), (60, 2.6)] {
            assert!(!rule.is_over());
            no_grad(|| drop(live["w"].shallow_clone().fill_(step as f64)));
            rule.add(step, content, 2.0, &live);
        }
        assert!(rule.is_over());
        assert_eq!(rule.restore(&live), Some(20));
        assert_eq!(live["w"], Tensor::from_slice(&[20.0f32]));
    }

    #[test]
    fn likeness_that_costs_expression_is_not_taken() {
        let mut rule = StopRule::new(3);
        rule.add(0, 3.0, 2.0, &weights(0.0));
        rule.add(20, 1.0, 2.5, &weights(1.0));
        let live = weights(9.0);
        assert_eq!(rule.restore(&live), Some(0));
        assert_eq!(live["w"], Tensor::from_slice(&[0.0f32]));
    }
}
