//! What a graph asks for, judged before it is run: values of each step and of all together, and the work.
//!
//! The sizes of all that a graph computes follow from the sizes of its inputs, node by node. Where they depend on values
//! that only a run would give, the graph is refused. Engines are asked nothing here, so both are bounded alike.

mod arranging;
mod node;
mod reshaping;
mod rules;
mod size;
mod sliding;
mod tensor;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};

use crate::demand::node::{Form, Node};
use crate::demand::rules::{Call, Outcome, follow};
use crate::demand::size::Size;
use crate::{InferenceError, Tensor};

/// Shapes of inputs that are remembered as harmless.
const REMEMBERED: usize = 16;

/// Most that one run of a graph may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphLimits {
    /// Values of one tensor; each takes four bytes, at most eight.
    pub values: u64,
    /// Values of all tensors that it computes, together.
    pub all_values: u64,
    /// Multiplications and additions.
    pub operations: u64,
}

/// 1 GiB a tensor and 4 GiB a run of 32-bit values, and about ten minutes of one core.
const DEFAULT: GraphLimits = GraphLimits {
    values: 1 << 28,
    all_values: 1 << 30,
    operations: 10_000_000_000_000,
};

static CURRENT: RwLock<GraphLimits> = RwLock::new(DEFAULT);

impl Default for GraphLimits {
    fn default() -> Self {
        DEFAULT
    }
}

impl GraphLimits {
    /// The limits in force.
    pub fn current() -> Self {
        *CURRENT.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Put these limits in force for the whole process.
    pub fn apply(self) {
        *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = self;
    }
}

/// Name and shape of each input.
type Shapes = Vec<(String, Vec<usize>)>;

/// The judge of one graph.
#[derive(Debug)]
pub(crate) struct Demand {
    form: Form,
    harmless: Mutex<Vec<Shapes>>,
}

impl Demand {
    /// Read a model whose outer form was checked, and judge all in it that needs no input: engines compute that when
    /// they load it.
    ///
    /// # Errors
    /// [`InferenceError::NotAGraph`], [`InferenceError::Excessive`]; [`InferenceError::Run`] where constants do not fit each
    /// other.
    pub(crate) fn read(model: &[u8]) -> Result<Self, InferenceError> {
        let form = Form::read(model).map_err(|reason| InferenceError::NotAGraph { reason })?;
        let demand = Self {
            form,
            harmless: Mutex::default(),
        };
        demand.follow_all(&[], false)?;
        Ok(demand)
    }

    /// Judge a run on these inputs.
    ///
    /// # Errors
    /// [`InferenceError::Excessive`]; [`InferenceError::Run`] where the inputs do not fit the graph.
    pub(crate) fn judge(&self, inputs: &[(&str, &Tensor)]) -> Result<(), InferenceError> {
        let is_same = |known: &Shapes| {
            known.len() == inputs.len()
                && known
                    .iter()
                    .zip(inputs)
                    .all(|(known, (name, tensor))| known.0 == *name && known.1 == tensor.shape())
        };
        let harmless = || self.harmless.lock().unwrap_or_else(PoisonError::into_inner);
        if harmless().iter().any(is_same) {
            return Ok(());
        }
        let shape = |tensor: &Tensor| tensor.shape().iter().map(|length| *length as u64).collect();
        let known: Vec<(&str, Size)> = inputs
            .iter()
            .map(|(name, tensor)| (*name, Size::new(shape(tensor))))
            .collect();
        self.follow_all(&known, true)?;
        let mut harmless = harmless();
        if harmless.len() == REMEMBERED {
            harmless.remove(0);
        }
        harmless.push(
            inputs
                .iter()
                .map(|(name, tensor)| ((*name).to_owned(), tensor.shape().to_vec()))
                .collect(),
        );
        Ok(())
    }

    /// Follow the nodes from these inputs; without `is_run` those that need others are left out.
    fn follow_all(&self, inputs: &[(&str, Size)], is_run: bool) -> Result<(), InferenceError> {
        let constants = self
            .form
            .constants
            .iter()
            .map(|(name, size)| (name.as_str(), size.clone()));
        let mut known: HashMap<&str, Size> = constants.chain(inputs.iter().cloned()).collect();
        let mut sums = Sums::default();
        for node in &self.form.nodes {
            let is_ready = |name: &String| name.is_empty() || known.contains_key(name.as_str());
            if let Some(missing) = node.inputs.iter().find(|name| !is_ready(name)) {
                if is_run {
                    return Err(refused(
                        node,
                        &format!("it takes {missing:?} before anything gives it"),
                    ));
                }
                continue;
            }
            let call = Call {
                node,
                inputs: node
                    .inputs
                    .iter()
                    .map(|name| known.get(name.as_str()))
                    .collect(),
            };
            let outcome = follow(&call).map_err(|reason| InferenceError::Run {
                reason: told(node, &reason),
            })?;
            let reason = "how large its result is depends on values that only a run would give, or on rules that this program does not know";
            let outcome = outcome.ok_or_else(|| refused(node, reason))?;
            sums.add(node, &outcome)?;
            for (name, size) in node.outputs.iter().zip(outcome.outputs) {
                if known.insert(name, size).is_some() && !name.is_empty() {
                    return Err(refused(node, "something else gives a value of this name"));
                }
            }
        }
        Ok(())
    }
}

/// What the nodes so far ask for.
#[derive(Debug, Default)]
struct Sums {
    values: u64,
    operations: u64,
}

impl Sums {
    fn add(&mut self, node: &Node, outcome: &Outcome) -> Result<(), InferenceError> {
        let limits = GraphLimits::current();
        let counts = outcome
            .outputs
            .iter()
            .map(Size::count)
            .chain([outcome.scratch]);
        for count in counts {
            if count > limits.values {
                let (dims, most) = (
                    outcome.outputs.first().map(|size| &size.dims),
                    limits.values,
                );
                return Err(refused(
                    node,
                    &format!("its result {dims:?} needs more than {most} values at once"),
                ));
            }
            self.values = self.values.saturating_add(count);
        }
        self.operations = self.operations.saturating_add(outcome.work);
        if self.values > limits.all_values {
            let most = limits.all_values;
            return Err(refused(
                node,
                &format!("with it the graph computes more than {most} values"),
            ));
        }
        if self.operations > limits.operations {
            let most = limits.operations;
            return Err(refused(
                node,
                &format!("with it the graph takes more than {most} operations"),
            ));
        }
        Ok(())
    }
}

fn refused(node: &Node, reason: &str) -> InferenceError {
    InferenceError::Excessive {
        reason: told(node, reason),
    }
}

/// A reason with the node that it is about.
fn told(node: &Node, reason: &str) -> String {
    let output = node.outputs.first().map_or("", String::as_str);
    format!("{} {output:?}: {reason}", node.operator)
}
