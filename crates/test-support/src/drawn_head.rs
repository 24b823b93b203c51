//! The drawn person: what can be set, the shape in three dimensions, and where its points fall.
//!
//! The painting itself is `head_painting`.

use crate::airbrush::Place;
use crate::look::Look;

/// Landmarks of a face: iBUG 68, then the right and the left pupil.
pub const POINTS: usize = 70;

/// A place on the head: x to the right of the picture, y down, z away from the viewer; the unit
/// is the distance of the outer eye corners.
pub(crate) type HeadPlace = [f32; 3];

/// Right half of the face and its middle line: (index, index of the mirrored point, place).
const HALF: [(usize, usize, HeadPlace); 40] = [
    (0, 16, [-0.780, -0.160, 0.54]),
    (1, 15, [-0.775, 0.005, 0.58]),
    (2, 14, [-0.755, 0.175, 0.58]),
    (3, 13, [-0.680, 0.540, 0.47]),
    (4, 12, [-0.600, 0.690, 0.35]),
    (5, 11, [-0.505, 0.800, 0.22]),
    (6, 10, [-0.315, 0.950, 0.03]),
    (7, 9, [-0.130, 1.025, -0.11]),
    (8, 8, [0.0, 1.035, -0.13]),
    (17, 26, [-0.655, -0.425, 0.0]),
    (18, 25, [-0.590, -0.500, -0.10]),
    (19, 24, [-0.480, -0.545, -0.17]),
    (20, 23, [-0.335, -0.535, -0.24]),
    (21, 22, [-0.175, -0.500, -0.27]),
    (27, 27, [0.0, -0.300, -0.27]),
    (28, 28, [0.0, -0.135, -0.37]),
    (29, 29, [0.0, 0.010, -0.49]),
    (30, 30, [0.0, 0.105, -0.52]),
    (31, 35, [-0.130, 0.230, -0.30]),
    (32, 34, [-0.080, 0.265, -0.32]),
    (33, 33, [0.0, 0.272, -0.34]),
    (36, 45, [-0.500, -0.255, -0.02]),
    (37, 44, [-0.425, -0.336, -0.09]),
    (38, 43, [-0.305, -0.341, -0.11]),
    (39, 42, [-0.178, -0.228, -0.08]),
    (40, 47, [-0.290, -0.190, -0.10]),
    (41, 46, [-0.410, -0.192, -0.08]),
    (48, 54, [-0.270, 0.540, -0.14]),
    (49, 53, [-0.155, 0.463, -0.30]),
    (50, 52, [-0.075, 0.435, -0.34]),
    (51, 51, [0.0, 0.452, -0.35]),
    (57, 57, [0.0, 0.668, -0.30]),
    (58, 56, [-0.085, 0.658, -0.295]),
    (59, 55, [-0.158, 0.625, -0.265]),
    (60, 64, [-0.245, 0.540, -0.155]),
    (61, 63, [-0.069, 0.534, -0.277]),
    (62, 62, [0.0, 0.538, -0.286]),
    (66, 66, [0.0, 0.542, -0.284]),
    (67, 65, [-0.069, 0.538, -0.275]),
    (68, 69, [-0.342, -0.270, -0.08]),
];

/// A drawn person in a picture; every setting gives the same pixels every time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawnHead {
    /// Width of the picture, pixels.
    pub width: u32,
    /// Height of the picture, pixels.
    pub height: u32,
    /// Where the middle of the head falls, pixels.
    pub centre: [f32; 2],
    /// Distance of the outer eye corners in a frontal view, pixels.
    pub eye_distance_px: f32,
    /// Turn to the side, degrees; positive shows more of the person's right cheek.
    pub yaw: f32,
    /// Nod, degrees; positive looks down.
    pub pitch: f32,
    /// Tilt, degrees; positive is clockwise as seen in the picture.
    pub roll: f32,
    /// 0 closed to 1 wide open.
    pub mouth_open: f32,
    /// 0 none to 1 broad.
    pub smile: f32,
    /// Right and left eye, 0 closed to 1 open.
    pub eyes_open: [f32; 2],
    /// Where the eyes look: -1 to 1 to the right of the picture, and down.
    pub gaze: [f32; 2],
    /// Who it is.
    pub look: Look,
}

impl DrawnHead {
    /// The person looking straight ahead out of a square picture.
    pub fn frontal(side_px: u32) -> Self {
        let side = side_px as f32;
        Self {
            width: side_px,
            height: side_px,
            centre: [0.5 * side, 0.47 * side],
            eye_distance_px: 0.235 * side,
            yaw: 0.0,
            pitch: 0.0,
            roll: 0.0,
            mouth_open: 0.0,
            smile: 0.0,
            eyes_open: [1.0, 1.0],
            gaze: [0.0, 0.0],
            look: Look::default(),
        }
    }

    /// The 70 landmarks, pixels; (0, 0) is the centre of the top-left pixel.
    pub fn points(&self) -> [[f32; 2]; POINTS] {
        self.shape().map(|place| self.project(place))
    }

    /// The 70 points on the head before it is turned.
    pub(crate) fn shape(&self) -> [HeadPlace; POINTS] {
        let mut shape = [[0.0; 3]; POINTS];
        for (index, mirrored, [x, y, z]) in HALF {
            shape[mirrored] = [-x, y, z];
            shape[index] = [x, y, z];
        }
        self.open_mouth(&mut shape);
        self.pull_smile(&mut shape);
        self.close_eyes(&mut shape);
        shape
    }

    fn open_mouth(&self, shape: &mut [HeadPlace; POINTS]) {
        let drop = 0.34 * self.mouth_open;
        for place in &mut shape[1..16] {
            // The jaw turns about its joint, so the chin moves most.
            place[1] += drop * 0.85 * ((place[1] + 0.2) / 1.27).clamp(0.0, 1.0);
        }
        for (index, share) in [(55, 0.7), (56, 0.95), (57, 1.0), (58, 0.95), (59, 0.7)] {
            shape[index][1] += drop * share;
        }
        for (index, share) in [(65, 0.88), (66, 1.0), (67, 0.88), (48, 0.3), (54, 0.3)] {
            shape[index][1] += drop * share;
        }
        for (index, share) in [
            (60, 0.36),
            (64, 0.36),
            (61, -0.06),
            (62, -0.08),
            (63, -0.06),
        ] {
            shape[index][1] += drop * share;
        }
        for index in [48, 54, 60, 64] {
            shape[index][0] *= 1.0 - 0.16 * self.mouth_open;
        }
    }

    fn pull_smile(&self, shape: &mut [HeadPlace; POINTS]) {
        for place in &mut shape[48..68] {
            let side = (place[0].abs() / 0.27).powi(2);
            place[0] *= 1.0 + 0.22 * self.smile;
            place[1] -= self.smile * (0.075 * side - 0.02);
            place[2] += 0.05 * self.smile * side;
        }
    }

    fn close_eyes(&self, shape: &mut [HeadPlace; POINTS]) {
        for (side, pairs) in [[(37, 41), (38, 40)], [(44, 46), (43, 47)]]
            .iter()
            .enumerate()
        {
            let shut = 1.0 - self.eyes_open[side];
            for (upper, lower) in *pairs {
                let gap = shape[lower][1] - shape[upper][1];
                shape[upper][1] += 0.88 * shut * gap;
                shape[lower][1] -= 0.08 * shut * gap;
            }
            let pupil = 68 + side;
            shape[pupil][0] += 0.075 * self.gaze[0];
            shape[pupil][1] += 0.035 * self.gaze[1];
        }
    }

    /// Where a place on the head falls in the picture.
    pub(crate) fn project(&self, [x, y, z]: HeadPlace) -> Place {
        let [wide, high] = self.look.proportions;
        let [x, y] = [x * wide, y * high];
        let depth = z - PIVOT[2];
        let (sin, cos) = self.yaw.to_radians().sin_cos();
        let [x, depth] = [x * cos - depth * sin, x * sin + depth * cos];
        let (sin, cos) = self.pitch.to_radians().sin_cos();
        let height = y - PIVOT[1];
        let y = height * cos - depth * sin + PIVOT[1];
        let (sin, cos) = self.roll.to_radians().sin_cos();
        let height = y - PIVOT[1];
        let [x, y] = [x * cos - height * sin, x * sin + height * cos + PIVOT[1]];
        [
            self.centre[0] + self.eye_distance_px * x,
            self.centre[1] + self.eye_distance_px * y,
        ]
    }
}

/// What the head turns about: between the ears.
const PIVOT: HeadPlace = [0.0, 0.25, 0.65];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_point() {
        let shape = DrawnHead::frontal(256).shape();
        assert!(shape.iter().all(|place| *place != [0.0; 3]));
    }

    #[test]
    fn a_frontal_head_is_symmetric_and_as_large_as_asked() {
        let points = DrawnHead::frontal(512).points();
        assert!((points[45][0] - points[36][0] - 0.235 * 512.0).abs() < 1e-3);
        for (right, left) in [(0, 16), (36, 45), (48, 54), (68, 69)] {
            assert!((points[right][0] + points[left][0] - 512.0).abs() < 1e-3);
            assert!((points[right][1] - points[left][1]).abs() < 1e-3);
        }
    }

    #[test]
    fn each_setting_moves_what_it_names() {
        let calm = DrawnHead::frontal(512);
        let points = calm.points();
        let turned = DrawnHead { yaw: 20.0, ..calm }.points();
        assert!(
            turned[30][0] - points[30][0] > 20.0,
            "nose to the right of the picture"
        );
        let nodded = DrawnHead {
            pitch: 15.0,
            ..calm
        }
        .points();
        assert!(nodded[30][1] - points[30][1] > 15.0, "nose down");
        let open = DrawnHead {
            mouth_open: 1.0,
            ..calm
        }
        .points();
        assert!(open[66][1] - open[62][1] > 30.0);
        let shut = DrawnHead {
            eyes_open: [0.0, 1.0],
            ..calm
        }
        .points();
        assert!(shut[41][1] - shut[37][1] < 1.5 && shut[46][1] - shut[44][1] > 10.0);
        let aside = DrawnHead {
            gaze: [1.0, 0.0],
            ..calm
        }
        .points();
        assert!(aside[68][0] - points[68][0] > 8.0);
    }
}
