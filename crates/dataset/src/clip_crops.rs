//! Cuts the parts of a video out of it: one fixed square for every frame of a part.

use landmarks::{FaceFrame, HeadPose, Landmarks, MEAN_HEAD, cut_crop};
use media::{Image, VideoReader, encode_jpeg};

use crate::clip_parts::{BadPart, ClipPart};
use crate::preprocess_config::{PreprocessConfig, RejectReason};
use crate::shard_format::FrameFacts;
use crate::shard_writer::StoredFrame;

/// The square around all landmarks of a part, times the margin.
fn square_around(part: &ClipPart, margin: f32) -> FaceFrame {
    let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for [x, y] in part.frames.iter().flat_map(|frame| frame.landmarks.points) {
        for (axis, value) in [x, y].into_iter().enumerate() {
            low[axis] = low[axis].min(value);
            high[axis] = high[axis].max(value);
        }
    }
    let side = (high[0] - low[0]).max(high[1] - low[1]);
    FaceFrame {
        centre: [0, 1].map(|axis| low[axis].midpoint(high[axis])),
        size_px: side * margin,
        roll: 0.0,
    }
}

/// Go through the video again and cut every part; a part that turns out blurred is rejected.
pub(crate) fn cut_parts(
    mut reader: VideoReader,
    parts: &[ClipPart],
    config: &PreprocessConfig,
) -> Result<(Vec<Vec<StoredFrame>>, Vec<BadPart>), media::MediaError> {
    let squares: Vec<FaceFrame> = parts
        .iter()
        .map(|part| square_around(part, config.margin))
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
            sharpness[part] += detail(&crop, &points) / parts[part].frames.len() as f32;
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
fn pose(points: &Landmarks) -> [f32; 3] {
    let [yaw, pitch, roll] = HeadPose::fit(&MEAN_HEAD, points)
        .rotation
        .yaw_pitch_roll()
        .map(f32::to_degrees);
    [pitch, yaw, roll]
}

/// Mean absolute second difference of grey levels around eyes and nose, where faces have detail.
fn detail(crop: &Image, points: &Landmarks) -> f32 {
    let inner = &points.points[17..48];
    let reach = |axis: usize, fold: fn(f32, f32) -> f32, start: f32| {
        inner.iter().map(|point| point[axis]).fold(start, fold)
    };
    let side = crop.width() as f32;
    let clamp = |value: f32| value.clamp(1.0, side - 2.0) as u32;
    let [left, top] = [0, 1].map(|axis| clamp(reach(axis, f32::min, f32::INFINITY)));
    let [right, bottom] = [0, 1].map(|axis| clamp(reach(axis, f32::max, f32::NEG_INFINITY)));
    let grey = |x: u32, y: u32| {
        let [red, green, blue] = crop.pixel(x, y).map(f32::from);
        0.299 * red + 0.587 * green + 0.114 * blue
    };
    let (mut sum, mut count) = (0.0, 0.0_f32);
    for y in top..=bottom {
        for x in left..=right {
            let around = grey(x - 1, y) + grey(x + 1, y) + grey(x, y - 1) + grey(x, y + 1);
            sum += (around - 4.0 * grey(x, y)).abs() / 4.0;
            count += 1.0;
        }
    }
    sum / count.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip_parts::TrackedFrame;
    use landmarks::POINTS;

    fn part(shift: f32) -> ClipPart {
        let frame = |index: u64, shift: f32| {
            let mut points = [[100.0 + shift, 100.0]; POINTS];
            points[0] = [50.0 + shift, 120.0];
            points[16] = [150.0 + shift, 80.0];
            TrackedFrame {
                index,
                time_s: 0.0,
                landmarks: Landmarks { points },
                confidence: 1.0,
            }
        };
        ClipPart {
            frames: vec![frame(0, 0.0), frame(1, shift)],
        }
    }

    #[test]
    fn the_square_holds_the_face_of_every_frame() {
        let still = square_around(&part(0.0), 1.5);
        assert_eq!(still.size_px, 150.0);
        assert_eq!(still.centre, [100.0, 100.0]);
        let moving = square_around(&part(40.0), 1.0);
        assert_eq!(moving.size_px, 140.0);
        assert_eq!(moving.centre, [120.0, 100.0]);
    }

    #[test]
    fn a_smooth_picture_has_less_detail_than_a_checkered_one() {
        let mut points = [[0.0; 2]; POINTS];
        for (index, point) in points.iter_mut().enumerate() {
            *point = [8.0 + index as f32 / 2.0, 10.0 + index as f32 / 3.0];
        }
        let landmarks = Landmarks { points };
        let drawn = |level: fn(u32, u32) -> u8| {
            let mut image = Image::new(64, 64);
            for y in 0..64 {
                for x in 0..64 {
                    image.set_pixel(x, y, [level(x, y); 3]);
                }
            }
            detail(&image, &landmarks)
        };
        assert!(drawn(|x, y| (x + y) as u8) < 0.01);
        assert!(drawn(|x, y| if (x + y).is_multiple_of(2) { 0 } else { 200 }) > 100.0);
    }
}
