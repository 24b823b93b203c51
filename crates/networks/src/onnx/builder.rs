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
pub struct Value(pub(super) String);

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

    pub(super) fn whole_numbers(&mut self, values: &[i64]) -> Value {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.constant(INT64, &[values.len() as i64], bytes)
    }

    pub(super) fn constant(&mut self, data_type: i32, dims: &[i64], raw_data: Vec<u8>) -> Value {
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

    pub(super) fn node(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attribute: Vec<Attribute>,
    ) -> Value {
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
