//! Whole runs of `preprocess` on clips of drawn people.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use dataset::{
    EpisodeConfig, EpisodeSampler, PreprocessConfig, PreprocessError, PreprocessEvent,
    PreprocessSummary, RejectReason, ShardError, Shards, preprocess,
};
use media::{Image, OutputConfig, Rational, VideoWriter};
use std::sync::Arc;
use tempfile::TempDir;
use test_support::{DrawnHead, drawn_clip};

const SIDE: u32 = 192;

/// A video of these pictures at 25 frames a second.
fn write_video(path: &Path, frames: &[Image]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let rate = Rational::new(25, 1).unwrap();
    let [width, height] = [frames[0].width(), frames[0].height()];
    let config = OutputConfig::new(path, width, height, rate).unwrap();
    let mut writer = VideoWriter::create(&config).unwrap();
    let ticks = config.time_base.inverse().to_f64() / 25.0;
    for (index, frame) in frames.iter().enumerate() {
        writer
            .write(frame, (index as f64 * ticks).round() as i64)
            .unwrap();
    }
    writer.finish().unwrap();
}

/// The drawn person, tinted, from some frame on.
fn drawn(tint: usize, first: u32, count: u32) -> Vec<Image> {
    let paint = |head: DrawnHead| {
        let mut rgb = head.draw();
        for pixel in rgb.chunks_exact_mut(3) {
            pixel[tint] = pixel[tint] / 4 * 3;
        }
        Image::from_rgb(SIDE, SIDE, rgb)
    };
    let clip = drawn_clip(SIDE, first + count);
    clip.into_iter().skip(first as usize).map(paint).collect()
}

fn plain(level: u8, count: usize) -> Vec<Image> {
    let mut picture = Image::new(SIDE, SIDE);
    picture.rgb_mut().fill(level);
    vec![picture; count]
}

struct Workplace {
    folder: TempDir,
}

impl Workplace {
    /// Two people, one of them with two videos.
    fn with_people() -> Self {
        let place = Self::empty();
        write_video(&place.path("in/ada/v1/00001.mp4"), &drawn(0, 0, 20));
        write_video(&place.path("in/ada/v2/00001.mp4"), &drawn(0, 30, 20));
        write_video(&place.path("in/ben/v1/00001.mp4"), &drawn(2, 10, 20));
        place
    }

    fn empty() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self, output: &str) -> PreprocessConfig {
        PreprocessConfig {
            side_px: 64,
            threads: 1,
            least_frames: 8,
            shard_bytes: 40 << 10,
            ..PreprocessConfig::new(vec![self.path("in")], self.path(output))
        }
    }
}

fn run(config: &PreprocessConfig) -> PreprocessSummary {
    preprocess(config, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// Everything that a run leaves for others, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.path().is_file());
    files
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn people_become_clips_of_crops_with_their_landmarks() {
    let place = Workplace::with_people();
    let summary = run(&place.config("out"));
    assert_eq!([summary.people, summary.clips], [2, 3]);
    assert_eq!(summary.frames, 60);
    let shards = Shards::open(&place.path("out")).unwrap();
    assert!(shards.people().keys().eq(["ada", "ben"].iter()));
    assert!(
        shards.videos().iter().map(|clip| clip.shard).max() > Some(0),
        "several tar files"
    );
    for clip in 0..3 {
        let picture = shards.picture(clip, 5).unwrap();
        assert_eq!([picture.width(), picture.height()], [64, 64]);
        let points = shards.landmarks(clip, 5).unwrap().points;
        assert!(
            points
                .iter()
                .flatten()
                .all(|value| (0.0..63.0).contains(value))
        );
        let eyes = points[45][0] - points[36][0];
        assert!((12.0..32.0).contains(&eyes), "{eyes} px between the eyes");
        let facts = shards.facts(clip, 5).unwrap();
        assert!(facts.pose_degrees.iter().all(|angle| angle.abs() < 40.0));
    }
    for name in [
        "report.html",
        "contact-sheet.png",
        "index.json",
        "rejects.json",
    ] {
        assert!(place.path("out").join(name).is_file(), "{name}");
    }
}

#[test]
fn threads_and_interruptions_do_not_change_a_byte() {
    let place = Workplace::with_people();
    run(&place.config("one"));
    let mut three = place.config("three");
    three.threads = 3;
    run(&three);
    let wanted = files(&place.path("one"));
    assert_eq!(files(&place.path("three")), wanted);

    let broken = place.config("broken");
    let stopped = preprocess(&broken, &mut |event| match event {
        PreprocessEvent::Progress { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert!(stopped.unwrap().was_stopped);
    // what a kill leaves in the middle of a write
    fs::write(broken.output.join(".videos/0123.clips.part"), b"half").unwrap();
    let mut done = None;
    preprocess(&broken, &mut |event| {
        if let PreprocessEvent::Found { done_before, .. } = event {
            done = Some(done_before);
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    // a second video may have been under way when the first one was reported
    assert!(
        matches!(done, Some(1 | 2)),
        "finished videos are not looked at again"
    );
    assert_eq!(files(&place.path("broken")), wanted);
}

#[test]
fn jobs_share_the_videos_and_lose_none() {
    let place = Workplace::with_people();
    for job in 0..2 {
        let mut config = place.config("out");
        config.job = [job, 2];
        if job == 1 {
            let error = Shards::open(&config.output).unwrap_err();
            assert!(matches!(error, ShardError::JobMissing { .. }), "{error}");
        }
        run(&config);
    }
    let shards = Shards::open(&place.path("out")).unwrap();
    let mut names: Vec<&str> = shards
        .videos()
        .iter()
        .map(|clip| clip.video.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["ada/v1/00001.mp4", "ada/v2/00001.mp4", "ben/v1/00001.mp4"]
    );
    assert!(shards.picture(2, 19).is_ok());
    let mut third = place.config("out");
    third.job = [2, 3];
    let error = preprocess(&third, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(
        matches!(error, PreprocessError::OtherJobs { .. }),
        "{error}"
    );

    run(&place.config("out"));
    run(&place.config("alone"));
    let wanted = files(&place.path("alone"));
    assert_eq!(
        files(&place.path("out")),
        wanted,
        "one job takes their place"
    );
}

#[test]
fn two_inputs_with_one_name_are_refused_instead_of_losing_one() {
    let place = Workplace::with_people();
    let mut config = place.config("out");
    config.inputs = ["in/ada/v1/00001.mp4", "in/ben/v1/00001.mp4"]
        .map(|name| place.path(name))
        .to_vec();
    let error = preprocess(&config, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, PreprocessError::SameName { .. }), "{error}");
}

#[cfg(feature = "object-storage")]
#[test]
fn shards_in_an_object_storage_are_those_of_a_folder() {
    let place = Workplace::with_people();
    run(&place.config("here"));
    let mut config = place.config("staging");
    let there = place.path("there");
    fs::create_dir_all(&there).unwrap();
    config.remote = Some(format!("file://{}", there.display()));
    let stopped = preprocess(&config, &mut |event| match event {
        PreprocessEvent::Progress { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert!(stopped.unwrap().was_stopped);
    // the machine that goes on has nothing of the first one
    config.output = place.path("another");
    let mut done = 0;
    let summary = preprocess(&config, &mut |event| {
        if let PreprocessEvent::Found { done_before, .. } = event {
            done = done_before;
        }
        ControlFlow::Continue(())
    });
    // a second video may have been under way when the first one was reported
    assert!(matches!(done, 1 | 2), "{done}");
    assert_eq!(summary.unwrap().clips, 3);
    assert_eq!(files(&there), files(&place.path("here")));
    assert!(files(&config.output).is_empty(), "nothing stays behind");
    assert!(Shards::open(&there).unwrap().picture(2, 19).is_ok());
}

#[cfg(not(feature = "object-storage"))]
#[test]
fn an_object_storage_needs_its_feature_and_says_so() {
    let place = Workplace::with_people();
    let mut config = place.config("out");
    config.remote = Some("s3://bucket/folder".to_owned());
    let error = preprocess(&config, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(error.to_string().contains("--features object-storage"));
}

#[test]
fn what_is_left_out_has_its_reason_on_record() {
    let place = Workplace::empty();
    write_video(&place.path("in/ada/v1/1.mp4"), &drawn(0, 0, 12));
    fs::create_dir_all(place.path("in/copy/v1")).unwrap();
    fs::copy(
        place.path("in/ada/v1/1.mp4"),
        place.path("in/copy/v1/1.mp4"),
    )
    .unwrap();
    write_video(&place.path("in/nobody/v1/1.mp4"), &plain(90, 12));
    fs::write(place.path("in/torn.mp4"), b"\0\0\0\x18ftypmp42 and no more").unwrap();
    let cut: Vec<Image> = [drawn(0, 0, 10), plain(250, 2), drawn(1, 40, 4)].concat();
    write_video(&place.path("in/cut/v1/1.mp4"), &cut);
    let summary = run(&place.config("out"));
    let reasons = |reason| summary.rejects.get(&reason).copied().unwrap_or(0);
    assert_eq!(reasons(RejectReason::Duplicate), 1);
    assert_eq!(reasons(RejectReason::Unreadable), 1);
    assert!(reasons(RejectReason::NoFace) >= 1);
    assert_eq!(reasons(RejectReason::TooShort), 1, "4 frames after the cut");
    assert_eq!(summary.clips, 2, "{:?}", summary.rejects);
    let report = fs::read_to_string(place.path("out/report.html")).unwrap();
    assert!(report.contains("torn.mp4") && report.contains("duplicate"));
}

#[test]
fn other_settings_and_wrong_ones_are_refused() {
    let place = Workplace::with_people();
    let config = place.config("out");
    fs::create_dir_all(&config.output).unwrap();
    run(&config);
    let mut other = place.config("out");
    other.side_px = 96;
    let error = preprocess(&other, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(
        matches!(error, PreprocessError::OtherSettings { .. }),
        "{error}"
    );
    let mut wrong = place.config("elsewhere");
    wrong.inputs = vec![place.path("missing")];
    wrong.job = [2, 2];
    let text = preprocess(&wrong, &mut |_| ControlFlow::Continue(()))
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("missing") && text.contains("shard index"),
        "{text}"
    );
}

#[test]
fn episodes_are_the_same_whenever_they_are_drawn() {
    let place = Workplace::with_people();
    run(&place.config("out"));
    let shards = Arc::new(Shards::open(&place.path("out")).unwrap());
    let config = EpisodeConfig {
        shots: 4,
        side_px: 32,
        seed: 5,
        is_augmented: true,
        cache_bytes: 1 << 20,
    };
    let sampler = |cache_bytes: u64| {
        let config = EpisodeConfig {
            cache_bytes,
            ..config
        };
        EpisodeSampler::new(Arc::clone(&shards), config).unwrap()
    };
    let (cached, direct) = (sampler(1 << 20), sampler(0));
    let mut people = [0, 0];
    for number in 0..20 {
        let episode = cached.episode(number).unwrap();
        assert_eq!(episode, direct.episode(number).unwrap());
        assert_eq!(episode.frames.len(), 5);
        assert_eq!(episode.frames[0].picture.width(), 32);
        people[usize::from(shards.videos()[episode.video].identity == "ben")] += 1;
        let first = &episode.frames[0].landmarks;
        assert!(
            episode.frames[1..]
                .iter()
                .all(|frame| frame.landmarks != *first)
        );
    }
    assert!(
        people.iter().all(|count| *count >= 4),
        "people in balance: {people:?}"
    );
    let (train, kept) = shards.split_people(1, 3).unwrap();
    assert_eq!([train.len(), kept.len()], [1, 1]);
    assert_ne!(train, kept);
    assert!(shards.split_people(2, 3).is_err());
}

/// A drawn head with plain ground around it.
fn still(room: u32) -> Image {
    let head = DrawnHead::frontal(SIDE);
    let drawn = Image::from_rgb(SIDE, SIDE, head.draw());
    let mut picture = Image::new(SIDE + 2 * room, SIDE + 2 * room);
    picture.rgb_mut().fill(120);
    for y in 0..SIDE {
        for x in 0..SIDE {
            picture.set_pixel(room + x, room + y, drawn.pixel(x, y));
        }
    }
    picture
}

#[test]
fn single_pictures_become_episodes_beside_the_clips() {
    let place = Workplace::with_people();
    let stills = place.path("stills");
    fs::create_dir_all(&stills).unwrap();
    media::write_png(&stills.join("eve.png"), &still(100)).unwrap();
    let cut = {
        let whole = still(0);
        let mut cut = Image::new(SIDE / 2, SIDE);
        for y in 0..SIDE {
            for x in 0..SIDE / 2 {
                cut.set_pixel(x, y, whole.pixel(x + SIDE / 4, y));
            }
        }
        cut
    };
    media::write_png(&stills.join("too-near.png"), &cut).unwrap();
    run(&place.config("out"));
    let summary = run(&PreprocessConfig {
        has_stills: true,
        inputs: vec![stills],
        ..place.config("still-shards")
    });
    assert_eq!([summary.clips, summary.people], [1, 1]);
    assert_eq!(summary.rejects.get(&RejectReason::CutOff), Some(&1));
    let folders = ["out", "still-shards"].map(|name| place.path(name));
    let shards = Shards::open_all(&[&folders[0], &folders[1]]).unwrap();
    let config = EpisodeConfig {
        shots: 1,
        side_px: 64,
        seed: 5,
        is_augmented: true,
        cache_bytes: 0,
    };
    let people = ["ada", "ben"].map(str::to_owned);
    let sampler = EpisodeSampler::of_people(Arc::new(shards), &people, config).unwrap();
    let mut made = 0;
    for number in 0..60 {
        let episode = sampler.episode(number).unwrap();
        assert_eq!(episode, sampler.episode(number).unwrap());
        if sampler.shards().videos()[episode.video].identity != "eve" {
            continue;
        }
        made += 1;
        let [one, other] = [0, 1].map(|index: usize| &episode.frames[index]);
        let pairs = one.landmarks.points.iter().zip(&other.landmarks.points);
        let apart = pairs.map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]));
        let mean_px = apart.sum::<f32>() / 70.0;
        assert!((0.2..20.0).contains(&mean_px), "{mean_px}");
        let inside = |[x, y]: [f32; 2]| (-10.0..74.0).contains(&x) && (-10.0..74.0).contains(&y);
        assert!(one.landmarks.points.into_iter().all(inside));
    }
    assert!((5..=25).contains(&made), "a quarter: {made} of 60");
}

#[test]
fn damaged_shards_are_errors() {
    let place = Workplace::with_people();
    run(&place.config("out"));
    let tar = place.path("out/shard-00000.tar");
    let bytes = fs::read(&tar).unwrap();
    fs::write(&tar, &bytes[..bytes.len() / 2]).unwrap();
    assert!(Shards::open(&place.path("out")).is_err());
    fs::write(&tar, vec![0; bytes.len()]).unwrap();
    let shards = Shards::open(&place.path("out")).unwrap();
    assert!(shards.picture(0, 0).is_err());
    assert!(shards.facts(0, 0).is_err());
    let index = place.path("out/index.json");
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, &text[..text.len() / 2]).unwrap();
    assert!(Shards::open(&place.path("out")).is_err());
    assert!(Shards::open(&place.path("in")).is_err());
}
