//! What `serve` is asked to do.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Notify;

/// Everything one run of [`crate::serve()`] needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeConfig {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Names that the browser may call this server by, besides `localhost` and the loopback addresses.
    pub hosts: Vec<String>,
    /// Where uploads, jobs and results are kept; made where it is missing.
    pub folder: PathBuf,
    /// The program that does the jobs, which is this one.
    pub program: PathBuf,
    /// Words that each call of the program starts with.
    pub program_arguments: Vec<String>,
    /// Most bytes of all uploads together.
    pub most_stored_bytes: u64,
    /// Whether the program can train, and so fine-tune avatars.
    pub can_train: bool,
    /// Model that avatars are made with; `None` is the built-in one, which is not trained further.
    pub model: Option<PathBuf>,
    /// Camera device of v4l2loopback on which the live view is shown too.
    pub virtual_camera: Option<PathBuf>,
}

/// What a server says once it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// The address to open, with the token that opens it.
    pub url: String,
    /// Jobs that an earlier run left unfinished: they are marked as cut and can be taken up again.
    pub cut_jobs: usize,
}

/// Tells a server to end; clones tell the same one.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Notify>);

impl Stop {
    /// End the server, now or as soon as it listens.
    pub fn tell(&self) {
        self.0.notify_one();
    }

    pub(crate) async fn told(&self) {
        self.0.notified().await;
    }
}
