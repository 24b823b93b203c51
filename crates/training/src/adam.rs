//! Adam with its state in plain sight, so that a checkpoint holds all of it.
//!
//! Kingma and Ba 2015, Algorithm 1, with decoupled weight decay (Loshchilov and Hutter 2019,
//! Algorithm 2).

use std::collections::BTreeMap;

use tch::Tensor;

/// Hyper-parameters of [`Adam`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamConfig {
    /// Decay of the mean of gradients.
    pub beta1: f64,
    /// Decay of the mean of squared gradients.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Share of each matrix-like weight taken away per step, times the learning rate.
    pub weight_decay: f64,
}

/// Mean and mean square of a variable's gradients.
#[derive(Debug)]
struct Moments {
    mean: Tensor,
    square: Tensor,
}

/// Optimiser over named variables.
#[derive(Debug)]
pub struct Adam {
    config: AdamConfig,
    variables: BTreeMap<String, Tensor>,
    moments: BTreeMap<String, Moments>,
    steps: i64,
}

impl Adam {
    /// Start with empty moments.
    pub fn new(config: AdamConfig, variables: BTreeMap<String, Tensor>) -> Self {
        let empty = |variable: &Tensor| Moments {
            mean: variable.zeros_like(),
            square: variable.zeros_like(),
        };
        let moments = tch::no_grad(|| {
            variables
                .iter()
                .map(|(name, variable)| (name.clone(), empty(variable)))
                .collect()
        });
        Self {
            config,
            variables,
            moments,
            steps: 0,
        }
    }

    /// Forget the gradients of the last step.
    pub fn zero_gradients(&self) {
        for variable in self.variables.values() {
            variable.shallow_clone().zero_grad();
        }
    }

    /// Keep gradients away from the variables, or let them flow again.
    pub fn set_frozen(&self, is_frozen: bool) {
        for variable in self.variables.values() {
            drop(variable.set_requires_grad(!is_frozen));
        }
    }

    /// Root of the sum of squares of all gradients.
    pub fn gradient_norm(&self) -> f64 {
        let norms: Vec<Tensor> = self
            .gradients()
            .map(|(_, gradient)| gradient.norm().to_kind(tch::Kind::Float))
            .collect();
        if norms.is_empty() {
            return 0.0;
        }
        f64::try_from(Tensor::stack(&norms, 0).norm()).expect("a norm is one number")
    }

    /// Take one step along the gradients, shrunk together so that their norm is at most
    /// `largest_norm`. Returns the norm before that.
    pub fn step(&mut self, learning_rate: f64, largest_norm: f64) -> f64 {
        let norm = self.gradient_norm();
        let shrink = (largest_norm / norm.max(1e-12)).min(1.0);
        self.steps += 1;
        let AdamConfig {
            beta1,
            beta2,
            epsilon,
            weight_decay,
        } = self.config;
        let correction1 = 1.0 - beta1.powi(self.steps as i32);
        let correction2 = 1.0 - beta2.powi(self.steps as i32);
        tch::no_grad(|| {
            for (name, gradient) in self.gradients() {
                let gradient = gradient * shrink;
                let moments = &self.moments[&name];
                let mut variable = self.variables[&name].shallow_clone();
                let mut mean = moments.mean.shallow_clone();
                let mut square = moments.square.shallow_clone();
                drop(mean.lerp_(&gradient, 1.0 - beta1));
                drop(square.lerp_(&gradient.square(), 1.0 - beta2));
                if weight_decay > 0.0 && variable.dim() > 1 {
                    drop(variable.g_mul_scalar_(1.0 - learning_rate * weight_decay));
                }
                let root = (square / correction2).sqrt() + epsilon;
                variable -= mean / root * (learning_rate / correction1);
            }
        });
        norm
    }

    /// Everything that a resumed run needs, by name.
    pub fn state(&self) -> BTreeMap<String, Tensor> {
        let mut state = BTreeMap::from([("steps".to_string(), Tensor::from_slice(&[self.steps]))]);
        for (name, moments) in &self.moments {
            state.insert(format!("mean.{name}"), moments.mean.shallow_clone());
            state.insert(format!("square.{name}"), moments.square.shallow_clone());
        }
        state
    }

    /// Take the number of steps from a restored state; the moments are restored in place.
    pub fn set_steps(&mut self, steps: i64) {
        self.steps = steps;
    }

    fn gradients(&self) -> impl Iterator<Item = (String, Tensor)> + '_ {
        self.variables
            .iter()
            .map(|(name, variable)| (name.clone(), variable.grad()))
            .filter(|(_, gradient)| gradient.defined())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    const CONFIG: AdamConfig = AdamConfig {
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-8,
        weight_decay: 0.0,
    };

    fn variable() -> Tensor {
        Tensor::from_slice(&[4.0f32, -3.0]).set_requires_grad(true)
    }

    #[test]
    fn the_first_step_has_the_length_of_the_learning_rate_in_every_direction() {
        // with corrected moments the first update is rate * g / |g|: Kingma and Ba 2015, Section 2.1
        let x = variable();
        let mut adam = Adam::new(CONFIG, BTreeMap::from([("x".into(), x.shallow_clone())]));
        (&x * Tensor::from_slice(&[100.0f32, -0.01]))
            .sum(Kind::Float)
            .backward();
        adam.step(0.5, f64::INFINITY);
        let expected = Tensor::from_slice(&[3.5f32, -2.5]);
        assert!(x.allclose(&expected, 0.0, 1e-3, false), "{x}");
    }

    #[test]
    fn gradients_longer_than_the_limit_are_shrunk_and_the_norm_is_reported() {
        let x = variable();
        let mut adam = Adam::new(CONFIG, BTreeMap::from([("x".into(), x.shallow_clone())]));
        (&x * Tensor::from_slice(&[3.0f32, 4.0]))
            .sum(Kind::Float)
            .backward();
        let norm = adam.step(0.0, 1.0);
        assert!((norm - 5.0).abs() < 1e-5);
        let mean = &adam.state()["mean.x"];
        assert!(
            mean.allclose(&Tensor::from_slice(&[0.06f32, 0.08]), 0.0, 1e-6, false),
            "{mean}"
        );
    }

    #[test]
    fn a_restored_optimiser_goes_on_with_the_same_bits() {
        let run = |interrupt: bool| {
            let x = variable();
            let named = || BTreeMap::from([("x".to_string(), x.shallow_clone())]);
            let mut adam = Adam::new(CONFIG, named());
            for step in 0..6 {
                if interrupt && step == 3 {
                    let old: BTreeMap<String, Tensor> = adam
                        .state()
                        .into_iter()
                        .map(|(name, t)| (name, t.copy()))
                        .collect();
                    adam = Adam::new(CONFIG, named());
                    for (name, tensor) in adam.state() {
                        tensor.shallow_clone().copy_(&old[&name]);
                    }
                    adam.set_steps(3);
                }
                adam.zero_gradients();
                x.square().sum(Kind::Float).backward();
                adam.step(0.1, 1.0);
            }
            x
        };
        assert_eq!(run(false), run(true));
        assert_eq!(run(false).device(), Device::Cpu);
    }
}
