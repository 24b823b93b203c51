//! Convolution and linear layer whose weight is divided by its largest singular value.
//!
//! Miyato et al. 2018, Algorithm 1: one step of the power iteration a training forward keeps an
//! estimate of the singular vectors, and gradient flows through the value. The vectors are
//! buffers of the `VarStore`, so that checkpoints carry them. Exported graphs hold the quotient.

use std::collections::BTreeMap;

use tch::{Kind, Tensor, nn, nn::Init};

use super::conv_norm::Mode;
use super::resampled_convolution::{Resampling, resampled_convolution};
use crate::onnx::{GraphBuilder, Linear, Value};

/// Least length by which a vector of the power iteration is divided.
const EPSILON: f64 = 1e-4;
/// Least singular value by which a weight is divided: weights of nothing stay nothing.
const SMALLEST: f64 = 1e-12;
/// Steps of the power iteration on averaged weights.
const SETTLING_STEPS: usize = 30;
/// Steps of the power iteration on fresh weights.
const FIRST_STEPS: usize = 15;

/// A weight with the estimate of its first singular vectors.
#[derive(Debug)]
struct SpectralWeight {
    weight: Tensor,
    /// First left singular vector, `[outputs]`.
    left: Tensor,
    /// First right singular vector, `[the rest]`.
    right: Tensor,
}

impl SpectralWeight {
    fn init(path: &nn::Path, shape: &[i64]) -> Self {
        let fan_in: i64 = shape[1..].iter().product();
        let limit = 1.0 / (fan_in as f64).sqrt();
        let uniform = Init::Uniform {
            lo: -limit,
            up: limit,
        };
        let layer = Self {
            weight: path.var("weight", shape, uniform),
            left: path.zeros_no_train("left", &[shape[0]]),
            right: path.zeros_no_train("right", &[fan_in]),
        };
        tch::no_grad(|| {
            let random = layer.left.randn_like();
            layer.left.shallow_clone().copy_(&unit(&random));
            for _ in 0..FIRST_STEPS {
                drop(layer.iterate());
            }
        });
        layer
    }

    /// One step of the power iteration; the buffers take the result, which is returned as tensors
    /// of their own, so that a later step does not change what a graph remembers.
    fn iterate(&self) -> (Tensor, Tensor) {
        tch::no_grad(|| {
            let matrix = self.weight.detach().flatten(1, -1);
            let matrix = matrix.view([self.left.size()[0], -1]);
            let right = unit(&matrix.tr().mv(&self.left));
            let left = unit(&matrix.mv(&right));
            self.left.shallow_clone().copy_(&left);
            self.right.shallow_clone().copy_(&right);
            (left, right)
        })
    }

    /// The weight over its largest singular value.
    fn normalised(&self, mode: Mode) -> Tensor {
        let (left, right) = match mode {
            Mode::Training => self.iterate(),
            Mode::Evaluation => (self.left.copy(), self.right.copy()),
        };
        let matrix = self.weight.view([left.size()[0], -1]);
        let largest = left.dot(&matrix.mv(&right));
        &self.weight / largest.clamp_min(SMALLEST)
    }
}

/// Find the singular vectors of weights that did not come from training step by step, such as
/// averages: between vectors that turned, the mean is short, and a weight divided by what it
/// estimates is too long. `tensors` are all of a `VarStore` by name.
pub fn settle_singular_vectors(tensors: &BTreeMap<String, Tensor>) {
    for (name, left) in tensors {
        let Some(layer) = name.strip_suffix("left") else {
            continue;
        };
        let others = ["weight", "right"].map(|part| tensors.get(&format!("{layer}{part}")));
        let [Some(weight), Some(right)] = others else {
            continue;
        };
        let layer = SpectralWeight {
            weight: weight.shallow_clone(),
            left: left.shallow_clone(),
            right: right.shallow_clone(),
        };
        for _ in 0..SETTLING_STEPS {
            drop(layer.iterate());
        }
    }
}

fn unit(vector: &Tensor) -> Tensor {
    vector / vector.norm().clamp_min(EPSILON)
}

/// Hyper-parameters of a [`SpectralConv`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpectralConvConfig {
    /// Channels in.
    pub inputs: i64,
    /// Channels out.
    pub outputs: i64,
    /// Odd side of the square kernel; the border is padded with zeros, so that the size stays.
    pub kernel: i64,
    /// Whether a bias follows; a layer before a normalisation needs none.
    pub has_bias: bool,
}

impl SpectralConvConfig {
    /// Register the layer's weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> SpectralConv {
        let shape = [self.outputs, self.inputs, self.kernel, self.kernel];
        let weight = SpectralWeight::init(path, &shape);
        let limit = 1.0 / ((self.inputs * self.kernel * self.kernel) as f64).sqrt();
        let uniform = Init::Uniform {
            lo: -limit,
            up: limit,
        };
        SpectralConv {
            weight,
            bias: self
                .has_bias
                .then(|| path.var("bias", &[self.outputs], uniform)),
        }
    }
}

/// Spectrally normalised convolution of stride 1.
#[derive(Debug)]
pub struct SpectralConv {
    weight: SpectralWeight,
    bias: Option<Tensor>,
}

impl SpectralConv {
    /// Convolve. Computes in the kind of `x`; the weight is normalised in its own kind.
    ///
    /// # Shapes
    /// `[batch, inputs, height, width]` to `[batch, outputs, height, width]`
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        self.forward_resampled(x, Resampling::Keep, mode)
    }

    /// Convolve, and double or halve height and width on the way: see [`Resampling`].
    pub fn forward_resampled(&self, x: &Tensor, resampling: Resampling, mode: Mode) -> Tensor {
        let weight = self.weight.normalised(mode);
        resampled_convolution(x, &weight, self.bias.as_ref(), resampling)
    }

    /// Write the layer in evaluation mode as one convolution.
    pub fn export(&self, graph: &mut GraphBuilder, x: &Value) -> Value {
        self.export_resampled(graph, x, Resampling::Keep)
    }

    /// Write [`SpectralConv::forward_resampled`] in evaluation mode.
    pub fn export_resampled(
        &self,
        graph: &mut GraphBuilder,
        x: &Value,
        resampling: Resampling,
    ) -> Value {
        let weight = tch::no_grad(|| self.weight.normalised(Mode::Evaluation));
        resampling.export(graph, x, &weight, self.bias.as_ref())
    }
}

/// Hyper-parameters of a [`SpectralLinear`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpectralLinearConfig {
    /// Values in.
    pub inputs: i64,
    /// Values out.
    pub outputs: i64,
}

impl SpectralLinearConfig {
    /// Register the layer's weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> SpectralLinear {
        let limit = 1.0 / (self.inputs as f64).sqrt();
        let uniform = Init::Uniform {
            lo: -limit,
            up: limit,
        };
        SpectralLinear {
            weight: SpectralWeight::init(path, &[self.outputs, self.inputs]),
            bias: path.var("bias", &[self.outputs], uniform),
        }
    }
}

/// Spectrally normalised linear map with a bias.
#[derive(Debug)]
pub struct SpectralLinear {
    weight: SpectralWeight,
    bias: Tensor,
}

impl SpectralLinear {
    /// Apply the map.
    ///
    /// # Shapes
    /// `[batch, inputs]` to `[batch, outputs]`
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        let (weight, bias) = (self.normalised_weight(mode), &self.bias);
        x.linear(&weight.to_kind(x.kind()), Some(bias.to_kind(x.kind())))
    }

    /// The matrix that `forward` multiplies by, `[outputs, inputs]`.
    pub fn normalised_weight(&self, mode: Mode) -> Tensor {
        self.weight.normalised(mode)
    }

    /// What `forward` adds, `[outputs]`.
    pub fn bias(&self) -> &Tensor {
        &self.bias
    }

    /// Write the layer in evaluation mode.
    pub fn export(&self, graph: &mut GraphBuilder, x: &Value) -> Value {
        let linear = Linear {
            weight: tch::no_grad(|| self.normalised_weight(Mode::Evaluation)),
            bias: self.bias.detach(),
        };
        graph.linear(x, &linear)
    }
}

/// Kind in which sums, statistics and losses are computed beside features of `kind`.
pub fn wide_kind(kind: Kind) -> Kind {
    match kind {
        Kind::Double => Kind::Double,
        _ => Kind::Float,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    const CONFIG: SpectralConvConfig = SpectralConvConfig {
        inputs: 5,
        outputs: 7,
        kernel: 3,
        has_bias: true,
    };

    fn largest_singular_value(weight: &Tensor) -> f64 {
        let matrix = weight.flatten(1, -1);
        let squares = matrix.matmul(&matrix.tr()).linalg_eigvalsh("L");
        f64::try_from(squares.max()).unwrap().sqrt()
    }

    fn iterate(layer: &SpectralConv, steps: usize) {
        let x = Tensor::zeros([1, 5, 4, 4], (Kind::Float, Device::Cpu));
        for _ in 0..steps {
            drop(tch::no_grad(|| layer.forward(&x, Mode::Training)));
        }
    }

    #[test]
    fn the_weight_that_is_used_has_a_largest_singular_value_of_one() {
        let variables = nn::VarStore::new(Device::Cpu);
        let layer = CONFIG.init(&variables.root());
        tch::no_grad(|| {
            let mut weight = layer.weight.weight.shallow_clone();
            drop(weight.g_mul_scalar_(37.0));
        });
        iterate(&layer, 60);
        let used = layer.weight.normalised(Mode::Evaluation);
        assert!((largest_singular_value(&used) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn averaged_weights_are_divided_by_their_own_singular_value() {
        tch::manual_seed(5);
        let variables = nn::VarStore::new(Device::Cpu);
        let layer = CONFIG.init(&(variables.root() / "conv"));
        let weight = &layer.weight;
        tch::no_grad(|| {
            // the mean of vectors that point everywhere
            drop(weight.left.shallow_clone().g_mul_scalar_(0.1));
            drop(weight.right.shallow_clone().g_mul_scalar_(0.1));
        });
        let used = || largest_singular_value(&weight.normalised(Mode::Evaluation));
        assert!(used() > 50.0, "the fault that is to be mended: {}", used());
        settle_singular_vectors(&variables.variables().into_iter().collect());
        assert!((used() - 1.0).abs() < 1e-2, "{}", used());
    }

    #[test]
    fn training_takes_one_step_and_evaluation_none() {
        let variables = nn::VarStore::new(Device::Cpu);
        let layer = CONFIG.init(&variables.root());
        let weight = &layer.weight;
        tch::no_grad(|| drop(weight.weight.shallow_clone().normal_(0.0, 1.0)));
        let matrix = weight.weight.detach().view([7, 45]);
        let before = weight.left.copy();
        let x = Tensor::zeros([1, 5, 4, 4], (Kind::Float, Device::Cpu));
        drop(layer.forward(&x, Mode::Evaluation));
        assert_eq!(weight.left, before);
        drop(layer.forward(&x, Mode::Training));
        let expected = unit(&matrix.mv(&unit(&matrix.tr().mv(&before))));
        assert!(weight.left.allclose(&expected, 0.0, 1e-6, false));
        assert!(!weight.left.allclose(&before, 0.0, 1e-3, false));
    }

    #[test]
    fn the_vectors_are_saved_but_not_trained() {
        let variables = nn::VarStore::new(Device::Cpu);
        let layer = CONFIG.init(&variables.root());
        let named = variables.variables();
        assert!(named.contains_key("left") && named.contains_key("right"));
        assert_eq!(variables.trainable_variables().len(), 2, "weight and bias");
        assert!(!layer.weight.left.requires_grad());
    }

    #[test]
    fn gradient_flows_through_the_singular_value() {
        // W / sigma(W) does not change with the length of W, so no gradient points along W
        let mut variables = nn::VarStore::new(Device::Cpu);
        let layer = CONFIG.init(&variables.root());
        variables.double();
        let used = layer.weight.normalised(Mode::Training);
        (used * Tensor::randn([7, 5, 3, 3], (Kind::Double, Device::Cpu)))
            .sum(Kind::Double)
            .backward();
        let weight = &layer.weight.weight;
        let along = (weight.grad() * weight).sum(Kind::Double);
        assert!(f64::try_from(along).unwrap().abs() < 1e-9);
        assert!(f64::try_from(weight.grad().norm()).unwrap() > 1e-3);
    }

    #[test]
    fn a_second_forward_does_not_spoil_the_gradient_of_the_first() {
        let variables = nn::VarStore::new(Device::Cpu);
        let layer = CONFIG.init(&variables.root());
        let x = Tensor::randn([1, 5, 4, 4], (Kind::Float, Device::Cpu));
        let first = layer.forward(&x, Mode::Training);
        let second = layer.forward(&x, Mode::Training);
        (first + second).sum(Kind::Float).backward();
        assert!(layer.weight.weight.grad().defined());
    }

    #[test]
    fn sixteen_bit_features_leave_the_weights_in_thirty_two() {
        let variables = nn::VarStore::new(Device::Cpu);
        let layer = CONFIG.init(&variables.root());
        let x = Tensor::randn([1, 5, 4, 4], (Kind::BFloat16, Device::Cpu));
        let y = layer.forward(&x, Mode::Training);
        assert_eq!(y.kind(), Kind::BFloat16);
        y.to_kind(Kind::Float).sum(Kind::Float).backward();
        assert_eq!(layer.weight.weight.grad().kind(), Kind::Float);
    }
}
