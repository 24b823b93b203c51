//! What meta-training tells its listener, how it ends, and why it may not.

use std::collections::BTreeMap;
use std::path::PathBuf;

use networks::checkpoint::CheckpointError;

use crate::collapse::Collapse;
use crate::device::DeviceError;

/// What happens during a run.
#[derive(Debug, Clone, PartialEq)]
pub enum MetaTrainingEvent {
    /// Data was opened and the networks exist.
    Ready(RunPlan),
    /// Something is not as it could be.
    Warning {
        /// What, and what to do.
        text: String,
    },
    /// The run goes on from a checkpoint.
    Resumed {
        /// Its step.
        step: u64,
    },
    /// One step was taken.
    Progress {
        /// Steps done.
        step: u64,
        /// Steps in all.
        steps: u64,
        /// Steps a second of late.
        steps_per_second: f64,
    },
    /// Losses, averaged since the last report.
    Step {
        /// Steps done.
        step: u64,
        /// Steps in all.
        steps: u64,
        /// Each loss by name.
        losses: BTreeMap<String, f64>,
        /// Episodes a second since the last report.
        samples_per_second: f64,
        /// Share of that time spent waiting for episodes.
        waiting: f64,
    },
    /// Held-out people were measured.
    Measured {
        /// Steps done.
        step: u64,
        /// Each measure by name.
        measures: BTreeMap<String, f64>,
        /// Sheet of samples.
        sheet: PathBuf,
    },
    /// A sheet was drawn between two measurements.
    Shown {
        /// Steps done.
        step: u64,
        /// Sheet of samples.
        sheet: PathBuf,
    },
    /// A checkpoint was written.
    Saved {
        /// Where.
        path: PathBuf,
    },
}

/// What a run will use.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPlan {
    /// Number of weights of each network.
    pub parameters: Vec<(String, u64)>,
    /// People, clips and frames that are trained on.
    pub people: usize,
    /// Clips that are trained on.
    pub videos: usize,
    /// Frames that are trained on.
    pub frames: u64,
    /// People that are kept for measuring.
    pub held_out_people: usize,
    /// Memory for weights, gradients, optimisers and averages, bytes.
    pub state_bytes: u64,
    /// What the content loss compares.
    pub content: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct MetaTrainingSummary {
    /// Steps done.
    pub step: u64,
    /// Whether the listener asked for the end before all steps were done.
    pub was_stopped: bool,
    /// Folder with the exported model bundle, where the run came to its end.
    pub bundle: Option<PathBuf>,
}

/// Why a run could not start or finish.
#[derive(Debug, thiserror::Error)]
pub enum MetaTrainingError {
    /// Settings that make no sense.
    #[error("the settings cannot be used: {}", problems.join("; "))]
    Settings {
        /// All that is wrong.
        problems: Vec<String>,
    },
    /// The device is not there.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The shards could not be read.
    #[error(transparent)]
    Shards(#[from] dataset::ShardError),
    /// A network for the content loss cannot be used.
    #[error("cannot use the network {} for the content loss: {reason}", file.display())]
    ContentNet {
        /// Its file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The networks for LPIPS cannot be used.
    #[error("cannot measure LPIPS")]
    Lpips(#[from] evaluation::metrics::MetricError),
    /// A checkpoint could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The run folder could not be written.
    #[error("cannot write below {}", path.display())]
    Io {
        /// The folder or file in question.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A picture could not be written.
    #[error("cannot write {}", path.display())]
    Picture {
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
    /// Training went wrong and would not recover.
    #[error(transparent)]
    Collapse(#[from] Collapse),
    /// A thread that makes episodes died.
    #[error("an episode loader stopped; its message stands above")]
    Loader,
}
