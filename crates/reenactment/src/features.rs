//! What a face does, read from its points: how far mouth and eyes are open, where the eyes look.

use landmarks::{Landmarks, POINTS};

use landmarks::Place3;

/// Upper and lower point of the inner lips: right, middle, left.
pub(crate) const LIP_PAIRS: [(usize, usize); 3] = [(61, 67), (62, 66), (63, 65)];
/// Opening below which closed lips are found, in units of the head.
const CLOSED_LIPS: f32 = 0.008;
/// Opening at which closed lids are found, in units of the head.
const CLOSED_LIDS: f32 = 0.003;

/// Points of one eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EyePoints {
    /// Corners, the left one in the picture first.
    pub(crate) corners: [usize; 2],
    /// Upper lid, from the left in the picture.
    pub(crate) upper: [usize; 2],
    /// Lower lid, from the left in the picture.
    pub(crate) lower: [usize; 2],
    /// Pupil.
    pub(crate) pupil: usize,
}

/// The person's right eye, on the left in the picture, and the left one.
pub(crate) const EYES: [EyePoints; 2] = [
    EyePoints {
        corners: [36, 39],
        upper: [37, 38],
        lower: [41, 40],
        pupil: 68,
    },
    EyePoints {
        corners: [42, 45],
        upper: [43, 44],
        lower: [47, 46],
        pupil: 69,
    },
];

/// How far the lips are apart at their right, middle and left, in units of the head; 0 where they
/// touch.
pub(crate) fn lip_gaps(shape: &[Place3; POINTS]) -> [f32; 3] {
    LIP_PAIRS.map(|(upper, lower)| (shape[lower][1] - shape[upper][1] - CLOSED_LIPS).max(0.0))
}

/// Distance of the mouth's corners.
pub(crate) fn mouth_width(shape: &[Place3; POINTS]) -> f32 {
    let [a, b] = [shape[48], shape[54]];
    (0..3)
        .map(|axis| (a[axis] - b[axis]).powi(2))
        .sum::<f32>()
        .sqrt()
}

/// Mean opening of an eye seen at `scale` pixels per unit of the head, in that unit, square to the
/// line between its corners; 0 where the lids touch.
pub(crate) fn lid_gap(eye: &EyePoints, landmarks: &Landmarks, scale: f32) -> f32 {
    let [from, to] = eye.corners.map(|corner| landmarks.points[corner]);
    let along = [to[0] - from[0], to[1] - from[1]];
    let length = along[0].hypot(along[1]).max(1e-6);
    let gap = |i: usize| {
        let [upper, lower] = [eye.upper[i], eye.lower[i]].map(|index| landmarks.points[index]);
        ((lower[1] - upper[1]) * along[0] - (lower[0] - upper[0]) * along[1]) / length
    };
    ((gap(0) + gap(1)) / 2.0 / scale - CLOSED_LIDS).max(0.0)
}

/// Where the pupil stands between the corners: along the line from corner to corner and square to
/// it, in lengths of that line, from its middle.
pub(crate) fn gaze(eye: &EyePoints, landmarks: &Landmarks) -> [f32; 2] {
    let [from, to] = eye.corners.map(|corner| landmarks.points[corner]);
    let along = [to[0] - from[0], to[1] - from[1]];
    let square = (along[0] * along[0] + along[1] * along[1]).max(1e-6);
    let pupil = landmarks.points[eye.pupil];
    let offset = [
        pupil[0] - (from[0] + to[0]) / 2.0,
        pupil[1] - (from[1] + to[1]) / 2.0,
    ];
    [
        (offset[0] * along[0] + offset[1] * along[1]) / square,
        (offset[1] * along[0] - offset[0] * along[1]) / square,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::MEAN_HEAD;

    #[test]
    fn the_mean_head_has_its_mouth_closed_and_its_eyes_open() {
        assert!(lip_gaps(&MEAN_HEAD).iter().all(|gap| *gap < 1e-6));
        let points = MEAN_HEAD.map(|[x, y, _]| [x, y]);
        for eye in &EYES {
            assert!(lid_gap(eye, &Landmarks { points }, 1.0) > 0.06);
        }
    }

    #[test]
    fn gaze_does_not_depend_on_place_size_or_roll() {
        let points = MEAN_HEAD.map(|[x, y, _]| [x, y]);
        let mut flat = Landmarks { points };
        flat.points[68][0] += 0.05;
        let (sin, cos) = 0.5_f32.sin_cos();
        let moved =
            flat.map(|[x, y]| [7.0 + 90.0 * (x * cos - y * sin), 90.0 * (x * sin + y * cos)]);
        let [one, other] = [gaze(&EYES[0], &flat), gaze(&EYES[0], &moved)];
        assert!((one[0] - other[0]).abs() < 1e-4 && (one[1] - other[1]).abs() < 1e-4);
        assert!(one[0] > 0.1);
    }
}
