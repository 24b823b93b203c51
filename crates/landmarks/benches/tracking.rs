//! How fast faces are found and followed on one core. Run with `cargo bench -p landmarks`.
//!
//! Prints the median, and how much slower the slowest of ten frames is.

#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Instant;

use landmarks::{
    DrawingConfig, FaceFinder, FaceFrame, FaceTracker, Landmarks, TrackerConfig, cut_crop, draw,
    resize_to_fit,
};
use media::Image;
use test_support::drawn_clip;

const SIDE_PX: u32 = 512;
const FRAMES: u32 = 150;

fn main() {
    let heads = drawn_clip(SIDE_PX, 25);
    let frames: Vec<Image> = heads
        .iter()
        .map(|head| Image::from_rgb(SIDE_PX, SIDE_PX, head.draw()))
        .collect();
    let landmarks = Landmarks {
        points: heads[0].points(),
    };
    let map = FaceFrame::from_landmarks(&landmarks).crop_to_picture(128);
    let picture = &frames[0];
    report("cut a crop of 128 px", 200, |_| {
        drop(black_box(cut_crop(picture, &map, 128)));
    });
    report("fit 512 px into 256 px", 200, |_| {
        drop(black_box(resize_to_fit(picture, 256)));
    });
    report("draw the landmarks at 256 px", 200, |_| {
        drop(black_box(draw(
            &landmarks,
            256,
            256,
            &DrawingConfig::paper(),
        )));
    });
    let finder = || FaceFinder::built_in(Some(NonZeroUsize::MIN)).expect("the networks load");
    let alone = finder();
    report("find all faces of a picture", 20, |_| {
        black_box(alone.find_all(picture)).expect("the networks run");
    });
    let mut tracker = FaceTracker::new(finder(), TrackerConfig::default());
    let median_ms = report("follow a face at 512 px", FRAMES, |index| {
        let frame = &frames[index as usize % frames.len()];
        let time_s = f64::from(index) / 25.0;
        black_box(tracker.next_frame(frame, time_s)).expect("the networks run");
    });
    println!(
        "{:.0} tracked frames a second; the bar is 60",
        1e3 / median_ms
    );
}

/// Time `work` and print the median in milliseconds, which is returned.
fn report(name: &str, times: u32, mut work: impl FnMut(u32)) -> f64 {
    let mut times_ms: Vec<f64> = (0..times)
        .map(|index| {
            let start = Instant::now();
            work(index);
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times_ms.sort_by(f64::total_cmp);
    let median = times_ms[times_ms.len() / 2];
    let slow = times_ms[times_ms.len() * 9 / 10];
    println!(
        "{name:32} {median:8.3} ms, slowest tenth x{:.2}",
        slow / median
    );
    median
}
