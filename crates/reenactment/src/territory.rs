//! Several painted heads in one picture: each changes what is nearer to it than to the others.

use landmarks::{FaceFrame, Landmarks};
use media::Image;

use crate::softness::smooth_step;

/// Part of the way between two heads over which the change of each fades.
const FADE: f32 = 0.2;

/// Places and sizes of the heads in a picture.
#[derive(Debug, Clone)]
pub(crate) struct Territories {
    faces: Vec<FaceFrame>,
}

impl Territories {
    /// Share the picture among these faces.
    pub(crate) fn new<'a>(faces: impl IntoIterator<Item = &'a Landmarks>) -> Self {
        Self {
            faces: faces.into_iter().map(FaceFrame::from_landmarks).collect(),
        }
    }

    /// How far a place belongs to a head: 1 near it, 0 from half way to the nearest other on. No place
    /// belongs to two.
    fn share(&self, head: usize, place: [f32; 2]) -> f32 {
        let distance = |face: &FaceFrame| {
            let [x, y] = [0, 1].map(|axis| place[axis] - face.centre[axis]);
            x.hypot(y) / face.size_px.max(1e-3)
        };
        let own = distance(&self.faces[head]);
        let others = self
            .faces
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != head);
        let nearest = others
            .map(|(_, face)| distance(face))
            .fold(f32::INFINITY, f32::min);
        if nearest.is_infinite() {
            return 1.0;
        }
        smooth_step(0.0, FADE, (nearest - own) / (nearest + own).max(1e-6))
    }

    /// Lay what a head's painter changed in `base` onto a picture.
    pub(crate) fn lay(&self, head: usize, base: &Image, painted: &Image, onto: &mut Image) {
        let width = base.width() as usize;
        let mut alpha = onto.alpha().map(<[u8]>::to_vec);
        let levels = onto.rgb_mut().chunks_exact_mut(3);
        let pairs = base
            .rgb()
            .chunks_exact(3)
            .zip(painted.rgb().chunks_exact(3));
        for (place, (level, (old, new))) in levels.zip(pairs).enumerate() {
            let alphas = base.alpha().zip(painted.alpha());
            let alphas = alphas.map(|(old, new)| (old[place], new[place]));
            if old == new && alphas.is_none_or(|(old, new)| old == new) {
                continue;
            }
            let at = [place % width, place / width].map(|value| value as f32);
            let share = self.share(head, at);
            if share == 0.0 {
                continue;
            }
            let moved = |old: u8, new: u8| {
                (f32::from(old) + share * (f32::from(new) - f32::from(old))).round() as u8
            };
            for (level, (old, new)) in level.iter_mut().zip(old.iter().zip(new)) {
                *level = moved(*old, *new);
            }
            if let (Some(alpha), Some((old, new))) = (&mut alpha, alphas) {
                alpha[place] = moved(old, new);
            }
        }
        if let Some(alpha) = alpha {
            let bare = std::mem::replace(onto, Image::new(0, 0));
            *onto = bare.with_alpha(alpha);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::DrawnHead;

    fn heads() -> Territories {
        let face = |x: f32| {
            let mut head = DrawnHead::frontal(128);
            head.centre = [x, 60.0];
            Landmarks {
                points: head.points(),
            }
        };
        Territories::new(&[face(60.0), face(190.0)])
    }

    #[test]
    fn each_head_changes_its_own_side_and_no_place_is_changed_twice() {
        let heads = heads();
        assert!(heads.share(0, [60.0, 60.0]) == 1.0 && heads.share(1, [190.0, 60.0]) == 1.0);
        for x in 0..250 {
            for y in [10.0, 60.0, 120.0] {
                let place = [x as f32, y];
                assert!(heads.share(0, place) == 0.0 || heads.share(1, place) == 0.0);
            }
        }
        let base = Image::new(250, 120);
        let white = Image::from_rgb(250, 120, vec![255; 250 * 120 * 3]);
        let mut result = base.clone();
        heads.lay(0, &base, &white, &mut result);
        assert_eq!(result.pixel(60, 60), [255; 3]);
        assert_eq!(result.pixel(190, 60), [0; 3]);
    }

    #[test]
    fn one_head_alone_has_the_whole_picture() {
        let one = Territories::new(&[Landmarks {
            points: DrawnHead::frontal(128).points(),
        }]);
        assert_eq!(one.share(0, [9000.0, 0.0]), 1.0);
    }
}
