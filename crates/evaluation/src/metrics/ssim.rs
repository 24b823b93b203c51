//! Structural similarity: Wang et al. 2004, Eq. (13), as they compute it.
//!
//! A gaussian window of 11 x 11 pixels with sigma 1.5, population variances, 255 levels, and the
//! mean over the places where the window lies wholly inside. scikit-image calls this
//! `gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255`.

use media::Image;

/// Pixels from the window's middle to its edge.
const RADIUS: usize = 5;
/// Spread of the window, pixels.
const SIGMA: f64 = 1.5;
/// What keeps the quotients finite.
const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
/// The same for the variances.
const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);

/// Similarity of two pictures in grey (ITU-R BT.601, rounded to whole levels): 1 where they are
/// the same. `None` where a side is shorter than the window.
///
/// # Panics
/// If the pictures differ in size: a wiring bug, never a user error.
pub fn ssim_grey(one: &Image, other: &Image) -> Option<f64> {
    let size = common_size(one, other);
    ssim(&grey(one), &grey(other), size)
}

/// As [`ssim_grey`], the mean of red, green and blue.
///
/// # Panics
/// As [`ssim_grey`].
pub fn ssim_rgb(one: &Image, other: &Image) -> Option<f64> {
    let size = common_size(one, other);
    let mut sum = 0.0;
    for channel in 0..3 {
        sum += ssim(&plane(one, channel), &plane(other, channel), size)?;
    }
    Some(sum / 3.0)
}

fn common_size(one: &Image, other: &Image) -> [usize; 2] {
    let size = |picture: &Image| [picture.width() as usize, picture.height() as usize];
    assert_eq!(size(one), size(other), "sizes of the pictures");
    size(one)
}

fn grey(picture: &Image) -> Vec<f64> {
    let (pixels, _) = picture.rgb().as_chunks::<3>();
    let level = |[r, g, b]: &[u8; 3]| {
        (0.299 * f64::from(*r) + 0.587 * f64::from(*g) + 0.114 * f64::from(*b)).round()
    };
    pixels.iter().map(level).collect()
}

fn plane(picture: &Image, channel: usize) -> Vec<f64> {
    let (pixels, _) = picture.rgb().as_chunks::<3>();
    pixels
        .iter()
        .map(|pixel| f64::from(pixel[channel]))
        .collect()
}

fn ssim(one: &[f64], other: &[f64], size: [usize; 2]) -> Option<f64> {
    if size.iter().any(|side| *side <= 2 * RADIUS) {
        return None;
    }
    let product =
        |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a * b).collect() };
    let [mean_a, mean_b] = [one, other].map(|plane| blurred(plane, size));
    let [square_a, square_b, cross] =
        [(one, one), (other, other), (one, other)].map(|(a, b)| blurred(&product(a, b), size));
    let mut sum = 0.0;
    for place in 0..mean_a.len() {
        let (a, b) = (mean_a[place], mean_b[place]);
        let [variances, covariance] = [
            square_a[place] - a * a + square_b[place] - b * b,
            cross[place] - a * b,
        ];
        sum += (2.0 * a * b + C1) * (2.0 * covariance + C2)
            / ((a * a + b * b + C1) * (variances + C2));
    }
    Some(sum / mean_a.len() as f64)
}

/// The gaussian window's mean at every place where it lies inside.
fn blurred(plane: &[f64], [width, height]: [usize; 2]) -> Vec<f64> {
    let window = window();
    let inner = width - 2 * RADIUS;
    let mut rows = Vec::with_capacity(inner * height);
    for row in plane.chunks_exact(width) {
        let at = |x: usize| {
            window
                .iter()
                .zip(&row[x..])
                .map(|(w, v)| w * v)
                .sum::<f64>()
        };
        rows.extend((0..inner).map(at));
    }
    let mut out = vec![0.0; inner * (height - 2 * RADIUS)];
    for (y, target) in out.chunks_exact_mut(inner).enumerate() {
        for (offset, weight) in window.iter().enumerate() {
            let from = (y + offset) * inner;
            for (sum, value) in target.iter_mut().zip(&rows[from..from + inner]) {
                *sum += weight * value;
            }
        }
    }
    out
}

fn window() -> [f64; 2 * RADIUS + 1] {
    let weight = |place: usize| {
        let distance = place as f64 - RADIUS as f64;
        (-distance * distance / (2.0 * SIGMA * SIGMA)).exp()
    };
    let weights: [f64; 2 * RADIUS + 1] = std::array::from_fn(weight);
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(value: impl Fn(u32, u32) -> u8) -> Image {
        let mut picture = Image::new(24, 20);
        for y in 0..20 {
            for x in 0..24 {
                picture.set_pixel(x, y, [value(x, y); 3]);
            }
        }
        picture
    }

    #[test]
    fn a_picture_is_like_itself_and_unlike_its_negative() {
        let ramp = picture(|x, y| (x * 9 + y) as u8);
        let negative = picture(|x, y| 255 - (x * 9 + y) as u8);
        assert!((ssim_grey(&ramp, &ramp).unwrap() - 1.0).abs() < 1e-12);
        assert!(ssim_rgb(&ramp, &negative).unwrap() < 0.0);
    }

    #[test]
    fn flat_pictures_follow_the_formula() {
        // no variance: what is left is the quotient of the means
        let found = ssim_grey(&picture(|_, _| 100), &picture(|_, _| 150)).unwrap();
        let wanted = (2.0 * 100.0 * 150.0 + C1) / (100.0 * 100.0 + 150.0 * 150.0 + C1);
        assert!((found - wanted).abs() < 1e-9);
    }

    #[test]
    fn a_picture_smaller_than_the_window_has_no_value() {
        assert_eq!(ssim_grey(&Image::new(10, 30), &Image::new(10, 30)), None);
    }
}
