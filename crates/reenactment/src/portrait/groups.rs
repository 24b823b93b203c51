//! Parts of the face that move as one, each by an affine map that its landmarks give.

use landmarks::{Landmarks, RIGHT_PUPIL, Similarity};

/// Parts of the face.
pub(crate) const PARTS: usize = 15;

/// How strongly a group's turn and stretch are drawn to the whole head's, shares of the group's own
/// spread.
const RIDGE: f32 = 0.15;

/// Landmarks of each group: five parts of the jaw, brows, bridge and nostrils, eyes, upper and lower
/// lip, corners of the mouth.
const MEMBERS: [&[usize]; PARTS] = [
    &[0, 1, 2, 3],
    &[3, 4, 5, 6],
    &[6, 7, 8, 9, 10],
    &[10, 11, 12, 13],
    &[13, 14, 15, 16],
    &[17, 18, 19, 20, 21],
    &[22, 23, 24, 25, 26],
    &[27, 28, 29, 30],
    &[30, 31, 32, 33, 34, 35],
    &[36, 37, 38, 39, 40, 41],
    &[42, 43, 44, 45, 46, 47],
    &[49, 50, 51, 52, 53, 61, 62, 63],
    &[55, 56, 57, 58, 59, 65, 66, 67],
    &[48, 49, 59, 60],
    &[53, 54, 55, 64],
];

/// An affine map of the plane: `centre` goes to `target`, steps from it through `linear`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Affine {
    pub(crate) centre: [f32; 2],
    pub(crate) target: [f32; 2],
    /// Rows of the matrix.
    pub(crate) linear: [[f32; 2]; 2],
}

impl Affine {
    pub(crate) fn carry(&self, place: [f32; 2]) -> [f32; 2] {
        let step = [place[0] - self.centre[0], place[1] - self.centre[1]];
        [0, 1].map(|row| {
            self.target[row] + self.linear[row][0] * step[0] + self.linear[row][1] * step[1]
        })
    }
}

/// Points of a group, the driver's or the source's.
pub(crate) fn members(landmarks: &Landmarks, group: usize) -> impl Iterator<Item = [f32; 2]> {
    MEMBERS[group].iter().map(|index| landmarks.points[*index])
}

/// The whole head's move from the driving face onto the source, without turns out of the picture.
pub(crate) fn head_similarity(driving: &Landmarks, source: &Landmarks) -> Similarity {
    let [from, to] = [driving, source].map(|face| &face.points[..RIGHT_PUPIL]);
    Similarity::fit(from, to)
}

/// Each group's map from the driving face onto the source: ridge regression of what the head's
/// similarity leaves over.
pub(crate) fn group_affines(
    driving: &Landmarks,
    source: &Landmarks,
    head: &Similarity,
) -> [Affine; PARTS] {
    let origin = head.carry([0.0, 0.0]);
    let columns = [[1.0, 0.0], [0.0, 1.0]].map(|axis| {
        let carried = head.carry(axis);
        [carried[0] - origin[0], carried[1] - origin[1]]
    });
    std::array::from_fn(|group| {
        let from: Vec<[f32; 2]> = members(driving, group).collect();
        let to: Vec<[f32; 2]> = members(source, group).collect();
        let [centre, target] = [mean(&from), mean(&to)];
        // C = sum of steps times steps, D = sum of what is left over times steps
        let [mut own, mut left] = [[[0.0f32; 2]; 2]; 2];
        for (from, to) in from.iter().zip(&to) {
            let step = [from[0] - centre[0], from[1] - centre[1]];
            for row in 0..2 {
                let carried = columns[0][row] * step[0] + columns[1][row] * step[1];
                let over = to[row] - target[row] - carried;
                for column in 0..2 {
                    own[row][column] += step[row] * step[column];
                    left[row][column] += over * step[column];
                }
            }
        }
        let ridge = RIDGE * (own[0][0] + own[1][1]) / 2.0 + 1e-6;
        own[0][0] += ridge;
        own[1][1] += ridge;
        let determinant = own[0][0] * own[1][1] - own[0][1] * own[1][0];
        let inverse = [
            [own[1][1] / determinant, -own[0][1] / determinant],
            [-own[1][0] / determinant, own[0][0] / determinant],
        ];
        let linear = [0, 1].map(|row| {
            [0, 1].map(|column| {
                let over = left[row][0] * inverse[0][column] + left[row][1] * inverse[1][column];
                columns[column][row] + over
            })
        });
        Affine {
            centre,
            target,
            linear,
        }
    })
}

fn mean(points: &[[f32; 2]]) -> [f32; 2] {
    let count = points.len() as f32;
    [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f32>() / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::DrawnHead;

    fn face() -> Landmarks {
        Landmarks {
            points: DrawnHead::frontal(256).points(),
        }
    }

    #[test]
    fn a_head_that_moves_as_a_whole_moves_every_group_alike() {
        let source = face();
        let turned = |[x, y]: [f32; 2]| [0.9 * x - 0.3 * y + 20.0, 0.3 * x + 0.9 * y - 5.0];
        let driving = source.map(turned);
        let head = head_similarity(&driving, &source);
        for affine in group_affines(&driving, &source, &head) {
            for (from, to) in driving.points.iter().zip(&source.points) {
                let found = affine.carry(*from);
                assert!((0..2).all(|axis| (found[axis] - to[axis]).abs() < 0.02));
            }
        }
    }

    #[test]
    fn an_eye_that_closes_is_stretched_and_the_chin_is_not() {
        let source = face();
        let mut driving = source;
        for index in 37..42 {
            if index != 39 {
                let middle = source.mean_of(36..42)[1];
                driving.points[index][1] = middle + 0.3 * (source.points[index][1] - middle);
            }
        }
        let head = head_similarity(&driving, &source);
        let affines = group_affines(&driving, &source, &head);
        assert!(affines[9].linear[1][1] > 1.5, "{:?}", affines[9]);
        assert!((affines[2].linear[1][1] - 1.0).abs() < 0.05);
    }

    #[test]
    fn a_group_whose_points_fall_together_keeps_the_heads_turn() {
        let source = face();
        let mut driving = source;
        for index in MEMBERS[9] {
            driving.points[*index] = source.points[36];
        }
        let head = head_similarity(&driving, &source);
        let affine = group_affines(&driving, &source, &head)[9];
        assert!(
            affine
                .linear
                .iter()
                .flatten()
                .all(|value| value.is_finite())
        );
        assert!((affine.linear[0][0] - 1.0).abs() < 0.2, "{affine:?}");
    }

    #[test]
    fn every_landmark_of_the_68_but_a_few_belongs_to_a_group() {
        let mut known: Vec<usize> = MEMBERS
            .iter()
            .flat_map(|group| group.iter().copied())
            .collect();
        known.sort_unstable();
        known.dedup();
        assert_eq!(known, (0..RIGHT_PUPIL).collect::<Vec<_>>());
    }
}
