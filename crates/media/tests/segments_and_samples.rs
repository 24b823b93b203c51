//! Sound read as samples, and video written in segments, from the outside.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // also outside of the test functions
#![allow(dead_code, reason = "helpers that other tests share")]

mod clips;

use clips::*;
use media::*;

#[test]
fn samples_keep_their_place_and_number_whatever_the_files_rate() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let tone = "-f lavfi -i aevalsrc=0.5*sin(2*PI*880*t)*gte(t\\,1):d=2.5:s=44100 {out}";
    let path = make(folder.path(), "tone.wav", tone);
    let mut reader = SoundReader::open(&path, 16_000).unwrap();
    let mut samples = Vec::new();
    let mut block = [0.0; 1000];
    loop {
        let count = reader.read(&mut block).unwrap();
        samples.extend_from_slice(&block[..count]);
        if count < block.len() {
            break;
        }
    }
    assert!(samples.len().abs_diff(40_000) < 40, "{}", samples.len());
    assert!(samples[..15_900].iter().all(|sample| sample.abs() < 0.01));
    let loudest = samples[16_200..]
        .iter()
        .fold(0.0_f32, |most, s| most.max(s.abs()));
    assert!((loudest - 0.5).abs() < 0.05, "{loudest}");
}

#[test]
fn a_silent_video_and_a_missing_file_are_named() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let silent = "-f lavfi -i testsrc2=s=64x48:r=25:d=0.4 {out}";
    let clip = make(folder.path(), "clip.mp4", silent);
    for path in [clip.as_path(), folder.path().join("missing.wav").as_path()] {
        let error = SoundReader::open(path, 16_000).unwrap_err().to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
    }
}

#[test]
fn uneven_time_stamps_survive_being_written_in_segments() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let segments = folder.path().join("segments");
    std::fs::create_dir(&segments).unwrap();
    let mut config =
        OutputConfig::new(&folder.path().join("a.mp4"), 64, 48, fraction(20, 1)).unwrap();
    config.time_base = fraction(1, 90_000);
    let stamps: Vec<i64> = (0..30).map(|i| 500 + i * 4500 + (i % 3) * 700).collect();
    let mut writer = SegmentWriter::open(&config, &segments, 7).unwrap();
    for (index, pts) in stamps[..16].iter().enumerate() {
        writer.write(&waves(64, 48, index as u32), *pts).unwrap();
    }
    drop(writer);
    let mut writer = SegmentWriter::open(&config, &segments, 7).unwrap();
    assert_eq!(writer.frames_done(), 14);
    for (index, pts) in stamps.iter().enumerate().skip(14) {
        writer.write(&waves(64, 48, index as u32), *pts).unwrap();
    }
    assert_eq!(writer.finish().unwrap().frames, 30);
    let mut reader = VideoReader::open(&config.path).unwrap();
    let base = reader.info().time_base.to_f64();
    let mut seen = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        seen.push((frame.pts as f64 * base * 90_000.0).round() as i64 + 500);
    }
    assert_eq!(seen, stamps);
    assert_eq!(names(folder.path()), ["a.mp4"]);
}
