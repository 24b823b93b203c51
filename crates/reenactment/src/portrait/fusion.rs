//! Several bent sources made one, place by place.

use landmarks::{JAW, LEFT_BROW, Landmarks, RIGHT_BROW};

use super::bending::{BendKind, BendSource};
use super::model::{BentSource, MotionField};
use super::person::Source;
use super::pose_distance::DISTANCE_COST;

/// How much the other sources lose where the canvas alone knows what is there, logits.
const CANVAS_GAIN: f32 = 12.0;
/// Width of the border of the face over which the others fade, sides of the picture.
const FACE_FADE: f32 = 0.06;

/// A source that takes part in a picture.
pub(super) struct Taking<'a> {
    pub(super) source: &'a Source,
    pub(super) field: MotionField,
    /// How much farther from the pose than the nearest source, sizes of the face.
    pub(super) lag: f32,
}

/// Share of each source in the pose as a whole.
pub(super) fn shares_of_lags(lags: &[f32]) -> Vec<f32> {
    let weights: Vec<f32> = lags
        .iter()
        .map(|lag| (-DISTANCE_COST * lag).exp())
        .collect();
    let sum: f32 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// Share of each source at every cell of the grid: by confidence and distance. Where `canvas` says
/// so, `[grid, grid]` from 0 to 1, the first source keeps what is its own.
pub(super) fn shares(taking: &[Taking<'_>], canvas: Option<&[f32]>) -> Vec<Vec<f32>> {
    let cells = taking[0].field.confidence.len();
    let mut shares: Vec<Vec<f32>> = vec![vec![0.0; cells]; taking.len()];
    for cell in 0..cells {
        let logit = |(index, part): (usize, &Taking<'_>)| {
            let kept = match canvas {
                Some(kept) if index > 0 => CANVAS_GAIN * kept[cell],
                _ => 0.0,
            };
            part.field.confidence[cell] - DISTANCE_COST * part.lag - kept
        };
        let logits: Vec<f32> = taking.iter().enumerate().map(logit).collect();
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = logits.iter().map(|logit| (logit - largest).exp()).sum();
        for (share, logit) in shares.iter_mut().zip(logits) {
            share[cell] = (logit - largest).exp() / sum;
        }
    }
    shares
}

/// Bend every source along its flow and mix them by their shares.
pub(super) fn fuse(taking: &[Taking<'_>], shares: &[Vec<f32>]) -> BentSource {
    let grid = shares[0].len().isqrt();
    let mix = |bend: &dyn Fn(&Source, &MotionField) -> Vec<f32>, side: usize| {
        if let [only] = taking {
            return bend(only.source, &only.field);
        }
        let mut mixed: Vec<f32> = Vec::new();
        for (part, shares) in taking.iter().zip(shares) {
            let planes = bend(part.source, &part.field);
            mixed.resize(planes.len(), 0.0);
            let shares = resized(shares, grid, side);
            let rows = mixed.chunks_exact_mut(side * side);
            for (mixed, plane) in rows.zip(planes.chunks_exact(side * side)) {
                for ((mixed, value), share) in mixed.iter_mut().zip(plane).zip(&shares) {
                    *mixed += share * value;
                }
            }
        }
        mixed
    };
    let first = taking[0].source;
    let level = |index: usize| {
        mix(
            &|source, field| source.levels[index].bend(&field.flow, BendKind::Bilinear),
            first.levels[index].side(),
        )
    };
    BentSource {
        levels: [level(0), level(1), level(2)],
        occlusion: mix(&|_, field| field.occlusion.clone(), grid),
        picture: mix(
            &|source, field| source.picture.bend(&field.flow, BendKind::Bicubic),
            first.picture.side(),
        ),
    }
}

/// Where the canvas alone knows what is there: 1 outside the face of these landmarks, falling to 0
/// within, over `[grid, grid]` cells of a picture of `side_px`.
pub(super) fn outside_face(landmarks: &Landmarks, side_px: u32, grid: usize) -> Vec<f32> {
    let brows = RIGHT_BROW.chain(LEFT_BROW).rev();
    let outline: Vec<[f32; 2]> = JAW
        .chain(brows)
        .map(|index| landmarks.points[index])
        .collect();
    let cell = side_px as f32 / grid as f32;
    let at = |index: usize| (index as f32 + 0.5) * cell - 0.5;
    (0..grid * grid)
        .map(|place| {
            let inside = depth(&outline, [at(place % grid), at(place / grid)]);
            (1.0 - inside / (FACE_FADE * side_px as f32)).clamp(0.0, 1.0)
        })
        .collect()
}

/// Distance of a point within a closed outline from it; 0 outside.
fn depth(outline: &[[f32; 2]], [x, y]: [f32; 2]) -> f32 {
    let mut is_inside = false;
    let mut nearest = f32::INFINITY;
    for (index, to) in outline.iter().enumerate() {
        let from = outline[(index + outline.len() - 1) % outline.len()];
        let along = [to[0] - from[0], to[1] - from[1]];
        if (from[1] > y) != (to[1] > y) && x < from[0] + along[0] * (y - from[1]) / along[1] {
            is_inside = !is_inside;
        }
        let length = (along[0] * along[0] + along[1] * along[1]).max(1e-6);
        let share = ((x - from[0]) * along[0] + (y - from[1]) * along[1]) / length;
        let share = share.clamp(0.0, 1.0);
        let gap = [
            from[0] + share * along[0] - x,
            from[1] + share * along[1] - y,
        ];
        nearest = nearest.min(gap[0].hypot(gap[1]));
    }
    if is_inside { nearest } else { 0.0 }
}

/// A plane of the grid at another size, bilinearly with half-pixel centres.
fn resized(plane: &[f32], grid: usize, side: usize) -> Vec<f32> {
    let source = BendSource::from_planes(plane, grid);
    let at = |index: usize| (2 * index + 1) as f32 / side as f32 - 1.0;
    let mut value = [0.0];
    (0..side * side)
        .map(|place| {
            source.look([at(place % side), at(place / side)], &mut value);
            value[0]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use test_support::DrawnHead;

    use super::*;

    #[test]
    fn enlarging_meets_the_means_and_lies_between_them() {
        let small: Vec<f32> = (0..16)
            .map(|place| [0.5, 2.5, 4.5, 6.5][place % 4])
            .collect();
        let large = resized(&small, 4, 8);
        assert!(
            (large[2] - 2.0).abs() < 1e-5 && (large[3] - 3.0).abs() < 1e-5,
            "{large:?}"
        );
    }

    #[test]
    fn the_canvas_keeps_all_but_the_middle_of_the_face() {
        let landmarks = Landmarks {
            points: DrawnHead::frontal(128).points(),
        };
        let kept = outside_face(&landmarks, 128, 32);
        let nose = landmarks.points[30].map(|value| (value / 4.0) as usize);
        assert_eq!(kept[nose[1] * 32 + nose[0]], 0.0);
        for corner in [0, 31, 31 * 32, 32 * 32 - 1] {
            assert_eq!(kept[corner], 1.0);
        }
    }

    #[test]
    fn the_nearest_leads_and_equals_share() {
        assert_eq!(shares_of_lags(&[0.0, 0.0]), [0.5, 0.5]);
        let [near, far] = shares_of_lags(&[0.0, 0.4])[..] else {
            panic!("two shares");
        };
        assert!(near > 0.99 && far < 0.01);
    }
}
