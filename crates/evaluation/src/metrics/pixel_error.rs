//! Differences of pixels: peak signal-to-noise ratio and mean absolute error, over RGB.

use media::Image;

/// Value of two pictures that are the same, whose ratio has no bound; decibels.
const MOST_DECIBELS: f64 = 100.0;

/// Peak signal-to-noise ratio in decibels over all channels, at most 100.
///
/// # Panics
/// If the pictures differ in size: a wiring bug, never a user error.
pub fn psnr(one: &Image, other: &Image) -> f64 {
    let mean_square = mean(one, other, |difference| difference * difference);
    if mean_square == 0.0 {
        return MOST_DECIBELS;
    }
    (10.0 * (255.0 * 255.0 / mean_square).log10()).min(MOST_DECIBELS)
}

/// Mean absolute difference over all channels, 0 to 1.
///
/// # Panics
/// As [`psnr`].
pub fn mean_absolute_error(one: &Image, other: &Image) -> f64 {
    mean(one, other, f64::abs) / 255.0
}

fn mean(one: &Image, other: &Image, cost: impl Fn(f64) -> f64) -> f64 {
    let size = |picture: &Image| [picture.width(), picture.height()];
    assert_eq!(size(one), size(other), "sizes of the pictures");
    let pairs = one.rgb().iter().zip(other.rgb());
    let sum: f64 = pairs
        .map(|(a, b)| cost(f64::from(*a) - f64::from(*b)))
        .sum();
    sum / one.rgb().len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_level_off_everywhere_is_known_by_mathematics() {
        let [one, other] = [10, 11].map(|level| Image::from_rgb(4, 2, vec![level; 24]));
        assert!((psnr(&one, &other) - 20.0 * 255.0_f64.log10()).abs() < 1e-12);
        assert!((mean_absolute_error(&one, &other) - 1.0 / 255.0).abs() < 1e-15);
        assert_eq!(psnr(&one, &one), 100.0);
    }
}
