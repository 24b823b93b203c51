//! Looking at an upload: what it is, which faces it shows, whether it can be used.

use std::path::{Path, PathBuf};

use landmarks::{FaceFinder, FaceFrame, HeadPose, Landmarks, MEAN_HEAD, Track, TrackFormat};
use media::{Image, InputKind, VideoReader, encode_jpeg, read_picture, sniff};
use reenactment::few_shot::{Album, AlbumConfig, Verdict};

use crate::error::Refusal;
use crate::upload::{FoundFace, Upload, UploadKind, UploadVerdict, VerdictCode};

/// Longer side of the picture that the page shows, pixels.
const VIEW_PX: u32 = 1280;
/// Frames of a video that are looked at, one after the other, until one shows a face.
const FRAMES_LOOKED_AT: usize = 25;
/// Turn of the head beyond which much of the face is not seen, degrees.
const TURNED_DEGREES: f32 = 32.0;
/// Side at which sharpness is judged, pixels.
const JUDGED_PX: u32 = 256;

/// What was seen, to be kept beside the file.
pub(crate) struct Inspection {
    pub(crate) kind: UploadKind,
    pub(crate) size: Option<[u32; 2]>,
    pub(crate) duration_s: Option<f64>,
    pub(crate) frames_per_second: Option<f64>,
    pub(crate) has_sound: bool,
    pub(crate) faces: Vec<FoundFace>,
    pub(crate) verdict: UploadVerdict,
    /// The picture for the page, JPEG.
    pub(crate) view: Option<Vec<u8>>,
}

/// Look at a file; what cannot be read or used at all is refused with the reason.
pub(crate) fn inspect(path: &Path, finder: &FaceFinder) -> Result<Inspection, Refusal> {
    if TrackFormat::from_path(path).is_ok() {
        return inspect_motion(path);
    }
    match sniff(path).map_err(unusable)? {
        InputKind::Picture => inspect_picture(path, finder),
        InputKind::Video => inspect_video(path, finder),
        InputKind::Sound => Ok(Inspection {
            has_sound: true,
            ..Inspection::empty(UploadKind::Sound)
        }),
        InputKind::PictureFolder => Err(Refusal::internal("an upload is no folder")),
    }
}

impl Inspection {
    fn empty(kind: UploadKind) -> Self {
        Self {
            kind,
            size: None,
            duration_s: None,
            frames_per_second: None,
            has_sound: false,
            faces: Vec::new(),
            verdict: said(VerdictCode::Good),
            view: None,
        }
    }
}

fn said(code: VerdictCode) -> UploadVerdict {
    UploadVerdict {
        code,
        detail: String::new(),
    }
}

fn inspect_motion(path: &Path) -> Result<Inspection, Refusal> {
    let track = Track::read(path).map_err(unusable)?;
    let rate = track.frame_rate.to_f64();
    Ok(Inspection {
        duration_s: Some(track.frames.len() as f64 / rate),
        frames_per_second: Some(rate),
        ..Inspection::empty(UploadKind::Motion)
    })
}

fn inspect_picture(path: &Path, finder: &FaceFinder) -> Result<Inspection, Refusal> {
    let picture = read_picture(path).map_err(unusable)?;
    let faces = found_faces(&picture, finder)?;
    let verdict = match faces.first() {
        None => said(VerdictCode::NoFace),
        Some(largest) => {
            let album = judge(&[path.to_owned()], 1, finder)?;
            let judged = album
                .photos
                .first()
                .map_or(said(VerdictCode::NoFace), |photo| verdict(&photo.verdict));
            turned(judged, largest)
        }
    };
    Ok(Inspection {
        size: Some([picture.width(), picture.height()]),
        view: Some(view(&picture)),
        faces,
        verdict,
        ..Inspection::empty(UploadKind::Picture)
    })
}

fn inspect_video(path: &Path, finder: &FaceFinder) -> Result<Inspection, Refusal> {
    let mut reader = VideoReader::open(path).map_err(unusable)?;
    let info = reader.info().clone();
    let mut first: Option<Image> = None;
    let mut shown: Option<(Image, Vec<FoundFace>)> = None;
    for _ in 0..FRAMES_LOOKED_AT {
        let Some(frame) = reader.next_frame().map_err(unusable)? else {
            break;
        };
        let faces = found_faces(&frame.image, finder)?;
        if !faces.is_empty() {
            shown = Some((frame.image, faces));
            break;
        }
        first.get_or_insert(frame.image);
    }
    let (picture, faces) = match (shown, first) {
        (Some(shown), _) => shown,
        (None, Some(first)) => (first, Vec::new()),
        (None, None) => return Err(refuse("it holds no frames")),
    };
    let code = if faces.is_empty() {
        VerdictCode::NoFace
    } else {
        VerdictCode::Good
    };
    let counted = info
        .frame_count
        .map(|count| count as f64 / info.frame_rate.to_f64());
    Ok(Inspection {
        size: Some([info.width, info.height]),
        duration_s: info.duration_s.or(counted),
        frames_per_second: Some(info.frame_rate.to_f64()),
        has_sound: info.audio.is_some(),
        faces,
        verdict: said(code),
        view: Some(view(&picture)),
        ..Inspection::empty(UploadKind::Video)
    })
}

fn found_faces(picture: &Image, finder: &FaceFinder) -> Result<Vec<FoundFace>, Refusal> {
    let faces = finder.find_all(picture);
    let faces = faces.map_err(|error| Refusal::internal(error.to_string()))?;
    Ok(faces
        .iter()
        .map(|face| found_face(&face.landmarks))
        .collect())
}

fn found_face(landmarks: &Landmarks) -> FoundFace {
    let frame = FaceFrame::from_landmarks(landmarks);
    let [x, y] = frame.centre.map(|centre| centre - frame.size_px / 2.0);
    let [yaw, pitch, _] = HeadPose::fit(&MEAN_HEAD, landmarks)
        .rotation
        .yaw_pitch_roll();
    FoundFace {
        landmarks: landmarks.points.to_vec(),
        square: [x, y, frame.size_px, frame.size_px],
        yaw_degrees: yaw.to_degrees(),
        pitch_degrees: pitch.to_degrees(),
    }
}

/// The verdicts on pictures of one person.
fn judge(paths: &[PathBuf], shots: usize, finder: &FaceFinder) -> Result<Album, Refusal> {
    let asked = AlbumConfig {
        side_px: JUDGED_PX,
        shots,
        likeness: None,
    };
    Album::open(paths, finder, &asked).map_err(unusable)
}

/// The verdicts on uploads of one person together, in their order: which are learned from, which say too
/// little. Of a video, the first frame's counts.
pub(crate) fn judge_together(
    uploads: &[(Upload, PathBuf)],
    shots: usize,
    finder: &FaceFinder,
) -> Result<Vec<UploadVerdict>, Refusal> {
    let paths: Vec<PathBuf> = uploads.iter().map(|(_, path)| path.clone()).collect();
    let pictures_only = uploads
        .iter()
        .all(|(upload, _)| upload.kind == UploadKind::Picture);
    if !pictures_only {
        return Ok(uploads
            .iter()
            .map(|(upload, _)| upload.verdict.clone())
            .collect());
    }
    let album = judge(&paths, shots, finder)?;
    Ok(album
        .photos
        .iter()
        .map(|photo| verdict(&photo.verdict))
        .collect())
}

fn verdict(judged: &Verdict) -> UploadVerdict {
    let (code, detail) = match judged {
        Verdict::Taken => (VerdictCode::Good, String::new()),
        Verdict::Spare => (VerdictCode::Spare, String::new()),
        Verdict::NoFace | Verdict::Unreadable(_) => (VerdictCode::NoFace, String::new()),
        Verdict::TooSmall(px) => (VerdictCode::Small, format!("{px:.0}")),
        Verdict::Blurred(_) => (VerdictCode::Blurred, String::new()),
        Verdict::EyesClosed => (VerdictCode::EyesClosed, String::new()),
        Verdict::AnotherPerson(_) | Verdict::NearDuplicate(_) => {
            (VerdictCode::NearDuplicate, String::new())
        }
    };
    UploadVerdict { code, detail }
}

/// A face that is turned far is told where nothing worse is.
fn turned(judged: UploadVerdict, face: &FoundFace) -> UploadVerdict {
    if judged.code == VerdictCode::Good && face.yaw_degrees.abs() > TURNED_DEGREES {
        return UploadVerdict {
            code: VerdictCode::Turned,
            detail: format!("{:.0}", face.yaw_degrees.abs()),
        };
    }
    judged
}

/// A picture as the page shows it: not larger than screens are, on white where it is transparent.
fn view(picture: &Image) -> Vec<u8> {
    let mut opaque = picture.clone();
    if let Some(alpha) = picture.alpha() {
        for (pixel, alpha) in opaque.rgb_mut().chunks_exact_mut(3).zip(alpha) {
            for value in pixel {
                let mixed = u16::from(*value) * u16::from(*alpha) + 255 * (255 - u16::from(*alpha));
                *value = (mixed / 255) as u8;
            }
        }
    }
    let is_large = picture.width().max(picture.height()) > VIEW_PX;
    let shown = if is_large {
        landmarks::resize_longer_side(&opaque, VIEW_PX).image
    } else {
        opaque
    };
    encode_jpeg(&shown, 88)
}

/// A file's own error, without the place of ours that it lies at.
fn unusable(error: impl std::error::Error) -> Refusal {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let sentence = error.to_string();
        if !text.contains(&sentence) {
            text = format!("{text}: {sentence}");
        }
        cause = error.source();
    }
    refuse(&without_paths(&text))
}

fn refuse(reason: &str) -> Refusal {
    Refusal::new(
        axum::http::StatusCode::UNPROCESSABLE_ENTITY,
        "unusable",
        format!("this file cannot be used: {reason}"),
    )
}

/// Replace the names of our folders, which mean nothing to the user.
pub(crate) fn without_paths(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let is_place = word.matches(std::path::MAIN_SEPARATOR).count() > 1 && !word.contains("://");
        let colon = if word.ends_with(':') { ":" } else { "" };
        if is_place {
            format!("the file{colon}")
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_our_disk_are_not_told() {
        let text = "/var/studio/uploads/0a/original.bin: not a picture, try image/png or 3/4";
        assert_eq!(
            without_paths(text),
            "the file: not a picture, try image/png or 3/4"
        );
    }
}
