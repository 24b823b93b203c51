//! The crop that follows a face: it rests while the face only trembles.
//!
//! A crop that is cut by the last frame's points hands their noise on to the next frame's.

use crate::face_frame::FaceFrame;

/// Distance that the face may have from the crop, in face sizes, before the crop moves.
const REST: f32 = 0.03;

/// Turn that it may have, radians.
const REST_TURN: f32 = 0.05;

/// Growth that it may have, as a natural logarithm.
const REST_GROWTH: f32 = 0.04;

/// Crop of a followed face.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct SteadyCrop {
    frame: Option<FaceFrame>,
}

impl SteadyCrop {
    /// Put the crop onto a face.
    pub(crate) fn set(&mut self, face: &FaceFrame) {
        self.frame = Some(*face);
    }

    /// Move the crop only so far that the face lies within its rest.
    pub(crate) fn towards(&mut self, face: &FaceFrame) -> FaceFrame {
        let Some(crop) = &mut self.frame else {
            self.frame = Some(*face);
            return *face;
        };
        let away = [0, 1].map(|axis| face.centre[axis] - crop.centre[axis]);
        let distance = away[0].hypot(away[1]);
        let excess = distance - REST * face.size_px;
        if excess > 0.0 {
            for (centre, away) in crop.centre.iter_mut().zip(away) {
                *centre += away * excess / distance;
            }
        }
        let turn = (face.roll - crop.roll)
            .sin()
            .atan2((face.roll - crop.roll).cos());
        crop.roll += beyond(turn, REST_TURN);
        let growth = (face.size_px / crop.size_px).ln();
        crop.size_px *= beyond(growth, REST_GROWTH).exp();
        *crop
    }
}

/// What is left of `value` beyond `-rest..rest`.
fn beyond(value: f32, rest: f32) -> f32 {
    value - value.clamp(-rest, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: FaceFrame = FaceFrame {
        centre: [200.0, 100.0],
        size_px: 100.0,
        roll: 3.1,
    };

    #[test]
    fn a_trembling_face_leaves_the_crop_at_rest() {
        let mut crop = SteadyCrop::default();
        assert_eq!(crop.towards(&FACE), FACE);
        for offset in [-2.0, 2.0, 1.0] {
            let face = FaceFrame {
                centre: [200.0 + offset, 100.0],
                size_px: 100.0 + offset,
                roll: 3.1 + offset / 100.0,
            };
            assert_eq!(crop.towards(&face), FACE);
        }
    }

    #[test]
    fn a_moving_face_pulls_the_crop_along_even_over_the_half_turn() {
        let mut crop = SteadyCrop::default();
        crop.towards(&FACE);
        let moved = FaceFrame {
            centre: [240.0, 130.0],
            size_px: 130.0,
            roll: -3.1,
        };
        let at = crop.towards(&moved);
        let distance = (at.centre[0] - 240.0).hypot(at.centre[1] - 130.0);
        assert!((distance - REST * 130.0).abs() < 1e-3, "{at:?}");
        assert!(at.size_px > 120.0 && at.size_px < 130.0);
        let turn_left = (moved.roll - at.roll).sin();
        assert!(
            turn_left > 0.0 && turn_left <= REST_TURN + 1e-6,
            "{turn_left}"
        );
    }
}
