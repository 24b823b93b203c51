//! Painting whole frames: one or several heads, in a still picture or in the frames of a video.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use landmarks::Landmarks;
use media::Image;
use rayon::prelude::*;

use crate::background::Backdrop;
use crate::clock::mixed;
use crate::composition::Background;
use crate::config::Engine;
use crate::error::AnimateError;
use crate::event::PaintedBy;
use crate::matte::PersonFollower;
use crate::moving_warp::onto;
use crate::painter::{Painter, painted_by, portrait_model};
use crate::portrait::{PortraitModel, PortraitPainter, looking};
use crate::progress::Listener;
use crate::retarget::DrivenFace;
use crate::scene::Scene;
use crate::source_video::SourceReader;
use crate::territory::Territories;
use crate::warp::WarpEngine;

/// What paints the frames of a run.
pub(crate) enum FrameStage<'a> {
    Still {
        picture: &'a Image,
        painters: Vec<Painter<'a>>,
        heads: Territories,
        /// For each face, every frame.
        driven: Vec<Vec<DrivenFace>>,
    },
    Moving {
        reader: Box<SourceReader>,
        engine: MovingEngine,
        cut: Option<Cut>,
        /// For each frame, that of the source video.
        source_frames: Vec<usize>,
        faces: Vec<MovingFace<'a>>,
    },
}

/// What paints the frames of a source video, each of which is learned anew.
#[derive(Clone)]
pub(crate) enum MovingEngine {
    Portrait(Arc<PortraitModel>),
    Warp,
}

/// Cutting the persons out of a source video.
pub(crate) struct Cut {
    background: Background,
    /// One for each face.
    followers: Vec<PersonFollower>,
}

/// A face of a source video.
pub(crate) struct MovingFace<'a> {
    /// Landmarks in the frames of the source.
    own: &'a [Landmarks],
    /// How far the face of each may be changed.
    shares: &'a [f32],
    /// The face in the frames of the result.
    driven: Vec<DrivenFace>,
}

impl<'a> FrameStage<'a> {
    /// Prepare to paint; `driven` holds the frames of each face.
    pub(crate) fn set(
        scene: &'a Scene,
        further: &[PathBuf],
        engine: &Engine,
        driven: Vec<Vec<DrivenFace>>,
        source_frames: &[usize],
        listener: &mut Listener,
    ) -> Result<Self, AnimateError> {
        match scene {
            Scene::Still { source, faces } => {
                let mut painters = vec![Painter::new(source, further, engine, listener)?];
                for face in &faces[1..] {
                    painters.push(painters[0].of_another(&source.picture, face, &source.found)?);
                }
                Ok(Self::Still {
                    picture: &source.picture,
                    painters,
                    heads: Territories::new(faces),
                    driven,
                })
            }
            Scene::Moving {
                video,
                tracks,
                background,
                ..
            } => {
                let pairs = tracks.iter().zip(driven);
                let faces = pairs.map(|(track, driven)| MovingFace {
                    own: &track.faces,
                    shares: &track.shares,
                    driven,
                });
                Ok(Self::Moving {
                    reader: Box::new(SourceReader::open(video)?),
                    engine: match engine {
                        Engine::Warp => MovingEngine::Warp,
                        _ => MovingEngine::Portrait(Arc::new(portrait_model(engine)?)),
                    },
                    cut: background.map(|background| Cut {
                        background,
                        followers: tracks.iter().map(|_| PersonFollower::default()).collect(),
                    }),
                    source_frames: source_frames.to_vec(),
                    faces: faces.collect(),
                })
            }
        }
    }

    /// What paints.
    pub(crate) fn name(&self) -> PaintedBy {
        match self {
            Self::Still { painters, .. } => painters[0].name(),
            Self::Moving { engine, .. } => match engine {
                MovingEngine::Portrait(model) => painted_by(model),
                MovingEngine::Warp => PaintedBy::Warp,
            },
        }
    }

    /// Paint some frames, all cores at once.
    pub(crate) fn paint(&mut self, frames: Range<usize>) -> Result<Vec<Image>, AnimateError> {
        match self {
            Self::Still {
                picture,
                painters,
                heads,
                driven,
            } => {
                let one = |frame: usize| {
                    let painted = |index: usize| painters[index].paint(&driven[index][frame]);
                    if painters.len() == 1 {
                        return painted(0);
                    }
                    let mut result = picture.clone();
                    for index in 0..painters.len() {
                        heads.lay(index, picture, &painted(index)?, &mut result);
                    }
                    Ok(result)
                };
                let frames = frames.into_par_iter();
                frames
                    .map(|frame| inference::on_one_core(|| one(frame)))
                    .collect()
            }
            Self::Moving {
                reader,
                engine,
                cut,
                source_frames,
                faces,
            } => {
                let mut pictures = Vec::with_capacity(frames.len());
                for frame in frames {
                    let index = source_frames[frame];
                    let mut picture = reader.frame(index)?;
                    if let Some(cut) = cut {
                        picture = cut.of(picture, faces, index);
                    }
                    pictures.push((frame, picture));
                }
                let background = cut.as_ref().map(|cut| cut.background);
                let one = |frame: usize, picture: Image| {
                    let index = source_frames[frame];
                    let painted = paint_moving(engine, &picture, faces, index, frame)?;
                    let backdrop = background.map(|wanted| Backdrop::new(&picture, wanted));
                    Ok(backdrop
                        .map_or_else(|| painted.clone(), |backdrop| backdrop.change(&painted)))
                };
                let pictures = pictures.into_par_iter();
                let painted =
                    pictures.map(|(frame, picture)| inference::on_one_core(|| one(frame, picture)));
                painted.collect()
            }
        }
    }
}

impl Cut {
    /// A frame of the source video with an alpha plane that holds the persons.
    fn of(&mut self, picture: Image, faces: &[MovingFace<'_>], index: usize) -> Image {
        let mut whole = vec![0; picture.rgb().len() / 3];
        for (face, follower) in self.followers.iter_mut().enumerate() {
            let others = faces.iter().enumerate().filter(|(other, _)| *other != face);
            let others: Vec<Landmarks> = others.map(|(_, other)| other.own[index]).collect();
            let matte = follower.cut(&picture, &faces[face].own[index], &others);
            for (sum, alpha) in whole.iter_mut().zip(matte) {
                *sum = alpha.max(*sum);
            }
        }
        picture.with_alpha(whole)
    }
}

/// Learn the faces of a frame of the source video, `index`, and paint them as in `frame` of the result.
fn paint_moving(
    engine: &MovingEngine,
    picture: &Image,
    faces: &[MovingFace<'_>],
    index: usize,
    frame: usize,
) -> Result<Image, AnimateError> {
    let heads = Territories::new(faces.iter().map(|face| &face.own[index]));
    let mut result = picture.clone();
    for (head, face) in faces.iter().enumerate() {
        let (own, share) = (&face.own[index], face.shares[index]);
        if share <= 0.0 {
            continue; // out of sight: the frame stays as it is
        }
        let driven = &face.driven[frame];
        let painted = match engine {
            MovingEngine::Warp => WarpEngine::new(picture, own).paint(&onto(driven, own, share)),
            MovingEngine::Portrait(model) => {
                let painter = PortraitPainter::new(model.clone(), picture, own, &[])?;
                let Some(painter) = painter else {
                    continue;
                };
                painter.paint(&mixed(own, &looking(driven, driven.gaze), share))?
            }
        };
        heads.lay(head, picture, &painted, &mut result);
    }
    Ok(result)
}
