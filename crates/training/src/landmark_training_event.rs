//! What a training run tells its listener, how it ends, and why it may not.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use networks::checkpoint::CheckpointError;

/// What happens during a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Data was read.
    Loaded {
        /// Labelled faces in memory.
        faces: usize,
        /// People (or stills) among them.
        people: usize,
    },
    /// A source could not be used.
    Warning {
        /// Which, and why.
        text: String,
    },
    /// The run goes on from a checkpoint.
    Resumed {
        /// Its step.
        step: u64,
    },
    /// Losses, averaged since the last report.
    Step {
        /// Steps done.
        step: u64,
        /// Steps in all.
        steps: u64,
        /// Each loss by name.
        losses: BTreeMap<String, f64>,
        /// Samples a second since the last report.
        samples_per_second: f64,
        /// Share of that time spent waiting for samples.
        waiting: f64,
    },
    /// A checkpoint was written.
    Saved {
        /// Where.
        path: PathBuf,
    },
}

/// The caller's listener, and whether it has asked for an end.
pub(crate) struct Listener<'a> {
    listen: &'a mut dyn FnMut(Event) -> ControlFlow<()>,
    wants_end: bool,
}

impl<'a> Listener<'a> {
    /// Wrap a caller's listener.
    pub(crate) fn new(listen: &'a mut dyn FnMut(Event) -> ControlFlow<()>) -> Self {
        Self {
            listen,
            wants_end: false,
        }
    }

    /// Pass an event on.
    pub(crate) fn tell(&mut self, event: Event) {
        self.wants_end |= (self.listen)(event).is_break();
    }

    /// Whether any answer so far was to stop.
    pub(crate) fn wants_end(&self) -> bool {
        self.wants_end
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Steps done.
    pub step: u64,
    /// Whether the listener asked for the end before all steps were done.
    pub was_stopped: bool,
    /// The ONNX file, where one was asked for and the run came to its end.
    pub export: Option<PathBuf>,
}

/// Why a run could not start or finish.
#[derive(Debug, thiserror::Error)]
pub enum LandmarkTrainingError {
    /// Settings that make no sense.
    #[error("the settings cannot be used: {}", problems.join("; "))]
    Settings {
        /// All that is wrong.
        problems: Vec<String>,
    },
    /// The data could not be read.
    #[error(transparent)]
    Data(#[from] dataset::DatasetError),
    /// A checkpoint could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The run folder or the exported file could not be written.
    #[error("cannot write below {}", path.display())]
    Io {
        /// The folder or file in question.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The sheet of samples could not be written.
    #[error("cannot write {}", path.display())]
    Sheet {
        /// The file in question.
        path: PathBuf,
        /// What the encoder said.
        source: media::MediaError,
    },
    /// The run folder belongs to a run with other settings.
    #[error("{} was made with other settings ({difference}); use another output folder", path.display())]
    OtherRun {
        /// The checkpoint.
        path: PathBuf,
        /// First setting that differs.
        difference: String,
    },
    /// A loss is no longer a number.
    #[error("the loss {name} became {value} at step {step}; lower the learning rate and resume")]
    NotFinite {
        /// Step in question.
        step: u64,
        /// Which loss.
        name: String,
        /// What it became.
        value: f64,
    },
    /// A thread that makes samples died.
    #[error("a sample loader stopped; its message stands above")]
    Loader,
}
