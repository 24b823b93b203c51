//! One ONNX graph, ready to run.

use std::num::NonZeroUsize;
use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::{Tensor as EngineTensor, TensorView};

use crate::convolution_defaults::with_convolution_defaults;
use crate::wire::check_model;
use crate::{InferenceError, Tensor};

/// A network on the built-in engine.
pub struct Graph {
    model: Model,
    inputs: Vec<(String, NodeId)>,
    outputs: Vec<(String, NodeId)>,
    /// `None` runs on the engine's own pool, one thread for each physical core.
    threads: Option<Arc<ThreadPool>>,
}

/// What a graph gave, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Outputs {
    tensors: Vec<(String, Tensor)>,
}

impl Graph {
    /// Load a graph from the bytes of an `.onnx` file.
    ///
    /// # Errors
    /// [`InferenceError::NotAGraph`] where the bytes are damaged or use an operator that the
    /// engine lacks.
    pub fn from_onnx(bytes: &[u8]) -> Result<Self, InferenceError> {
        let unusable = |reason| InferenceError::NotAGraph { reason };
        check_model(bytes).map_err(unusable)?;
        let completed = with_convolution_defaults(bytes).map_err(unusable)?;
        let model = ModelOptions::with_all_ops()
            .prepack_weights(true)
            .load(completed.unwrap_or_else(|| bytes.to_vec()))
            .map_err(|error| InferenceError::NotAGraph {
                reason: error.to_string(),
            })?;
        let named = |ids: &[NodeId]| -> Vec<(String, NodeId)> {
            let name = |id: NodeId| model.node_info(id)?.name().map(str::to_owned);
            ids.iter()
                .filter_map(|id| Some((name(*id)?, *id)))
                .collect()
        };
        Ok(Self {
            inputs: named(model.input_ids()),
            outputs: named(model.output_ids()),
            model,
            threads: None,
        })
    }

    /// Run on a pool of `count` threads of its own, instead of on all cores.
    pub fn with_threads(mut self, count: NonZeroUsize) -> Self {
        self.threads = Some(Arc::new(ThreadPool::with_num_threads(count.get())));
        self
    }

    /// Names of the inputs.
    pub fn input_names(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(|(name, _)| name.as_str())
    }

    /// Names of the outputs.
    pub fn output_names(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(|(name, _)| name.as_str())
    }

    /// Run the graph on named inputs and return all its outputs.
    ///
    /// # Errors
    /// Where an input has a name or shape that the graph does not take.
    pub fn run(&self, inputs: &[(&str, &Tensor)]) -> Result<Outputs, InferenceError> {
        let mut values = Vec::with_capacity(inputs.len());
        for (name, tensor) in inputs {
            let view = TensorView::from_data(tensor.shape(), tensor.values());
            values.push((self.input_id(name)?, ValueOrView::from(view)));
        }
        let ids: Vec<NodeId> = self.outputs.iter().map(|(_, id)| *id).collect();
        let options = RunOptions::default().with_thread_pool(self.threads.clone());
        let results = self
            .model
            .run(values, &ids, Some(options))
            .map_err(|error| InferenceError::Run {
                reason: error.to_string(),
            })?;
        let names = self.outputs.iter().map(|(name, _)| name);
        let tensors = names
            .zip(results)
            .map(|(name, value)| Ok((name.clone(), from_engine(name, value)?)))
            .collect::<Result<_, InferenceError>>()?;
        Ok(Outputs { tensors })
    }

    fn input_id(&self, name: &str) -> Result<NodeId, InferenceError> {
        self.inputs
            .iter()
            .find(|(input, _)| input == name)
            .map(|(_, id)| *id)
            .ok_or_else(|| InferenceError::UnknownName {
                kind: "input",
                name: name.to_owned(),
                found: self.input_names().map(str::to_owned).collect(),
            })
    }
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Graph")
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

impl Outputs {
    /// One output.
    ///
    /// # Errors
    /// [`InferenceError::UnknownName`] where the graph has no output of this name.
    pub fn get(&self, name: &str) -> Result<&Tensor, InferenceError> {
        self.tensors
            .iter()
            .find(|(output, _)| output == name)
            .map(|(_, tensor)| tensor)
            .ok_or_else(|| InferenceError::UnknownName {
                kind: "output",
                name: name.to_owned(),
                found: self.tensors.iter().map(|(name, _)| name.clone()).collect(),
            })
    }
}

fn from_engine(name: &str, value: Value) -> Result<Tensor, InferenceError> {
    let tensor: EngineTensor<f32> = value.into_tensor().ok_or_else(|| InferenceError::Run {
        reason: format!("output {name:?} is not of type FLOAT"),
    })?;
    let shape = tensor.shape().to_vec();
    Ok(Tensor::new(&shape, tensor.into_data()))
}
