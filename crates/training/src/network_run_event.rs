//! What a run that trains small networks tells its listener, how it ends, and why it may not.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use networks::checkpoint::CheckpointError;

/// What happens during a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Data was read.
    Loaded {
        /// Labelled faces, or squares of pictures, in memory.
        samples: usize,
        /// People or stills that they come from; 0 where a run that went on knows no more.
        sources: usize,
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
    /// The ONNX files, where they were asked for and the run came to its end.
    pub exported: Vec<PathBuf>,
}

/// Why the loop of a run could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Settings that make no sense.
    #[error("the settings cannot be used: {}", problems.join("; "))]
    Settings {
        /// All that is wrong.
        problems: Vec<String>,
    },
    /// A checkpoint could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The run folder or an exported file could not be written.
    #[error("cannot write below {}", path.display())]
    Io {
        /// The folder or file in question.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
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
}

impl RunError {
    /// Name what could not be written.
    pub(crate) fn at(path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    /// Refuse settings that have problems.
    pub(crate) fn unless_fine(problems: Vec<String>) -> Result<(), Self> {
        if problems.is_empty() {
            return Ok(());
        }
        Err(Self::Settings { problems })
    }
}
