//! Fills holes of a picture from what is around them.
//!
//! Near its border a hole shows the mirrored outside, which keeps texture and lets lines that meet the border go on;
//! farther in, and where the mirror shows nothing, smooth colours by push and pull (Gortler et al. 1996).

use media::Image;

use super::nearest_known::nearest_known;
use crate::matte::box_mean;
use crate::softness::smooth_step;

/// Radius over which the steps to the border are averaged, shares of the depth up to which a hole is mirrored.
const STEADY: f32 = 0.15;

/// Known colours and how much is known, at one size.
struct Level {
    size: [usize; 2],
    /// Colour times weight, and weight.
    sums: Vec<[f32; 4]>,
}

/// The picture with its hidden pixels filled in; all others stay as they are. Up to `depth_px` from its border a
/// hole is textured.
pub(super) fn complete(picture: &Image, hidden: &[bool], depth_px: f32) -> Image {
    let smooth = pushed_and_pulled(picture, hidden);
    let size = [picture.width(), picture.height()].map(|side| side as usize);
    let steps = nearest_known(hidden, size);
    let radius = ((STEADY * depth_px).round() as usize).max(1);
    // only what is hidden has a step, so the mean is that over hidden neighbours
    let share = box_mean(
        size,
        &hidden
            .iter()
            .map(|is| f32::from(u8::from(*is)))
            .collect::<Vec<_>>(),
        radius,
    );
    let mean = [0, 1].map(|axis| {
        let values: Vec<f32> = steps.iter().map(|step| step[axis]).collect();
        box_mean(size, &values, radius)
    });
    let mut filled = smooth.clone();
    for place in 0..hidden.len() {
        if !hidden[place] {
            continue;
        }
        let depth = steps[place][0].hypot(steps[place][1]);
        let at = [place % size[0], place / size[0]];
        let whole = share[place].max(1e-3);
        let mirrored = [0, 1].map(|axis| at[axis] as f32 + 2.0 * mean[axis][place] / whole);
        let weight = 1.0 - smooth_step(0.5 * depth_px, depth_px, depth);
        if weight <= 0.0 {
            continue;
        }
        let (colour, known) = look(picture, hidden, mirrored);
        let weight = weight * smooth_step(0.3, 0.9, known);
        let [x, y] = at.map(|value| value as u32);
        let behind = smooth.pixel(x, y);
        filled.set_pixel(
            x,
            y,
            [0, 1, 2].map(|axis| {
                let below = f32::from(behind[axis]);
                (below + weight * (colour[axis] - below))
                    .round()
                    .clamp(0.0, 255.0) as u8
            }),
        );
    }
    filled
}

/// Colour of what is known around a place, and how much of it is known, 0 to 1.
fn look(picture: &Image, hidden: &[bool], place: [f32; 2]) -> ([f32; 3], f32) {
    let size = [picture.width() as i32, picture.height() as i32];
    let [left, top] = place.map(f32::floor);
    let [u, v] = [place[0] - left, place[1] - top];
    let (mut sum, mut known) = ([0.0; 3], 0.0);
    for (x, y, weight) in [
        (0, 0, (1.0 - u) * (1.0 - v)),
        (1, 0, u * (1.0 - v)),
        (0, 1, (1.0 - u) * v),
        (1, 1, u * v),
    ] {
        let [x, y] = [left as i32 + x, top as i32 + y];
        let is_inside = (0..size[0]).contains(&x) && (0..size[1]).contains(&y);
        if !is_inside || hidden[(y * size[0] + x) as usize] {
            continue;
        }
        let colour = picture.pixel(x as u32, y as u32);
        for (sum, level) in sum.iter_mut().zip(colour) {
            *sum += weight * f32::from(level);
        }
        known += weight;
    }
    (sum.map(|value| value / known.max(1e-3)), known)
}

/// Smooth colours in the hidden pixels.
fn pushed_and_pulled(picture: &Image, hidden: &[bool]) -> Image {
    let size = [picture.width(), picture.height()].map(|side| side as usize);
    let pixels = picture.rgb().chunks_exact(3).zip(hidden);
    let sums = pixels.map(|(colour, is_hidden)| match is_hidden {
        true => [0.0; 4],
        false => [
            f32::from(colour[0]),
            f32::from(colour[1]),
            f32::from(colour[2]),
            1.0,
        ],
    });
    let mut levels = vec![Level {
        size,
        sums: sums.collect(),
    }];
    while let Some(last) = levels.last()
        && last.size[0].max(last.size[1]) > 1
    {
        levels.push(last.halved());
    }
    let mut filled = levels
        .pop()
        .expect("there is one level at least")
        .colours(None);
    while let Some(level) = levels.pop() {
        filled = level.colours(Some(&filled));
    }
    let mut rgb = picture.rgb().to_vec();
    for ((pixel, is_hidden), colour) in rgb.chunks_exact_mut(3).zip(hidden).zip(&filled.0) {
        if *is_hidden {
            for (value, level) in pixel.iter_mut().zip(colour) {
                *value = level.round().clamp(0.0, 255.0) as u8;
            }
        }
    }
    Image::from_rgb(picture.width(), picture.height(), rgb)
}

/// Colours of all places of a level, and its size.
struct Filled(Vec<[f32; 3]>, [usize; 2]);

impl Level {
    fn halved(&self) -> Self {
        let size = self.size.map(|side| side.div_ceil(2));
        let mut sums = vec![[0.0; 4]; size[0] * size[1]];
        for (place, own) in self.sums.iter().enumerate() {
            let [x, y] = [place % self.size[0] / 2, place / self.size[0] / 2];
            let sum = &mut sums[y * size[0] + x];
            for (sum, own) in sum.iter_mut().zip(own) {
                *sum += own;
            }
        }
        // what is known fully stays one
        for sum in &mut sums {
            let most = sum[3].max(1.0);
            *sum = sum.map(|value| value / most);
        }
        Self { size, sums }
    }

    fn colours(&self, coarse: Option<&Filled>) -> Filled {
        let places = self.sums.iter().enumerate();
        let colours = places.map(|(place, sum)| {
            let weight = sum[3].min(1.0);
            let known = [0, 1, 2].map(|axis| sum[axis] / sum[3].max(1e-6));
            let Some(coarse) = coarse else {
                return known;
            };
            if weight >= 1.0 {
                return known;
            }
            let below = coarse.at([place % self.size[0], place / self.size[0]]);
            [0, 1, 2].map(|axis| weight * known[axis] + (1.0 - weight) * below[axis])
        });
        Filled(colours.collect(), self.size)
    }
}

impl Filled {
    /// Colour at a place of the next finer level, between the middles of cells.
    fn at(&self, place: [usize; 2]) -> [f32; 3] {
        let [x, y] = [0, 1].map(|axis| {
            let value = (place[axis] as f32 + 0.5) / 2.0 - 0.5;
            value.clamp(0.0, (self.1[axis] - 1) as f32)
        });
        let [left, top] = [x as usize, y as usize];
        let [right, bottom] = [(left + 1).min(self.1[0] - 1), (top + 1).min(self.1[1] - 1)];
        let [u, v] = [x - left as f32, y - top as f32];
        let at = |x: usize, y: usize| self.0[y * self.1[0] + x];
        let corners = [
            at(left, top),
            at(right, top),
            at(left, bottom),
            at(right, bottom),
        ];
        [0, 1, 2].map(|axis| {
            let [a, b, c, d] = corners.map(|colour| colour[axis]);
            let [upper, lower] = [a + u * (b - a), c + u * (d - c)];
            upper + v * (lower - upper)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_in_a_slope_is_filled_with_the_slope() {
        let mut picture = Image::new(64, 48);
        let mut hidden = vec![false; 64 * 48];
        for y in 0..48 {
            for x in 0..64 {
                picture.set_pixel(x, y, [x as u8, 100, 2 * y as u8]);
                let is_hidden = (20..40).contains(&x) && (14..30).contains(&y);
                hidden[(y * 64 + x) as usize] = is_hidden;
            }
        }
        let mut torn = picture.clone();
        for (place, is_hidden) in hidden.iter().enumerate() {
            if *is_hidden {
                torn.set_pixel(place as u32 % 64, place as u32 / 64, [255, 0, 255]);
            }
        }
        let found = complete(&torn, &hidden, 6.0);
        for (place, is_hidden) in hidden.iter().enumerate() {
            let [x, y] = [place as u32 % 64, place as u32 / 64];
            let [found, wanted] = [found.pixel(x, y), picture.pixel(x, y)];
            let most = if *is_hidden { 24 } else { 0 };
            for axis in 0..3 {
                assert!(
                    found[axis].abs_diff(wanted[axis]) <= most,
                    "{x} {y}: {found:?} {wanted:?}"
                );
            }
        }
    }
}
