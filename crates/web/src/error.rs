//! Why the server could not start, and what a refused request is told.

use std::path::PathBuf;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why the studio could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: choose another port, or --port 0 for any free one")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder of the studio cannot be used.
    #[error("cannot use the studio's folder {}", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another studio works in the folder.
    #[error(
        "another studio works in {}: close it, or give this one a folder of its own with --folder",
        folder.display()
    )]
    FolderInUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The system gives no threads or timers.
    #[error("cannot start the server")]
    Runtime(#[source] std::io::Error),
}

/// A request that is refused, as the client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// A word that programs tell refusals apart by.
    pub(crate) code: &'static str,
    /// A sentence that says what to do.
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// The request contradicts itself or names things that do not exist.
    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Nothing of that name is here.
    pub(crate) fn missing(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            format!("there is no such {what}: it was deleted, or never there"),
        )
    }

    /// The state of things does not allow it.
    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// The disk failed us.
    pub(crate) fn disk(error: &std::io::Error) -> Self {
        Self::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "disk",
            format!("the studio's folder cannot be read or written: {error}"),
        )
    }

    /// A bug of ours, or a machine without memory.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code, "message": self.message}});
        (self.status, Json(body)).into_response()
    }
}
