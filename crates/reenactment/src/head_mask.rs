//! Which pixels of a picture a painted head may change, and how strongly.

use media::Image;

/// How far each pixel takes part in a painted head.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadMask {
    width: usize,
    /// 0 where nothing is touched, 1 on the head; row by row.
    shares: Vec<f32>,
}

impl HeadMask {
    /// Ask for every pixel of a picture of this size.
    pub(crate) fn from_places(size: [usize; 2], share: impl Fn([f32; 2]) -> f32) -> Self {
        let [width, height] = size;
        let places = (0..width * height).map(|place| [place % width, place / width]);
        Self {
            width,
            shares: places
                .map(|place| share(place.map(|value| value as f32)))
                .collect(),
        }
    }

    /// From 0, untouched, to 1, on the head.
    ///
    /// # Panics
    /// Outside the picture.
    pub fn share(&self, x: usize, y: usize) -> f32 {
        assert!(x < self.width, "column {x} is outside the mask");
        self.shares[y * self.width + x]
    }

    /// Part of the picture that may change, 0 to 1.
    pub fn area(&self) -> f32 {
        let touched = self.shares.iter().filter(|share| **share > 0.0).count();
        touched as f32 / self.shares.len().max(1) as f32
    }

    /// Peak signal-to-noise ratio of a result against its source over the pixels whose share is at most
    /// `limit`, decibels; infinite where they are the same.
    ///
    /// # Panics
    /// If the pictures have another size than the mask.
    pub fn psnr_outside_db(&self, source: &Image, result: &Image, limit: f32) -> f64 {
        let pixels = |image: &Image| image.rgb().len() / 3;
        assert_eq!(pixels(source), self.shares.len(), "size of the source");
        assert_eq!(pixels(result), self.shares.len(), "size of the result");
        let pairs = source
            .rgb()
            .chunks_exact(3)
            .zip(result.rgb().chunks_exact(3));
        let (mut squares, mut values) = (0.0_f64, 0_u64);
        for ((one, other), share) in pairs.zip(&self.shares) {
            if *share <= limit {
                let apart = one.iter().zip(other);
                squares += apart
                    .map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2))
                    .sum::<f64>();
                values += 3;
            }
        }
        10.0 * (255.0 * 255.0 * values.max(1) as f64 / squares).log10()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_outside_counts() {
        let mask = HeadMask::from_places([4, 2], |[x, _]| if x < 2.0 { 1.0 } else { 0.0 });
        assert_eq!(mask.area(), 0.5);
        let source = Image::new(4, 2);
        let mut result = source.clone();
        result.set_pixel(0, 1, [255; 3]);
        assert!(mask.psnr_outside_db(&source, &result, 0.0).is_infinite());
        result.set_pixel(3, 0, [255; 3]);
        let found = mask.psnr_outside_db(&source, &result, 0.0);
        assert!((found - 10.0 * 4.0_f64.log10()).abs() < 1e-9, "{found}");
    }
}
