//! How fast videos become shards, and how that grows with their number. Run with
//! `cargo bench -p dataset`; `cargo bench -p dataset -- 1000` goes up to a thousand clips.
//!
//! Prints seconds of video a second for 1, 10, 100, .. clips of a drawn person, 224 px, 25 frames a
//! second, and the time of a clip as a multiple of that in the run before. The clips are copies of
//! one, so that drawing them takes no time; all but one are found to be duplicates after they were
//! tracked, cut and stored, and are not packed.

#![allow(clippy::print_stdout)]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use dataset::{PreprocessConfig, preprocess};
use media::{Image, OutputConfig, Rational, VideoWriter};
use test_support::drawn_clip;

const SIDE_PX: u32 = 224;
const RATE: u32 = 25;
/// Frames of a clip: four seconds.
const FRAMES: u32 = 4 * RATE;

fn main() {
    let most = std::env::args().filter_map(|word| word.parse().ok()).next();
    let most: usize = most.unwrap_or(100);
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    let template = place.path().join("template.mp4");
    write_clip(&template);
    let bytes = fs::read(&template).expect("it was just written");
    let mut before = None;
    let mut count = 1;
    while count <= most {
        let input = place.path().join(format!("in-{count}"));
        for clip in 0..count {
            let path = input.join(format!("id{:05}/video/{clip:05}.mp4", clip % 7));
            fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("ours");
            fs::write(path, &bytes).expect("there is room");
        }
        let config = PreprocessConfig {
            least_face_px: 32.0,
            least_sharpness: 0.0,
            ..PreprocessConfig::new(vec![input], place.path().join(format!("out-{count}")))
        };
        let start = Instant::now();
        let summary =
            preprocess(&config, &mut |_| ControlFlow::Continue(())).expect("the clips are ours");
        let spent = start.elapsed().as_secs_f64();
        assert_eq!(summary.clips, 1, "the same clip again is a duplicate");
        let each = spent / count as f64;
        let growth = before.map_or(1.0, |before| each / before);
        let video_s = f64::from(FRAMES) / f64::from(RATE) * count as f64;
        println!(
            "{count:5} clips  {spent:8.2} s  {:6.2} x real time  {:7.1} ms a clip  x{growth:.2}",
            video_s / spent,
            each * 1e3
        );
        before = Some(each);
        count *= 10;
    }
}

fn write_clip(path: &Path) {
    let rate = Rational::new(i64::from(RATE), 1).expect("not zero");
    let config = OutputConfig::new(path, SIDE_PX, SIDE_PX, rate).expect("a usual size");
    let mut writer = VideoWriter::create(&config).expect("a video can be written");
    let ticks = config.time_base.inverse().to_f64() / f64::from(RATE);
    for (index, head) in drawn_clip(SIDE_PX, FRAMES).iter().enumerate() {
        let picture = Image::from_rgb(SIDE_PX, SIDE_PX, head.draw());
        let time = (index as f64 * ticks).round() as i64;
        writer.write(&picture, time).expect("there is room");
    }
    writer.finish().expect("there is room");
}
