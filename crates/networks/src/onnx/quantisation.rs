//! Rewrites a graph of ours so that its convolutions compute in 8 bits.
//!
//! Weights become signed bytes, one scale an output channel; what goes into and comes out of a convolution becomes
//! unsigned bytes over a range that was seen while the graph ran on pictures. The rest stays in single precision.
//! The form is that of quantise and dequantise pairs, which ONNX Runtime turns into integer kernels (Jacob et al.
//! 2018, Eqs. 1 and 2).

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;

use super::messages::{
    Attribute, FLOAT, FLOAT16, Graph, INT8, INT32, Model, Node, TensorData, TensorType, UINT8,
    ValueInfo, ValueType,
};

/// Least range of a value: what never moves still needs a scale.
const LEAST_RANGE: f32 = 1e-4;

/// Why a graph cannot be quantised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantisationError {
    /// The bytes are no ONNX file, or none that this program wrote.
    #[error("the graph cannot be read: {reason}")]
    NotAGraph {
        /// What is wrong.
        reason: String,
    },
    /// A convolution's weights are no constant of floats.
    #[error("the weights of {node} are not constants in 16 or 32 bits")]
    Weights {
        /// The node.
        node: String,
    },
    /// No range is known for a value.
    #[error("no range was seen for the value {value}")]
    NoRange {
        /// The value.
        value: String,
    },
}

/// Names of the values that [`quantised`] needs the ranges of.
///
/// # Errors
/// Where the bytes are no graph.
pub fn quantised_values(bytes: &[u8]) -> Result<Vec<String>, QuantisationError> {
    let (_, graph) = read(bytes)?;
    Ok(values_of(&graph).into_iter().collect())
}

/// The graph with those values as further outputs, so that their ranges can be seen.
///
/// # Errors
/// Where the bytes are no graph.
pub fn with_values_shown(bytes: &[u8]) -> Result<Vec<u8>, QuantisationError> {
    let (mut model, mut graph) = read(bytes)?;
    for name in values_of(&graph) {
        let is_shown = |info: &ValueInfo| info.name == name;
        if graph.input.iter().any(is_shown) || graph.output.iter().any(is_shown) {
            continue;
        }
        graph.output.push(ValueInfo {
            name,
            r#type: Some(ValueType {
                tensor_type: Some(TensorType {
                    elem_type: FLOAT,
                    shape: None,
                }),
            }),
        });
    }
    model.graph = Some(graph);
    Ok(model.encode_to_vec())
}

/// The graph with its convolutions in 8 bits. `ranges` holds the least and the largest number of each of
/// [`quantised_values`].
///
/// # Errors
/// Where the bytes are no graph of ours, or a range is missing.
pub fn quantised(
    bytes: &[u8],
    ranges: &BTreeMap<String, [f32; 2]>,
) -> Result<Vec<u8>, QuantisationError> {
    let (mut model, graph) = read(bytes)?;
    let mut scales = BTreeMap::new();
    for value in values_of(&graph) {
        let Some([low, high]) = ranges.get(&value) else {
            return Err(QuantisationError::NoRange { value });
        };
        scales.insert(value, Scale::of([*low, *high]));
    }
    let mut rewriter = Rewriter {
        constants: constants(&graph),
        scales,
        made: Graph {
            name: graph.name.clone(),
            initializer: graph.initializer.clone(),
            input: graph.input.clone(),
            output: graph.output.clone(),
            node: Vec::new(),
        },
    };
    for input in &graph.input {
        rewriter.add_pair(&input.name);
    }
    for node in &graph.node {
        rewriter.add(node)?;
    }
    let mut made = rewriter.made;
    drop_unused(&mut made);
    model.graph = Some(made);
    Ok(model.encode_to_vec())
}

/// How a range is laid out over 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    /// What one step is.
    step: f32,
    /// What nought is.
    zero: u8,
}

impl Scale {
    /// The range is widened to hold nought, which padding needs exactly.
    fn of([low, high]: [f32; 2]) -> Self {
        let [low, high] = [low.min(0.0), high.max(0.0)];
        let step = (high - low).max(LEAST_RANGE) / 255.0;
        Self {
            step,
            zero: (-low / step).round().clamp(0.0, 255.0) as u8,
        }
    }
}

struct Rewriter {
    /// Constants in single precision, by the name under which nodes know them.
    constants: BTreeMap<String, (Vec<i64>, Vec<f32>)>,
    scales: BTreeMap<String, Scale>,
    made: Graph,
}

impl Rewriter {
    fn add(&mut self, node: &Node) -> Result<(), QuantisationError> {
        let mut node = node.clone();
        for input in &mut node.input {
            if self.scales.contains_key(input) {
                *input = through(input);
            }
        }
        if node.op_type == "Conv" {
            self.quantise_weights(&mut node)?;
        }
        let outputs = node.output.clone();
        self.made.node.push(node);
        for output in &outputs {
            self.add_pair(output);
        }
        Ok(())
    }

    /// Quantise a value and make a number of it again.
    fn add_pair(&mut self, value: &str) {
        let Some(scale) = self.scales.get(value).copied() else {
            return;
        };
        let [bytes, step, zero] = ["bytes", "step", "zero"].map(|part| format!("{value}_{part}"));
        self.constant(&step, &[], FLOAT, scale.step.to_le_bytes().to_vec());
        self.constant(&zero, &[], UINT8, vec![scale.zero]);
        self.node("QuantizeLinear", [value, &step, &zero], &bytes, Vec::new());
        self.node(
            "DequantizeLinear",
            [&bytes, &step, &zero],
            &through(value),
            Vec::new(),
        );
    }

    /// Weights and offsets of a convolution as whole numbers.
    fn quantise_weights(&mut self, node: &mut Node) -> Result<(), QuantisationError> {
        let missing = || QuantisationError::Weights {
            node: node.name.clone(),
        };
        let known = |name: &String| self.constants.get(name).cloned();
        let (dims, weights) = known(&node.input[1]).ok_or_else(missing)?;
        let offsets = match node.input.get(2) {
            Some(name) => Some(known(name).ok_or_else(missing)?.1),
            None => None,
        };
        // the input was renamed: its scale is that of the value itself
        let value = node.input[0].trim_end_matches(SUFFIX).to_owned();
        let input_step = self.scales[&value].step;
        let per_channel = weights.len() / dims[0] as usize;
        let channels = weights.chunks_exact(per_channel);
        let steps: Vec<f32> = channels
            .clone()
            .map(|channel| {
                let largest = channel
                    .iter()
                    .fold(0.0_f32, |most, value| most.max(value.abs()));
                largest.max(1e-8) / 127.0
            })
            .collect();
        let bytes = channels.zip(&steps).flat_map(|(channel, step)| {
            channel
                .iter()
                .map(move |value| (value / step).round().clamp(-127.0, 127.0) as i8 as u8)
        });
        let bytes = bytes.collect();
        let axis = || vec![Attribute::int("axis", 0)];
        let name = node.name.clone();
        let part = |part: &str| format!("{name}_{part}");
        let [whole, step, zero, number] =
            ["weights", "weights_step", "weights_zero", "weights_number"].map(part);
        let count = dims[0];
        self.constant(&whole, &dims, INT8, bytes);
        self.constant(&step, &[count], FLOAT, singles(&steps));
        self.constant(&zero, &[count], INT8, vec![0; count as usize]);
        self.node("DequantizeLinear", [&whole, &step, &zero], &number, axis());
        node.input[1] = number;
        let Some(offsets) = offsets else {
            return Ok(());
        };
        let steps: Vec<f32> = steps.iter().map(|step| step * input_step).collect();
        let wholes = offsets.iter().zip(&steps).flat_map(|(value, step)| {
            let limit = f64::from(i32::MAX);
            let whole = (f64::from(*value) / f64::from(*step))
                .round()
                .clamp(-limit, limit);
            (whole as i32).to_le_bytes()
        });
        let wholes = wholes.collect();
        let [whole, step, zero, number] =
            ["offsets", "offsets_step", "offsets_zero", "offsets_number"].map(part);
        self.constant(&whole, &[count], INT32, wholes);
        self.constant(&step, &[count], FLOAT, singles(&steps));
        self.constant(&zero, &[count], INT32, vec![0; 4 * count as usize]);
        self.node("DequantizeLinear", [&whole, &step, &zero], &number, axis());
        node.input[2] = number;
        Ok(())
    }

    fn constant(&mut self, name: &str, dims: &[i64], data_type: i32, raw_data: Vec<u8>) {
        self.made.initializer.push(TensorData {
            dims: dims.to_vec(),
            data_type,
            name: name.to_owned(),
            raw_data,
            ..TensorData::default()
        });
    }

    fn node(&mut self, operator: &str, inputs: [&str; 3], output: &str, attribute: Vec<Attribute>) {
        self.made.node.push(Node {
            input: inputs.map(str::to_owned).to_vec(),
            output: vec![output.to_owned()],
            name: format!("{output}_node"),
            op_type: operator.to_owned(),
            attribute,
        });
    }
}

/// End of the name of a value that went through bytes.
const SUFFIX: &str = "_number";

fn through(value: &str) -> String {
    format!("{value}{SUFFIX}")
}

fn singles(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn read(bytes: &[u8]) -> Result<(Model, Graph), QuantisationError> {
    let not_a_graph = |reason: String| QuantisationError::NotAGraph { reason };
    let mut model = Model::decode(bytes).map_err(|error| not_a_graph(error.to_string()))?;
    let graph = model.graph.take();
    let graph = graph.ok_or_else(|| not_a_graph("it holds none".to_owned()))?;
    Ok((model, graph))
}

/// What goes into convolutions, and what comes out: behind the rectifier, where nothing else takes the
/// convolution's own output.
fn values_of(graph: &Graph) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    for node in graph.node.iter().filter(|node| node.op_type == "Conv") {
        values.insert(node.input[0].clone());
        let output = &node.output[0];
        let mut takers = graph
            .node
            .iter()
            .filter(|taker| taker.input.contains(output));
        let value = match (takers.next(), takers.next()) {
            (Some(only), None) if only.op_type == "Relu" => &only.output[0],
            _ => output,
        };
        // an output of the graph keeps its name and its precision
        if !graph.output.iter().any(|shown| shown.name == *value) {
            values.insert(value.clone());
        }
    }
    values
}

/// Constants of floats, also those that a Cast widens.
fn constants(graph: &Graph) -> BTreeMap<String, (Vec<i64>, Vec<f32>)> {
    let mut constants = BTreeMap::new();
    for tensor in &graph.initializer {
        let bytes = tensor.raw_data.as_slice();
        let values: Vec<f32> = match tensor.data_type {
            FLOAT => bytes
                .as_chunks()
                .0
                .iter()
                .map(|four| f32::from_le_bytes(*four))
                .collect(),
            FLOAT16 => bytes
                .as_chunks()
                .0
                .iter()
                .map(|two| half::f16::from_le_bytes(*two).to_f32())
                .collect(),
            _ => continue,
        };
        constants.insert(tensor.name.clone(), (tensor.dims.clone(), values));
    }
    for node in graph.node.iter().filter(|node| node.op_type == "Cast") {
        if let Some(constant) = constants.get(&node.input[0]).cloned() {
            constants.insert(node.output[0].clone(), constant);
        }
    }
    constants
}

/// Drop nodes and constants that nothing needs any more.
fn drop_unused(graph: &mut Graph) {
    let mut needed: BTreeSet<String> = graph.output.iter().map(|info| info.name.clone()).collect();
    let mut kept = Vec::with_capacity(graph.node.len());
    for node in graph.node.drain(..).rev() {
        if node.output.iter().any(|output| needed.contains(output)) {
            needed.extend(node.input.iter().cloned());
            kept.push(node);
        }
    }
    kept.reverse();
    graph.node = kept;
    graph
        .initializer
        .retain(|tensor| needed.contains(&tensor.name));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{Convolution, GraphBuilder, Precision, TensorInfo};
    use inference::Tensor as Values;
    use tch::{Device, Kind, Tensor};

    /// Two convolutions with a rectifier between.
    fn graph() -> Vec<u8> {
        tch::manual_seed(4);
        let random = |shape: &[i64]| Tensor::randn(shape, (Kind::Float, Device::Cpu)) * 0.2;
        let mut builder = GraphBuilder::new(Precision::Half);
        let x = builder.input(&TensorInfo::fixed("x", &[1, 3, 12, 12]));
        let layer = |shape: &[i64]| Convolution {
            weight: random(shape),
            bias: random(&shape[..1]),
            stride: 1,
        };
        let hidden = builder.convolution(&x, &layer(&[8, 3, 3, 3]));
        let hidden = builder.relu(&hidden);
        let y = builder.convolution(&hidden, &layer(&[4, 8, 3, 3]));
        let y = builder.tanh(&y);
        builder.output(&y, &TensorInfo::fixed("y", &[1, 4, 12, 12]));
        builder.finish("two convolutions")
    }

    fn run(bytes: &[u8], x: &Values) -> inference::Outputs {
        let graph = inference::Graph::for_engine(bytes, inference::Engine::BuiltIn).unwrap();
        graph.run(&[("x", x)]).unwrap()
    }

    #[test]
    fn eight_bits_give_nearly_the_same_numbers() {
        let single = graph();
        let values: Vec<f32> = (0..3 * 144).map(|i| (i as f32 * 0.7).sin()).collect();
        let x = Values::new(&[1, 3, 12, 12], values);
        let shown = run(&with_values_shown(&single).unwrap(), &x);
        let names = quantised_values(&single).unwrap();
        assert_eq!(
            names.len(),
            3,
            "input, behind the rectifier, output: {names:?}"
        );
        let ranges = names.iter().map(|name| {
            let tensor = if name == "x" {
                &x
            } else {
                shown.get(name).unwrap()
            };
            let values = tensor.values();
            let low = values.iter().fold(0.0, |low: f32, value| low.min(*value));
            let high = values.iter().fold(0.0, |high: f32, value| high.max(*value));
            (name.clone(), [low, high])
        });
        let ranges: BTreeMap<String, [f32; 2]> = ranges.collect();
        let small = quantised(&single, &ranges).unwrap();
        assert!(small.len() < 2 * single.len());
        let [wanted, found] = [&single, &small].map(|bytes| run(bytes, &x));
        let pairs = wanted.get("y").unwrap().values().iter();
        let apart = pairs
            .zip(found.get("y").unwrap().values())
            .map(|(a, b)| (a - b).abs());
        let most = apart.fold(0.0, f32::max);
        assert!(most > 0.0 && most < 0.03, "{most}");
        let none = BTreeMap::new();
        assert!(matches!(
            quantised(&single, &none),
            Err(QuantisationError::NoRange { .. })
        ));
    }
}
