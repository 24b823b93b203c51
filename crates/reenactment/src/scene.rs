//! The source as the run sees it: a still picture or a video, with the faces that shall move.

use landmarks::{FaceChoice, FaceFinder, FaceFrame, Landmarks};
use media::{Image, InputKind, Rational, sniff};

use crate::background::Backdrop;
use crate::composition::{Background, FaceConfig, SourceFrames};
use crate::config::{AnimateConfig, Source};
use crate::error::AnimateError;
use crate::event::{Event, Warning};
use crate::head_crop::HeadCrop;
use crate::matte::person_matte;
use crate::progress::{Listener, tell};
use crate::source_face::{SourceFace, choose_face, find_source, is_avatar};
use crate::source_video::{SourceTrack, SourceVideo};

/// Overlap from which two choices are the same face.
const SAME_FACE: f32 = 0.5;

/// What moves.
pub(crate) enum Scene {
    /// A picture, or an avatar.
    Still {
        source: Box<SourceFace>,
        /// Landmarks of the faces that move.
        faces: Vec<Landmarks>,
    },
    /// A video.
    Moving {
        video: SourceVideo,
        frames: SourceFrames,
        tracks: Vec<SourceTrack>,
        /// What stands behind the persons instead of what the video shows.
        background: Option<Background>,
    },
}

/// What is done to every painted frame.
#[derive(Default)]
pub(crate) struct Finish {
    crop: Option<HeadCrop>,
    backdrop: Option<Backdrop>,
}

impl Scene {
    /// Read the source and find the faces.
    pub(crate) fn open(
        config: &AnimateConfig,
        faces: &[FaceConfig],
        listener: &mut Listener,
    ) -> Result<Self, AnimateError> {
        if let (Source::File(path), Some(frames)) =
            (&config.source, config.composition.source_frames)
            && !is_avatar(path)
            && matches!(sniff(path)?, InputKind::Video | InputKind::PictureFolder)
        {
            let video = SourceVideo::open(path)?;
            let tracks = video.track(faces, listener)?;
            return Ok(Self::Moving {
                video,
                frames,
                tracks,
                background: config.composition.background,
            });
        }
        let finder = FaceFinder::built_in(None)?;
        let mut source = find_source(&finder, &config.source, config.source_face)?;
        let found = source.found.len();
        if found > 1 && faces.len() == 1 && config.source_face == FaceChoice::Largest {
            let warning = Warning::SeveralSourceFaces { found };
            tell(listener, Event::Warning(warning))?;
        }
        let chosen = chosen_faces(config, &source, faces)?;
        if config.composition.background.is_some() {
            cut_out(&mut source, &chosen)?;
        }
        Ok(Self::Still {
            source: Box::new(source),
            faces: chosen,
        })
    }

    /// The picture, or the first of the video.
    pub(crate) fn picture(&self) -> &Image {
        match self {
            Self::Still { source, .. } => &source.picture,
            Self::Moving { video, .. } => &video.first,
        }
    }

    /// Frames a second and unit of the stamps, where the source has them.
    pub(crate) fn timing(&self) -> Result<Option<(Rational, Rational)>, AnimateError> {
        match self {
            Self::Still { .. } => Ok(None),
            Self::Moving { video, .. } => video.timing().map(Some),
        }
    }

    /// What is done to every painted frame.
    pub(crate) fn finish(&self, config: &AnimateConfig) -> Finish {
        let picture = self.picture();
        let size = [picture.width(), picture.height()];
        let crop = config.composition.is_cropped.then(|| match self {
            Self::Still { faces, .. } => HeadCrop::around(faces, size),
            Self::Moving { tracks, .. } => {
                HeadCrop::around(tracks.iter().flat_map(|track| &track.faces), size)
            }
        });
        // the frames of a video are each cut out and finished where they are painted
        let is_still = matches!(self, Self::Still { .. });
        let wanted = config.composition.background.filter(|_| is_still);
        Finish {
            crop: crop.flatten(),
            backdrop: wanted.map(|wanted| Backdrop::new(picture, wanted)),
        }
    }
}

impl Finish {
    /// Width and height of the result, where painted frames have this size.
    pub(crate) fn size(&self, painted: [u32; 2]) -> [u32; 2] {
        self.crop.map_or(painted, |crop| [crop.side(); 2])
    }

    /// Finish a frame.
    pub(crate) fn apply(&self, mut image: Image) -> Image {
        if let Some(backdrop) = &self.backdrop {
            image = backdrop.change(&image);
        }
        match &self.crop {
            Some(crop) => crop.cut(&image),
            None => image,
        }
    }
}

/// The faces of a picture that move; no face may have two drivers.
fn chosen_faces(
    config: &AnimateConfig,
    source: &SourceFace,
    faces: &[FaceConfig],
) -> Result<Vec<Landmarks>, AnimateError> {
    let mut chosen = vec![source.landmarks];
    for face in &faces[1..] {
        if source.avatar.is_some() {
            return Err(AnimateError::AvatarHasOneFace);
        }
        chosen.push(choose_face(
            &config.source,
            &source.found,
            face.source_face,
        )?);
    }
    let frames: Vec<FaceFrame> = chosen.iter().map(FaceFrame::from_landmarks).collect();
    for second in 1..frames.len() {
        for first in 0..second {
            if frames[first].overlap(&frames[second]) > SAME_FACE {
                let [first, second] = [first + 1, second + 1];
                return Err(AnimateError::SameFaceTwice { first, second });
            }
        }
    }
    Ok(chosen)
}

/// Give the picture an alpha plane that holds the persons, unless it has one.
fn cut_out(source: &mut SourceFace, faces: &[Landmarks]) -> Result<(), AnimateError> {
    if source.avatar.is_some() {
        return Err(AnimateError::BackgroundOfAvatar);
    }
    if source.picture.alpha().is_some() {
        return Ok(());
    }
    let mut whole = vec![0; source.picture.rgb().len() / 3];
    for face in faces {
        let others = source.found.iter().filter(|other| *other != face);
        let others: Vec<Landmarks> = others.copied().collect();
        let matte = person_matte(&source.picture, face, &others);
        for (sum, alpha) in whole.iter_mut().zip(matte) {
            *sum = alpha.max(*sum);
        }
    }
    let picture = std::mem::replace(&mut source.picture, Image::new(0, 0));
    source.picture = picture.with_alpha(whole);
    Ok(())
}
