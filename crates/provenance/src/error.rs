//! Why marking or reading marks failed.

use std::path::PathBuf;

/// Why something could not be marked, or its marks not be read.
#[derive(Debug, thiserror::Error)]
pub enum ProvenanceError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder of the signing key cannot be told.
    #[error("there is no folder for the signing key: neither XDG_DATA_HOME nor HOME is set")]
    NoHome,
    /// A key or certificate cannot be made.
    #[error("cannot make a key to sign with: {reason}")]
    Key {
        /// What went wrong.
        reason: String,
    },
    /// The user's certificate or key cannot be used.
    #[error("cannot sign with {}: {reason}", path.display())]
    Credentials {
        /// The certificate or key.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The user's signing command failed.
    #[error("the signing command {} failed: {reason}", program.display())]
    SigningCommand {
        /// The program.
        program: PathBuf,
        /// Why.
        reason: String,
    },
    /// The manifest cannot be made or signed.
    #[error("cannot sign the manifest: {source}")]
    Sign {
        /// What the library said.
        source: c2pa::Error,
    },
    /// What was just signed does not verify.
    #[error("the signed file does not verify: {reason}")]
    NotVerified {
        /// What is wrong with it.
        reason: String,
    },
    /// A folder without a single file that could bear marks.
    #[error("{} holds no picture, video or sound", path.display())]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A list of trusted certificates cannot be used.
    #[error("{} is no list of PEM certificates: {reason}", path.display())]
    TrustList {
        /// The list.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl ProvenanceError {
    /// From a failure to sign.
    pub(crate) fn sign(source: c2pa::Error) -> Self {
        Self::Sign { source }
    }
}
