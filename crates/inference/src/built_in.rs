//! The built-in engine.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::{Tensor as EngineTensor, TensorView};

use crate::alone::is_alone;
use crate::convolution_defaults::with_convolution_defaults;
use crate::{InferenceError, Tensor};

thread_local! {
    /// For a caller that takes one core.
    static OWN_THREAD: Arc<ThreadPool> = Arc::new(ThreadPool::with_num_threads(1));
}

/// A network on the built-in engine.
pub(crate) struct BuiltInGraph {
    model: Model,
    inputs: Vec<(String, NodeId)>,
    outputs: Vec<(String, NodeId)>,
    /// `None` runs on the engine's own pool, one thread for each physical core.
    threads: Option<Arc<ThreadPool>>,
}

impl BuiltInGraph {
    /// Load a graph that was checked.
    pub(crate) fn load(bytes: &[u8]) -> Result<Self, InferenceError> {
        let unusable = |reason| InferenceError::NotAGraph { reason };
        let completed = with_convolution_defaults(bytes).map_err(unusable)?;
        let load = || {
            ModelOptions::with_all_ops()
                .prepack_weights(true)
                .load(completed.unwrap_or_else(|| bytes.to_vec()))
        };
        let loaded = without_panic(load).map_err(unusable)?;
        let model = loaded.map_err(|error| unusable(error.to_string()))?;
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

    /// Names of inputs and of outputs.
    pub(crate) fn names(&self) -> [Vec<String>; 2] {
        [&self.inputs, &self.outputs]
            .map(|known| known.iter().map(|(name, _)| name.clone()).collect())
    }

    pub(crate) fn set_threads(&mut self, count: NonZeroUsize) {
        self.threads = Some(Arc::new(ThreadPool::with_num_threads(count.get())));
    }

    /// Run on inputs whose names were checked.
    pub(crate) fn run(
        &self,
        inputs: &[(&str, &Tensor)],
    ) -> Result<Vec<(String, Tensor)>, InferenceError> {
        let mut values = Vec::with_capacity(inputs.len());
        for (name, tensor) in inputs {
            let view = TensorView::from_data(tensor.shape(), tensor.values());
            let known = self.inputs.iter().find(|(input, _)| input == name);
            let (_, id) = known.expect("names were checked");
            values.push((*id, ValueOrView::from(view)));
        }
        let ids: Vec<NodeId> = self.outputs.iter().map(|(_, id)| *id).collect();
        let threads = match is_alone() {
            true => Some(OWN_THREAD.with(Arc::clone)),
            false => self.threads.clone(),
        };
        let options = RunOptions::default().with_thread_pool(threads);
        let failed = |reason| InferenceError::Run { reason };
        let run = without_panic(|| self.model.run(values, &ids, Some(options)));
        let results = run
            .map_err(failed)?
            .map_err(|error| failed(error.to_string()))?;
        let names = self.outputs.iter().map(|(name, _)| name);
        names
            .zip(results)
            .map(|(name, value)| Ok((name.clone(), from_engine(name, value)?)))
            .collect()
    }
}

/// Do what the engine does; where it panics over a graph that it should have refused, that is an error.
fn without_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // Nothing of ours is left half changed: the graph is only read, and what it gives is dropped.
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_panic| "the engine gave up in the middle of it".to_owned())
}

fn from_engine(name: &str, value: Value) -> Result<Tensor, InferenceError> {
    let tensor: EngineTensor<f32> = value.into_tensor().ok_or_else(|| InferenceError::Run {
        reason: format!("output {name:?} is not of type FLOAT"),
    })?;
    let shape = tensor.shape().to_vec();
    Ok(Tensor::new(&shape, tensor.into_data()))
}
