//! What paints the frames: the warp of a picture, or an avatar's network.

use std::sync::Arc;

use media::Image;

use crate::config::Engine;
use crate::error::AnimateError;
use crate::few_shot::AvatarPainter;
use crate::portrait::{PortraitModel, PortraitPainter};
use crate::retarget::DrivenFace;
use crate::source_face::SourceFace;
use crate::warp::WarpEngine;

/// One of the engines, ready to paint.
pub(crate) enum Painter<'a> {
    /// A geometric warp of the source picture.
    Warp(Box<WarpEngine>),
    /// A network that learned the person.
    Avatar(&'a AvatarPainter),
    /// A network that bends the source picture and paints over it.
    Portrait(Box<PortraitPainter>),
}

impl<'a> Painter<'a> {
    /// The engine that was asked for, or the one that fits the source.
    ///
    /// # Errors
    /// Where the portrait model cannot be loaded or run.
    pub(crate) fn new(source: &'a SourceFace, engine: &Engine) -> Result<Self, AnimateError> {
        let (picture, landmarks) = (&source.picture, &source.landmarks);
        let painter = match (&source.avatar, engine) {
            (Some(avatar), Engine::Automatic) => return Ok(Self::Avatar(avatar)),
            (_, Engine::Portrait(folder)) => {
                let model = Arc::new(PortraitModel::open(folder)?);
                PortraitPainter::new(model, picture, landmarks)?
            }
            (_, Engine::Automatic | Engine::Warp) => None,
        };
        Ok(match painter {
            Some(painter) => Self::Portrait(Box::new(painter)),
            None => Self::Warp(Box::new(WarpEngine::new(picture, landmarks))),
        })
    }

    /// Paint one frame.
    pub(crate) fn paint(&self, face: &DrivenFace) -> Result<Image, AnimateError> {
        match self {
            Self::Warp(engine) => Ok(engine.paint(face)),
            Self::Avatar(avatar) => Ok(avatar.paint(&face.landmarks())?),
            Self::Portrait(painter) => Ok(painter.paint(&face.landmarks())?),
        }
    }
}
