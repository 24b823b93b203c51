//! Marks that are hidden in drawn pictures and looked for after everyday changes.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::path::Path;

use media::{Image, decode_jpeg, encode_jpeg};
use provenance::watermark::{Finder, Found, Hider, OutputId, Payload, WatermarkError};
use test_support::DrawnHead;

fn payload() -> Payload {
    Payload::new(OutputId::from_random_bits(0x000a_55ed_1234_5678))
}

fn drawn(side_px: u32) -> Image {
    Image::from_rgb(side_px, side_px, DrawnHead::frontal(side_px).draw())
}

fn hide(picture: &Image) -> Image {
    let mut hider = Hider::new(payload(), picture.width(), picture.height()).unwrap();
    let mut marked = picture.clone();
    hider.hide(&mut marked).unwrap();
    marked
}

fn find(pictures: &[Image]) -> Option<Found> {
    let mut finder = Finder::new().unwrap();
    for picture in pictures {
        finder.feed(picture);
    }
    finder.finish().unwrap()
}

fn psnr_db(a: &Image, b: &Image) -> f64 {
    let both = a.rgb().iter().zip(b.rgb());
    let squares: f64 = both
        .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
        .sum();
    10.0 * (255.0 * 255.0 * a.rgb().len() as f64 / squares).log10()
}

fn cut(picture: &Image, left: u32, top: u32, side: u32) -> Image {
    let mut part = Image::new(side, side);
    for y in 0..side {
        for x in 0..side {
            part.set_pixel(x, y, picture.pixel(left + x, top + y));
        }
    }
    part
}

#[test]
fn a_mark_is_found_in_a_jpeg_and_hardly_changes_the_picture() {
    let picture = drawn(384);
    let marked = hide(&picture);
    let psnr_db = psnr_db(&picture, &marked);
    assert!(psnr_db > 42.0, "{psnr_db}");
    let jpeg = decode_jpeg(&encode_jpeg(&marked, 70), Path::new("x.jpg")).unwrap();
    let found = find(&[jpeg]).expect("the mark is found");
    assert_eq!(found.payload, payload());
    assert!(found.confidence > 0.999_999, "{found:?}");
    assert!((found.shown - 1.0).abs() < 0.01);
}

#[test]
fn a_mark_is_found_in_a_part_of_the_picture() {
    let marked = hide(&drawn(384));
    let found = find(&[cut(&marked, 37, 70, 270)]).expect("the mark is found");
    assert_eq!(found.payload, payload());
    assert!((found.shown - 270.0 / 384.0).abs() < 0.02, "{found:?}");
}

#[test]
fn pictures_without_a_mark_have_none() {
    let noise = |index: usize| (index.wrapping_mul(2_654_435_761) >> 7) as u8;
    let noise = Image::from_rgb(160, 140, (0..160 * 140 * 3).map(noise).collect());
    for picture in [drawn(256), Image::new(200, 200), Image::new(1, 1), noise] {
        assert_eq!(find(&[picture]), None);
    }
    assert_eq!(find(&[]), None);
}

#[test]
fn frames_of_one_output_have_the_same_mark() {
    let picture = drawn(256);
    let mut hider = Hider::new(payload(), 256, 256).unwrap();
    let [mut first, mut second] = [picture.clone(), picture];
    hider.hide(&mut first).unwrap();
    hider.hide(&mut second).unwrap();
    assert_eq!(first, second);
}

#[test]
fn pictures_that_are_too_small_are_refused_and_frames_of_another_size_too() {
    let error = Hider::new(payload(), 400, 127).unwrap_err();
    assert!(matches!(error, WatermarkError::TooSmall { .. }));
    assert!(error.to_string().contains("128"), "{error}");
    let mut hider = Hider::new(payload(), 128, 130).unwrap();
    let error = hider.hide(&mut Image::new(130, 128)).unwrap_err();
    assert!(error.to_string().contains("128 x 130"), "{error}");
}
