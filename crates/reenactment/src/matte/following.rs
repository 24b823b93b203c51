//! Cutting the person out of the frames of a video: each cut begins from the one before, so that the edge does not
//! flicker.

use landmarks::{Landmarks, resize_longer_side};
use media::Image;
use rayon::prelude::*;

use super::edge::Edge;
use super::guided_filter::box_mean;
use super::{Colours, EDGE, EYES_PX, LONGEST_PX, Scene};

/// How much the cut before speaks for the same in this one, logit.
const KEPT: f32 = 1.2;
/// Radius over which the cut before is blurred, since the person moves, pixels of the small copy.
const MOVES_PX: usize = 2;

/// Cuts one person out of frame after frame.
#[derive(Debug, Default)]
pub(crate) struct PersonFollower {
    before: Option<Before>,
}

/// What is kept of the last cut.
#[derive(Debug)]
pub(super) struct Before {
    /// Size of the small copy, which stays the same for all frames.
    longest: u32,
    size: [usize; 2],
    /// How much each pixel was the person, 0 to 1.
    mask: Vec<f32>,
    pub(super) colours: Colours,
}

impl PersonFollower {
    /// How much of each pixel is the person with this face, 0 to 255, row by row. `others` are further
    /// faces in the picture, which are background.
    pub(crate) fn cut(
        &mut self,
        picture: &Image,
        landmarks: &Landmarks,
        others: &[Landmarks],
    ) -> Vec<u8> {
        let longest = picture.width().max(picture.height());
        let scale = EYES_PX / landmarks.inter_ocular_px().max(1.0);
        let wanted = (longest as f32 * scale).min(LONGEST_PX as f32) as u32;
        let wanted = wanted.clamp(16, longest.max(16));
        let wanted = self.before.as_ref().map_or(wanted, |before| before.longest);
        let small = resize_longer_side(picture, wanted);
        let to_small = |face: &Landmarks| face.map(|point| small.to_fitted(point));
        let face = to_small(landmarks);
        let others: Vec<Landmarks> = others.iter().map(to_small).collect();
        let scene = Scene::new(&small.image, &face, &others);
        // a picture of another size has nothing to do with the one before
        let before = self
            .before
            .take()
            .filter(|before| before.size == scene.size);
        let (mask, colours) = scene.cut(before.as_ref());
        let radius = ((EDGE * face.inter_ocular_px()).round() as usize).max(1);
        let edge = Edge::new(scene.size, &scene.colours, &mask, radius);
        self.before = colours.map(|colours| Before {
            longest: wanted,
            size: scene.size,
            mask: soft(scene.size, &mask),
            colours,
        });
        let width = picture.width() as usize;
        let rows = picture.rgb().par_chunks_exact(3 * width).enumerate();
        let alpha = rows.flat_map_iter(|(y, row)| {
            let edge = &edge;
            let pixels = row.chunks_exact(3).enumerate();
            let small = &small;
            pixels.map(move |(x, colour)| edge.alpha(small.to_fitted([x as f32, y as f32]), colour))
        });
        alpha.collect()
    }
}

impl Before {
    /// How much the cut before speaks for the person at a pixel, logit.
    pub(super) fn preference(&self, at: usize) -> f32 {
        KEPT * (2.0 * self.mask[at] - 1.0)
    }
}

fn soft(size: [usize; 2], mask: &[bool]) -> Vec<f32> {
    let hard: Vec<f32> = mask.iter().map(|is| f32::from(u8::from(*is))).collect();
    box_mean(size, &hard, MOVES_PX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matte::person_matte;
    use test_support::DrawnHead;

    /// A frame of a clip in which the head moves slowly, with noise that is another in each.
    fn frame(index: u32) -> (Image, Landmarks) {
        let mut head = DrawnHead::frontal(256);
        head.width = 320;
        head.height = 360;
        head.centre = [150.0 + 2.0 * index as f32, 150.0];
        let mut state = 77 + index;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 27) as i32 - 16
        };
        let noisy = |value: u8| (i32::from(value) + noise()).clamp(0, 255) as u8;
        let rgb = head.draw().into_iter().map(noisy).collect();
        let points = head.points();
        (Image::from_rgb(320, 360, rgb), Landmarks { points })
    }

    #[test]
    fn a_moving_person_is_followed_and_cut_as_each_frame_alone_would_be() {
        let mut follower = PersonFollower::default();
        for index in 0..6 {
            let (picture, face) = frame(index);
            let followed = follower.cut(&picture, &face, &[]);
            let alone = person_matte(&picture, &face, &[]);
            let pairs = || followed.iter().zip(&alone);
            let both = pairs().filter(|(a, b)| **a >= 128 && **b >= 128).count();
            let any = pairs().filter(|(a, b)| **a >= 128 || **b >= 128).count();
            assert!(
                both as f64 / any as f64 > 0.97,
                "frame {index}: {both} of {any}"
            );
        }
    }
}
