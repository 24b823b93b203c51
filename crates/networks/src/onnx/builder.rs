//! Builds a graph node by node, from the network's tensors.

use prost::Message as _;
use tch::{Kind, Tensor};

use super::messages::{
    Attribute, Dimension, FLOAT, FLOAT16, Graph, INT64, Model, Node, OperatorSet, Shape,
    TensorData, TensorType, ValueInfo, ValueType,
};

/// How weights are stored. Graphs compute in 32 bits either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats.
    Single,
    /// 16-bit floats, widened by a Cast node: half the file, relative error up to 0.05 %.
    Half,
}

/// A value of the graph under construction: an input or a node's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value(String);

/// Name and shape of an input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    name: String,
    /// `None` is a length known only when the graph runs.
    shape: Vec<Option<i64>>,
}

impl TensorInfo {
    /// A tensor whose shape never changes.
    pub fn fixed(name: &str, shape: &[i64]) -> Self {
        Self {
            name: name.into(),
            shape: shape.iter().map(|&length| Some(length)).collect(),
        }
    }

    /// One picture-like tensor, `[1, channels, height, width]`, of any height and width.
    pub fn with_free_size(name: &str, channels: i64) -> Self {
        Self {
            name: name.into(),
            shape: vec![Some(1), Some(channels), None, None],
        }
    }

    fn to_message(&self) -> ValueInfo {
        let free = ["batch", "channels", "height", "width"];
        let dim = |(axis, length): (usize, &Option<i64>)| Dimension {
            dim_value: *length,
            dim_param: length
                .is_none()
                .then(|| format!("{}_{}", self.name, free[axis])),
        };
        let shape = Shape {
            dim: self.shape.iter().enumerate().map(dim).collect(),
        };
        let tensor_type = TensorType {
            elem_type: FLOAT,
            shape: Some(shape),
        };
        ValueInfo {
            name: self.name.clone(),
            r#type: Some(ValueType {
                tensor_type: Some(tensor_type),
            }),
        }
    }
}

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

/// An ONNX graph under construction.
#[derive(Debug)]
pub struct GraphBuilder {
    precision: Precision,
    graph: Graph,
    values: usize,
}

impl GraphBuilder {
    /// Start an empty graph.
    pub fn new(precision: Precision) -> Self {
        Self {
            precision,
            graph: Graph::default(),
            values: 0,
        }
    }

    /// Declare an input.
    pub fn input(&mut self, info: &TensorInfo) -> Value {
        self.graph.input.push(info.to_message());
        Value(info.name.clone())
    }

    /// Declare `value` an output under the name in `info`.
    pub fn output(&mut self, value: &Value, info: &TensorInfo) {
        let producer = self
            .graph
            .node
            .iter_mut()
            .find(|node| node.output[0] == value.0);
        let producer = producer.expect("an output is computed by a node");
        producer.output[0].clone_from(&info.name);
        let renamed = (value.0.clone(), info.name.clone());
        for node in &mut self.graph.node {
            for input in &mut node.input {
                if *input == renamed.0 {
                    input.clone_from(&renamed.1);
                }
            }
        }
        self.graph.output.push(info.to_message());
    }

    /// The file's bytes.
    pub fn finish(mut self, name: &str) -> Vec<u8> {
        self.graph.name = name.into();
        let model = Model {
            ir_version: 8,
            producer_name: "vivant".into(),
            graph: Some(self.graph),
            opset_import: vec![OperatorSet {
                domain: String::new(),
                version: 17,
            }],
            metadata_props: Vec::new(),
        };
        model.encode_to_vec()
    }

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
        let factor = f32::from(factor);
        let bytes = [1.0, 1.0, factor, factor]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let scales = self.constant(FLOAT, &[4], bytes);
        let attributes = vec![
            Attribute::word("mode", "nearest"),
            Attribute::word("coordinate_transformation_mode", "asymmetric"),
            Attribute::word("nearest_mode", "floor"),
        ];
        self.node("Resize", &[x, &Value(String::new()), &scales], attributes)
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
        self.node("Softmax", &[x], vec![Attribute::int("axis", -1)])
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

    /// A constant that is stored in 32 bits whatever the graph's precision.
    pub fn single(&mut self, tensor: &Tensor) -> Value {
        self.constant(FLOAT, &tensor.size(), single_bytes(tensor))
    }

    /// Store weights in the graph's precision.
    pub fn weights(&mut self, tensor: &Tensor) -> Value {
        match self.precision {
            Precision::Single => self.constant(FLOAT, &tensor.size(), single_bytes(tensor)),
            Precision::Half => {
                let half = self.constant(FLOAT16, &tensor.size(), half_bytes(tensor));
                self.node(
                    "Cast",
                    &[&half],
                    vec![Attribute::int("to", i64::from(FLOAT))],
                )
            }
        }
    }

    fn whole_numbers(&mut self, values: &[i64]) -> Value {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.constant(INT64, &[values.len() as i64], bytes)
    }

    fn constant(&mut self, data_type: i32, dims: &[i64], raw_data: Vec<u8>) -> Value {
        let value = self.fresh("constant");
        let name = value.0.clone();
        self.graph.initializer.push(TensorData {
            dims: dims.to_vec(),
            data_type,
            name,
            raw_data,
            ..TensorData::default()
        });
        value
    }

    fn node(&mut self, operator: &str, inputs: &[&Value], attribute: Vec<Attribute>) -> Value {
        let output = self.fresh(&operator.to_lowercase());
        self.graph.node.push(Node {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output: vec![output.0.clone()],
            name: format!("{}_node", output.0),
            op_type: operator.into(),
            attribute,
        });
        output
    }

    fn fresh(&mut self, stem: &str) -> Value {
        self.values += 1;
        Value(format!("{stem}_{}", self.values))
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

fn values_of(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor
        .detach()
        .to_device(tch::Device::Cpu)
        .to_kind(Kind::Float)
        .flatten(0, -1);
    Vec::try_from(&flat).expect("a flat f32 tensor converts")
}

fn single_bytes(tensor: &Tensor) -> Vec<u8> {
    values_of(tensor)
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn half_bytes(tensor: &Tensor) -> Vec<u8> {
    values_of(tensor)
        .iter()
        .flat_map(|&value| half::f16::from_f32(value).to_le_bytes())
        .collect()
}
