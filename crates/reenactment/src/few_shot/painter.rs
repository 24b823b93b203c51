//! Paints an avatar frame by frame.

use inference::{Graph, InferenceError, Tensor};
use landmarks::Landmarks;
use media::Image;

use super::avatar::{Avatar, AvatarError};
use super::{drawn_input, from_output};

/// An avatar whose generator is ready to run.
#[derive(Debug)]
pub struct AvatarPainter {
    generator: Graph,
    style: Tensor,
    side_px: u32,
}

impl AvatarPainter {
    /// Load an avatar's generator.
    ///
    /// # Errors
    /// Where it cannot be run.
    pub fn new(avatar: &Avatar) -> Result<Self, AvatarError> {
        let generator = Graph::from_onnx(avatar.generator())?;
        let style = avatar.style().to_vec();
        Ok(Self {
            generator,
            style: Tensor::new(&[1, style.len()], style),
            side_px: avatar.manifest().resolution_px,
        })
    }

    /// Side of the pictures, pixels.
    pub fn side_px(&self) -> u32 {
        self.side_px
    }

    /// The person in the pose of these landmarks, which are in pixels of the picture.
    ///
    /// # Errors
    /// Where the network fails.
    pub fn paint(&self, landmarks: &Landmarks) -> Result<Image, InferenceError> {
        let drawing = drawn_input(landmarks, self.side_px);
        let outputs = self
            .generator
            .run(&[("landmark_picture", &drawing), ("style", &self.style)])?;
        Ok(from_output(outputs.get("picture")?, self.side_px))
    }
}
