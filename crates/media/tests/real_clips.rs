//! Real clips in mixed formats, where they lie beside the repository.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // also outside of the test functions

use std::path::{Path, PathBuf};
use std::process::Command;

use media::VideoReader;

/// Clips to look at in every run; all of them with `VIVANT_ALL_CLIPS=1`.
const SAMPLE_EVERY: usize = 24;

fn clips() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/clips");
    let mut paths: Vec<PathBuf> = ["train", "eval"]
        .iter()
        .filter_map(|folder| std::fs::read_dir(root.join(folder)).ok())
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    paths.sort_by_key(|path| {
        let kind = path.extension().unwrap_or_default().to_owned();
        (kind, path.clone())
    });
    paths
}

/// Width, height and number of frames that ffprobe counts by decoding.
fn counted(path: &Path) -> u64 {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-count_frames"])
        .args(["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"])
        .arg(path)
        .output()
        .expect("ffprobe runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().expect("ffprobe counts");
    line.trim_end_matches(',').parse().expect("a count")
}

#[test]
fn real_clips_deliver_as_many_frames_as_ffprobe_counts() {
    let clips = clips();
    if clips.is_empty() {
        println!("skipped: no clips beside the repository");
        return;
    }
    let step = match std::env::var_os("VIVANT_ALL_CLIPS") {
        Some(_) => 1,
        None => SAMPLE_EVERY,
    };
    let mut problems = Vec::new();
    for path in clips.iter().step_by(step) {
        let mut reader = VideoReader::open(path).unwrap();
        let info = reader.info().clone();
        let mut frames = 0;
        let mut last = -1;
        while let Some(frame) = reader.next_frame().unwrap() {
            assert_eq!(
                (frame.image.width(), frame.image.height()),
                (info.width, info.height)
            );
            assert!(frame.pts > last, "{}", path.display());
            last = frame.pts;
            frames += 1;
        }
        let expected = counted(path);
        println!(
            "{} {frames}/{expected} {info:?} {:?}",
            path.display(),
            reader.warning()
        );
        if frames != expected {
            problems.push(format!("{}: {frames}, not {expected}", path.display()));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}
