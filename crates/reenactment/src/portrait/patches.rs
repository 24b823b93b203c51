//! Upright squares around mouth and eyes, in which details are painted at a size of their own.

use landmarks::{LEFT_EYE, Landmarks, OUTER_LIPS, RIGHT_EYE};

use super::bending::BendSource;
use super::motion_guide::face_size;

/// Half the side of the square around the mouth, face sizes.
const MOUTH: f32 = 0.5;
/// Half the side of the square around an eye, face sizes.
const EYE: f32 = 0.32;
/// Width of the border over which a patch fades into the picture, halves of the patch.
const FEATHER: f32 = 0.25;

/// A square on a face, turned with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patch {
    /// From the patch to the crop, both from -1 to 1 between the outer edges of the first and the
    /// last pixel: rows of `[x, y, 1]`.
    pub to_crop: [[f32; 3]; 2],
}

/// Mouth, right eye and left eye of a face in a crop of `crop_px` pixels a side. The left eye is
/// mirrored, so that both eyes look alike to one network.
pub fn patches(landmarks: &Landmarks, crop_px: u32) -> [Patch; 3] {
    let to_unit = |value: f32| (2.0 * value + 1.0) / crop_px as f32 - 1.0;
    let face = landmarks.map(|point| point.map(to_unit));
    let [right, left] = [face.mean_of(RIGHT_EYE), face.mean_of(LEFT_EYE)];
    let across = [left[0] - right[0], left[1] - right[1]];
    let length = across[0].hypot(across[1]).max(1e-6);
    let [cos, sin] = across.map(|value| value / length);
    let size = face_size(&face);
    let square = |centre: [f32; 2], half: f32, mirrored: f32| Patch {
        to_crop: [
            [mirrored * half * cos, -half * sin, centre[0]],
            [mirrored * half * sin, half * cos, centre[1]],
        ],
    };
    [
        square(face.mean_of(OUTER_LIPS), MOUTH * size, 1.0),
        square(right, EYE * size, 1.0),
        square(left, EYE * size, -1.0),
    ]
}

impl Patch {
    /// Cut the patch out of planes, bilinearly: `[channels, patch_px, patch_px]`.
    pub fn cut(&self, planes: &BendSource, patch_px: usize) -> Vec<f32> {
        let places = patch_px * patch_px;
        let mut cut = vec![0.0; planes.channels() * places];
        let mut pixel = vec![0.0; planes.channels()];
        for place in 0..places {
            let at = |index: usize| (2 * index + 1) as f32 / patch_px as f32 - 1.0;
            let from = self.carry([at(place % patch_px), at(place / patch_px)]);
            planes.look(from, &mut pixel);
            for (channel, value) in pixel.iter().enumerate() {
                cut[channel * places + place] = *value;
            }
        }
        cut
    }

    /// Lay the patch over planes of a crop, `[channels, side, side]`, fading at its border.
    pub fn paste(&self, patch: &[f32], patch_px: usize, planes: &mut [f32], side: usize) {
        let Some(back) = self.inverse() else {
            return;
        };
        let source = BendSource::from_planes(patch, patch_px);
        let places = side * side;
        let mut pixel = vec![0.0; source.channels()];
        let at = |index: usize| (2 * index + 1) as f32 / side as f32 - 1.0;
        let [columns, rows] = self.bounds(side);
        for y in rows {
            for x in columns.clone() {
                let on_patch = back.carry([at(x), at(y)]);
                let share = fade(on_patch);
                if share == 0.0 {
                    continue;
                }
                source.look(on_patch, &mut pixel);
                for (channel, value) in pixel.iter().enumerate() {
                    let there = &mut planes[channel * places + y * side + x];
                    *there += (value - *there) * share;
                }
            }
        }
    }

    /// Points of a crop of `crop_px` pixels a side in the pixels of the patch, of `patch_px`; `None` for
    /// a patch without area.
    pub fn points(&self, points: &Landmarks, crop_px: u32, patch_px: u32) -> Option<Landmarks> {
        let back = self.inverse()?;
        Some(points.map(|point| {
            let on_crop = point.map(|value| (2.0 * value + 1.0) / crop_px as f32 - 1.0);
            let on_patch = back.carry(on_crop);
            on_patch.map(|value| ((value + 1.0) * patch_px as f32 - 1.0) / 2.0)
        }))
    }

    fn carry(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        self.to_crop.map(|row| row[0] * x + row[1] * y + row[2])
    }

    /// From the crop to the patch; `None` for a patch without area.
    fn inverse(&self) -> Option<Self> {
        let [[a, b, x], [c, d, y]] = self.to_crop;
        let determinant = a * d - b * c;
        if determinant.abs() < 1e-12 || !determinant.is_finite() {
            return None;
        }
        let [a, b, c, d] = [d, -b, -c, a].map(|value| value / determinant);
        Some(Self {
            to_crop: [[a, b, -(a * x + b * y)], [c, d, -(c * x + d * y)]],
        })
    }

    /// Pixels of the crop that the patch may cover: columns, rows.
    fn bounds(&self, side: usize) -> [std::ops::Range<usize>; 2] {
        self.to_crop.map(|[a, b, middle]| {
            let reach = a.abs() + b.abs();
            let pixel = |value: f32| (value + 1.0) / 2.0 * side as f32;
            let clamp = |value: f32| value.clamp(0.0, side as f32) as usize;
            clamp(pixel(middle - reach))..clamp(pixel(middle + reach) + 1.0)
        })
    }
}

/// How much a place of the patch covers: 1 within, 0 at the border.
fn fade([x, y]: [f32; 2]) -> f32 {
    let share = |value: f32| ((1.0 - value.abs()) / FEATHER).clamp(0.0, 1.0);
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    smooth(share(x)) * smooth(share(y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::DrawnHead;

    const CROP_PX: usize = 256;

    fn face(roll: f32) -> Landmarks {
        let points = DrawnHead::frontal(CROP_PX as u32).points();
        let (sin, cos) = roll.sin_cos();
        Landmarks { points }.map(|[x, y]| {
            let [x, y] = [x - 128.0, y - 128.0];
            [128.0 + x * cos - y * sin, 128.0 + x * sin + y * cos]
        })
    }

    /// Planes that hold each pixel's x and y, -1 to 1.
    fn places() -> BendSource {
        let at = |index: usize| (2 * index + 1) as f32 / CROP_PX as f32 - 1.0;
        let pixels = CROP_PX * CROP_PX;
        let x = (0..pixels).map(|place| at(place % CROP_PX));
        let y = (0..pixels).map(|place| at(place / CROP_PX));
        BendSource::from_planes(&x.chain(y).collect::<Vec<f32>>(), CROP_PX)
    }

    #[test]
    fn a_turned_face_has_upright_patches_around_the_same_landmarks() {
        let face = face(0.4);
        let unit = |value: f32| (2.0 * value + 1.0) / CROP_PX as f32 - 1.0;
        let [mouth, right, left] = patches(&face, CROP_PX as u32);
        let planes = places();
        for (patch, middle) in [
            (mouth, face.mean_of(OUTER_LIPS)),
            (right, face.mean_of(RIGHT_EYE)),
            (left, face.mean_of(LEFT_EYE)),
        ] {
            let cut = patch.cut(&planes, 33);
            let centre = [cut[16 * 33 + 16], cut[33 * 33 + 16 * 33 + 16]];
            for axis in 0..2 {
                assert!((centre[axis] - unit(middle[axis])).abs() < 0.01);
            }
        }
        // along a row of the mouth's patch the picture goes along the line of the eyes
        let cut = mouth.cut(&planes, 33);
        let [dx, dy] = [0, 1]
            .map(|plane| cut[plane * 33 * 33 + 16 * 33 + 20] - cut[plane * 33 * 33 + 16 * 33 + 12]);
        assert!((dy.atan2(dx) - 0.4).abs() < 0.02, "{}", dy.atan2(dx));
        // and the left eye's is mirrored
        let cut = left.cut(&planes, 33);
        assert!(cut[16 * 33 + 20] < cut[16 * 33 + 12]);
    }

    #[test]
    fn what_was_cut_and_is_pasted_again_changes_little_and_nothing_outside() {
        let wave = |place: usize| {
            let [x, y] = [place % CROP_PX, place / CROP_PX].map(|value| value as f32);
            (x / 9.0).sin() * (y / 11.0).cos()
        };
        let picture: Vec<f32> = (0..CROP_PX * CROP_PX).map(wave).collect();
        let source = BendSource::from_planes(&picture, CROP_PX);
        for patch in patches(&face(0.3), CROP_PX as u32) {
            let cut = patch.cut(&source, 128);
            let mut pasted = picture.clone();
            patch.paste(&cut, 128, &mut pasted, CROP_PX);
            let worst = picture
                .iter()
                .zip(&pasted)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            assert!(worst < 0.05, "{worst}");
            let mut painted = picture.clone();
            patch.paste(&vec![5.0; 128 * 128], 128, &mut painted, CROP_PX);
            let changed = painted.iter().zip(&picture).filter(|(a, b)| a != b).count();
            let [columns, rows] = patch.bounds(CROP_PX);
            assert!(changed > 100 && changed < columns.len() * rows.len());
            assert!(painted.contains(&5.0), "the middle is covered whole");
        }
    }

    #[test]
    fn a_face_without_size_pastes_nothing() {
        let point = face(0.0).map(|_| [10.0, 10.0]);
        let mut planes = vec![0.0; 64];
        for patch in patches(&point, 8) {
            patch.paste(&[1.0; 16], 4, &mut planes, 8);
        }
        assert!(planes.iter().all(|value| value.is_finite()));
    }
}
