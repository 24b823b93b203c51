//! What is measured: something that learns a person from pictures and shows them as landmarks say.

use std::error::Error;

use landmarks::Landmarks;
use media::Image;

/// A picture to learn from, with the landmarks found in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shot {
    /// The picture.
    pub picture: Image,
    /// Its landmarks, pixels of the picture.
    pub landmarks: Landmarks,
}

/// Why a method gave no picture.
#[derive(Debug, thiserror::Error)]
pub enum MethodError {
    /// The method failed in its own way.
    #[error(transparent)]
    Failed(Box<dyn Error + Send + Sync>),
    /// It was asked for a picture before it had learned anyone.
    #[error("nobody was learned yet")]
    NobodyLearned,
    /// The pictures do not suit it.
    #[error("{reason}")]
    Pictures {
        /// What does not suit, and what would.
        reason: String,
    },
}

impl MethodError {
    /// Pass a failure of the method's own on.
    pub fn failed(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// A way to make pictures of a person from a few others.
pub trait Method {
    /// What tables and folders call it: small letters, digits and hyphens.
    fn name(&self) -> String;

    /// Everything that its pictures depend on besides the shots, such as the SHA-256 of its
    /// weights: frames made before are used again only where this is the same.
    fn fingerprint(&self) -> String;

    /// Learn a person from at least one picture, and forget who was learned before.
    ///
    /// # Errors
    /// If the method cannot learn from these pictures.
    fn learn(&mut self, shots: &[Shot]) -> Result<(), MethodError>;

    /// Show the person that was learned, as the landmarks say, at the size of the shots.
    ///
    /// # Errors
    /// If nobody was learned or the method fails.
    fn render(&mut self, driving: &Landmarks) -> Result<Image, MethodError>;
}
