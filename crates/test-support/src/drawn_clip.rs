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
}
