//! Landmarks drawn as planes of their own, as the networks that bend pictures take them.
//!
//! Unlike the drawing of Zakharov et al. 2019, openings are filled: a network that looks at a few
//! pixels at a time sees how far an eye or a mouth is open from its inside too. Edges are soft by
//! one pixel, so that a plane moves smoothly with its landmarks.

use crate::points::{
    INNER_LIPS, JAW, LEFT_BROW, LEFT_EYE, LEFT_PUPIL, Landmarks, NOSE_BRIDGE, NOSTRILS, OUTER_LIPS,
    RIGHT_BROW, RIGHT_EYE, RIGHT_PUPIL,
};

/// Planes: all lines; opened eyes; pupils within them; lips with the mouth; the mouth's opening.
pub const LANDMARK_PLANES: usize = 5;

/// Width of a line, sides of the picture.
const LINE_WIDTH: f32 = 1.0 / 100.0;
/// Radius of a pupil, distances of the outer eye corners.
const PUPIL_RADIUS: f32 = 0.055;

/// Draw landmarks of a square crop of `crop_px` pixels a side as planes of `side_px`.
///
/// # Shapes
/// - returns: `[planes, side, side]`, 0 to 1
pub fn landmark_planes(landmarks: &Landmarks, crop_px: u32, side_px: u32) -> Vec<f32> {
    let points = landmarks.resized([crop_px; 2], [side_px; 2]);
    let side = side_px as usize;
    let mut planes = vec![0.0; LANDMARK_PLANES * side * side];
    let mut rest = planes.chunks_exact_mut(side * side);
    let mut next = || Plane {
        side,
        values: rest.next().expect("there are five planes"),
    };
    let [mut lines, mut eyes, mut pupils, mut lips, mut mouth] =
        [next(), next(), next(), next(), next()];
    let half_width = (LINE_WIDTH * side_px as f32).max(1.0) / 2.0;
    let parts = [
        (JAW, false),
        (RIGHT_BROW, false),
        (LEFT_BROW, false),
        (NOSE_BRIDGE, false),
        (NOSTRILS, false),
        (RIGHT_EYE, true),
        (LEFT_EYE, true),
        (OUTER_LIPS, true),
        (INNER_LIPS, true),
    ];
    for (part, is_closed) in parts {
        lines.line(&points.points[part], is_closed, half_width);
    }
    lips.polygon(&points.points[OUTER_LIPS]);
    mouth.polygon(&points.points[INNER_LIPS]);
    let radius = PUPIL_RADIUS * points.inter_ocular_px();
    for (eye, pupil) in [(RIGHT_EYE, RIGHT_PUPIL), (LEFT_EYE, LEFT_PUPIL)] {
        eyes.polygon(&points.points[eye]);
        pupils.disc(points.points[pupil], radius);
    }
    for (pupil, eye) in pupils.values.iter_mut().zip(eyes.values) {
        *pupil *= *eye;
    }
    planes
}

struct Plane<'a> {
    side: usize,
    values: &'a mut [f32],
}

impl Plane<'_> {
    fn line(&mut self, points: &[[f32; 2]], is_closed: bool, half_width: f32) {
        let last = points.len() - usize::from(!is_closed);
        for index in 0..last {
            let ends = [points[index], points[(index + 1) % points.len()]];
            self.cover(&ends, half_width + 0.5, |place| {
                half_width + 0.5 - distance(place, ends)
            });
        }
    }

    fn polygon(&mut self, corners: &[[f32; 2]]) {
        self.cover(corners, 0.5, |place| {
            let edges = (0..corners.len())
                .map(|index| [corners[index], corners[(index + 1) % corners.len()]]);
            let mut nearest = f32::INFINITY;
            let mut is_inside = false;
            for edge in edges {
                nearest = nearest.min(distance(place, edge));
                let [from, to] = edge;
                if (from[1] > place[1]) != (to[1] > place[1]) {
                    let share = (place[1] - from[1]) / (to[1] - from[1]);
                    is_inside ^= place[0] < from[0] + share * (to[0] - from[0]);
                }
            }
            0.5 + if is_inside { nearest } else { -nearest }
        });
    }

    fn disc(&mut self, centre: [f32; 2], radius: f32) {
        self.cover(&[centre], radius + 0.5, |place| {
            radius + 0.5 - (place[0] - centre[0]).hypot(place[1] - centre[1])
        });
    }

    /// Take the larger of what is there and `coverage`, 0 to 1, around some points.
    fn cover(&mut self, points: &[[f32; 2]], reach: f32, coverage: impl Fn([f32; 2]) -> f32) {
        let bound = |axis: usize| {
            let values = points.iter().map(|point| point[axis]);
            let low = values.clone().fold(f32::INFINITY, f32::min) - reach;
            let high = values.fold(f32::NEG_INFINITY, f32::max) + reach;
            // what is not a number covers nothing
            let limit = self.side as f32;
            (low.clamp(0.0, limit) as usize)..((high + 1.0).clamp(0.0, limit) as usize)
        };
        let [columns, rows] = [bound(0), bound(1)];
        for row in rows {
            for column in columns.clone() {
                let value = coverage([column as f32, row as f32]).clamp(0.0, 1.0);
                let there = &mut self.values[row * self.side + column];
                *there = there.max(value);
            }
        }
    }
}

/// Distance of a place from a line between two points.
fn distance(place: [f32; 2], [from, to]: [[f32; 2]; 2]) -> f32 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let away = [place[0] - from[0], place[1] - from[1]];
    let square = along[0] * along[0] + along[1] * along[1];
    let dot = along[0] * away[0] + along[1] * away[1];
    let share = (dot / square.max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
    (away[0] - share * along[0]).hypot(away[1] - share * along[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::drawn_face;

    const CROP_PX: u32 = 400;

    fn sums(landmarks: &Landmarks, side_px: u32) -> Vec<f32> {
        let planes = landmark_planes(landmarks, CROP_PX, side_px);
        let places = (side_px * side_px) as usize;
        planes
            .chunks_exact(places)
            .map(|plane| plane.iter().sum::<f32>() / places as f32)
            .collect()
    }

    fn polygon_share(points: &[[f32; 2]]) -> f32 {
        let pairs = (0..points.len()).map(|i| [points[i], points[(i + 1) % points.len()]]);
        let twice: f32 = pairs.map(|[a, b]| a[0] * b[1] - a[1] * b[0]).sum();
        twice.abs() / 2.0 / (CROP_PX * CROP_PX) as f32
    }

    #[test]
    fn filled_planes_have_the_area_of_their_openings() {
        let face = drawn_face();
        for side_px in [128, 256] {
            let found = sums(&face, side_px);
            let eyes =
                polygon_share(&face.points[RIGHT_EYE]) + polygon_share(&face.points[LEFT_EYE]);
            for (plane, wanted) in [(1, eyes), (3, polygon_share(&face.points[OUTER_LIPS]))] {
                assert!(
                    (found[plane] / wanted - 1.0).abs() < 0.12,
                    "plane {plane} at {side_px} px: {} of {wanted}",
                    found[plane]
                );
            }
            assert!(found[2] <= found[1], "pupils show within the eyes alone");
            assert!(found[4] <= found[3], "the mouth opens between the lips");
        }
    }

    #[test]
    fn planes_follow_a_shift_of_less_than_a_pixel() {
        let face = drawn_face();
        let moved = face.map(|[x, y]| [x + 1.0, y]);
        let [before, after] = [&face, &moved].map(|face| landmark_planes(face, CROP_PX, 64));
        let change: f32 = before.iter().zip(&after).map(|(a, b)| (a - b).abs()).sum();
        assert!(change > 1.0, "{change}");
    }

    #[test]
    fn landmarks_that_are_no_numbers_or_far_away_draw_nothing() {
        for value in [f32::NAN, f32::INFINITY, -1e9] {
            let face = drawn_face().map(|_| [value, value]);
            let planes = landmark_planes(&face, CROP_PX, 32);
            assert!(planes.iter().all(|value| *value == 0.0), "{value}");
        }
    }
}
