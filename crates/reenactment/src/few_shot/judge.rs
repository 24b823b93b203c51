//! Whether a picture can be learned from.

use landmarks::{FaceFinder, FaceFrame, Landmarks};
use media::Image;

use super::album::{AlbumConfig, JudgedPhoto, TILE};
use super::shot::Shot;
use crate::error::AnimateError;

/// Faces smaller than this are refused, pixels.
const LEAST_FACE_PX: f32 = 48.0;
/// Mean absolute second difference of grey levels in the face under which it is blurred.
const LEAST_DETAIL: f32 = 0.5;
/// Gap of the lids, in widths of the eye, under which the eyes are closed.
const CLOSED_GAP: f32 = 0.12;

/// What is said of one picture.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is learned from.
    Taken,
    /// It could be used, but others differ more.
    Spare,
    /// It cannot be decoded.
    Unreadable(String),
    /// No face was found.
    NoFace,
    /// The face is too small, pixels.
    TooSmall(f32),
    /// Out of focus.
    Blurred(f32),
    /// Both eyes are closed.
    EyesClosed,
    /// Somebody else than most pictures show; the cosine of the faces' embeddings.
    AnotherPerson(f32),
    /// Nearly the same as the named one.
    NearDuplicate(String),
}

impl Verdict {
    /// In words.
    pub fn text(&self) -> String {
        match self {
            Self::Taken => "taken".to_owned(),
            Self::Spare => "not needed".to_owned(),
            Self::Unreadable(reason) => format!("cannot be read: {reason}"),
            Self::NoFace => "no face found".to_owned(),
            Self::TooSmall(px) => {
                format!("face too small ({px:.0} of at least {LEAST_FACE_PX:.0} px)")
            }
            Self::Blurred(detail) => format!("blurred ({detail:.2} of at least {LEAST_DETAIL:.2})"),
            Self::EyesClosed => "eyes closed".to_owned(),
            Self::AnotherPerson(cosine) => format!("another person (likeness {cosine:.2})"),
            Self::NearDuplicate(other) => format!("nearly the same as {other}"),
        }
    }
}

/// Looks at one picture after the other.
pub(super) struct Judge<'a> {
    pub(super) finder: &'a FaceFinder,
    pub(super) config: &'a AlbumConfig<'a>,
}

impl Judge<'_> {
    /// The verdict on a picture; name and digest are the caller's to add.
    pub(super) fn photo(&self, picture: &Image) -> Result<JudgedPhoto, AnimateError> {
        let faces = self.finder.find_all(picture)?;
        let size = |landmarks: &Landmarks| FaceFrame::from_landmarks(landmarks).size_px;
        let largest = faces
            .iter()
            .max_by(|a, b| size(&a.landmarks).total_cmp(&size(&b.landmarks)));
        let cut = largest.and_then(|face| {
            let shot = Shot::cut(picture, &face.landmarks, self.config.side_px)?;
            let thumbnail = Shot::cut(picture, &face.landmarks, TILE)?;
            Some((&face.landmarks, shot, thumbnail))
        });
        let Some((landmarks, shot, thumbnail)) = cut else {
            return Ok(JudgedPhoto {
                name: String::new(),
                verdict: Verdict::NoFace,
                thumbnail: Some(landmarks::resize_longer_side(picture, TILE).image),
                shot: None,
                embedding: None,
                digest: String::new(),
            });
        };
        let size_px = size(landmarks);
        let detail = shot.detail();
        let verdict = if size_px < LEAST_FACE_PX {
            Verdict::TooSmall(size_px)
        } else if detail < LEAST_DETAIL {
            Verdict::Blurred(detail)
        } else if eyes_are_closed(landmarks) {
            Verdict::EyesClosed
        } else {
            Verdict::Taken
        };
        let embedding = match &self.config.likeness {
            Some(likeness) if verdict == Verdict::Taken => {
                let embedding = (likeness.embed)(picture, landmarks);
                Some(embedding.map_err(AnimateError::Likeness)?)
            }
            _ => None,
        };
        Ok(JudgedPhoto {
            name: String::new(),
            verdict,
            thumbnail: Some(thumbnail.picture),
            shot: Some(shot),
            embedding,
            digest: String::new(),
        })
    }
}

fn eyes_are_closed(landmarks: &Landmarks) -> bool {
    let points = &landmarks.points;
    let apart =
        |a: usize, b: usize| (points[a][0] - points[b][0]).hypot(points[a][1] - points[b][1]);
    [36, 42].iter().all(|eye| {
        let gap = apart(eye + 1, eye + 5).midpoint(apart(eye + 2, eye + 4));
        gap < CLOSED_GAP * apart(*eye, eye + 3)
    })
}
