//! Mirroring a face: the picture and the names of its points change sides together.

use landmarks::{LEFT_PUPIL, Landmarks, POINTS, RIGHT_PUPIL};

/// Index of each point's partner on the other side of the face; points on the middle line are
/// their own.
pub(crate) fn partner(index: usize) -> usize {
    match index {
        0..=16 => 16 - index,
        17..=26 => 43 - index,
        31..=35 => 66 - index,
        36..=39 => 81 - index,
        40 | 41 => 87 - index,
        42..=45 => 81 - index,
        46 | 47 => 87 - index,
        48..=54 => 102 - index,
        55..=59 => 114 - index,
        60..=64 => 124 - index,
        65..=67 => 132 - index,
        RIGHT_PUPIL => LEFT_PUPIL,
        LEFT_PUPIL => RIGHT_PUPIL,
        _ => index,
    }
}

/// Mirror landmarks in a picture `width` pixels wide.
pub fn flip_landmarks(landmarks: &Landmarks, width: u32) -> Landmarks {
    let mut points = [[0.0; 2]; POINTS];
    for (index, point) in points.iter_mut().enumerate() {
        let [x, y] = landmarks.points[partner(index)];
        *point = [width as f32 - 1.0 - x, y];
    }
    Landmarks { points }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partners_are_mutual_and_swap_the_parts() {
        for index in 0..POINTS {
            assert_eq!(partner(partner(index)), index, "point {index}");
        }
        assert_eq!(partner(36), 45, "outer eye corners");
        assert_eq!(partner(39), 42, "inner eye corners");
        assert_eq!(partner(41), 46, "lower lids");
        assert_eq!(partner(48), 54, "mouth corners");
        assert_eq!(partner(59), 55, "lower lip");
        assert_eq!(partner(60), 64, "inner mouth corners");
        assert_eq!(partner(67), 65, "inner lower lip");
        for middle in [8, 27, 30, 33, 51, 57, 62, 66] {
            assert_eq!(partner(middle), middle);
        }
    }

    #[test]
    fn flipping_twice_changes_nothing() {
        let mut points = [[0.0; 2]; POINTS];
        for (index, point) in points.iter_mut().enumerate() {
            *point = [index as f32, 3.0 * index as f32];
        }
        let landmarks = Landmarks { points };
        assert_eq!(
            flip_landmarks(&flip_landmarks(&landmarks, 640), 640),
            landmarks
        );
    }
}
