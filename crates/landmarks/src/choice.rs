//! Which of several faces is meant.

use crate::face_frame::FaceFrame;

/// Choice among the faces of a picture or of a clip's first frames.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum FaceChoice {
    /// The largest one.
    #[default]
    Largest,
    /// The n-th in order of size, counted from 1.
    Number(usize),
    /// The one that lies most in this box, pixels.
    Box {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: f32,
        /// Width.
        width: f32,
        /// Height.
        height: f32,
    },
}

impl FaceChoice {
    /// Index of the chosen one of `frames`, which are in order of size, the largest first; `None`
    /// where the choice fits none.
    pub fn choose(&self, frames: &[FaceFrame]) -> Option<usize> {
        match *self {
            Self::Largest => (!frames.is_empty()).then_some(0),
            Self::Number(number) => number.checked_sub(1).filter(|index| *index < frames.len()),
            Self::Box {
                x,
                y,
                width,
                height,
            } => {
                let share = |frame: &FaceFrame| share_in_box(frame, [x, y], [width, height]);
                let shares = frames.iter().map(share).enumerate();
                // of equal ones the last counts, so the largest face comes last
                let best = shares.rev().max_by(|a, b| a.1.total_cmp(&b.1))?;
                (best.1 > 0.25).then_some(best.0)
            }
        }
    }
}

/// Common area of a face's square and a box, as a share of the smaller of the two.
fn share_in_box(frame: &FaceFrame, corner: [f32; 2], sides: [f32; 2]) -> f32 {
    let common = |axis: usize| {
        let low = (frame.centre[axis] - frame.size_px / 2.0).max(corner[axis]);
        let high = (frame.centre[axis] + frame.size_px / 2.0).min(corner[axis] + sides[axis]);
        (high - low).max(0.0)
    };
    let square = frame.size_px * frame.size_px;
    let smaller = square.min(sides[0] * sides[1]);
    if smaller > 0.0 {
        common(0) * common(1) / smaller
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames() -> Vec<FaceFrame> {
        let frame = |x, size_px| FaceFrame {
            centre: [x, 100.0],
            size_px,
            roll: 0.0,
        };
        vec![frame(300.0, 90.0), frame(100.0, 60.0)]
    }

    #[test]
    fn numbers_count_from_the_largest_and_from_one() {
        assert_eq!(FaceChoice::Largest.choose(&frames()), Some(0));
        assert_eq!(FaceChoice::Number(1).choose(&frames()), Some(0));
        assert_eq!(FaceChoice::Number(2).choose(&frames()), Some(1));
        assert_eq!(FaceChoice::Number(3).choose(&frames()), None);
        assert_eq!(FaceChoice::Number(0).choose(&frames()), None);
        assert_eq!(FaceChoice::Largest.choose(&[]), None);
    }

    #[test]
    fn a_box_chooses_the_face_in_it_however_roughly_it_was_drawn() {
        let in_box = |x: f32, y: f32, width: f32, height: f32| {
            let choice = FaceChoice::Box {
                x,
                y,
                width,
                height,
            };
            choice.choose(&frames())
        };
        assert_eq!(in_box(80.0, 80.0, 50.0, 50.0), Some(1));
        assert_eq!(in_box(0.0, 0.0, 200.0, 200.0), Some(1));
        assert_eq!(in_box(290.0, 90.0, 10.0, 10.0), Some(0));
        assert_eq!(in_box(0.0, 0.0, 900.0, 900.0), Some(0));
        assert_eq!(in_box(500.0, 500.0, 50.0, 50.0), None);
        assert_eq!(in_box(80.0, 80.0, 0.0, 50.0), None);
    }
}
