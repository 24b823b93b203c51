//! The square that talking-head networks see: upright, around all landmarks, with a margin.

use crate::face_frame::FaceFrame;
use crate::points::Landmarks;

/// Usual side of the square, in sides of the smallest square around the landmarks.
pub const HEAD_MARGIN: f32 = 1.45;

/// The upright square around the landmarks of all frames, `margin` times as large; `None` where
/// there are no frames.
pub fn head_square<'a>(
    frames: impl IntoIterator<Item = &'a Landmarks>,
    margin: f32,
) -> Option<FaceFrame> {
    let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for [x, y] in frames.into_iter().flat_map(|frame| frame.points) {
        for (axis, value) in [x, y].into_iter().enumerate() {
            low[axis] = low[axis].min(value);
            high[axis] = high[axis].max(value);
        }
    }
    let side = (high[0] - low[0]).max(high[1] - low[1]);
    let square = FaceFrame {
        centre: [0, 1].map(|axis| low[axis].midpoint(high[axis])),
        size_px: side * margin,
        roll: 0.0,
    };
    square.is_usable().then_some(square)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::POINTS;

    fn face(shift: f32) -> Landmarks {
        let mut points = [[100.0 + shift, 100.0]; POINTS];
        points[0] = [50.0 + shift, 120.0];
        points[16] = [150.0 + shift, 80.0];
        Landmarks { points }
    }

    #[test]
    fn the_square_holds_the_face_of_every_frame() {
        let still = head_square(&[face(0.0)], 1.5).unwrap();
        assert_eq!(still.size_px, 150.0);
        assert_eq!(still.centre, [100.0, 100.0]);
        let moving = head_square(&[face(0.0), face(40.0)], 1.0).unwrap();
        assert_eq!(moving.size_px, 140.0);
        assert_eq!(moving.centre, [120.0, 100.0]);
        assert_eq!(head_square(&[], 1.5), None);
    }
}
