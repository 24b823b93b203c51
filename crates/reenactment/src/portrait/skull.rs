//! How skull and hair move with the head: as the surface of an ellipsoid around an average skull.
//!
//! Landmarks end at the brows. What lies above and beside them follows the head's turn in three dimensions, which
//! neither an affine map nor a thin plate through the face says.

use landmarks::{HeadPose, Landmarks, MEAN_HEAD, Place3, Rotation};

/// Middle of the skull; the unit is the distance of the outer eye corners, the origin that of
/// [`MEAN_HEAD`].
const MIDDLE: Place3 = [0.0, -0.2, 0.6];
/// Half axes: to the side, up, to the front.
const AXES: Place3 = [1.05, 1.42, 0.88];
/// Where hair ends and the background begins, in half axes.
const HAIR: f32 = 1.15;
/// Over how much the skull's heat falls beyond the hair, half axes.
const FALL: f32 = 0.2;

/// A skull in the driving pose and where it came from.
#[derive(Debug)]
pub(crate) struct Skull {
    driving: HeadPose,
    source: HeadPose,
    /// From the driving head to the picture.
    back: Rotation,
}

/// Where a line of sight meets the skull.
struct Sight {
    /// Depth in the unit of the head: of the front, or beyond the outline of its plane.
    depth: f32,
    /// Nearest distance of the line from the middle, half axes: 1 on the outline.
    nearness: f32,
}

impl Skull {
    /// Fit the average head to both faces.
    pub(crate) fn new(driving: &Landmarks, source: &Landmarks) -> Self {
        let [driving, source] = [driving, source].map(|face| HeadPose::fit(&MEAN_HEAD, face));
        Self {
            back: driving.rotation.inverse(),
            driving,
            source,
        }
    }

    /// Where in the source the part of the skull is that shows at `place`.
    pub(crate) fn carry(&self, place: [f32; 2]) -> [f32; 2] {
        let [x, y] = self.flat(place);
        let depth = self.sight([x, y]).depth;
        self.source.project(self.back.turn([x, y, depth]))
    }

    /// 1 where skull or hair shows, falling to 0 in the background.
    pub(crate) fn heat(&self, place: [f32; 2]) -> f32 {
        let beyond = (self.sight(self.flat(place)).nearness - HAIR).max(0.0) / FALL;
        (-0.5 * beyond * beyond).exp()
    }

    /// Distance from the middle of the skull as it shows, half axes: 1 on its outline.
    pub(crate) fn nearness(&self, place: [f32; 2]) -> f32 {
        self.sight(self.flat(place)).nearness
    }

    /// Mean half axis as it shows, in the unit of the landmarks.
    pub(crate) fn radius_px(&self) -> f32 {
        self.driving.scale.abs().max(1e-3) * (AXES[0] + AXES[1]) / 2.0
    }

    /// Box around everything within so many half axes: left, top, right, bottom.
    pub(crate) fn bounds(&self, half_axes: f32) -> [f32; 4] {
        let [x, y] = self.driving.project(MIDDLE);
        let radius = half_axes * self.driving.scale.abs() * AXES[1];
        [x - radius, y - radius, x + radius, y + radius]
    }

    /// Furthest that the outline moves, in the unit of the landmarks.
    pub(crate) fn longest_step_px(&self) -> f32 {
        let [x, y] = self.driving.project(MIDDLE);
        let steps = (0..16).map(|index| {
            let (sin, cos) = (index as f32 * std::f32::consts::PI / 8.0).sin_cos();
            let radius = self.driving.scale * HAIR;
            let place = [x + radius * AXES[0] * cos, y + radius * AXES[1] * sin];
            let from = self.carry(place);
            (from[0] - place[0]).hypot(from[1] - place[1])
        });
        steps.fold(0.0, f32::max)
    }

    /// A place in the unit of the driving head.
    fn flat(&self, place: [f32; 2]) -> [f32; 2] {
        [0, 1].map(|axis| (place[axis] - self.driving.shift[axis]) / self.driving.scale)
    }

    fn sight(&self, [x, y]: [f32; 2]) -> Sight {
        let in_axes = |place: Place3, from: Place3| -> Place3 {
            [0, 1, 2].map(|axis| (place[axis] - from[axis]) / AXES[axis])
        };
        let start = in_axes(self.back.turn([x, y, 0.0]), MIDDLE);
        let along = in_axes(self.back.turn([0.0, 0.0, 1.0]), [0.0; 3]);
        let dot = |a: Place3, b: Place3| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let [square, slope] = [dot(along, along), dot(start, along)];
        let nearest = (dot(start, start) - slope * slope / square).max(0.0);
        let to_front = ((1.0 - nearest).max(0.0) / square).sqrt();
        Sight {
            depth: -slope / square - to_front,
            nearness: nearest.sqrt(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The average head as it shows in a pose.
    fn face(angles: [f32; 3], shift: [f32; 2]) -> Landmarks {
        let pose = HeadPose {
            rotation: Rotation::from_yaw_pitch_roll(angles),
            scale: 0.4,
            shift,
        };
        Landmarks {
            points: MEAN_HEAD.map(|place| pose.project(place)),
        }
    }

    #[test]
    fn a_head_that_stays_moves_nothing() {
        let head = face([0.2, -0.1, 0.1], [0.05, 0.0]);
        let skull = Skull::new(&head, &head);
        for place in [[0.0, 0.0], [0.9, -0.9], [-0.3, -0.5]] {
            let found = skull.carry(place);
            assert!((0..2).all(|axis| (found[axis] - place[axis]).abs() < 1e-4));
        }
    }

    #[test]
    fn the_forehead_turns_with_the_nose_and_the_outline_behind_it_the_other_way() {
        let [driving, source] = [face([0.3, 0.0, 0.0], [0.0; 2]), face([0.0; 3], [0.0; 2])];
        let skull = Skull::new(&driving, &source);
        let step = |place: [f32; 2]| skull.carry(place)[0] - place[0];
        // the nose points to the right: what shows in the middle was further left
        let forehead = step([0.0, -0.36]);
        assert!(forehead < -0.02, "{forehead}");
        let outline = step([0.15, -0.66]);
        assert!(outline > 0.02, "{outline}");
    }

    #[test]
    fn heat_covers_the_hair_and_not_the_corner() {
        let head = face([0.0; 3], [0.0; 2]);
        let skull = Skull::new(&head, &head);
        assert!(skull.heat([0.0, -0.6]) > 0.99);
        assert!(skull.heat([0.95, -0.95]) < 0.01);
    }
}
