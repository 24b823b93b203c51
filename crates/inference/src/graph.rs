//! One ONNX graph, ready to run.

use std::num::NonZeroUsize;

use crate::built_in::BuiltInGraph;
use crate::demand::Demand;
#[cfg(feature = "ort")]
use crate::onnx_runtime::{RuntimeGraph, environment};
use crate::wire::check_model;
use crate::{InferenceError, Tensor};

/// What runs a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// `rten`, which is part of the program.
    BuiltIn,
    /// ONNX Runtime (feature `ort`), after `use_onnx_runtime` has found its library.
    OnnxRuntime,
}

impl Engine {
    /// What runs the graphs that are loaded from now on.
    pub fn chosen() -> Self {
        #[cfg(feature = "ort")]
        if environment().is_some() {
            return Self::OnnxRuntime;
        }
        Self::BuiltIn
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "rten (built in)",
            Self::OnnxRuntime => "ONNX Runtime",
        }
    }
}

/// A network, ready to run.
pub struct Graph {
    engine: Loaded,
    demand: Demand,
    inputs: Vec<String>,
    outputs: Vec<String>,
}

enum Loaded {
    BuiltIn(Box<BuiltInGraph>),
    #[cfg(feature = "ort")]
    OnnxRuntime(RuntimeGraph),
}

/// What a graph gave, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Outputs {
    tensors: Vec<(String, Tensor)>,
}

impl Graph {
    /// Load a graph from the bytes of an `.onnx` file, for the engine that was chosen.
    ///
    /// # Errors
    /// [`InferenceError::NotAGraph`] where the bytes are damaged or use an operator that the
    /// engine lacks; [`InferenceError::Excessive`] where it asks for more than [`GraphLimits`](crate::GraphLimits).
    pub fn from_onnx(bytes: &[u8]) -> Result<Self, InferenceError> {
        Self::for_engine(bytes, Engine::chosen())
    }

    /// As [`Graph::from_onnx`], for this engine.
    ///
    /// # Errors
    /// As [`Graph::from_onnx`]; [`InferenceError::NoOnnxRuntime`] where that is asked for and was not found
    /// before.
    pub fn for_engine(bytes: &[u8], engine: Engine) -> Result<Self, InferenceError> {
        check_model(bytes).map_err(|reason| InferenceError::NotAGraph { reason })?;
        let demand = Demand::read(bytes)?;
        let engine = Loaded::load(bytes, engine)?;
        let [inputs, outputs] = engine.names();
        Ok(Self {
            engine,
            demand,
            inputs,
            outputs,
        })
    }

    /// Run on a pool of `count` threads of its own, instead of on all cores.
    ///
    /// # Panics
    /// If the engine cannot load again what it has loaded before.
    pub fn with_threads(mut self, count: NonZeroUsize) -> Self {
        match &mut self.engine {
            Loaded::BuiltIn(graph) => graph.set_threads(count),
            #[cfg(feature = "ort")]
            Loaded::OnnxRuntime(graph) => {
                *graph = graph.with_threads(count).expect("it was loaded before");
            }
        }
        self
    }

    /// Names of the inputs.
    pub fn input_names(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(String::as_str)
    }

    /// Names of the outputs.
    pub fn output_names(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(String::as_str)
    }

    /// Run the graph on named inputs and return all its outputs.
    ///
    /// # Errors
    /// Where an input has a name or shape that the graph does not take, or the run would ask for too much.
    pub fn run(&self, inputs: &[(&str, &Tensor)]) -> Result<Outputs, InferenceError> {
        for (name, _) in inputs {
            if !self.inputs.iter().any(|input| input == name) {
                return Err(InferenceError::UnknownName {
                    kind: "input",
                    name: (*name).to_owned(),
                    found: self.inputs.clone(),
                });
            }
        }
        self.demand.judge(inputs)?;
        let tensors = match &self.engine {
            Loaded::BuiltIn(graph) => graph.run(inputs)?,
            #[cfg(feature = "ort")]
            Loaded::OnnxRuntime(graph) => graph.run(inputs)?,
        };
        Ok(Outputs { tensors })
    }
}

impl Loaded {
    fn load(bytes: &[u8], engine: Engine) -> Result<Self, InferenceError> {
        match engine {
            Engine::BuiltIn => Ok(Self::BuiltIn(Box::new(BuiltInGraph::load(bytes)?))),
            #[cfg(feature = "ort")]
            Engine::OnnxRuntime if let Some(environment) = environment() => {
                let graph = RuntimeGraph::load(environment, bytes, None)?;
                Ok(Self::OnnxRuntime(graph))
            }
            Engine::OnnxRuntime => Err(InferenceError::NoOnnxRuntime {
                library: "libonnxruntime".into(),
                reason: "it was not loaded".into(),
            }),
        }
    }

    fn names(&self) -> [Vec<String>; 2] {
        match self {
            Self::BuiltIn(graph) => graph.names(),
            #[cfg(feature = "ort")]
            Self::OnnxRuntime(graph) => graph.names(),
        }
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
    /// One output, which holds so many values that are numbers.
    ///
    /// # Errors
    /// As [`Outputs::get`]; [`InferenceError::OutputShape`] where it holds more or fewer, and
    /// [`InferenceError::NotFinite`].
    pub fn sized(&self, name: &str, values: usize) -> Result<&Tensor, InferenceError> {
        let tensor = self.get(name)?;
        if tensor.values().len() != values {
            return Err(InferenceError::OutputShape {
                name: name.to_owned(),
                expected: format!("{values} values"),
                found: tensor.shape().to_vec(),
            });
        }
        if tensor.values().iter().any(|value| !value.is_finite()) {
            let name = name.to_owned();
            return Err(InferenceError::NotFinite { name });
        }
        Ok(tensor)
    }

    /// One output, which is `[1, channels, side, side]` with at least one channel.
    ///
    /// # Errors
    /// As [`Outputs::get`]; [`InferenceError::OutputShape`] where it has another shape.
    pub fn planes(&self, name: &str, side: usize) -> Result<&Tensor, InferenceError> {
        let tensor = self.get(name)?;
        match tensor.shape() {
            &[1, channels, height, width] if channels > 0 && [height, width] == [side; 2] => {
                Ok(tensor)
            }
            found => Err(InferenceError::OutputShape {
                name: name.to_owned(),
                expected: format!("[1, channels, {side}, {side}]"),
                found: found.to_vec(),
            }),
        }
    }

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
