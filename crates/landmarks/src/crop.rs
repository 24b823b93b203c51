//! Cutting a turned square out of a picture, as the landmark network sees a face.
//!
//! Training and use cut by the same function, so that the network never meets another filter.

use media::Image;

use crate::face_frame::CropMap;

/// Most sub-samples along one side of an output pixel; beyond it the cut aliases a little.
const MOST_SUB_SAMPLES: u32 = 8;

/// Fractional bits of a coordinate while a row is walked through.
const FRACTION_BITS: u32 = 32;

/// Bits of a bilinear weight: with two weights a value has 20 bits.
const WEIGHT_BITS: u32 = 6;

/// Bits between the channels of a spread pixel: one more than a weighted value has.
const LANE_BITS: u32 = 21;

/// Cut a `side_px` square out of `picture`, by bilinear samples; where the crop is coarser than
/// the picture, each pixel is the mean of a grid of samples about one picture pixel apart.
///
/// Outside the picture its nearest border pixel goes on.
///
/// # Panics
/// If the picture has no pixels or the map is not finite: a wiring bug, never a user error.
pub fn cut_crop(picture: &Image, map: &CropMap, side_px: u32) -> Image {
    assert!(
        picture.width() > 0 && picture.height() > 0,
        "the picture has no pixels"
    );
    assert!(
        map.scale().is_finite() && map.origin.iter().all(|value| value.is_finite()),
        "the crop's map is not finite"
    );
    let grid = (map.scale().ceil() as u32).clamp(1, MOST_SUB_SAMPLES);
    let walk = Walk::new(picture);
    let is_inside = walk.holds(map, side_px);
    let mut out = Vec::with_capacity(side_px as usize * side_px as usize * 3);
    let mut sums = vec![[0_u32; 3]; side_px as usize];
    let divisor = (grid * grid) << (2 * WEIGHT_BITS);
    for y in 0..side_px {
        sums.fill([0; 3]);
        for sub_row in 0..grid {
            let crop_y = f64::from(y) + sub_pixel(sub_row, grid);
            if is_inside {
                walk.add_row(map, crop_y, grid, &mut sums, |x, y| {
                    walk.sample_inside(x, y)
                });
            } else {
                walk.add_row(map, crop_y, grid, &mut sums, |x, y| walk.sample(x, y));
            }
        }
        let mean = |sum: &u32| ((sum + divisor / 2) / divisor) as u8;
        out.extend(sums.as_flattened().iter().map(mean));
    }
    Image::from_rgb(side_px, side_px, out)
}

/// Place of one sub-sample within its pixel, from the pixel's centre.
fn sub_pixel(index: u32, grid: u32) -> f64 {
    (f64::from(index) + 0.5) / f64::from(grid) - 0.5
}

/// A picture with what sampling along a line needs.
struct Walk<'a> {
    rgb: &'a [u8],
    row_bytes: usize,
    /// Bytes to the right and to the lower neighbour; 0 where the picture is one pixel wide.
    neighbour: [usize; 2],
    /// Largest coordinates, so that the neighbours still lie in the picture.
    last: [i64; 2],
}

impl<'a> Walk<'a> {
    fn new(picture: &'a Image) -> Self {
        let row_bytes = picture.width() as usize * 3;
        let last = |pixels: u32| {
            ((i64::from(pixels) - 1) << FRACTION_BITS)
                .saturating_sub(1)
                .max(0)
        };
        Self {
            rgb: picture.rgb(),
            row_bytes,
            neighbour: [
                if picture.width() > 1 { 3 } else { 0 },
                if picture.height() > 1 { row_bytes } else { 0 },
            ],
            last: [last(picture.width()), last(picture.height())],
        }
    }

    /// Whether a whole crop lies so far inside the picture that [`Walk::sample_inside`] serves.
    fn holds(&self, map: &CropMap, side_px: u32) -> bool {
        let end = side_px as f32;
        let corners = [[-1.0, -1.0], [end, -1.0], [-1.0, end], [end, end]];
        corners.into_iter().all(|corner| {
            let [x, y] = map.to_picture(corner);
            let [last_x, last_y] = self.last.map(|last| (last >> FRACTION_BITS) as f32);
            x >= 1.0 && y >= 1.0 && x < last_x - 2.0 && y < last_y - 2.0
        })
    }

    /// Add the samples of one sub-row of the crop, `grid` to each pixel of `sums`.
    #[inline(always)]
    fn add_row(
        &self,
        map: &CropMap,
        crop_y: f64,
        grid: u32,
        sums: &mut [[u32; 3]],
        sample: impl Fn(i64, i64) -> [u32; 3],
    ) {
        let [a, b] = [f64::from(map.a), f64::from(map.b)];
        let crop_x = sub_pixel(0, grid);
        let mut x = fixed(a * crop_x - b * crop_y + f64::from(map.origin[0]));
        let mut y = fixed(b * crop_x + a * crop_y + f64::from(map.origin[1]));
        let step = [fixed(a / f64::from(grid)), fixed(b / f64::from(grid))];
        for pixel in sums {
            for _ in 0..grid {
                let values = sample(x, y);
                for (sum, value) in pixel.iter_mut().zip(values) {
                    *sum += value;
                }
                x = x.wrapping_add(step[0]);
                y = y.wrapping_add(step[1]);
            }
        }
    }

    /// Bilinear colour at fixed-point coordinates, times 2^(2 * WEIGHT_BITS).
    #[inline(always)]
    fn sample(&self, x: i64, y: i64) -> [u32; 3] {
        let [x, y] = [x.clamp(0, self.last[0]), y.clamp(0, self.last[1])];
        let start = self.offset(x, y);
        let [right, down] = [weight(x), weight(y)];
        let [left, up] = [(1 << WEIGHT_BITS) - right, (1 << WEIGHT_BITS) - down];
        let next = self.neighbour[0];
        let upper = &self.rgb[start..start + next + 3];
        let start = start + self.neighbour[1];
        let lower = &self.rgb[start..start + next + 3];
        let channel = |c: usize| {
            (u32::from(upper[c]) * left + u32::from(upper[next + c]) * right) * up
                + (u32::from(lower[c]) * left + u32::from(lower[next + c]) * right) * down
        };
        [channel(0), channel(1), channel(2)]
    }

    /// The same well inside the picture, all channels in one word.
    #[inline(always)]
    fn sample_inside(&self, x: i64, y: i64) -> [u32; 3] {
        let start = self.offset(x, y);
        let [right, down] = [weight(x), weight(y)].map(u64::from);
        let [left, up] = [(1 << WEIGHT_BITS) - right, (1 << WEIGHT_BITS) - down];
        let row = |start: usize| {
            let bytes = self.rgb[start..start + 8].try_into();
            let pair = u64::from_le_bytes(bytes.expect("a slice of 8 bytes"));
            spread(pair) * left + spread(pair >> 24) * right
        };
        let mixed = row(start) * up + row(start + self.row_bytes) * down;
        let lane = |index: u32| (mixed >> (index * LANE_BITS)) as u32 & ((1 << LANE_BITS) - 1);
        [lane(0), lane(1), lane(2)]
    }

    /// Where the pixel at or before fixed-point coordinates begins.
    fn offset(&self, x: i64, y: i64) -> usize {
        (y >> FRACTION_BITS) as usize * self.row_bytes + (x >> FRACTION_BITS) as usize * 3
    }
}

/// Put the three lowest bytes into lanes of their own.
fn spread(pixel: u64) -> u64 {
    (pixel & 0xff)
        | (pixel & 0xff00) << (LANE_BITS - 8)
        | (pixel & 0xff_0000) << (2 * LANE_BITS - 16)
}

/// A coordinate in fixed point; far outside any picture it saturates.
fn fixed(value: f64) -> i64 {
    let limit = f64::from(1 << 30);
    (value.clamp(-limit, limit) * (1_u64 << FRACTION_BITS) as f64) as i64
}

/// Bilinear weight of the next pixel.
fn weight(coordinate: i64) -> u32 {
    (((coordinate as u32) >> (FRACTION_BITS - WEIGHT_BITS - 1)) + 1) >> 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FaceFrame;

    fn gradient(width: u32, height: u32) -> Image {
        let mut image = Image::new(width, height);
        for y in 0..height {
            for x in 0..width {
                image.set_pixel(x, y, [x as u8, y as u8, 7]);
            }
        }
        image
    }

    fn frame(centre: [f32; 2], size_px: f32, roll: f32) -> FaceFrame {
        FaceFrame {
            centre,
            size_px,
            roll,
        }
    }

    #[test]
    fn every_pixel_of_a_turned_crop_shows_the_place_its_map_names() {
        let picture = gradient(256, 256);
        for size_px in [40.0, 85.0, 110.0] {
            let map = frame([120.0, 128.0], size_px, 0.5).crop_to_picture(64);
            let crop = cut_crop(&picture, &map, 64);
            for (x, y) in [(0, 0), (63, 0), (20, 41), (63, 63)] {
                let [wanted_x, wanted_y] = map.to_picture([x as f32, y as f32]);
                let [red, green, blue] = crop.pixel(x, y);
                assert!((f32::from(red) - wanted_x).abs() <= 0.6, "{red} {wanted_x}");
                assert!((f32::from(green) - wanted_y).abs() <= 0.6);
                assert_eq!(blue, 7);
            }
        }
    }

    #[test]
    fn an_upright_crop_at_scale_one_copies_the_pixels() {
        let picture = gradient(100, 90);
        let map = frame([40.5, 30.5], 20.0 / 1.5, 0.0).crop_to_picture(20);
        let crop = cut_crop(&picture, &map, 20);
        assert_eq!(crop.pixel(0, 0), [31, 21, 7]);
        assert_eq!(crop.pixel(19, 19), [50, 40, 7]);
    }

    #[test]
    fn shrinking_averages_fine_stripes_instead_of_picking_them() {
        let mut picture = Image::new(400, 400);
        for y in 0..400 {
            for x in (0..400).step_by(2) {
                picture.set_pixel(x, y, [255, 255, 255]);
            }
        }
        let map = frame([200.0, 200.0], 200.0, 0.2).crop_to_picture(64);
        let crop = cut_crop(&picture, &map, 64);
        let worst = crop.rgb().iter().map(|value| value.abs_diff(128)).max();
        assert!(worst < Some(40), "{worst:?}");
    }

    #[test]
    fn both_ways_to_sample_give_the_same_values() {
        let mut picture = gradient(64, 64);
        for (index, value) in picture.rgb_mut().iter_mut().enumerate() {
            *value = value
                .wrapping_mul(97)
                .wrapping_add((index * index / 7) as u8);
        }
        let walk = Walk::new(&picture);
        for step in 0..500_i64 {
            let [x, y] = [
                (step * 389_456_123 + (2 << 32)),
                (step * 123_456_789 + (3 << 32)),
            ];
            assert_eq!(walk.sample(x, y), walk.sample_inside(x, y));
        }
    }

    #[test]
    fn outside_the_picture_the_border_goes_on() {
        for (width, height) in [(20, 10), (1, 1), (1, 30), (30, 1)] {
            let mut picture = gradient(width, height);
            picture.set_pixel(0, 0, [200, 100, 50]);
            let map = frame([-500.0, -500.0], 100.0, 0.0).crop_to_picture(16);
            let crop = cut_crop(&picture, &map, 16);
            assert_eq!(crop.pixel(8, 8), [200, 100, 50]);
            let map = frame([1e9, 1e9], 100.0, 0.3).crop_to_picture(16);
            let corner = cut_crop(&picture, &map, 16).pixel(3, 3);
            let wanted = picture.pixel(width - 1, height - 1);
            assert!(corner.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 1));
        }
    }
}
