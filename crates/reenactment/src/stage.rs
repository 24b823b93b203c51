//! Painting whole frames: one or several heads, in a still picture or in the frames of a video.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use landmarks::Landmarks;
use media::Image;
use rayon::prelude::*;

use crate::clock::mixed;
use crate::config::Engine;
use crate::error::AnimateError;
use crate::event::PaintedBy;
use crate::painter::{Painter, painted_by, portrait_model};
use crate::portrait::{PortraitModel, PortraitPainter, looking};
use crate::progress::Listener;
use crate::retarget::DrivenFace;
use crate::scene::Scene;
use crate::source_video::SourceReader;
use crate::territory::Territories;

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
        model: Arc<PortraitModel>,
        /// For each frame, that of the source video.
        source_frames: Vec<usize>,
        faces: Vec<MovingFace<'a>>,
    },
}

/// A face of a source video.
pub(crate) struct MovingFace<'a> {
    /// Landmarks in the frames of the source.
    own: &'a [Landmarks],
    /// Landmarks in the frames of the result.
    wanted: Vec<Landmarks>,
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
            Scene::Moving { video, tracks, .. } => {
                let faces = tracks.iter().zip(driven).map(|(track, driven)| {
                    let frames = driven.iter().zip(source_frames);
                    let wanted = frames.map(|(face, index)| {
                        let own = &track.faces[*index];
                        mixed(own, &looking(face, face.gaze), track.shares[*index])
                    });
                    MovingFace {
                        wanted: wanted.collect(),
                        own: &track.faces,
                    }
                });
                Ok(Self::Moving {
                    reader: Box::new(SourceReader::open(video)?),
                    model: Arc::new(portrait_model(engine)?),
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
            Self::Moving { model, .. } => painted_by(model),
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
                model,
                source_frames,
                faces,
            } => {
                let mut pictures = Vec::with_capacity(frames.len());
                for frame in frames {
                    pictures.push((frame, reader.frame(source_frames[frame])?));
                }
                let one = |frame: usize, picture: Image| {
                    let index = source_frames[frame];
                    paint_moving(model, &picture, faces, index, frame)
                };
                let pictures = pictures.into_par_iter();
                let painted =
                    pictures.map(|(frame, picture)| inference::on_one_core(|| one(frame, picture)));
                painted.collect()
            }
        }
    }
}

/// Learn the faces of a frame of the source video, `index`, and paint them as in `frame` of the result.
fn paint_moving(
    model: &Arc<PortraitModel>,
    picture: &Image,
    faces: &[MovingFace<'_>],
    index: usize,
    frame: usize,
) -> Result<Image, AnimateError> {
    let heads = Territories::new(faces.iter().map(|face| &face.own[index]));
    let mut result = picture.clone();
    for (head, face) in faces.iter().enumerate() {
        let (own, wanted) = (&face.own[index], &face.wanted[frame]);
        if own == wanted {
            continue; // out of sight: the frame stays as it is
        }
        let painter = PortraitPainter::new(model.clone(), picture, own, &[])?;
        let Some(painter) = painter else {
            continue;
        };
        heads.lay(head, picture, &painter.paint(wanted)?, &mut result);
    }
    Ok(result)
}
