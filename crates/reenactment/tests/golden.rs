//! Golden pictures: what a drawn person looks like when the warp engine moves it, and the built-in
//! portrait. `tests/golden/regenerate.md` says how they are made.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::path::{Path, PathBuf};

use landmarks::Landmarks;
use media::{Image, read_picture, write_png};
use reenactment::{BuiltInMotion, Retargeter, WarpEngine};
use test_support::{DrawnHead, compare_pictures};

/// Set to write the golden pictures instead of comparing with them.
const WRITE: &str = "VIVANT_WRITE_GOLDENS";
/// Sines differ in the last bit between machines, which may round a channel by one level.
const MOST_MEAN: f64 = 0.05;
/// The same at an edge, where a shift of a thousandth of a pixel shows.
const MOST_WORST: u8 = 6;

fn check(path: &Path, found: &Image) {
    if std::env::var_os(WRITE).is_some() {
        write_png(path, found).unwrap();
        return;
    }
    let golden = read_picture(path).unwrap();
    assert_eq!(
        [golden.width(), golden.height()],
        [found.width(), found.height()]
    );
    let difference = compare_pictures(golden.rgb(), found.rgb(), found.width() as usize);
    assert!(
        difference.mean <= MOST_MEAN && difference.worst <= MOST_WORST,
        "{}: {difference:?}",
        path.display()
    );
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn picture(head: &DrawnHead) -> Image {
    Image::from_rgb(head.width, head.height, head.draw())
}

#[test]
fn the_built_in_portrait_is_the_drawn_person() {
    let asset = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/portrait.png");
    check(&asset, &picture(&DrawnHead::frontal(640)));
}

#[test]
fn built_in_motions_look_as_they_did() {
    let head = DrawnHead::frontal(256);
    let source = Landmarks {
        points: head.points(),
    };
    let engine = WarpEngine::new(&picture(&head), &source);
    for (motion, frame) in [
        (BuiltInMotion::Talk, 18),
        (BuiltInMotion::LookAround, 29),
        (BuiltInMotion::Smile, 48),
        (BuiltInMotion::Blink, 24),
    ] {
        let track = motion.track(None);
        let face = |index: usize| track.frames[index].landmarks.unwrap();
        let retargeter = Retargeter::new(&source, [256, 256], &face(0));
        let found = engine.paint(&retargeter.drive(&face(frame)));
        check(&golden(&format!("{}-{frame}.png", motion.name())), &found);
    }
}
