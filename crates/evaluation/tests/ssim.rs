//! Structural similarity against scikit-image, on pictures drawn by whole-number arithmetic.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot read its golden file has failed"
)]

use evaluation::{ssim_grey, ssim_rgb};
use media::Image;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Case {
    width: u32,
    height: u32,
    other: String,
    parameter: u32,
    grey: f64,
    rgb: f64,
}

/// Must equal `draw` in tests/golden/regenerate_ssim.py.
fn drawn(width: u32, height: u32, seed: u32) -> Image {
    let mut picture = Image::new(width, height);
    for y in 0..height {
        for x in 0..width {
            let block = (x / 8 + y / 6 + seed) % 2 * 60;
            let value = |c: u32| {
                let wave = (x * (3 + seed) + y * (5 + c) + x * y / (7 + seed)) % 256;
                ((wave + block + 11 * c) % 256) as u8
            };
            picture.set_pixel(x, y, [value(0), value(1), value(2)]);
        }
    }
    picture
}

fn softened(picture: &Image, share: u32) -> Image {
    let sum: u64 = picture.rgb().iter().map(|value| u64::from(*value)).sum();
    let mean = (sum / picture.rgb().len() as u64) as u32;
    let mixed = |value: &u8| ((u32::from(*value) * share + mean * (100 - share)) / 100) as u8;
    let rgb = picture.rgb().iter().map(mixed).collect();
    Image::from_rgb(picture.width(), picture.height(), rgb)
}

#[test]
fn similarity_is_that_of_scikit_image() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/ssim.json")).unwrap();
    assert!(cases.len() >= 9);
    for case in cases {
        let first = drawn(case.width, case.height, 1);
        let other = match case.other.as_str() {
            "drawn" => drawn(case.width, case.height, case.parameter),
            _ => softened(&first, case.parameter),
        };
        let found = [
            ssim_grey(&first, &other).unwrap(),
            ssim_rgb(&first, &other).unwrap(),
        ];
        for (found, wanted) in found.into_iter().zip([case.grey, case.rgb]) {
            assert!((found - wanted).abs() < 1e-4, "{found} instead of {wanted}");
        }
    }
}
