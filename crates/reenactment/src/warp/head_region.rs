//! What moves besides the face: skull, hair and neck with the head, shoulders a little, and
//! nothing far away.

use crate::softness::smooth_step;
use landmarks::HeadPose;
use landmarks::Place3;

/// Places around an average skull that turn with the head: forehead, crown, outline, neck. The
/// unit is the distance of the outer eye corners; only one side, the other mirrors it.
const SKULL: [Place3; 14] = [
    [0.0, -0.86, -0.18],
    [0.34, -0.84, -0.12],
    [0.62, -0.72, 0.08],
    [0.0, -1.22, 0.08],
    [0.48, -1.12, 0.18],
    [0.80, -0.80, 0.38],
    [0.0, -1.58, 0.55],
    [0.55, -1.45, 0.58],
    [0.92, -1.02, 0.60],
    [1.02, -0.42, 0.66],
    [1.02, 0.22, 0.72],
    [0.94, 0.80, 0.72],
    [0.0, 1.28, 0.42],
    [0.42, 1.18, 0.52],
];
/// Places on neck and shoulders, which follow the head's moves a little and its turns not at all.
const BODY: [[f32; 2]; 5] = [
    [0.0, 1.85],
    [0.45, 1.75],
    [0.95, 1.95],
    [1.60, 2.25],
    [0.0, 2.60],
];
/// Share of the head's moves that the shoulders follow.
const BODY_SHARE: f32 = 0.30;
/// Half axes of the part that moves rigidly: to the side, up and down from [`MIDDLE`].
const AXES: [f32; 3] = [1.14, 1.50, 2.05];
/// Height of the rigid part's middle.
const MIDDLE: f32 = -0.22;
/// Widest that the rigid part grows towards the shoulders.
const SHOULDER_AXIS: f32 = 1.75;

/// Pairs of places: where something lies in the source, and where it shall lie.
pub(crate) struct Anchors {
    pub(crate) source: Vec<[f32; 2]>,
    pub(crate) target: Vec<[f32; 2]>,
}

/// Move skull, neck and shoulders from one pose to another; `breadth` is how much broader the head
/// is than the average.
pub(crate) fn anchors(from: &HeadPose, to: &HeadPose, breadth: f32) -> Anchors {
    let mut pairs = Anchors {
        source: Vec::new(),
        target: Vec::new(),
    };
    for place in both_sides(SKULL) {
        let place = [place[0] * breadth, place[1], place[2]];
        pairs.source.push(from.project(place));
        pairs.target.push(to.project(place));
    }
    let step = [0, 1].map(|axis| BODY_SHARE * (to.shift[axis] - from.shift[axis]));
    for [x, y] in both_sides(BODY) {
        let [x, y] = body_place(from, [x * breadth, y]);
        pairs.source.push([x, y]);
        pairs.target.push([x + step[0], y + step[1]]);
    }
    pairs
}

/// Both sides of a half; places on the middle line once.
fn both_sides<const AXIS: usize, const COUNT: usize>(
    half: [[f32; AXIS]; COUNT],
) -> impl Iterator<Item = [f32; AXIS]> {
    half.into_iter().flat_map(|place| {
        let mut mirrored = place;
        mirrored[0] = -place[0];
        std::iter::once(place).chain((place[0] != 0.0).then_some(mirrored))
    })
}

/// A place on the body hangs below the head, half as tilted as that is.
fn body_place(pose: &HeadPose, [x, y]: [f32; 2]) -> [f32; 2] {
    let [_, _, roll] = pose.rotation.yaw_pitch_roll();
    let (sin, cos) = (0.5 * roll).sin_cos();
    [
        pose.shift[0] + pose.scale * (x * cos - y * sin),
        pose.shift[1] + pose.scale * (x * sin + y * cos),
    ]
}

/// How strongly each place of the picture takes part: 1 on the head, 0 in the background.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    shift: [f32; 2],
    scale: f32,
    roll: [f32; 2],
    breadth: f32,
    /// Where motion ends, in half axes of the rigid part.
    end: f32,
}

impl Reach {
    /// Reach around a head at `pose`; motion fades out over at least `fade_px` pixels.
    pub(crate) fn new(pose: &HeadPose, breadth: f32, fade_px: f32) -> Self {
        let [_, _, roll] = pose.rotation.yaw_pitch_roll();
        let (sin, cos) = roll.sin_cos();
        let fade = (fade_px / pose.scale / AXES[0]).max(0.75);
        Self {
            shift: pose.shift,
            scale: pose.scale,
            roll: [sin, cos],
            breadth: breadth.max(1.0),
            end: 1.0 + fade,
        }
    }

    /// From 0 to 1.
    #[inline]
    pub(crate) fn at(&self, [x, y]: [f32; 2]) -> f32 {
        let [x, y] = [x - self.shift[0], y - self.shift[1]].map(|v| v / self.scale);
        let [sin, cos] = self.roll;
        let [across, down] = [x * cos + y * sin, y * cos - x * sin - MIDDLE];
        let widening = smooth_step(0.9, 2.3, down) * (SHOULDER_AXIS - AXES[0]);
        let side = across / (AXES[0] * self.breadth + widening);
        let height = down / if down < 0.0 { AXES[1] } else { AXES[2] };
        1.0 - smooth_step(1.0, self.end, side.hypot(height))
    }

    /// Box outside which nothing moves: left, top, right, bottom, pixels.
    pub(crate) fn bounds(&self) -> [f32; 4] {
        let widest = (AXES[0] * self.breadth + SHOULDER_AXIS - AXES[0]).max(AXES[2] + MIDDLE.abs());
        let radius = self.scale * self.end * widest.max(AXES[2]) + self.scale * MIDDLE.abs();
        let [x, y] = self.shift;
        [x - radius, y - radius, x + radius, y + radius]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::Rotation;

    fn pose(angles: [f32; 3], shift: [f32; 2]) -> HeadPose {
        HeadPose {
            rotation: Rotation::from_yaw_pitch_roll(angles),
            scale: 100.0,
            shift,
        }
    }

    #[test]
    fn a_turn_moves_the_forehead_more_than_the_outline_and_the_shoulders_not_at_all() {
        let [from, to] = [pose([0.0; 3], [0.0; 2]), pose([0.3, 0.0, 0.0], [0.0; 2])];
        let pairs = anchors(&from, &to, 1.0);
        let step = |i: usize| (pairs.target[i][0] - pairs.source[i][0]).abs();
        let last = pairs.source.len() - 1;
        assert!(step(0) > 3.0);
        assert_eq!(step(last), 0.0);
        assert_eq!(pairs.source.len(), 2 * (14 + 5) - 4 - 2);
    }

    #[test]
    fn reach_is_full_on_the_head_and_nothing_far_away() {
        let reach = Reach::new(&pose([0.0; 3], [300.0, 300.0]), 1.0, 50.0);
        for [x, y] in [
            [300.0, 300.0],
            [390.0, 280.0],
            [300.0, 150.0],
            [300.0, 410.0],
        ] {
            assert!(reach.at([x, y]) > 0.99, "{x} {y}");
        }
        let [left, top, right, bottom] = reach.bounds();
        for [x, y] in [[left, 300.0], [300.0, top], [right, 300.0], [300.0, bottom]] {
            assert_eq!(reach.at([x, y]), 0.0, "{x} {y}");
        }
    }
}
