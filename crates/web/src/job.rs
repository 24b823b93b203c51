//! A job: what was asked, how far it is, and what came out. One JSON file each; its state is the folder it lies in.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::identifier::Identifier;
use crate::request::JobRequest;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum JobState {
    /// Being put together.
    Drafted,
    /// Waiting for its turn.
    Queued,
    /// Being done.
    Running,
    /// Done; the result is there.
    Completed,
    /// Stopped, cut, or gone wrong.
    Failed,
}

impl JobState {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Drafted,
        Self::Queued,
        Self::Running,
        Self::Completed,
        Self::Failed,
    ];

    /// Name of the folder of such jobs.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// A job as its file holds it and as clients see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) id: Identifier,
    pub(crate) state: JobState,
    pub(crate) request: JobRequest,
    /// When it was made, queued, begun and ended: milliseconds since 1970.
    pub(crate) created_ms: u64,
    pub(crate) queued_ms: Option<u64>,
    pub(crate) started_ms: Option<u64>,
    pub(crate) ended_ms: Option<u64>,
    /// How far it is; not kept on disk.
    #[serde(default, skip_deserializing)]
    pub(crate) progress: Option<Progress>,
    /// What the user should know of the work, in sentences.
    #[serde(default)]
    pub(crate) messages: Vec<String>,
    pub(crate) failure: Option<JobFailure>,
    pub(crate) result: Option<JobResult>,
    /// The same work as a command in a terminal.
    #[serde(default)]
    pub(crate) command: Vec<String>,
}

/// How far a running job is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// What is being done, such as `painting`.
    pub(crate) stage: String,
    pub(crate) done: u64,
    pub(crate) total: Option<u64>,
    pub(crate) per_second: f64,
    pub(crate) left_s: Option<f64>,
}

/// Why a job has no result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct JobFailure {
    pub(crate) reason: FailureReason,
    /// A sentence that says what to do.
    pub(crate) message: String,
}

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FailureReason {
    /// The user stopped it.
    Cancelled,
    /// The studio ended while it ran.
    Cut,
    /// The work itself went wrong.
    Failed,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct JobResult {
    /// Name of the file in the job's folder of results; one of ours.
    pub(crate) file: String,
    pub(crate) bytes: u64,
    /// The run's own summary.
    pub(crate) summary: serde_json::Value,
}

impl Job {
    /// A draft.
    pub(crate) fn new(request: JobRequest) -> Self {
        Self {
            id: Identifier::new(),
            state: JobState::Drafted,
            request,
            created_ms: now_ms(),
            queued_ms: None,
            started_ms: None,
            ended_ms: None,
            progress: None,
            messages: Vec::new(),
            failure: None,
            result: None,
            command: Vec::new(),
        }
    }

    /// Forget what an earlier run of it left.
    pub(crate) fn reset(&mut self) {
        self.started_ms = None;
        self.ended_ms = None;
        self.progress = None;
        self.messages.clear();
        self.failure = None;
        self.result = None;
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
