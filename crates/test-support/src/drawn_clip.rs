//! A short clip of the drawn person, who turns, talks, blinks and looks about.

use crate::drawn_head::DrawnHead;

/// The person in each of `frames` frames of a square clip; one second is 25 frames.
///
/// The first frame is the rest: facing the viewer, mouth closed, eyes open.
pub fn drawn_clip(side_px: u32, frames: u32) -> Vec<DrawnHead> {
    let rest = DrawnHead::frontal(side_px);
    (0..frames)
        .map(|frame| {
            let time_s = frame as f32 / 25.0;
            let wave = |per_second: f32| (time_s * per_second * std::f32::consts::TAU).sin();
            let is_shut = frame % 30 >= 12 && frame % 30 < 16;
            DrawnHead {
                yaw: 12.0 * wave(0.5),
                pitch: 5.0 * wave(0.8),
                roll: 4.0 * wave(0.3),
                mouth_open: 0.7 * wave(1.3).max(0.0),
                eyes_open: if is_shut { [0.0; 2] } else { [1.0; 2] },
                gaze: [0.5 * wave(0.4), 0.0],
                ..rest
            }
        })
        .collect()
}

/// A clip in which all that a head can do comes in many mixtures; `number` says when what comes.
pub fn varied_clip(side_px: u32, frames: u32, number: u32) -> Vec<DrawnHead> {
    let rest = DrawnHead::frontal(side_px);
    let start = number as f32 * 7.3;
    (0..frames)
        .map(|frame| {
            let time_s = start + frame as f32 / 8.0;
            let wave = |per_second: f32| (time_s * per_second * std::f32::consts::TAU).sin();
            let lids = (1.6 * wave(0.41) + 0.9).clamp(0.0, 1.0);
            DrawnHead {
                centre: [
                    rest.centre[0] + 0.02 * side_px as f32 * wave(0.13),
                    rest.centre[1] + 0.015 * side_px as f32 * wave(0.19),
                ],
                yaw: 22.0 * wave(0.17),
                pitch: 9.0 * wave(0.23),
                roll: 8.0 * wave(0.11),
                mouth_open: (1.2 * wave(0.37)).clamp(0.0, 1.0),
                smile: (1.3 * wave(0.29)).clamp(0.0, 1.0),
                eyes_open: [lids; 2],
                gaze: [0.9 * wave(0.31), 0.7 * wave(0.47)],
                ..rest
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clip_starts_at_rest_then_talks_and_blinks() {
        let clip = drawn_clip(64, 50);
        assert_eq!(clip[0], DrawnHead::frontal(64));
        assert!(clip.iter().any(|head| head.mouth_open > 0.5));
        assert!(clip.iter().any(|head| head.eyes_open == [0.0; 2]));
    }

    #[test]
    fn a_varied_clip_shows_both_ends_of_everything() {
        let clip = varied_clip(64, 90, 3);
        let range = |of: fn(&DrawnHead) -> f32| {
            let values = clip.iter().map(of);
            let (low, high) = values.fold((f32::MAX, f32::MIN), |(low, high), value| {
                (low.min(value), high.max(value))
            });
            high - low
        };
        assert!(range(|head| head.yaw) > 30.0);
        assert!(range(|head| head.mouth_open) > 0.9);
        assert!(range(|head| head.eyes_open[0]) > 0.9);
        assert!(range(|head| head.gaze[0]) > 1.2);
    }
}
