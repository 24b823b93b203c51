//! Turns a picture into a clip of one frame, with more around the head than a clip has, so that it can
//! be moved about.

use std::error::Error;
use std::path::Path;

use landmarks::{FaceChoice, FaceFinder, FaceFrame, cut_crop, face_detail, head_square};
use media::{encode_jpeg, read_picture};

use crate::clip_crops::pose;
use crate::clip_parts::BadPart;
use crate::preprocess_config::{PreprocessConfig, RejectReason};
use crate::shard_format::FrameFacts;
use crate::shard_writer::StoredFrame;

/// Side of the crop, in sides of a clip's crop.
pub(crate) const STILL_ROOM: f32 = 1.3;

/// Least share of the crop that the picture fills: what is repeated beyond its border streaks.
const LEAST_FILLED: f32 = 0.9;

/// The largest face of a picture, or why there is none to be had.
pub(crate) fn cut_still(
    path: &Path,
    finder: &FaceFinder,
    config: &PreprocessConfig,
) -> Result<Result<StoredFrame, BadPart>, Box<dyn Error + Send + Sync>> {
    let picture = read_picture(path)?;
    let bad = |reason, detail: String| BadPart {
        first_frame: 0,
        frames: 1,
        reason,
        detail,
    };
    let Some(face) = finder.find(&picture, FaceChoice::Largest)? else {
        return Ok(Err(bad(RejectReason::NoFace, "1 picture".to_owned())));
    };
    let size_px = FaceFrame::from_landmarks(&face.landmarks).size_px;
    if size_px < config.least_face_px {
        let detail = format!("{size_px:.0} of at least {:.0} px", config.least_face_px);
        return Ok(Err(bad(RejectReason::TooSmall, detail)));
    }
    let Some(square) = head_square([&face.landmarks], config.margin * STILL_ROOM) else {
        return Ok(Err(bad(
            RejectReason::NoFace,
            "points in one place".to_owned(),
        )));
    };
    let filled = filled_share(&square, [picture.width(), picture.height()]);
    if filled < LEAST_FILLED {
        let detail = format!("it fills {filled:.2} of at least {LEAST_FILLED:.2} of the crop");
        return Ok(Err(bad(RejectReason::CutOff, detail)));
    }
    let map = square.square_to_picture(1.0, config.side_px);
    let crop = cut_crop(&picture, &map, config.side_px);
    let points = face.landmarks.map(|point| map.to_crop(point));
    let sharpness = face_detail(&crop, &points);
    if sharpness < config.least_sharpness {
        let detail = format!("{sharpness:.2} of at least {:.2}", config.least_sharpness);
        return Ok(Err(bad(RejectReason::Blurred, detail)));
    }
    Ok(Ok(StoredFrame {
        jpeg: encode_jpeg(&crop, config.jpeg_quality),
        facts: FrameFacts {
            frame: 0,
            time_s: 0.0,
            points: points.points.to_vec(),
            pose_degrees: pose(&points),
            confidence: face.presence,
        },
    }))
}

/// Share of an upright square that lies within a picture.
fn filled_share(square: &FaceFrame, size: [u32; 2]) -> f32 {
    let along = |axis: usize| {
        let low = (square.centre[axis] - square.size_px / 2.0).max(0.0);
        let high = (square.centre[axis] + square.size_px / 2.0).min(size[axis] as f32);
        (high - low).max(0.0) / square.size_px
    };
    along(0) * along(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_at_the_border_fills_less() {
        let square = |x: f32| FaceFrame {
            centre: [x, 50.0],
            size_px: 40.0,
            roll: 0.0,
        };
        assert_eq!(filled_share(&square(50.0), [100, 100]), 1.0);
        assert_eq!(filled_share(&square(10.0), [100, 100]), 0.75);
        assert_eq!(filled_share(&square(-30.0), [100, 100]), 0.0);
    }
}
