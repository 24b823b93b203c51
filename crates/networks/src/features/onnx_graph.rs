//! Runs an ONNX graph of plain layers on libtorch, so that gradient flows through it.
//!
//! For feature networks that exist as ONNX files only: convolutions, rectifiers, pooling and what
//! joins them. A graph with another operator is refused by the operator's name.

use std::collections::{BTreeMap, HashMap};

use prost::Message as _;
use tch::{Device, Kind, Tensor};

use super::error::ContentNetError;
use super::onnx_operators::{Operator, apply};
use crate::blocks::channels_last;
use crate::onnx::messages::{FLOAT, FLOAT16, Graph, INT64, Model, Node, TensorData};

/// A node with the names of its operands.
#[derive(Debug)]
struct Step {
    operator: Operator,
    inputs: Vec<String>,
    output: String,
}

/// A loaded graph with one input.
#[derive(Debug)]
pub(super) struct OnnxGraph {
    input: String,
    side_px: Option<i64>,
    outputs: Vec<String>,
    constants: HashMap<String, Tensor>,
    steps: Vec<Step>,
    words: BTreeMap<String, String>,
}

impl OnnxGraph {
    /// Read the bytes of an ONNX file.
    ///
    /// # Errors
    /// Where the bytes are damaged, or the graph has several inputs or an unknown operator.
    pub(super) fn read(bytes: &[u8], device: Device) -> Result<Self, ContentNetError> {
        let model = Model::decode(bytes).map_err(|_damaged| ContentNetError::Format)?;
        let words = model.metadata_props.into_iter();
        let words = words.map(|word| (word.key, word.value)).collect();
        let graph = model.graph.ok_or(ContentNetError::Format)?;
        let mut constants = HashMap::new();
        for data in &graph.initializer {
            constants.insert(data.name.clone(), constant(data, device)?);
        }
        let (input, side_px) = only_input(&graph, &constants)?;
        let mut loaded = Self {
            input,
            side_px,
            outputs: graph.output.iter().map(|info| info.name.clone()).collect(),
            constants,
            steps: Vec::new(),
            words,
        };
        for node in graph.node {
            loaded.add(node, device)?;
        }
        Ok(loaded)
    }

    /// Compute a node of constants at once; keep another for `forward`.
    fn add(&mut self, node: Node, device: Device) -> Result<(), ContentNetError> {
        let Some(output) = node.output.first().cloned() else {
            return Ok(());
        };
        let value = node
            .attribute
            .iter()
            .find_map(|attribute| attribute.t.as_ref());
        if let (Some(data), "Constant") = (value, node.op_type.as_str()) {
            self.constants.insert(output, constant(data, device)?);
            return Ok(());
        }
        let operator = Operator::read(&node)?;
        let operands: Option<Vec<&Tensor>> = node
            .input
            .iter()
            .map(|name| self.constants.get(name))
            .collect();
        if let Some(operands) = operands {
            let value = tch::no_grad(|| apply(&operator, &operands))?;
            self.constants.insert(output, value);
            return Ok(());
        }
        self.steps.push(Step {
            operator,
            inputs: node.input,
            output,
        });
        Ok(())
    }

    /// Words about the file.
    pub(super) fn words(&self) -> &BTreeMap<String, String> {
        &self.words
    }

    /// Side of the square input where the graph fixes it, pixels.
    pub(super) fn side_px(&self) -> Option<i64> {
        self.side_px
    }

    /// All outputs, in the kind of `input`.
    ///
    /// # Errors
    /// Where an operand is missing or shapes do not fit.
    pub(super) fn forward(&self, input: &Tensor) -> Result<Vec<Tensor>, ContentNetError> {
        let kind = input.kind();
        let mut values = HashMap::from([(self.input.clone(), channels_last(input))]);
        let find = |values: &HashMap<String, Tensor>, name: &String| -> Result<Tensor, _> {
            if let Some(value) = values.get(name) {
                return Ok(value.shallow_clone());
            }
            let constant = self.constants.get(name).ok_or_else(|| missing(name))?;
            Ok(match constant.kind() {
                Kind::Int64 => constant.shallow_clone(),
                _ => constant.to_kind(kind),
            })
        };
        for step in &self.steps {
            let named = step.inputs.iter().filter(|name| !name.is_empty());
            let operands: Vec<Tensor> = named
                .map(|name| find(&values, name))
                .collect::<Result<_, _>>()?;
            let operands: Vec<&Tensor> = operands.iter().collect();
            values.insert(step.output.clone(), apply(&step.operator, &operands)?);
        }
        self.outputs
            .iter()
            .map(|name| find(&values, name))
            .collect()
    }
}

fn missing(name: &str) -> ContentNetError {
    ContentNetError::Graph {
        reason: format!("nothing computes {name}"),
    }
}

/// Name of the one input that is no constant, and its side where it is fixed.
fn only_input(
    graph: &Graph,
    constants: &HashMap<String, Tensor>,
) -> Result<(String, Option<i64>), ContentNetError> {
    let free = graph
        .input
        .iter()
        .filter(|info| !constants.contains_key(&info.name));
    let free: Vec<_> = free.collect();
    let [info] = free.as_slice() else {
        let reason = format!("it has {} inputs, not one", free.len());
        return Err(ContentNetError::Graph { reason });
    };
    let tensor = info
        .r#type
        .as_ref()
        .and_then(|kind| kind.tensor_type.as_ref());
    let shape = tensor.and_then(|tensor| tensor.shape.as_ref());
    let last = shape.and_then(|shape| shape.dim.last());
    let side = last.and_then(|dim| dim.dim_value).filter(|side| *side > 0);
    Ok((info.name.clone(), side))
}

fn constant(data: &TensorData, device: Device) -> Result<Tensor, ContentNetError> {
    let kind = match data.data_type {
        FLOAT => Kind::Float,
        FLOAT16 => Kind::Half,
        INT64 => Kind::Int64,
        other => {
            let reason = format!("constant {} has element type {other}", data.name);
            return Err(ContentNetError::Graph { reason });
        }
    };
    let elements: i64 = data.dims.iter().product();
    let given = match kind {
        Kind::Float if !data.float_data.is_empty() => Tensor::from_slice(&data.float_data),
        Kind::Int64 if !data.int64_data.is_empty() => Tensor::from_slice(&data.int64_data),
        _ if data.raw_data.len() as i64 == elements * kind.elt_size_in_bytes() as i64 => {
            Tensor::from_data_size(&data.raw_data, &[elements], kind)
        }
        _ => return Err(ContentNetError::Format),
    };
    if given.numel() as i64 != elements {
        return Err(ContentNetError::Format);
    }
    let given = if kind == Kind::Half {
        given.to_kind(Kind::Float)
    } else {
        given
    };
    Ok(given.view(data.dims.as_slice()).to_device(device))
}

#[cfg(test)]
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::features::{ContentNet, ContentNetKind, Preprocessing};

    /// Names of SqueezeNet's layers in the order in which they run.
    fn layer_names() -> Vec<String> {
        let fires = [3, 4, 6, 7, 9, 10, 11, 12];
        let parts = ["squeeze", "expand1x1", "expand3x3"];
        let named = fires
            .iter()
            .flat_map(|fire| parts.map(|part| format!("features.{fire}.{part}")));
        std::iter::once("features.0".to_string())
            .chain(named)
            .collect()
    }

    #[test]
    fn a_published_graph_and_our_own_layers_with_its_weights_give_the_same_features() {
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/instruments/nets"
        );
        let Ok(bytes) = std::fs::read(format!("{folder}/squeezenet1_1_features.onnx")) else {
            eprintln!("skipped: no squeezenet1_1_features.onnx in {folder}");
            return;
        };
        let graph = OnnxGraph::read(&bytes, Device::Cpu).unwrap();
        let mut file = Checkpoint::default();
        for (layer, name) in layer_names().iter().enumerate() {
            let constant = |index: usize| graph.constants[&format!("w{index}")].shallow_clone();
            file.tensors
                .insert(format!("{name}.weight"), constant(2 * layer));
            file.tensors
                .insert(format!("{name}.bias"), constant(2 * layer + 1));
        }
        file.words = Preprocessing::TORCHVISION.to_words();
        file.words.insert("network".into(), "squeezenet".into());
        let read = |bytes: &[u8]| ContentNet::read(ContentNetKind::SqueezeNet, bytes, Device::Cpu);
        let (by_graph, by_layers) = (read(&bytes).unwrap(), read(&file.to_bytes()).unwrap());
        assert_eq!(by_graph.preprocessing(), by_layers.preprocessing());
        let picture = Tensor::rand([1, 3, 97, 80], (Kind::Float, Device::Cpu)) * 2.0 - 1.0;
        let (found, expected) = (by_graph.forward(&picture), by_layers.forward(&picture));
        assert_eq!(found.len(), 7);
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found.size(), expected.size());
            assert!(found.allclose(expected, 1e-4, 1e-4, false));
        }
    }

    #[test]
    fn damaged_bytes_and_unknown_operators_are_errors() {
        for bytes in [&b""[..], b"not a graph", &[0x3a, 0xff, 0xff]] {
            assert!(OnnxGraph::read(bytes, Device::Cpu).is_err());
        }
        let mut builder = crate::onnx::GraphBuilder::new(crate::onnx::Precision::Single);
        let info = crate::onnx::TensorInfo::fixed("x", &[1, 3, 8, 8]);
        let x = builder.input(&info);
        let y = builder.tanh(&x);
        builder.output(&y, &crate::onnx::TensorInfo::fixed("y", &[1, 3, 8, 8]));
        let error = OnnxGraph::read(&builder.finish("g"), Device::Cpu).unwrap_err();
        assert!(error.to_string().contains("Tanh"), "{error}");
    }
}
