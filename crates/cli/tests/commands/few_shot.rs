//! The commands of the few-shot system as a user meets them, in a binary with or without training.

use crate::inputs::speaking_frames;
use crate::program::Workplace;

/// A model over the mean colour of the shots, and an identity network for which a person is a tint.
const MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/mean_colour_model"
);

#[test]
fn preprocess_without_inputs_or_with_missing_ones_is_wrong_use() {
    let place = Workplace::new();
    assert_eq!(
        place.vivant(["preprocess", "-o", "out"]).run().code,
        Some(2)
    );
    let ended = place.vivant(["preprocess", "nowhere", "-o", "out"]).run();
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("there is no nowhere"),
        "{}",
        ended.stderr
    );
    assert!(place.names().is_empty());
}

#[test]
fn preprocess_of_a_folder_without_videos_fails_and_says_so() {
    let place = Workplace::new();
    std::fs::create_dir(place.path("in")).expect("the folder is ours");
    let ended = place.vivant(["preprocess", "in", "-o", "out"]).run();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("found no video in in"),
        "{}",
        ended.stderr
    );
    assert_eq!(place.names(), ["in"]);
}

#[test]
fn a_job_beyond_the_number_of_jobs_is_wrong_use() {
    let place = Workplace::new();
    place.write("a.mp4", b"x");
    let ended = place
        .vivant([
            "preprocess",
            "a.mp4",
            "-o",
            "out",
            "--shard-index",
            "3",
            "--shard-count",
            "3",
        ])
        .run();
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("3 of 3"), "{}", ended.stderr);
}

#[test]
fn an_avatar_must_be_called_one_and_is_not_replaced_unasked() {
    let place = Workplace::new();
    place.write("me.png", b"x");
    let ended = place
        .vivant([
            "fine-tune",
            "-s",
            "me.png",
            "-o",
            "me.zip",
            "--model",
            "run",
        ])
        .run();
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains(".avatar"), "{}", ended.stderr);
    place.write("me.avatar", b"mine");
    let ended = place
        .vivant([
            "fine-tune",
            "-s",
            "me.png",
            "-o",
            "me.avatar",
            "--model",
            "run",
        ])
        .run();
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        std::fs::read(place.path("me.avatar")).ok(),
        Some(b"mine".to_vec())
    );
}

#[test]
fn a_picture_of_somebody_else_is_left_out_where_an_identity_network_is_given() {
    let place = Workplace::new();
    let frames = speaking_frames(&place, 4, &[]);
    let stranger = frames.join("0001.png");
    let mut picture = media::read_picture(&stranger).expect("the frame is there");
    for pixel in picture.rgb_mut().chunks_exact_mut(3) {
        pixel.swap(0, 2);
    }
    std::fs::remove_file(&stranger).expect("the frame is ours");
    media::write_png(&stranger, &picture).expect("the frame is ours");
    let net = format!("{MODEL}/tint_identity.onnx");
    let learn = |more: &[&str]| {
        let start = [
            "fine-tune",
            "--feed-forward",
            "--consent",
            "character",
            "--model",
            MODEL,
            "-y",
            "-o",
        ];
        let sources = ["me.avatar", "-s"];
        let frames = frames.to_string_lossy().into_owned();
        let arguments = start.iter().chain(&sources).map(ToString::to_string);
        let more = more.iter().map(ToString::to_string);
        place.vivant(arguments.chain([frames]).chain(more)).run()
    };
    let alone = learn(&[]).succeeded();
    assert!(alone.stdout.contains("0001.png: taken"), "{alone:#?}");
    let judged = learn(&["--identity-net", &net, "--identity-input", "reid-bgr128"]).succeeded();
    assert!(
        judged
            .stdout
            .contains("0001.png: another person (likeness -"),
        "{judged:#?}"
    );
    assert_eq!(judged.stdout.matches(": taken").count(), 2, "{judged:#?}");
    let half = learn(&["--identity-net", &net]);
    assert_eq!(half.code, Some(2), "{half:#?}");
    let missing = learn(&[
        "--identity-net",
        "no.onnx",
        "--identity-input",
        "reid-bgr128",
    ]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.stderr.contains("no.onnx"), "{missing:#?}");
}

#[test]
fn a_damaged_avatar_is_not_animated() {
    let place = Workplace::new();
    place.write("me.avatar", b"no tar archive at all");
    let ended = place
        .vivant(["animate", "-s", "me.avatar", "-d", "talk", "-o", "out.mp4"])
        .run();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("me.avatar is no whole avatar"),
        "{}",
        ended.stderr
    );
    assert_eq!(place.names(), ["me.avatar"]);
}

#[cfg(not(feature = "train"))]
#[test]
fn training_commands_say_how_to_get_them() {
    let place = Workplace::new();
    std::fs::create_dir(place.path("data")).expect("the folder is ours");
    for arguments in [
        vec!["meta-train", "--data", "data", "-o", "run"],
        vec!["train-watermark", "--data", "data", "-o", "run"],
        vec!["export", "--model", "run", "-o", "model"],
        vec![
            "fine-tune",
            "-s",
            "data",
            "--model",
            "run",
            "-o",
            "me.avatar",
        ],
    ] {
        let ended = place.vivant(&arguments).run();
        assert_eq!(ended.code, Some(1), "{arguments:?}");
        assert!(
            ended.stderr.contains("--features train"),
            "{}",
            ended.stderr
        );
    }
}

#[cfg(feature = "train")]
#[test]
fn meta_train_lists_all_that_is_wrong_with_its_settings() {
    let place = Workplace::new();
    let ended = place
        .vivant([
            "meta-train",
            "--preset",
            "tiny",
            "--data",
            "nowhere",
            "-o",
            "run",
        ])
        .also([
            "--device",
            "gpu",
            "--set",
            "no.such=1",
            "--content-net",
            "vgg19",
        ])
        .run();
    assert_eq!(ended.code, Some(2));
    for part in ["gpu", "no.such", "KIND=FILE", "nowhere"] {
        let part = part.split('.').next().unwrap_or(part);
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    assert!(place.names().is_empty());
}

/// Kill a run at the worst moment and go on: the result is that of a run nobody disturbed.
#[cfg(unix)]
#[test]
fn preprocess_goes_on_after_kill_with_nothing_lost_or_doubled() {
    use std::time::{Duration, Instant};

    let place = Workplace::new();
    crate::inputs::portrait(&place);
    for number in 0..3 {
        let name = format!("in/p{number}/v/1.mp4");
        let path = place.path(&name);
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("ours");
        let motion = ["talk", "nod", "look-around"][number];
        let made = place
            .vivant(["animate", "-s", "portrait.png", "-d", motion, "-o", &name])
            .also(["--duration", "1"]);
        assert_eq!(made.run().code, Some(0));
    }
    let arguments = |output: &'static str| {
        [
            "preprocess",
            "in",
            "-o",
            output,
            "--side",
            "64",
            "--threads",
            "1",
            "--least-frames",
            "8",
        ]
    };
    assert_eq!(place.vivant(arguments("whole")).run().code, Some(0));
    let mut child = place.vivant(arguments("broken")).start();
    let start = Instant::now();
    let has_one = || {
        let entries = std::fs::read_dir(place.path("broken/.videos"));
        let names = entries.into_iter().flatten().flatten();
        names
            .filter(|entry| entry.path().extension().is_some_and(|e| e == "clips"))
            .count()
            > 0
    };
    while !has_one() && start.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("the program can be killed");
    child.wait().expect("the program ends");
    assert_eq!(place.vivant(arguments("broken")).run().code, Some(0));
    for name in [
        "index.json",
        "shard-00000.tar",
        "rejects.json",
        "report.html",
    ] {
        let read =
            |folder: &str| std::fs::read(place.path(folder).join(name)).expect("it is there");
        assert!(read("whole") == read("broken"), "{name} differs");
    }
}
