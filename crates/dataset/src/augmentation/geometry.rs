//! Turning, moving, scaling, mirroring, shearing and bending a face, picture and points together.

use landmarks::Landmarks;
use media::Image;
use rand::rngs::SmallRng;

use super::canvas::Canvas;
use super::random::{chance, normal, uniform};
use crate::flip::flip_landmarks;

/// How far a random deformation may go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeometryRange {
    /// Largest roll in radians; most stay within a third of it.
    pub roll: f32,
    /// Deviation of the natural logarithm of the scale.
    pub scale: f32,
    /// Deviation of the shift, in sides of the result.
    pub shift: f32,
    /// Deviation of stretch and shear.
    pub stretch: f32,
    /// Deviation of the smooth bending, in sides of the result.
    pub bend: f32,
}

/// Cells of the bending field along one side.
const BEND_CELLS: usize = 3;

/// Map from the result's pixels into the picture's: affine, after a smooth bend.
#[derive(Debug, Clone, PartialEq)]
pub struct Deformation {
    side: f32,
    /// Row-major 2 x 3.
    affine: [[f32; 3]; 2],
    bend: [[[f32; 2]; BEND_CELLS + 1]; BEND_CELLS + 1],
    mirrored: bool,
}

/// Draw a deformation from a square of `from_px` in the middle of a `picture_px` square to a
/// result of `side` pixels.
pub fn random_deformation(
    rng: &mut SmallRng,
    range: &GeometryRange,
    [picture_px, from_px, side]: [f32; 3],
) -> Deformation {
    let roll = if chance(rng, 0.75) {
        normal(rng, range.roll / 3.0)
    } else {
        uniform(rng, -range.roll, range.roll)
    };
    let scale = from_px / side * normal(rng, range.scale).exp();
    let (sin, cos) = roll.sin_cos();
    let stretch = normal(rng, range.stretch).exp();
    let shear = normal(rng, range.stretch);
    // turn * shear * stretch
    let linear = [
        [scale * cos * stretch, scale * (cos * shear - sin)],
        [scale * sin * stretch, scale * (sin * shear + cos)],
    ];
    let goal = (picture_px - 1.0) / 2.0;
    let middle = (side - 1.0) / 2.0;
    let mut affine = [[0.0; 3]; 2];
    for (row, linear) in affine.iter_mut().zip(linear) {
        let shift = normal(rng, range.shift) * from_px;
        *row = [
            linear[0],
            linear[1],
            goal + shift - (linear[0] + linear[1]) * middle,
        ];
    }
    let mut bend = [[[0.0; 2]; BEND_CELLS + 1]; BEND_CELLS + 1];
    for offset in bend.iter_mut().flatten() {
        *offset = [
            normal(rng, range.bend * side),
            normal(rng, range.bend * side),
        ];
    }
    Deformation {
        side,
        affine,
        bend,
        mirrored: chance(rng, 0.5),
    }
}

impl Deformation {
    /// The same without mirroring.
    pub fn upright(self) -> Self {
        Self {
            mirrored: false,
            ..self
        }
    }

    /// Picture point under a point of the result (before mirroring).
    fn to_picture(&self, point: [f32; 2]) -> [f32; 2] {
        let offset = self.bend_at(point);
        let [x, y] = [point[0] + offset[0], point[1] + offset[1]];
        self.affine.map(|row| row[0] * x + row[1] * y + row[2])
    }

    /// Point of the result (before mirroring) over a picture point; the bend is inverted by
    /// fixed-point iteration, which converges because it is smooth and small.
    fn to_result(&self, point: [f32; 2]) -> [f32; 2] {
        let [[a, b, e], [c, d, f]] = self.affine;
        let determinant = a * d - b * c;
        let [x, y] = [point[0] - e, point[1] - f];
        let bent = [(d * x - b * y) / determinant, (a * y - c * x) / determinant];
        let mut guess = bent;
        for _ in 0..8 {
            let offset = self.bend_at(guess);
            guess = [bent[0] - offset[0], bent[1] - offset[1]];
        }
        guess
    }

    /// Bending offset at a point of the result: bilinear with smoothed fractions.
    fn bend_at(&self, point: [f32; 2]) -> [f32; 2] {
        let place = point.map(|value| {
            (value / self.side * BEND_CELLS as f32).clamp(0.0, BEND_CELLS as f32 - 1e-3)
        });
        let cell = place.map(|value| value as usize);
        let [u, v] = [0, 1].map(|axis| {
            let t = place[axis] - cell[axis] as f32;
            t * t * (3.0 - 2.0 * t)
        });
        [0, 1].map(|axis| {
            let read = |i: usize, j: usize| self.bend[cell[1] + j][cell[0] + i][axis];
            let upper = read(0, 0) * (1.0 - u) + read(1, 0) * u;
            let lower = read(0, 1) * (1.0 - u) + read(1, 1) * u;
            upper * (1.0 - v) + lower * v
        })
    }

    /// Draw the result; outside the picture its border repeats.
    pub fn apply(&self, picture: &Image) -> Canvas {
        let side = self.side as usize;
        let mut canvas = Canvas::filled(side, [0.0; 3]);
        for y in 0..side {
            for x in 0..side {
                let from = if self.mirrored { side - 1 - x } else { x };
                let place = self.to_picture([from as f32, y as f32]);
                let start = (y * side + x) * 3;
                canvas.rgb_mut()[start..start + 3].copy_from_slice(&read_bilinear(picture, place));
            }
        }
        canvas
    }

    /// Points of the picture in the result.
    pub fn apply_to(&self, landmarks: &Landmarks) -> Landmarks {
        let moved = landmarks.map(|point| self.to_result(point));
        if self.mirrored {
            flip_landmarks(&moved, self.side as u32)
        } else {
            moved
        }
    }
}

/// Colour between pixels; outside the picture its border repeats.
pub(crate) fn read_bilinear(picture: &Image, [x, y]: [f32; 2]) -> [f32; 3] {
    let [right, low] = [picture.width() - 1, picture.height() - 1];
    let [x, y] = [x.clamp(0.0, right as f32), y.clamp(0.0, low as f32)];
    let [left, top] = [x as u32, y as u32];
    let [u, v] = [x - left as f32, y - top as f32];
    let [right, low] = [(left + 1).min(right), (top + 1).min(low)];
    let corners =
        [(left, top), (right, top), (left, low), (right, low)].map(|(x, y)| picture.pixel(x, y));
    [0, 1, 2].map(|channel| {
        let [a, b, c, d] = corners.map(|corner| f32::from(corner[channel]));
        let upper = a + (b - a) * u;
        let lower = c + (d - c) * u;
        upper + (lower - upper) * v
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::POINTS;
    use rand::SeedableRng as _;

    #[test]
    fn points_move_with_the_pixels_under_them() {
        // bright dots at the points must be found at the moved points
        let mut rng = SmallRng::seed_from_u64(5);
        let range = GeometryRange {
            roll: 0.5,
            scale: 0.1,
            shift: 0.03,
            stretch: 0.08,
            bend: 0.02,
        };
        for _ in 0..20 {
            let mut picture = Image::new(256, 256);
            let mut points = [[0.0; 2]; POINTS];
            for (index, point) in points.iter_mut().enumerate() {
                let [x, y] = [84 + (index as u32 * 37) % 90, 80 + (index as u32 * 53) % 96];
                *point = [x as f32, y as f32];
                for (dx, dy) in (0..9).map(|i| (i % 3, i / 3)) {
                    picture.set_pixel(x + dx - 1, y + dy - 1, [255; 3]);
                }
            }
            let deformation = random_deformation(&mut rng, &range, [256.0, 170.0, 128.0]);
            let canvas = deformation.apply(&picture);
            let moved = deformation.apply_to(&Landmarks { points });
            let bright = moved.points.iter().filter(|point| {
                let [x, y] = point.map(|value| (value.round().max(0.0) as usize).min(127));
                canvas.pixel(x, y)[0] > 100.0
            });
            let count = bright.count();
            assert!(count > 62, "only {count} of 70 points lie on their dots");
        }
    }
}
