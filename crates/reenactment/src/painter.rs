//! What paints the frames: the warp of a picture, or an avatar's network.

use media::Image;

use crate::config::Engine;
use crate::error::AnimateError;
use crate::few_shot::AvatarPainter;
use crate::retarget::DrivenFace;
use crate::source_face::SourceFace;
use crate::warp::WarpEngine;

/// One of the engines, ready to paint.
pub(crate) enum Painter<'a> {
    /// A geometric warp of the source picture.
    Warp(Box<WarpEngine>),
    /// A network that learned the person.
    Avatar(&'a AvatarPainter),
}

impl<'a> Painter<'a> {
    /// The engine that was asked for, or the one that fits the source.
    pub(crate) fn new(source: &'a SourceFace, engine: Engine) -> Self {
        match (&source.avatar, engine) {
            (Some(avatar), Engine::Automatic) => Self::Avatar(avatar),
            (_, Engine::Automatic | Engine::Warp) => Self::Warp(Box::new(WarpEngine::new(
                &source.picture,
                &source.landmarks,
            ))),
        }
    }

    /// Paint one frame.
    pub(crate) fn paint(&self, face: &DrivenFace) -> Result<Image, AnimateError> {
        match self {
            Self::Warp(engine) => Ok(engine.paint(face)),
            Self::Avatar(avatar) => Ok(avatar.paint(&face.landmarks())?),
        }
    }
}
