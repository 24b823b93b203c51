//! Every long command killed at random moments: what was there before is there still, or the whole new result is.
//!
//! `VIVANT_KILL_MOMENTS` says how many moments a command; a few by default.

#![allow(
    clippy::print_stdout,
    reason = "the moments that were drawn belong to a failure"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::inputs::{portrait, speaking_frames};
use crate::program::{Workplace, names_in};

/// A model over the mean colour of the shots.
pub(crate) const MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/mean_colour_model"
);

/// How often each command is killed.
pub(crate) fn moments() -> u32 {
    let named = std::env::var("VIVANT_KILL_MOMENTS").ok();
    named.and_then(|text| text.parse().ok()).unwrap_or(2)
}

/// Numbers from 0 to 1 that differ from run to run: what was tried is printed.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self(now.expect("it is after 1970").as_nanos() as u64 | 1)
    }

    pub(crate) fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// One long command and its result.
pub(crate) struct Victim<'a> {
    pub(crate) arguments: &'a [&'a str],
    /// Name of the result.
    pub(crate) output: &'a str,
    /// Whether it is the whole of it.
    pub(crate) is_whole: &'a dyn Fn(&Path) -> bool,
}

impl Victim<'_> {
    /// Run it once in peace, then kill it again and again; returns at which moments, in seconds.
    pub(crate) fn kill(&self, place: &Workplace) -> Vec<f64> {
        let result = place.path(self.output);
        let begun = Instant::now();
        place.vivant(self.arguments).run().succeeded();
        let length = begun.elapsed();
        assert!((self.is_whole)(&result), "{}", self.output);
        remove(&result);
        let old = self.old(&result);
        let mut chance = Chance::new();
        let mut killed_at = Vec::new();
        for _ in 0..moments() {
            let wait = length.mul_f64(chance.next());
            let mut child = place.vivant(self.arguments).start();
            std::thread::sleep(wait);
            child.kill().expect("it can be killed");
            child.wait().expect("it has ended");
            let is_new = (self.is_whole)(&result);
            assert!(
                is_new || content(&result) == old,
                "{} after {wait:?}: neither the old one nor a new one",
                self.output
            );
            killed_at.push(wait.as_secs_f64());
            if is_new {
                remove(&result);
                self.old(&result);
            }
        }
        println!("{:?} killed after {killed_at:.2?} s", self.arguments);
        killed_at
    }

    /// Put something there that an earlier run might have left.
    fn old(&self, result: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        match self.output.contains('.') {
            true => std::fs::write(result, "an earlier result").expect("the folder is ours"),
            false => {
                std::fs::create_dir(result).expect("the folder is ours");
                let frame = result.join("frame_000000.png");
                std::fs::write(frame, "an earlier frame").expect("the folder is ours");
            }
        }
        content(result)
    }
}

fn remove(result: &Path) {
    if result.is_dir() {
        std::fs::remove_dir_all(result).expect("it is ours");
    } else {
        std::fs::remove_file(result).expect("it is ours");
    }
}

/// The files of a folder with what is in them, or a file alone.
fn content(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    if !path.is_dir() {
        return vec![(path.to_owned(), std::fs::read(path).unwrap_or_default())];
    }
    let names = names_in(path).into_iter();
    names.flat_map(|name| content(&path.join(name))).collect()
}

/// Frames of a whole video, 0 for anything else.
pub(crate) fn frames_of(path: &Path) -> u64 {
    let Ok(mut reader) = media::VideoReader::open(path) else {
        return 0;
    };
    let mut frames = 0;
    while let Ok(Some(_)) = reader.next_frame() {
        frames += 1;
    }
    if reader.warning().is_some() {
        0
    } else {
        frames
    }
}

pub(crate) fn has_ffmpeg() -> bool {
    media::Tools::find().ffmpeg().is_some()
}

#[test]
fn animate_killed_at_any_moment_leaves_the_old_video_or_a_whole_one() {
    if !has_ffmpeg() {
        return;
    }
    let place = Workplace::new();
    portrait(&place);
    let start = [
        "animate",
        "-s",
        "portrait.png",
        "-d",
        "blink",
        "--engine",
        "warp",
        "-y",
    ];
    for (output, frames) in [("out.mp4", 24), ("out.webm", 12), ("out", 24)] {
        let duration = format!("{:.1}", frames as f64 / 30.0);
        let arguments = [&start[..], &["--duration", &duration, "-o", output]].concat();
        let is_whole = |path: &Path| match path.is_dir() {
            true => names_in(path).len() == frames as usize,
            false => frames_of(path) == frames,
        };
        Victim {
            arguments: &arguments,
            output,
            is_whole: &is_whole,
        }
        .kill(&place);
    }
}

#[test]
fn demo_killed_at_any_moment_leaves_the_old_video_or_a_whole_one() {
    if !has_ffmpeg() {
        return;
    }
    let place = Workplace::new();
    let length_s = reenactment::BuiltInMotion::Talk.length_s();
    let frames = (length_s * 30.0).round() as u64;
    Victim {
        arguments: &["demo", "-y", "-o", "demo.mp4"],
        output: "demo.mp4",
        is_whole: &|path| frames_of(path).abs_diff(frames) <= 1,
    }
    .kill(&place);
}

#[test]
fn landmarks_and_motion_killed_at_any_moment_leave_the_old_track_or_a_whole_one() {
    let place = Workplace::new();
    speaking_frames(&place, 6, &[]);
    let is_whole =
        |path: &Path| landmarks::Track::read(path).is_ok_and(|track| track.frames.len() == 6);
    Victim {
        arguments: &["landmarks", "frames", "-y", "-o", "track.json"],
        output: "track.json",
        is_whole: &is_whole,
    }
    .kill(&place);
    Victim {
        arguments: &["motion", "-d", "frames", "-y", "-o", "a.motion.safetensors"],
        output: "a.motion.safetensors",
        is_whole: &is_whole,
    }
    .kill(&place);
    let is_video = |path: &Path| frames_of(path) == 6;
    if has_ffmpeg() {
        Victim {
            arguments: &[
                "landmarks",
                "frames",
                "-y",
                "-o",
                "track.json",
                "--overlay",
                "over.mp4",
            ],
            output: "over.mp4",
            is_whole: &is_video,
        }
        .kill(&place);
    }
    let is_table = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.ends_with('\n') && text.lines().count() == 7
    };
    Victim {
        arguments: &["motion", "-d", "frames", "-y", "--blendshapes", "a.csv"],
        output: "a.csv",
        is_whole: &is_table,
    }
    .kill(&place);
}

#[test]
fn fine_tune_and_export_killed_at_any_moment_leave_the_old_file_or_a_whole_one() {
    let place = Workplace::new();
    speaking_frames(&place, 3, &[]);
    let is_avatar = |path: &Path| reenactment::few_shot::Avatar::open(path).is_ok();
    Victim {
        arguments: &[
            "fine-tune",
            "--consent",
            "character",
            "--feed-forward",
            "--model",
            MODEL,
            "-s",
            "frames",
            "-y",
            "-o",
            "me.avatar",
        ],
        output: "me.avatar",
        is_whole: &is_avatar,
    }
    .kill(&place);
    let result = place.path("model");
    for _ in 0..moments() {
        let mut child = place.vivant(["export", "-y", "-o", "model"]).start();
        std::thread::sleep(Duration::from_millis(30).mul_f64(Chance::new().next()));
        child.kill().expect("it can be killed");
        child.wait().expect("it has ended");
        let is_whole = inference::Bundle::open(&result).is_ok();
        assert!(is_whole || !result.exists(), "half a model");
    }
    place
        .vivant(["export", "-y", "-o", "model"])
        .run()
        .succeeded();
    for _ in 0..moments() {
        let mut child = place.vivant(["export", "-y", "-o", "model"]).start();
        std::thread::sleep(Duration::from_millis(60).mul_f64(Chance::new().next()));
        child.kill().expect("it can be killed");
        child.wait().expect("it has ended");
        assert!(
            inference::Bundle::open(&result).is_ok(),
            "the old model is gone"
        );
    }
}

#[test]
fn work_in_segments_goes_on_after_every_kill_and_gives_the_frames_of_an_undisturbed_run() {
    if !has_ffmpeg() {
        return;
    }
    let place = Workplace::new();
    portrait(&place);
    let start = [
        "animate",
        "-s",
        "portrait.png",
        "-d",
        "nod",
        "--engine",
        "warp",
    ];
    let options = ["--duration", "9", "--resume", "-y", "-o"];
    let arguments = |output| [&start[..], &options, &[output]].concat();
    let begun = Instant::now();
    place.vivant(arguments("timed.mp4")).run().succeeded();
    let length = begun.elapsed();
    let mut chance = Chance::new();
    let mut kills = 0;
    let result = place.path("film.mp4");
    let segments = place.path("film.mp4.segments");
    let job = || std::fs::read_to_string(segments.join("job.txt")).unwrap_or_default();
    // until a run is left to go on with that has given its film a number
    while kills < moments() || !job().contains("\noutput ") {
        let mut child = place.vivant(arguments("film.mp4")).start();
        std::thread::sleep(length.mul_f64(chance.next()));
        child.kill().expect("it can be killed");
        child.wait().expect("it has ended");
        kills += 1;
        if result.exists() {
            assert_eq!(frames_of(&result), 270, "half a video");
            std::fs::remove_file(&result).expect("it is ours");
        }
    }
    // the number is hidden in the frames: an undisturbed run gives the same ones under the same number alone
    let job = job();
    place.vivant(arguments("film.mp4")).run().succeeded();
    assert!(!segments.exists());
    let killed = place.path("killed.mp4");
    std::fs::rename(&result, &killed).expect("it is ours");
    std::fs::create_dir(&segments).expect("it was removed");
    std::fs::write(segments.join("job.txt"), job).expect("it is ours");
    place.vivant(arguments("film.mp4")).run().succeeded();
    let frames = |path: &Path| -> Vec<(i64, media::Image)> {
        let mut reader = media::VideoReader::open(path).expect("it is a video");
        std::iter::from_fn(|| reader.next_frame().expect("it is whole"))
            .map(|frame| (frame.pts, frame.image))
            .collect()
    };
    let [whole, killed] = [&result, &killed].map(|path| frames(path));
    assert_eq!(whole.len(), 270);
    assert!(whole == killed, "frames or stamps differ");
    assert!(!segments.exists());
}

#[test]
fn preprocess_goes_on_after_every_kill() {
    if !has_ffmpeg() {
        return;
    }
    let place = Workplace::new();
    portrait(&place);
    for (number, motion) in ["talk", "nod"].into_iter().enumerate() {
        let name = format!("in/p{number}/v/1.mp4");
        let folder = place.path(&name);
        std::fs::create_dir_all(folder.parent().expect("it lies in a folder")).expect("ours");
        let made = place.vivant(["animate", "-s", "portrait.png", "-d", motion, "-o", &name]);
        made.also(["--duration", "0.8", "--engine", "warp"])
            .run()
            .succeeded();
    }
    let start = [
        "preprocess",
        "in",
        "--side",
        "64",
        "--threads",
        "1",
        "--least-frames",
        "8",
        "-o",
    ];
    let arguments = |output| [&start[..], &[output]].concat();
    let begun = Instant::now();
    place.vivant(arguments("whole")).run().succeeded();
    let length = begun.elapsed();
    let mut chance = Chance::new();
    for _ in 0..moments() {
        let mut child = place.vivant(arguments("killed")).start();
        std::thread::sleep(length.mul_f64(chance.next()));
        child.kill().expect("it can be killed");
        child.wait().expect("it has ended");
        // an index is there only when all that it names is
        if place.path("killed/index.json").exists() {
            dataset::Shards::open(&place.path("killed")).expect("the shards are whole");
        }
    }
    place.vivant(arguments("killed")).run().succeeded();
    for name in ["index.json", "shard-00000.tar", "rejects.json"] {
        let read =
            |folder: &str| std::fs::read(place.path(folder).join(name)).expect("it is there");
        assert!(read("whole") == read("killed"), "{name} differs");
    }
}
