//! Where a face is and how it is turned in the picture plane: what the detector predicts and
//! what the landmark network's crop is cut by.

use crate::points::{INNER_LIPS, LEFT_EYE, Landmarks, OUTER_LIPS, RIGHT_EYE};

/// Side of the landmark crop, in units of [`FaceFrame::size_px`].
pub const CROP_SCALE: f32 = 1.5;

/// A face's place: a square that encloses the 68 points when turned upright with the face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceFrame {
    /// Centre of the square, pixels.
    pub centre: [f32; 2],
    /// Side of the square, pixels.
    pub size_px: f32,
    /// Roll in radians: 0 upright, positive clockwise as seen in the picture.
    pub roll: f32,
}

impl FaceFrame {
    /// Enclose the 68 points of a face.
    ///
    /// The roll comes from the line between the middle of the eyes and the middle of the lips,
    /// which holds in profile too, where the line between the eyes shrinks to nothing.
    pub fn from_landmarks(landmarks: &Landmarks) -> Self {
        let [right, left] = [landmarks.mean_of(RIGHT_EYE), landmarks.mean_of(LEFT_EYE)];
        let eyes = [(right[0] + left[0]) / 2.0, (right[1] + left[1]) / 2.0];
        let lips = landmarks.mean_of(OUTER_LIPS.start..INNER_LIPS.end);
        let roll = (eyes[0] - lips[0]).atan2(lips[1] - eyes[1]);
        let (sin, cos) = roll.sin_cos();
        let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for [x, y] in &landmarks.points[..INNER_LIPS.end] {
            let upright = [x * cos + y * sin, y * cos - x * sin];
            for axis in 0..2 {
                low[axis] = low[axis].min(upright[axis]);
                high[axis] = high[axis].max(upright[axis]);
            }
        }
        let [x, y] = [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0];
        let centre = [x * cos - y * sin, x * sin + y * cos];
        let size_px = (high[0] - low[0]).max(high[1] - low[1]);
        Self {
            centre,
            size_px,
            roll,
        }
    }

    /// Share of their union that two frames have in common, both taken as upright squares.
    pub fn overlap(&self, other: &Self) -> f32 {
        let common = |axis: usize| {
            let low = (self.centre[axis] - self.size_px / 2.0)
                .max(other.centre[axis] - other.size_px / 2.0);
            let high = (self.centre[axis] + self.size_px / 2.0)
                .min(other.centre[axis] + other.size_px / 2.0);
            (high - low).max(0.0)
        };
        let common = common(0) * common(1);
        let union = self.size_px * self.size_px + other.size_px * other.size_px - common;
        if union > 0.0 { common / union } else { 0.0 }
    }

    /// How much two places of a face differ in centre, size and roll together, in face sizes.
    pub(crate) fn change(&self, other: &Self) -> f32 {
        let size_px = self.size_px.max(other.size_px);
        let move_x = (self.centre[0] - other.centre[0]) / size_px;
        let move_y = (self.centre[1] - other.centre[1]) / size_px;
        let roll = self.roll - other.roll;
        let turn = roll.sin().atan2(roll.cos()) / 2.0;
        let growth = (self.size_px / other.size_px).ln();
        move_x.hypot(move_y).hypot(turn).hypot(growth)
    }

    /// Whether a crop can be cut by this frame: it is finite and at least a pixel large.
    pub fn is_usable(&self) -> bool {
        let finite = self.centre.iter().all(|value| value.is_finite()) && self.roll.is_finite();
        finite && self.size_px.is_finite() && self.size_px >= 1.0
    }

    /// Map from a `side_px` square crop, upright and [`CROP_SCALE`] faces wide, into the picture.
    pub fn crop_to_picture(&self, side_px: u32) -> CropMap {
        self.square_to_picture(CROP_SCALE, side_px)
    }

    /// Map from a `side_px` square, upright and `face_sizes` times [`FaceFrame::size_px`] wide,
    /// into the picture.
    pub fn square_to_picture(&self, face_sizes: f32, side_px: u32) -> CropMap {
        let scale = self.size_px * face_sizes / side_px as f32;
        let (sin, cos) = self.roll.sin_cos();
        let middle = (side_px as f32 - 1.0) / 2.0;
        let [a, b] = [scale * cos, scale * sin];
        let origin = [
            self.centre[0] - a * middle + b * middle,
            self.centre[1] - b * middle - a * middle,
        ];
        CropMap { a, b, origin }
    }
}

/// Similarity from crop pixels to picture pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropMap {
    pub(crate) a: f32,
    pub(crate) b: f32,
    pub(crate) origin: [f32; 2],
}

impl CropMap {
    /// Picture point under a crop point.
    pub fn to_picture(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [
            self.a * x - self.b * y + self.origin[0],
            self.b * x + self.a * y + self.origin[1],
        ]
    }

    /// Crop point over a picture point.
    pub fn to_crop(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [x, y] = [x - self.origin[0], y - self.origin[1]];
        let square = self.a * self.a + self.b * self.b;
        [
            (self.a * x + self.b * y) / square,
            (self.a * y - self.b * x) / square,
        ]
    }

    /// Picture pixels per crop pixel.
    pub fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::POINTS;

    /// A rough upright face around the origin, 100 px from brow to chin.
    fn upright() -> Landmarks {
        let mut points = [[0.0, 0.0]; POINTS];
        for (index, point) in points.iter_mut().enumerate() {
            *point = match index {
                0..=16 => {
                    let turn = std::f32::consts::PI * index as f32 / 16.0;
                    [-50.0 * turn.cos(), 50.0 * turn.sin()]
                }
                17..=26 => [index as f32 * 8.0 - 172.0, -50.0],
                36..=41 | 68 => [-20.0, -20.0],
                42..=47 | 69 => [20.0, -20.0],
                48..=67 => [0.0, 25.0],
                _ => [0.0, 0.0],
            };
        }
        Landmarks { points }
    }

    #[test]
    fn a_turned_and_moved_face_gives_the_same_frame_turned_and_moved() {
        let (sin, cos) = 0.6_f32.sin_cos();
        let turned = upright().map(|[x, y]| {
            [
                3.0 * (x * cos - y * sin) + 200.0,
                3.0 * (x * sin + y * cos) + 90.0,
            ]
        });
        let frame = FaceFrame::from_landmarks(&upright());
        let other = FaceFrame::from_landmarks(&turned);
        assert!(frame.roll.abs() < 1e-6);
        assert!((other.roll - 0.6).abs() < 1e-5);
        assert!((other.size_px - 3.0 * frame.size_px).abs() < 1e-2);
        assert!((other.centre[0] - 200.0).hypot(other.centre[1] - 90.0) < 1e-2);
    }

    #[test]
    fn overlap_is_one_for_the_same_frame_a_seventh_for_a_corner_and_nothing_apart() {
        let frame = |x: f32, y: f32, size_px: f32| FaceFrame {
            centre: [x, y],
            size_px,
            roll: 0.0,
        };
        let middle = frame(50.0, 50.0, 20.0);
        assert_eq!(middle.overlap(&middle), 1.0);
        assert!((middle.overlap(&frame(60.0, 60.0, 20.0)) - 1.0 / 7.0).abs() < 1e-6);
        assert_eq!(middle.overlap(&frame(80.0, 50.0, 20.0)), 0.0);
        assert!((middle.overlap(&frame(50.0, 50.0, 10.0)) - 0.25).abs() < 1e-6);
    }

    #[test]
    fn crop_and_picture_points_map_onto_each_other() {
        let frame = FaceFrame {
            centre: [40.0, 70.0],
            size_px: 60.0,
            roll: -0.4,
        };
        let map = frame.crop_to_picture(128);
        let middle = map.to_picture([63.5, 63.5]);
        assert!((middle[0] - 40.0).abs() < 1e-3 && (middle[1] - 70.0).abs() < 1e-3);
        let [x, y] = map.to_crop(map.to_picture([10.0, 100.0]));
        assert!((x - 10.0).abs() < 1e-3 && (y - 100.0).abs() < 1e-3);
        assert!((map.scale() - 90.0 / 128.0).abs() < 1e-6);
    }
}
