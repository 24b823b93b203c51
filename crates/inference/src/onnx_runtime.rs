//! ONNX Runtime, whose library is found when the program runs.

use std::borrow::Cow;
use std::fmt::Display;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use ort::environment::Environment;
use ort::session::{Session, SessionInputValue};
use ort::value::TensorRef;

use crate::alone::is_alone;
use crate::{InferenceError, Tensor};

/// Set once, by [`use_onnx_runtime`].
static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();

/// Run the graphs that are loaded from now on with ONNX Runtime instead of the built-in engine.
///
/// `library` is its shared library, 1.18 or newer. Without one, the file that the environment variable
/// `ORT_DYLIB_PATH` names is taken, else the system's (`libonnxruntime.so`, `onnxruntime.dll`). Calling it again
/// changes nothing.
///
/// # Errors
/// [`InferenceError::NoOnnxRuntime`] where there is no such library, or it cannot be used.
pub fn use_onnx_runtime(library: Option<&Path>) -> Result<(), InferenceError> {
    if ENVIRONMENT.get().is_some() {
        return Ok(());
    }
    let named = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty());
    let file = match (library, named) {
        (Some(library), _) => library.to_owned(),
        (None, Some(named)) => named.into(),
        (None, None) => {
            use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
            format!("{DLL_PREFIX}onnxruntime{DLL_SUFFIX}").into()
        }
    };
    let missing = |error: &dyn Display| InferenceError::NoOnnxRuntime {
        library: file.clone(),
        reason: error.to_string(),
    };
    let builder = ort::init_from(&file).map_err(|error| missing(&error))?;
    let environment = builder.with_name("vivant").build();
    let environment = environment.map_err(|error| missing(&error))?;
    ENVIRONMENT.get_or_init(|| environment);
    Ok(())
}

/// Whether graphs are run by ONNX Runtime.
pub(crate) fn environment() -> Option<&'static Environment> {
    ENVIRONMENT.get()
}

/// A network on ONNX Runtime.
pub(crate) struct RuntimeGraph {
    /// What it was loaded from, for another number of threads.
    bytes: Vec<u8>,
    /// On all cores. Runs one at a time: sessions are not meant to be shared.
    session: Mutex<Session>,
    /// On one core each, for callers that work beside each other; those that rest.
    resting: Mutex<Vec<Session>>,
}

impl RuntimeGraph {
    /// Load a graph; without a number of threads, the runtime takes one for each core.
    pub(crate) fn load(
        environment: &Environment,
        bytes: &[u8],
        threads: Option<NonZeroUsize>,
    ) -> Result<Self, InferenceError> {
        Ok(Self {
            bytes: bytes.to_vec(),
            session: Mutex::new(session(environment, bytes, threads)?),
            resting: Mutex::default(),
        })
    }

    /// The same graph on so many threads.
    pub(crate) fn with_threads(&self, threads: NonZeroUsize) -> Result<Self, InferenceError> {
        let environment = environment().expect("a graph was loaded");
        Self::load(environment, &self.bytes, Some(threads))
    }

    /// Names of inputs and of outputs.
    pub(crate) fn names(&self) -> [Vec<String>; 2] {
        let session = self.session.lock().expect("no run ends in a panic");
        [session.inputs(), session.outputs()]
            .map(|known| known.iter().map(|one| one.name().to_owned()).collect())
    }

    /// Run on inputs whose names were checked.
    pub(crate) fn run(
        &self,
        inputs: &[(&str, &Tensor)],
    ) -> Result<Vec<(String, Tensor)>, InferenceError> {
        let stopped = |error: ort::Error| InferenceError::Run {
            reason: error.to_string(),
        };
        let mut values: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::new();
        for (name, tensor) in inputs {
            let view = TensorRef::from_array_view((tensor.shape(), tensor.values()));
            values.push((Cow::Borrowed(*name), view.map_err(stopped)?.into()));
        }
        let run = |session: &mut Session| {
            let outputs = session.run(values).map_err(stopped)?;
            let mut tensors = Vec::with_capacity(outputs.len());
            for (name, value) in outputs.iter() {
                let (shape, values) = value.try_extract_tensor::<f32>().map_err(stopped)?;
                let shape: Vec<usize> = shape.iter().map(|length| *length as usize).collect();
                tensors.push((name.to_owned(), Tensor::new(&shape, values.to_vec())));
            }
            Ok(tensors)
        };
        if !is_alone() {
            return run(&mut self.session.lock().expect("no run ends in a panic"));
        }
        let resting = || self.resting.lock().expect("nothing in it ends in a panic");
        let rested = resting().pop();
        let mut session = match rested {
            Some(session) => session,
            None => session(
                environment().expect("a graph was loaded"),
                &self.bytes,
                Some(NonZeroUsize::MIN),
            )?,
        };
        let tensors = run(&mut session)?;
        resting().push(session);
        Ok(tensors)
    }
}

/// Load a graph; without a number of threads, the runtime takes one for each core.
fn session(
    environment: &Environment,
    bytes: &[u8],
    threads: Option<NonZeroUsize>,
) -> Result<Session, InferenceError> {
    let unusable = |error: &dyn Display| InferenceError::NotAGraph {
        reason: error.to_string(),
    };
    let builder = Session::builder(environment).map_err(|error| unusable(&error))?;
    let builder = builder.with_intra_threads(threads.map_or(0, NonZeroUsize::get));
    let builder = builder.map_err(|error| unusable(&error))?;
    // Between two graphs other threads work; ones that wait by spinning would take their cores.
    let builder = builder.with_intra_op_spinning(false);
    let mut builder = builder.map_err(|error| unusable(&error))?;
    let session = builder.commit_from_memory(bytes);
    session.map_err(|error| unusable(&error))
}
