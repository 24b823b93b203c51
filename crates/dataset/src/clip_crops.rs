//! Cuts the parts of a video out of it: one fixed square for every frame of a part.

use landmarks::{FaceFrame, HeadPose, Landmarks, MEAN_HEAD, cut_crop, face_detail, head_square};
use media::{VideoReader, encode_jpeg};

use crate::clip_parts::{BadPart, ClipPart};
use crate::preprocess_config::{PreprocessConfig, RejectReason};
use crate::shard_format::FrameFacts;
use crate::shard_writer::StoredFrame;

/// Go through the video again and cut every part; a part that turns out blurred is rejected.
pub(crate) fn cut_parts(
    mut reader: VideoReader,
    parts: &[ClipPart],
    config: &PreprocessConfig,
) -> Result<(Vec<Vec<StoredFrame>>, Vec<BadPart>), media::MediaError> {
    let squares: Vec<FaceFrame> = parts
        .iter()
        .map(|part| {
            let faces = part.frames.iter().map(|frame| &frame.landmarks);
            head_square(faces, config.margin).expect("parts have frames with faces")
        })
        .collect();
    let mut cut: Vec<Vec<StoredFrame>> = parts.iter().map(|_| Vec::new()).collect();
    let mut sharpness = vec![0.0; parts.len()];
    let mut wanted = parts
        .iter()
        .enumerate()
        .flat_map(|(part, frames)| frames.frames.iter().map(move |frame| (part, frame)));
    let mut next = wanted.next();
    let mut index = 0;
    while let Some((part, tracked)) = next {
        let Some(frame) = reader.next_frame()? else {
            break;
        };
        if index == tracked.index {
            let map = squares[part].square_to_picture(1.0, config.side_px);
            let crop = cut_crop(&frame.image, &map, config.side_px);
            let points = tracked.landmarks.map(|point| map.to_crop(point));
            sharpness[part] += face_detail(&crop, &points) / parts[part].frames.len() as f32;
            cut[part].push(StoredFrame {
                jpeg: encode_jpeg(&crop, config.jpeg_quality),
                facts: FrameFacts {
                    frame: tracked.index,
                    time_s: tracked.time_s,
                    points: points.points.to_vec(),
                    pose_degrees: pose(&points),
                    confidence: tracked.confidence,
                },
            });
            next = wanted.next();
        }
        index += 1;
    }
    let mut bad = Vec::new();
    for (part, frames) in cut.iter_mut().enumerate() {
        if sharpness[part] < config.least_sharpness {
            bad.push(BadPart {
                first_frame: frames.first().map_or(0, |frame| frame.facts.frame),
                frames: frames.len() as u64,
                reason: RejectReason::Blurred,
                detail: format!(
                    "{:.2} of at least {:.2}",
                    sharpness[part], config.least_sharpness
                ),
            });
            frames.clear();
        }
    }
    cut.retain(|frames| !frames.is_empty());
    Ok((cut, bad))
}

/// Pitch, yaw and roll, degrees.
pub(crate) fn pose(points: &Landmarks) -> [f32; 3] {
    let [yaw, pitch, roll] = HeadPose::fit(&MEAN_HEAD, points)
        .rotation
        .yaw_pitch_roll()
        .map(f32::to_degrees);
    [pitch, yaw, roll]
}
