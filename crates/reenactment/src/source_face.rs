//! The source: its picture and the landmarks of the face that shall move.

use std::io::Write;
use std::path::{Path, PathBuf};

use landmarks::{FaceChoice, FaceFinder, FaceFrame, Landmarks};
use media::{Image, InputKind, VideoReader, read_picture, sniff};

use crate::config::Source;
use crate::error::AnimateError;
use crate::few_shot::{Avatar, AvatarError, AvatarPainter};

/// The drawn portrait, a PNG.
const PORTRAIT: &[u8] = include_bytes!("../../../assets/portrait.png");

/// A picture with one face in it.
pub(crate) struct SourceFace {
    pub(crate) picture: Image,
    pub(crate) landmarks: Landmarks,
    /// All faces in the picture, the largest first.
    pub(crate) found: Vec<Landmarks>,
    /// The network that paints, where the source is an avatar.
    pub(crate) avatar: Option<AvatarPainter>,
}

/// Read the source and find the chosen face.
pub(crate) fn find_source(
    finder: &FaceFinder,
    source: &Source,
    choice: FaceChoice,
) -> Result<SourceFace, AnimateError> {
    let (picture, path) = match source {
        Source::File(path) if is_avatar(path) => return Ok(open_avatar(path)?),
        Source::File(path) => (read_source(path)?, path.clone()),
        Source::BuiltInPortrait => (built_in_portrait()?, PathBuf::from("the built-in portrait")),
    };
    let faces = finder.find_all(&picture)?;
    let found: Vec<Landmarks> = faces.iter().map(|face| face.landmarks).collect();
    if found.is_empty() {
        return Err(AnimateError::NoSourceFace { path });
    }
    Ok(SourceFace {
        picture,
        landmarks: choose_face(source, &found, choice)?,
        found,
        avatar: None,
    })
}

/// The chosen one of the faces of a source.
pub(crate) fn choose_face(
    source: &Source,
    found: &[Landmarks],
    choice: FaceChoice,
) -> Result<Landmarks, AnimateError> {
    let frames: Vec<FaceFrame> = found.iter().map(FaceFrame::from_landmarks).collect();
    let chosen = choice.choose(&frames).map(|index| found[index]);
    chosen.ok_or_else(|| {
        let path = match source {
            Source::File(path) => path.clone(),
            Source::BuiltInPortrait => PathBuf::from("the built-in portrait"),
        };
        not_chosen(choice, path, found.len())
    })
}

/// Whether a file's ending says that it is an avatar.
pub(crate) fn is_avatar(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "avatar")
}

/// An avatar stands for a picture of the person at rest.
fn open_avatar(path: &Path) -> Result<SourceFace, AvatarError> {
    let avatar = Avatar::open(path)?;
    let painter = AvatarPainter::new(&avatar)?;
    Ok(SourceFace {
        picture: painter.paint(avatar.rest())?,
        landmarks: *avatar.rest(),
        found: vec![*avatar.rest()],
        avatar: Some(painter),
    })
}

/// Why none of `found` faces fits the choice.
pub(crate) fn not_chosen(choice: FaceChoice, path: PathBuf, found: usize) -> AnimateError {
    match choice {
        FaceChoice::Number(number) => AnimateError::NoSuchFace {
            path,
            number,
            found,
        },
        FaceChoice::Largest | FaceChoice::Box { .. } => AnimateError::NoFaceInBox { path, found },
    }
}

/// A picture, or the first frame of a video.
fn read_source(path: &Path) -> Result<Image, AnimateError> {
    let refused = |kind| AnimateError::SourceIsNoPicture {
        path: path.to_owned(),
        kind,
    };
    match sniff(path)? {
        InputKind::Picture => Ok(read_picture(path)?),
        InputKind::Video => {
            let first = VideoReader::open(path)?.next_frame()?;
            first
                .map(|frame| frame.image)
                .ok_or_else(|| refused("a video without frames"))
        }
        InputKind::PictureFolder => Err(refused("a folder")),
        InputKind::Sound => Err(refused("sound alone")),
    }
}

fn built_in_portrait() -> Result<Image, AnimateError> {
    let unpack = || {
        let mut file = tempfile::Builder::new().suffix(".png").tempfile()?;
        file.write_all(PORTRAIT)?;
        file.flush()?;
        Ok(file)
    };
    let file = unpack().map_err(|source| AnimateError::BuiltInPortrait { source })?;
    Ok(read_picture(file.path())?)
}
