//! What paints the frames: the warp of a picture, or an avatar's network.

use std::path::PathBuf;
use std::sync::Arc;

use landmarks::{FaceFinder, Landmarks};
use media::Image;

use crate::config::Engine;
use crate::error::AnimateError;
use crate::event::{Event, PaintedBy, Warning};
use crate::few_shot::{Album, AlbumConfig, AvatarPainter, Shot, Verdict};
use crate::portrait::{PortraitModel, PortraitPainter};
use crate::progress::{Listener, tell};
use crate::retarget::DrivenFace;
use crate::source_face::SourceFace;
use crate::warp::WarpEngine;

/// Most further pictures that are kept: those that differ most.
const MOST_FURTHER: usize = 31;

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
    pub(crate) fn new(
        source: &'a SourceFace,
        further: &[PathBuf],
        engine: &Engine,
        listener: &mut Listener,
    ) -> Result<Self, AnimateError> {
        let (picture, landmarks) = (&source.picture, &source.landmarks);
        let model = match (&source.avatar, engine) {
            (Some(avatar), Engine::Automatic) => {
                alone(further, "an avatar")?;
                return Ok(Self::Avatar(avatar));
            }
            (_, Engine::Warp) => {
                alone(further, "the warp")?;
                return Ok(Self::Warp(Box::new(WarpEngine::new(picture, landmarks))));
            }
            _ => portrait_model(engine)?,
        };
        let further = further_shots(further, model.side_px(), listener)?;
        let painter = PortraitPainter::new(Arc::new(model), picture, landmarks, &further)?;
        let painter = painter
            .map(|painter| of_a_still(painter, picture, landmarks, &source.found))
            .transpose()?;
        Ok(match painter {
            Some(painter) => Self::Portrait(Box::new(painter)),
            None => Self::Warp(Box::new(WarpEngine::new(picture, landmarks))),
        })
    }

    /// As [`Painter::new`] for one picture that is no avatar; the painter keeps what it needs of it.
    ///
    /// # Errors
    /// Where the portrait model cannot be loaded or run.
    pub(crate) fn of_picture(
        picture: &Image,
        landmarks: &Landmarks,
        engine: &Engine,
    ) -> Result<Self, AnimateError> {
        let painter = match engine {
            Engine::Warp => None,
            _ => {
                let model = Arc::new(portrait_model(engine)?);
                PortraitPainter::new(model, picture, landmarks, &[])?
                    .map(|painter| of_a_still(painter, picture, landmarks, &[*landmarks]))
                    .transpose()?
            }
        };
        Ok(match painter {
            Some(painter) => Self::Portrait(Box::new(painter)),
            None => Self::Warp(Box::new(WarpEngine::new(picture, landmarks))),
        })
    }

    /// The same engine for another face of the picture, among those `found`.
    ///
    /// # Errors
    /// For an avatar, and where the portrait model cannot be run.
    pub(crate) fn of_another(
        &self,
        picture: &Image,
        landmarks: &Landmarks,
        found: &[Landmarks],
    ) -> Result<Self, AnimateError> {
        let painter = match self {
            Self::Avatar(_) => return Err(AnimateError::AvatarHasOneFace),
            Self::Warp(_) => None,
            Self::Portrait(first) => {
                PortraitPainter::new(first.shared_model(), picture, landmarks, &[])?
                    .map(|painter| of_a_still(painter, picture, landmarks, found))
                    .transpose()?
            }
        };
        Ok(match painter {
            Some(painter) => Self::Portrait(Box::new(painter)),
            None => Self::Warp(Box::new(WarpEngine::new(picture, landmarks))),
        })
    }

    /// What it is.
    pub(crate) fn name(&self) -> PaintedBy {
        match self {
            Self::Warp(_) => PaintedBy::Warp,
            Self::Avatar(_) => PaintedBy::Avatar,
            Self::Portrait(painter) => painted_by(painter.model()),
        }
    }

    /// Paint one frame.
    pub(crate) fn paint(&self, face: &DrivenFace) -> Result<Image, AnimateError> {
        match self {
            Self::Warp(engine) => Ok(engine.paint(face)),
            Self::Avatar(avatar) => Ok(avatar.paint(&face.landmarks())?),
            Self::Portrait(painter) => Ok(painter.paint_face(face)?),
        }
    }
}

/// A painter of one of the faces found in a picture that stays the same: before a background that stands
/// still, with the lids that suit it best.
fn of_a_still(
    painter: PortraitPainter,
    picture: &Image,
    landmarks: &Landmarks,
    found: &[Landmarks],
) -> Result<PortraitPainter, AnimateError> {
    let others = found.iter().filter(|other| *other != landmarks);
    let others: Vec<Landmarks> = others.copied().collect();
    let painter = painter.before_still_background(picture, &others);
    Ok(painter.choosing_lids()?)
}

/// The portrait model that an engine stands for.
pub(crate) fn portrait_model(engine: &Engine) -> Result<PortraitModel, AnimateError> {
    Ok(match engine {
        Engine::Portrait(folder) => PortraitModel::open(folder)?,
        Engine::Automatic | Engine::Warp => PortraitModel::built_in()?,
    })
}

/// How a portrait model is told.
pub(crate) fn painted_by(model: &PortraitModel) -> PaintedBy {
    PaintedBy::Portrait {
        origin: model.origin().to_owned(),
        side_px: model.side_px(),
    }
}

/// Refuse further sources where the engine has no use for them.
fn alone(further: &[PathBuf], engine: &'static str) -> Result<(), AnimateError> {
    if further.is_empty() {
        Ok(())
    } else {
        Err(AnimateError::OneSourceOnly { engine })
    }
}

/// Cut the faces out of the further sources; those that cannot be used are told.
fn further_shots(
    further: &[PathBuf],
    side_px: u32,
    listener: &mut Listener,
) -> Result<Vec<Shot>, AnimateError> {
    if further.is_empty() {
        return Ok(Vec::new());
    }
    let asked = AlbumConfig {
        side_px,
        shots: MOST_FURTHER,
        likeness: None,
    };
    let album = Album::open(further, &FaceFinder::built_in(None)?, &asked)?;
    let shots = album.shots();
    let mut verdicts = Vec::new();
    for photo in &album.photos {
        if matches!(photo.verdict, Verdict::Taken | Verdict::Spare) {
            continue;
        }
        let (name, reason) = (photo.name.clone(), photo.verdict.text());
        verdicts.push(format!("{name}: {reason}"));
        if !shots.is_empty() {
            tell(
                listener,
                Event::Warning(Warning::UnusedSource { name, reason }),
            )?;
        }
    }
    if shots.is_empty() {
        return Err(AnimateError::NoFurtherSource { verdicts });
    }
    Ok(shots)
}
