//! Work in segments: stopped, killed, gone on with, and equal to work that was never stopped.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use media::{
    Image, Rational, SoundReader, Tools, VideoReader, pictures_in, read_picture, write_png,
};
use reenactment::{
    AnimateConfig, AnimateError, Audio, BuiltInMotion, Composition, Driving, Engine, Event,
    FaceChoice, Marks, MotionChoice, Source, Stage, Summary, animate,
};
use tempfile::TempDir;
use test_support::DrawnHead;

/// Frames of the motion: two whole segments and a part.
const FRAMES: u64 = 25;

fn config(folder: &Path, output: &str) -> AnimateConfig {
    let source = folder.join("face.png");
    if !source.exists() {
        let head = DrawnHead::frontal(128);
        let picture = Image::from_rgb(head.width, head.height, head.draw());
        write_png(&source, &picture).unwrap();
    }
    AnimateConfig {
        source: Source::File(source),
        further_sources: Vec::new(),
        source_face: FaceChoice::Largest,
        driving: Driving::BuiltIn {
            motion: BuiltInMotion::Nod,
            duration_s: Some(FRAMES as f64 / 30.0),
        },
        driving_face: FaceChoice::Largest,
        output: folder.join(output),
        audio: Audio::None,
        engine: Engine::Warp,
        motion: MotionChoice::default(),
        smoothing: 0.5,
        preview: None,
        composition: Composition::default(),
        marks: Marks::default(),
        segment_frames: Some(10),
    }
}

/// Run, and stop after so many painted frames; how many were painted in this run.
fn run_until(config: &AnimateConfig, frames: u64) -> (Result<Summary, AnimateError>, u64) {
    let mut painted = 0;
    let result = animate(config, &mut |event| {
        if matches!(event, Event::Progress(progress) if progress.stage == Stage::Painting) {
            painted += 1;
        }
        if painted >= frames {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    (result, painted)
}

fn frames(path: &Path) -> Vec<(i64, Image)> {
    let mut reader = VideoReader::open(path).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        frames.push((frame.pts, frame.image));
    }
    frames
}

fn sound(path: &Path) -> Vec<f32> {
    let mut reader = SoundReader::open(path, 16_000).unwrap();
    let mut samples = vec![0.0; 16_000 * 10];
    let count = reader.read(&mut samples).unwrap();
    samples.truncate(count);
    samples
}

/// Whether the file says that it is synthetic.
fn is_marked(path: &Path) -> bool {
    let mark = b"This video is synthetic";
    let bytes = std::fs::read(path).unwrap();
    bytes.windows(mark.len()).any(|part| part == mark)
}

/// A second and a half of a rising tone.
fn tone(folder: &Path) -> PathBuf {
    let path = folder.join("tone.wav");
    let samples = 24_000_u32;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + 2 * samples).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(16_000_u32.to_le_bytes());
    bytes.extend(32_000_u32.to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend((2 * samples).to_le_bytes());
    for index in 0..samples {
        let second = index as f32 / 16_000.0;
        let value = (second * (1000.0 + 700.0 * second)).sin() * 12_000.0;
        bytes.extend((value as i16).to_le_bytes());
    }
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_stopped_run_goes_on_from_its_whole_segments_and_gives_the_same_file() {
    if Tools::find().ffmpeg().is_none() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let mut whole = config(folder.path(), "whole.mp4");
    whole.audio = Audio::File(tone(folder.path()));
    run_until(&whole, u64::MAX).0.unwrap();

    let mut config = config(folder.path(), "stopped.mp4");
    config.audio = whole.audio.clone();
    let (stopped, _) = run_until(&config, 17);
    assert!(matches!(stopped, Err(AnimateError::Stopped)));
    assert!(!config.output.exists());
    let segments = folder.path().join("stopped.mp4.segments");
    // What a killed process leaves: the file it was writing.
    std::fs::write(segments.join(".open.partial-1-0.mp4"), b"half").unwrap();
    let (summary, painted) = run_until(&config, u64::MAX);
    assert_eq!(
        painted,
        FRAMES - 10,
        "the first segment is not painted again"
    );
    let summary = summary.unwrap();
    assert_eq!(summary.frames, FRAMES);
    assert!(summary.has_sound);
    assert!(!segments.exists());

    let [expected, got] = [&whole.output, &config.output].map(|path| frames(path));
    assert_eq!(expected.len() as u64, FRAMES);
    assert!(expected == got, "frames and time stamps are the same");
    let rate = VideoReader::open(&config.output).unwrap().info().frame_rate;
    assert_eq!(rate, Rational::new(30, 1).unwrap());
    assert_eq!(sound(&whole.output), sound(&config.output));
    assert!(is_marked(&config.output));
}

#[test]
fn joined_segments_keep_every_time_stamp_of_the_plain_file_and_its_pictures_nearly() {
    if Tools::find().ffmpeg().is_none() {
        return;
    }
    for ending in ["mp4", "webm"] {
        let folder = TempDir::new().unwrap();
        let joined = config(folder.path(), &format!("joined.{ending}"));
        run_until(&joined, u64::MAX).0.unwrap();
        let mut plain = config(folder.path(), &format!("plain.{ending}"));
        plain.segment_frames = None;
        run_until(&plain, u64::MAX).0.unwrap();
        assert!(is_marked(&joined.output), "{ending}");
        let [plain, joined] = [&plain.output, &joined.output].map(|path| frames(path));
        assert_eq!(plain.len(), joined.len());
        for ((pts, one), (joined_pts, other)) in plain.iter().zip(&joined) {
            assert_eq!(pts, joined_pts, "{ending}");
            let pairs = one.rgb().iter().zip(other.rgb());
            let sum: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            let mean = sum as f64 / one.rgb().len() as f64;
            assert!(mean < 3.5, "{ending} at {pts}: {mean}");
        }
    }
}

#[test]
fn pictures_in_segments_are_the_pictures_of_a_plain_run() {
    let folder = TempDir::new().unwrap();
    let resumed = config(folder.path(), "resumed");
    assert!(run_until(&resumed, 14).0.is_err());
    run_until(&resumed, u64::MAX).0.unwrap();
    let mut plain = config(folder.path(), "plain");
    plain.segment_frames = None;
    run_until(&plain, u64::MAX).0.unwrap();
    let [one, other] = [&plain.output, &resumed.output].map(|path| pictures_in(path).unwrap());
    assert_eq!(one.len() as u64, FRAMES);
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one.file_name(), other.file_name());
        assert!(read_picture(one).unwrap() == read_picture(other).unwrap());
    }
    assert!(!folder.path().join("resumed.segments").exists());
}

#[test]
fn a_gif_and_a_preview_are_refused_at_once() {
    let folder = TempDir::new().unwrap();
    let gif = config(folder.path(), "a.gif");
    let error = run_until(&gif, u64::MAX).0.unwrap_err().to_string();
    assert!(
        error.contains("segments") && error.contains(".mp4"),
        "{error}"
    );
    assert!(!folder.path().join("a.gif.segments").exists());
    let mut preview = config(folder.path(), "a.mp4");
    preview.preview = Some(folder.path().join("b.mp4"));
    assert!(matches!(
        run_until(&preview, u64::MAX).0,
        Err(AnimateError::PreviewInSegments)
    ));
}
