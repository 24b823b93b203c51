//! Paints an avatar frame by frame.

use std::sync::Arc;

use inference::{Graph, InferenceError, Tensor};
use landmarks::Landmarks;
use media::Image;

use super::avatar::{Avatar, AvatarError};
use super::{drawn_input, from_output};
use crate::portrait::{PortraitModel, PortraitPerson};

/// An avatar whose networks are ready to run.
#[derive(Debug)]
pub struct AvatarPainter {
    networks: Networks,
    side_px: u32,
}

#[derive(Debug)]
enum Networks {
    /// Paints from landmarks alone.
    FewShot {
        generator: Box<Graph>,
        style: Tensor,
    },
    /// Bends pictures of the person.
    Portrait(Box<PortraitPerson>),
}

impl AvatarPainter {
    /// Load an avatar's networks.
    ///
    /// # Errors
    /// Where they cannot be run.
    pub fn new(avatar: &Avatar) -> Result<Self, AvatarError> {
        let networks = if avatar.is_portrait() {
            let model = Arc::new(PortraitModel::of_avatar(avatar)?);
            Networks::Portrait(Box::new(PortraitPerson::of_photos(
                model,
                &avatar.shots()?,
            )?))
        } else {
            let style = avatar.style();
            Networks::FewShot {
                generator: Box::new(Graph::from_onnx(avatar.generator())?),
                style: Tensor::new(&[1, style.len()], style),
            }
        };
        Ok(Self {
            networks,
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
    /// Where a network fails.
    pub fn paint(&self, landmarks: &Landmarks) -> Result<Image, InferenceError> {
        match &self.networks {
            Networks::Portrait(person) => person.paint(landmarks),
            Networks::FewShot { generator, style } => {
                let drawing = drawn_input(landmarks, self.side_px);
                let outputs = generator.run(&[("landmark_picture", &drawing), ("style", style)])?;
                let values = 3 * (self.side_px as usize).pow(2);
                Ok(from_output(outputs.sized("picture", values)?, self.side_px))
            }
        }
    }
}
