//! The average head: where the 70 points lie in three dimensions when the face is at rest.
//!
//! Numbers: the median over 209 calm frontal faces of the training data, each turned, scaled and
//! moved onto the others, and made symmetric. Mouth closed, eyes open.

use crate::points::POINTS;

use crate::rotation::Place3;

/// The 70 points at rest. The unit is the distance of the outer eye corners; x to the right of the
/// picture, y down, z away from the viewer; the origin lies behind the nose, between the ears.
#[expect(clippy::approx_constant, reason = "coordinates, not constants")]
pub const MEAN_HEAD: [Place3; POINTS] = [
    // jaw
    [-0.794, -0.175, 0.552],
    [-0.789, -0.002, 0.599],
    [-0.775, 0.174, 0.599],
    [-0.694, 0.553, 0.486],
    [-0.624, 0.701, 0.363],
    [-0.544, 0.806, 0.231],
    [-0.352, 0.964, 0.036],
    [-0.143, 1.061, -0.109],
    [0.000, 1.071, -0.131],
    [0.143, 1.061, -0.109],
    [0.352, 0.964, 0.036],
    [0.544, 0.806, 0.231],
    [0.624, 0.701, 0.363],
    [0.694, 0.553, 0.486],
    [0.775, 0.174, 0.599],
    [0.789, -0.002, 0.599],
    [0.794, -0.175, 0.552],
    // brows
    [-0.656, -0.421, 0.000],
    [-0.587, -0.490, -0.094],
    [-0.479, -0.531, -0.170],
    [-0.334, -0.528, -0.237],
    [-0.169, -0.507, -0.273],
    [0.169, -0.507, -0.273],
    [0.334, -0.528, -0.237],
    [0.479, -0.531, -0.170],
    [0.587, -0.490, -0.094],
    [0.656, -0.421, 0.000],
    // nose
    [0.000, -0.304, -0.267],
    [0.000, -0.134, -0.381],
    [0.000, 0.014, -0.512],
    [0.000, 0.109, -0.544],
    [-0.139, 0.234, -0.304],
    [-0.087, 0.271, -0.328],
    [0.000, 0.274, -0.347],
    [0.087, 0.271, -0.328],
    [0.139, 0.234, -0.304],
    // eyes
    [-0.500, -0.251, -0.015],
    [-0.433, -0.308, -0.090],
    [-0.318, -0.315, -0.110],
    [-0.193, -0.229, -0.077],
    [-0.301, -0.217, -0.101],
    [-0.414, -0.212, -0.080],
    [0.193, -0.229, -0.077],
    [0.318, -0.315, -0.110],
    [0.433, -0.308, -0.090],
    [0.500, -0.251, -0.015],
    [0.414, -0.212, -0.080],
    [0.301, -0.217, -0.101],
    // outer lips
    [-0.286, 0.539, -0.134],
    [-0.162, 0.466, -0.302],
    [-0.083, 0.440, -0.343],
    [0.000, 0.455, -0.353],
    [0.083, 0.440, -0.343],
    [0.162, 0.466, -0.302],
    [0.286, 0.539, -0.134],
    [0.158, 0.622, -0.264],
    [0.084, 0.645, -0.295],
    [0.000, 0.653, -0.302],
    [-0.084, 0.645, -0.295],
    [-0.158, 0.622, -0.264],
    // inner lips
    [-0.261, 0.537, -0.156],
    [-0.069, 0.530, -0.277],
    [0.000, 0.533, -0.286],
    [0.069, 0.530, -0.277],
    [0.261, 0.537, -0.156],
    [0.069, 0.538, -0.275],
    [0.000, 0.540, -0.284],
    [-0.069, 0.538, -0.275],
    // pupils
    [-0.362, -0.269, -0.077],
    [0.362, -0.269, -0.077],
];

/// How firmly each point sits on the skull, from 0 (moves with every expression) to 1.
pub fn firmness(point: usize) -> f32 {
    match point {
        0..=2 | 14..=16 => 0.6,
        3 | 13 => 0.2,
        4..=12 => 0.03,
        17..=26 => 0.12,
        27..=30 => 1.0,
        31..=35 => 0.6,
        36 | 39 | 42 | 45 => 1.0,
        48 | 54 => 0.08,
        49..=53 => 0.06,
        _ => 0.02,
    }
}

/// Index of the same point on the other side of the face.
#[cfg(test)]
pub(crate) fn mirrored(point: usize) -> usize {
    match point {
        0..=16 => 16 - point,
        17..=26 => 43 - point,
        31..=35 => 66 - point,
        36..=39 | 42..=45 => 81 - point,
        40 | 41 | 46 | 47 => 87 - point,
        48..=54 => 102 - point,
        55..=59 => 114 - point,
        60..=64 => 124 - point,
        65..=67 => 132 - point,
        68 => 69,
        69 => 68,
        _ => point,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_head_is_symmetric() {
        for point in 0..POINTS {
            let [x, y, z] = MEAN_HEAD[point];
            let [other_x, other_y, other_z] = MEAN_HEAD[mirrored(point)];
            let error = (x + other_x).abs() + (y - other_y).abs() + (z - other_z).abs();
            assert!(error < 3e-3, "point {point}");
            assert_eq!(mirrored(mirrored(point)), point);
        }
    }
}
