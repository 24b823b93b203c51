//! The operators that networks export themselves with.

use tch::{Kind, Tensor};

use super::builder::{GraphBuilder, Value};
use super::messages::{Attribute, FLOAT};

/// Weights of a convolution: `[outputs, inputs, kernel, kernel]` and `[outputs]`; the border is
/// padded by half of what the kernel is larger than 1, rounded down.
#[derive(Debug)]
pub struct Convolution {
    /// Kernels.
    pub weight: Tensor,
    /// Added to each output channel.
    pub bias: Tensor,
    /// Step between windows, in pixels.
    pub stride: i64,
}

/// Weights of a linear map: `[outputs, inputs]` and `[outputs]`.
#[derive(Debug)]
pub struct Linear {
    /// One row an output.
    pub weight: Tensor,
    /// Added to the outputs.
    pub bias: Tensor,
}

impl GraphBuilder {
    /// Convolve `[batch, inputs, height, width]`.
    pub fn convolution(&mut self, x: &Value, convolution: &Convolution) -> Value {
        let inputs = self.convolution_inputs(convolution);
        let attributes = window(convolution);
        self.node("Conv", &[x, &inputs.0, &inputs.1], attributes)
    }

    /// The transpose of a convolution, whose weights are `[inputs, outputs, kernel, kernel]`: every
    /// pixel adds its window to a picture `stride` times as large.
    pub fn transposed_convolution(&mut self, x: &Value, convolution: &Convolution) -> Value {
        let inputs = self.convolution_inputs(convolution);
        let attributes = window(convolution);
        self.node("ConvTranspose", &[x, &inputs.0, &inputs.1], attributes)
    }

    fn convolution_inputs(&mut self, convolution: &Convolution) -> (Value, Value) {
        let weight = self.weights(&convolution.weight);
        let bias = self.weights(&convolution.bias);
        (weight, bias)
    }

    /// max(x, 0).
    pub fn relu(&mut self, x: &Value) -> Value {
        self.node("Relu", &[x], Vec::new())
    }

    /// Hyperbolic tangent.
    pub fn tanh(&mut self, x: &Value) -> Value {
        self.node("Tanh", &[x], Vec::new())
    }

    /// Product of two values, element by element; a value of one element multiplies all.
    pub fn multiply(&mut self, x: &Value, y: &Value) -> Value {
        self.node("Mul", &[x, y], Vec::new())
    }

    /// Quotient of two values, element by element; an axis of one element is repeated.
    pub fn divide(&mut self, x: &Value, y: &Value) -> Value {
        self.node("Div", &[x, y], Vec::new())
    }

    /// Product of two matrices, for every index of the axes before them.
    pub fn matmul(&mut self, x: &Value, y: &Value) -> Value {
        self.node("MatMul", &[x, y], Vec::new())
    }

    /// Reorder the axes: axis `order[i]` becomes axis `i`.
    pub fn transpose(&mut self, x: &Value, order: &[i64]) -> Value {
        self.node("Transpose", &[x], vec![Attribute::ints("perm", order)])
    }

    /// Mean of every square of `side` x `side` pixels; squares do not overlap.
    pub fn average_pool(&mut self, x: &Value, side: i64) -> Value {
        let attributes = vec![
            Attribute::ints("kernel_shape", &[side, side]),
            Attribute::ints("strides", &[side, side]),
        ];
        self.node("AveragePool", &[x], attributes)
    }

    /// `scale * (x - mean) / sqrt(variance + epsilon) + shift` per sample and channel; `scale` and
    /// `shift` are `[channels]`.
    pub fn instance_norm(
        &mut self,
        x: &Value,
        scale: &Value,
        shift: &Value,
        epsilon: f32,
    ) -> Value {
        let attributes = vec![Attribute::float("epsilon", epsilon)];
        self.node("InstanceNormalization", &[x, scale, shift], attributes)
    }

    /// Sum over height and width: `[batch, channels, height, width]` to `[batch, channels]`.
    pub fn sum_over_space(&mut self, x: &Value) -> Value {
        let axes = self.whole_numbers(&[2, 3]);
        self.node(
            "ReduceSum",
            &[x, &axes],
            vec![Attribute::int("keepdims", 0)],
        )
    }

    /// Put values behind each other along `axis`.
    pub fn concat(&mut self, values: &[&Value], axis: i64) -> Value {
        self.node("Concat", values, vec![Attribute::int("axis", axis)])
    }

    /// `length` indices of `axis` from `start` on.
    pub fn slice(&mut self, x: &Value, axis: i64, start: i64, length: i64) -> Value {
        let starts = self.whole_numbers(&[start]);
        let ends = self.whole_numbers(&[start + length]);
        let axes = self.whole_numbers(&[axis]);
        self.node("Slice", &[x, &starts, &ends, &axes], Vec::new())
    }

    /// Sum of two values of one shape.
    pub fn add(&mut self, x: &Value, y: &Value) -> Value {
        self.node("Add", &[x, y], Vec::new())
    }

    /// Repeat every pixel `factor` times along both sides.
    pub fn upsample_nearest(&mut self, x: &Value, factor: u8) -> Value {
        let attributes = vec![
            Attribute::word("mode", "nearest"),
            Attribute::word("coordinate_transformation_mode", "asymmetric"),
            Attribute::word("nearest_mode", "floor"),
        ];
        self.resize(x, factor, attributes)
    }

    fn resize(&mut self, x: &Value, factor: u8, attributes: Vec<Attribute>) -> Value {
        let factor = f32::from(factor);
        let bytes = [1.0, 1.0, factor, factor]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let scales = self.constant(FLOAT, &[4], bytes);
        self.node("Resize", &[x, &Value(String::new()), &scales], attributes)
    }

    /// Enlarge height and width by a factor, bilinearly with half-pixel centres.
    pub fn upsample_bilinear(&mut self, x: &Value, factor: u8) -> Value {
        let attributes = vec![
            Attribute::word("mode", "linear"),
            Attribute::word("coordinate_transformation_mode", "half_pixel"),
        ];
        self.resize(x, factor, attributes)
    }

    /// Repeat every pixel 2 x 2, as a transposed convolution with ones: the built-in engine resizes
    /// large pictures three times slower than it convolves them.
    pub fn repeat_pixels(&mut self, x: &Value, channels: i64) -> Value {
        let ones = Tensor::ones([channels, 1, 2, 2], (Kind::Float, tch::Device::Cpu));
        let ones = self.weights(&ones);
        let attributes = vec![
            Attribute::ints("kernel_shape", &[2, 2]),
            Attribute::ints("strides", &[2, 2]),
            Attribute::int("group", channels),
        ];
        self.node("ConvTranspose", &[x, &ones], attributes)
    }

    /// Give a value another shape with as many elements.
    pub fn reshape(&mut self, x: &Value, shape: &[i64]) -> Value {
        let shape = self.whole_numbers(shape);
        self.node("Reshape", &[x, &shape], Vec::new())
    }

    /// Softmax over the last axis.
    pub fn softmax(&mut self, x: &Value) -> Value {
        self.softmax_over(x, -1)
    }

    /// Softmax over an axis.
    pub fn softmax_over(&mut self, x: &Value, axis: i64) -> Value {
        self.node("Softmax", &[x], vec![Attribute::int("axis", axis)])
    }

    /// Sum over an axis, which goes.
    pub fn sum_over(&mut self, x: &Value, axis: i64) -> Value {
        let axes = self.whole_numbers(&[axis]);
        self.node(
            "ReduceSum",
            &[x, &axes],
            vec![Attribute::int("keepdims", 0)],
        )
    }

    /// 1 / (1 + exp(-x)).
    pub fn sigmoid(&mut self, x: &Value) -> Value {
        self.node("Sigmoid", &[x], Vec::new())
    }

    /// Natural logarithm.
    pub fn log(&mut self, x: &Value) -> Value {
        self.node("Log", &[x], Vec::new())
    }

    /// Every pixel of `channels * factor * factor` values becomes `factor` x `factor` pixels; the
    /// values of one channel stand together, row by row.
    pub fn shuffle_pixels(&mut self, x: &Value, factor: i64) -> Value {
        let attributes = vec![
            Attribute::int("blocksize", factor),
            Attribute::word("mode", "CRD"),
        ];
        self.node("DepthToSpace", &[x], attributes)
    }

    /// Multiply by a constant matrix from the right; it is stored in 32 bits.
    pub fn matmul_constant(&mut self, x: &Value, matrix: &Tensor) -> Value {
        let matrix = self.single(matrix);
        self.node("MatMul", &[x, &matrix], Vec::new())
    }

    /// Mean over height and width: `[batch, channels, height, width]` to `[batch, channels]`.
    pub fn mean_over_space(&mut self, x: &Value) -> Value {
        let attributes = vec![
            Attribute::ints("axes", &[2, 3]),
            Attribute::int("keepdims", 0),
        ];
        self.node("ReduceMean", &[x], attributes)
    }

    /// Apply a linear map to `[batch, inputs]`.
    pub fn linear(&mut self, x: &Value, linear: &Linear) -> Value {
        let weight = self.weights(&linear.weight);
        let bias = self.weights(&linear.bias);
        self.node(
            "Gemm",
            &[x, &weight, &bias],
            vec![Attribute::int("transB", 1)],
        )
    }
}

fn window(convolution: &Convolution) -> Vec<Attribute> {
    let kernel = convolution.weight.size()[2];
    let padding = (kernel - 1) / 2;
    vec![
        Attribute::ints("kernel_shape", &[kernel, kernel]),
        Attribute::ints("strides", &[convolution.stride, convolution.stride]),
        Attribute::ints("pads", &[padding, padding, padding, padding]),
    ]
}
