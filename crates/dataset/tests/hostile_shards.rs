//! Shards that were made to harm: indices that name other files, or places and sizes that are not there.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::path::Path;
use std::time::{Duration, Instant};

use dataset::Shards;

const TAR: &str = "shard-00000.tar";

/// An index of one clip of one frame whose members lie at these places.
fn index(file: &str, bytes: u64, shard: u64, picture: [u64; 2], facts: [u64; 2]) -> String {
    format!(
        r#"{{"format":"vivant-shards","version":1,"side_px":16,"landmark_scheme":"ibug68+pupils",
            "shards":[{{"file":{file:?},"bytes":{bytes},"sha256":"0"}}],
            "clips":[{{"identity":"a","video":"a/1.mp4","part":0,"shard":{shard},
                      "frames":[{{"time_s":0.0,"picture":{picture:?},"facts":{facts:?}}}]}}]}}"#
    )
}

fn open(folder: &Path, text: &str) -> Result<Shards, dataset::ShardError> {
    std::fs::write(folder.join("index.json"), text).unwrap();
    Shards::open(folder)
}

#[test]
fn an_index_that_names_files_elsewhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(folder.path().join("secret"), [7; 100]).unwrap();
    for file in [
        "../secret",
        "/etc/hosts",
        "..\\secret",
        "",
        "a/b",
        "x\0y",
        ".",
    ] {
        let opened = open(&inner, &index(file, 100, 0, [0, 10], [0, 10]));
        assert!(opened.is_err(), "{file:?}");
    }
}

#[test]
fn members_that_are_not_there_are_an_error_and_take_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(TAR), [7; 2048]).unwrap();
    let begun = Instant::now();
    for place in [
        [0, 4096],
        [2048, 1],
        [u64::MAX, 1],
        [u64::MAX, u64::MAX],
        [0, u64::MAX],
        [0, 1 << 40],
        [0, (64 << 20) + 1],
        [0, 64 << 20],
    ] {
        let shards = open(folder.path(), &index(TAR, 2048, 0, place, place)).unwrap();
        assert!(shards.picture(0, 0).is_err(), "{place:?}");
        assert!(shards.landmarks(0, 0).is_err(), "{place:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(open(folder.path(), &index(TAR, 2048, 1, [0, 1], [0, 1])).is_err());
    assert!(open(folder.path(), &index(TAR, 2049, 0, [0, 1], [0, 1])).is_err());
}

#[test]
fn a_members_bytes_that_are_no_picture_and_no_facts_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let facts =
        br#"{"frame":0,"time_s":0.0,"points":[[1.0,2.0]],"pose_degrees":[0,0,0],"confidence":1.0}"#;
    let mut tar = vec![0xFF; 4096];
    tar[..facts.len()].copy_from_slice(facts);
    std::fs::write(folder.path().join(TAR), &tar).unwrap();
    let text = index(TAR, 4096, 0, [1024, 1024], [0, facts.len() as u64]);
    let shards = open(folder.path(), &text).unwrap();
    assert!(shards.picture(0, 0).is_err());
    let error = shards.landmarks(0, 0).unwrap_err().to_string();
    assert!(error.contains("1 points in a frame"), "{error}");
}

#[test]
fn deep_and_endless_json_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for text in [
        "[".repeat(1_000_000),
        format!("{{\"format\":{}", "{\"a\":".repeat(100_000)),
        "{\"clips\":[".to_owned(),
        "\"".repeat(3),
        "1e999999".to_owned(),
    ] {
        assert!(open(folder.path(), &text).is_err());
    }
}
