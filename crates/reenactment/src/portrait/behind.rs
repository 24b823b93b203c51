//! What stands behind a person in a still picture: completed once, so that it stands still while the head
//! moves before it.
//!
//! Bending alone would drag the wall along with the hair. The matte says what is person; the place that the
//! person hides is filled in from around it.

use landmarks::Landmarks;
use media::Image;

use super::completion::complete;
use crate::matte::person_matte;
use crate::softness::smooth_step;

/// Displacements between which the completed background takes over, pixels: what does not move stays
/// as it is.
const MOVED_PX: (f32, f32) = (0.2, 1.2);
/// Share of the person from which a pixel is not trusted to show the background.
const HIDDEN: u8 = 6;
/// How much farther than that nothing is taken from, distances of the eyes.
const FRINGE: f32 = 0.05;
/// How far into the person the background is textured, distances of the eyes; a head moves hardly farther.
const DEPTH: f32 = 1.0;

/// The background of a picture.
#[derive(Debug)]
pub(super) struct Behind {
    size: [usize; 2],
    /// How much of each pixel is the person, 0 to 255.
    matte: Vec<u8>,
    completed: Image,
}

impl Behind {
    /// Cut the person with this face out, and complete what is behind. `others` are further faces, which
    /// belong to the background.
    pub(super) fn new(picture: &Image, landmarks: &Landmarks, others: &[Landmarks]) -> Self {
        let size = [picture.width(), picture.height()].map(|side| side as usize);
        let matte = person_matte(picture, landmarks, others);
        let eyes_px = landmarks.inter_ocular_px();
        let fringe = (FRINGE * eyes_px).round().max(1.0) as usize;
        let hidden = widened(&matte, size, fringe);
        Self {
            size,
            matte,
            completed: complete(picture, &hidden, DEPTH * eyes_px),
        }
    }

    /// Mix a pixel at `place`, bent from `from`, with what is behind. `told` is 1 where the colour is that of
    /// `from`, 0 where it was painted anew.
    pub(super) fn show(&self, place: [usize; 2], from: [f32; 2], told: f32, colour: &mut [f32]) {
        let step = [0, 1].map(|axis| from[axis] - place[axis] as f32);
        let (least, most) = MOVED_PX;
        let moved = smooth_step(least, most, step[0].hypot(step[1]));
        let share = moved * told * (1.0 - self.person_at(from));
        if share <= 0.0 {
            return;
        }
        let behind = self.completed.pixel(place[0] as u32, place[1] as u32);
        for (value, behind) in colour.iter_mut().zip(behind) {
            *value += share * (f32::from(behind) - *value);
        }
    }

    /// How much of a place is the person, 0 to 1.
    fn person_at(&self, place: [f32; 2]) -> f32 {
        let [width, height] = self.size;
        let x = place[0].clamp(0.0, (width - 1) as f32);
        let y = place[1].clamp(0.0, (height - 1) as f32);
        let [left, top] = [x as usize, y as usize];
        let [right, bottom] = [(left + 1).min(width - 1), (top + 1).min(height - 1)];
        let at = |x: usize, y: usize| f32::from(self.matte[y * width + x]);
        let [u, v] = [x - left as f32, y - top as f32];
        let upper = at(left, top) + u * (at(right, top) - at(left, top));
        let lower = at(left, bottom) + u * (at(right, bottom) - at(left, bottom));
        (upper + v * (lower - upper)) / 255.0
    }
}

/// Places of the person and those within `reach` pixels, along rows and then columns.
fn widened(matte: &[u8], [width, height]: [usize; 2], reach: usize) -> Vec<bool> {
    let own: Vec<bool> = matte.iter().map(|alpha| *alpha >= HIDDEN).collect();
    let spread = |from: &[bool], length: usize, stride: usize, starts: &[usize]| {
        let mut to = vec![false; from.len()];
        for start in starts {
            let mut until = 0;
            for place in 0..length + reach {
                if place < length && from[start + place * stride] {
                    until = place + 2 * reach + 1;
                }
                // the window is centred: what is seen here counts from `reach` before on
                if place < until && place >= reach {
                    to[start + (place - reach) * stride] = true;
                }
            }
        }
        to
    };
    let rows: Vec<usize> = (0..height).map(|y| y * width).collect();
    let columns: Vec<usize> = (0..width).collect();
    let wide = spread(&own, width, 1, &rows);
    spread(&wide, height, width, &columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_grows_to_all_sides_alike() {
        let mut matte = vec![0; 11 * 9];
        matte[4 * 11 + 5] = 255;
        let wide = widened(&matte, [11, 9], 2);
        for (place, is_hidden) in wide.iter().enumerate() {
            let [x, y] = [place % 11, place / 11];
            assert_eq!(*is_hidden, x.abs_diff(5) <= 2 && y.abs_diff(4) <= 2);
        }
    }
}
