//! Where a person is likely to be, told by the landmarks alone: face, hair, neck and shoulders.

use landmarks::{HeadPose, JAW, LEFT_BROW, Landmarks, MEAN_HEAD, RIGHT_BROW};

use crate::portrait::Skull;
use crate::softness::smooth_step;

/// How likely the head is, as a logit, at so many half axes of the skull from its middle.
const HEAD: [(f32, f32); 6] = [
    (0.9, 4.0),
    (1.1, 1.8),
    (1.24, 0.2),
    (1.46, -0.9),
    (1.9, -2.6),
    (2.6, -4.0),
];
/// The same for neck and body, at so many half widths from the middle line.
const BODY: [(f32, f32); 5] = [
    (0.6, 3.2),
    (0.95, 1.4),
    (1.15, 0.2),
    (1.6, -1.0),
    (2.6, -1.4),
];
/// Half width of neck and body at heights below the middle of the face, units of the head.
const WIDTHS: [(f32, f32); 6] = [
    (0.9, 0.50),
    (1.3, 0.55),
    (1.7, 1.30),
    (2.2, 1.95),
    (3.2, 2.25),
    (6.0, 2.4),
];
/// Height below the middle of the face where the neck begins and where it counts in full.
const NECK: [f32; 2] = [0.8, 1.1];
/// Logit of what is surely not the person.
const NEVER: f32 = -3.9;

/// A person's likely outline.
#[derive(Debug)]
pub(super) struct Silhouette {
    skull: Skull,
    pose: HeadPose,
    face: Vec<[f32; 2]>,
}

/// What the outline says of a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Likely {
    /// It is the person's face.
    Face,
    /// It lies so far above or beside that it cannot be the person.
    Never,
    /// It is the person with this logit.
    Logit(f32),
}

impl Silhouette {
    /// The outline around a face.
    pub(super) fn new(landmarks: &Landmarks) -> Self {
        let outline = JAW.chain(LEFT_BROW.rev()).chain(RIGHT_BROW.rev());
        Self {
            skull: Skull::new(landmarks, landmarks),
            pose: HeadPose::fit(&MEAN_HEAD, landmarks),
            face: outline.map(|index| landmarks.points[index]).collect(),
        }
    }

    /// What is likely at a place.
    pub(super) fn at(&self, place: [f32; 2]) -> Likely {
        if is_inside(&self.face, place) {
            return Likely::Face;
        }
        let head = between(&HEAD, self.skull.nearness(place));
        let [x, y] = self.below(place);
        let body = between(&BODY, x.abs() / between(&WIDTHS, y));
        let share = smooth_step(NECK[0], NECK[1], y);
        let logit = if share > 0.0 {
            head.max(body * share + HEAD[5].1 * (1.0 - share))
        } else {
            head
        };
        if logit <= NEVER {
            Likely::Never
        } else {
            Likely::Logit(logit)
        }
    }

    /// Place on the body, which hangs below the head half as tilted as that is, units of the head.
    fn below(&self, place: [f32; 2]) -> [f32; 2] {
        let [_, _, roll] = self.pose.rotation.yaw_pitch_roll();
        let (sin, cos) = (0.5 * roll).sin_cos();
        let [x, y] = [0, 1].map(|axis| (place[axis] - self.pose.shift[axis]) / self.pose.scale);
        [x * cos + y * sin, y * cos - x * sin]
    }
}

/// Value between the points of a curve; constant beyond its ends.
fn between(curve: &[(f32, f32)], at: f32) -> f32 {
    let mut last = curve[0];
    for point in curve {
        if at <= point.0 {
            let share = (at - last.0) / (point.0 - last.0).max(1e-6);
            return last.1 + (point.1 - last.1) * share.max(0.0);
        }
        last = *point;
    }
    last.1
}

/// Whether a place lies inside a closed outline: a line from it to the right crosses it an odd number
/// of times.
fn is_inside(outline: &[[f32; 2]], [x, y]: [f32; 2]) -> bool {
    let ends = outline.iter().zip(outline.iter().cycle().skip(1));
    let crossings = ends.filter(|(from, to)| {
        let is_beside = (from[1] > y) != (to[1] > y);
        is_beside && x < from[0] + (y - from[1]) / (to[1] - from[1]) * (to[0] - from[0])
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::DrawnHead;

    #[test]
    fn the_face_is_sure_the_hair_likely_and_the_corners_are_not() {
        let mut head = DrawnHead::frontal(256);
        head.width = 512;
        head.height = 512;
        head.centre = [256.0, 200.0];
        let outline = Silhouette::new(&Landmarks {
            points: head.points(),
        });
        assert_eq!(outline.at([256.0, 210.0]), Likely::Face);
        let logit = |x, y| match outline.at([x, y]) {
            Likely::Logit(logit) => logit,
            Likely::Never => -9.0,
            Likely::Face => 9.0,
        };
        assert!(logit(256.0, 135.0) > 1.0, "crown");
        assert!(logit(256.0, 300.0) > 1.0, "neck");
        assert!(logit(256.0, 420.0) > 1.0, "chest");
        assert!(logit(5.0, 5.0) < -3.0, "corner");
        assert!(logit(30.0, 200.0) < -2.0, "beside the head");
    }
}
