//! How far two faces are apart: as a whole, and in lids, gaze and mouth.

use landmarks::Landmarks;

/// Upper and lower points whose distance opens the eyes.
const LIDS: &[[usize; 2]] = &[[37, 41], [38, 40], [43, 47], [44, 46]];
/// The same for the mouth.
const LIPS: &[[usize; 2]] = &[[61, 67], [62, 66], [63, 65]];
/// Corners and pupil of both eyes.
const GAZES: [[usize; 3]; 2] = [[36, 39, 68], [42, 45, 69]];
/// How far two faces are apart in their lids, their gaze and their mouths.
pub(crate) const FEATURES: [fn(&Landmarks, &Landmarks) -> f32; 3] = [
    |from, to| (opening_of(from, LIDS) - opening_of(to, LIDS)).abs(),
    gazes_apart,
    |from, to| (opening_of(from, LIPS) - opening_of(to, LIPS)).abs(),
];

/// Sum of the distances of the points.
pub(crate) fn apart(from: &Landmarks, to: &Landmarks) -> f32 {
    let pairs = from.points.iter().zip(&to.points);
    pairs.map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum()
}

/// How far eyes or mouth are open, in distances of the outer eye corners.
fn opening_of(face: &Landmarks, opening: &[[usize; 2]]) -> f32 {
    let open = opening.iter().map(|&[upper, lower]| {
        let [upper, lower] = [face.points[upper], face.points[lower]];
        (upper[0] - lower[0]).hypot(upper[1] - lower[1])
    });
    open.sum::<f32>() / face.inter_ocular_px().max(1.0)
}

/// How far the pupils lie apart between two faces, each within its eye: eye widths, sum of both.
fn gazes_apart(from: &Landmarks, to: &Landmarks) -> f32 {
    let gaze = |face: &Landmarks, [inner, outer, pupil]: [usize; 3]| {
        let [inner, outer, pupil] = [inner, outer, pupil].map(|index| face.points[index]);
        let along = [outer[0] - inner[0], outer[1] - inner[1]];
        let length = (along[0] * along[0] + along[1] * along[1]).max(1e-6);
        let out = [pupil[0] - inner[0], pupil[1] - inner[1]];
        let step = (out[0] * along[0] + out[1] * along[1]) / length;
        [step, (out[1] * along[0] - out[0] * along[1]) / length]
    };
    let eyes = GAZES.iter().map(|eye| {
        let [from, to] = [gaze(from, *eye), gaze(to, *eye)];
        (from[0] - to[0]).hypot(from[1] - to[1])
    });
    eyes.sum()
}

#[cfg(test)]
mod tests {
    use test_support::DrawnHead;

    use super::*;

    #[test]
    fn lids_gaze_and_mouth_are_told_apart_wherever_the_head_is() {
        let calm = DrawnHead::frontal(128);
        let face = |change: &dyn Fn(&mut [[f32; 2]])| {
            let mut points = calm.points();
            change(&mut points);
            // moved, turned by a quarter, grown
            Landmarks {
                points: points.map(|[x, y]| [300.0 - 2.0 * y, 40.0 + 2.0 * x]),
            }
        };
        let rest = Landmarks {
            points: calm.points(),
        };
        let lids = face(&|points| {
            for [upper, lower] in LIDS {
                points[*upper] = points[*lower];
            }
        });
        let gaze = face(&|points| {
            for [inner, _, pupil] in GAZES {
                points[pupil] = points[inner];
            }
        });
        let mouth = face(&|points| {
            for [_, lower] in LIPS {
                points[*lower][1] += 9.0;
            }
        });
        for (index, changed) in [&lids, &gaze, &mouth].into_iter().enumerate() {
            for (feature, distance) in FEATURES.iter().enumerate() {
                let apart = distance(&rest, changed);
                assert_eq!(apart > 0.1, feature == index, "{index}, {feature}: {apart}");
            }
        }
    }
}
