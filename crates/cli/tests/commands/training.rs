//! `train-watermark` as a user meets it, in a binary that can train.

use media::Image;
use test_support::DrawnHead;

use crate::program::Workplace;

/// A data folder with one still; of its labels only that they are there matters.
fn data(place: &Workplace) {
    for folder in ["data/portraits", "data/labels/portraits"] {
        std::fs::create_dir_all(place.path(folder)).expect("the folder is ours");
    }
    let picture = Image::from_rgb(256, 256, DrawnHead::frontal(256).draw());
    media::write_png(&place.path("data/portraits/head.png"), &picture).expect("the folder is ours");
    place.write("data/labels/portraits/head.safetensors", b"");
}

/// A run of seconds.
const BRIEF: [&str; 13] = [
    "train-watermark",
    "--data",
    "data",
    "-o",
    "run",
    "--preset",
    "tiny",
    "--batch",
    "2",
    "--video-share",
    "0",
    "--checkpoint-every",
    "2",
];

#[test]
fn a_dry_run_tells_all_settings_and_starts_nothing() {
    let place = Workplace::new();
    data(&place);
    let told = place.vivant(BRIEF).also(["--steps", "4", "--dry-run"]);
    let told = told.run().succeeded().stdout;
    for words in [
        "steps = 4",
        "learning_rate = 0.001",
        "1 sources to learn from",
        "begin at step 0",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(place.names(), ["data"]);
}

#[test]
fn a_run_ends_with_three_graphs_and_a_longer_one_goes_on_from_it() {
    let place = Workplace::new();
    data(&place);
    let first = place
        .vivant(BRIEF)
        .also(["--steps", "2", "--export", "graphs"]);
    let first = first.run().succeeded();
    assert!(
        first.stdout.contains("run folder: run, step 2"),
        "{first:#?}"
    );
    for name in ["carrier.onnx", "strength.onnx", "chip_reader.onnx"] {
        let bytes = std::fs::read(place.path("graphs").join(name)).expect("it was written");
        assert!(inference::Graph::from_onnx(&bytes).is_ok(), "{name}");
    }
    let told = place.vivant(BRIEF).also(["--steps", "4", "--dry-run"]);
    assert!(told.run().succeeded().stdout.contains("go on from step 2"));
    let more = place.vivant(BRIEF).also(["--steps", "4"]).run().succeeded();
    assert!(more.stderr.contains("going on from step 2"), "{more:#?}");
    // the settings that the run wrote are settings that it takes
    let again = place.vivant(["train-watermark", "--config", "run/config.toml"]);
    again.run().succeeded();
    let other = place.vivant(BRIEF).also(["--seed", "9"]).run();
    other.failed_naming(&["seed was 1, now 9", "another output folder"]);
}

#[test]
fn settings_that_make_no_sense_are_refused_all_at_once() {
    let place = Workplace::new();
    place
        .vivant(["train-watermark"])
        .run()
        .refused_naming(&["--data"]);
    let start = [
        "train-watermark",
        "--data",
        "nowhere",
        "-o",
        "run",
        "--batch",
        "0",
    ];
    let ended = place
        .vivant(start)
        .also(["--video-share", "2", "--least-psnr", "7"]);
    ended
        .run()
        .refused_naming(&["nowhere", "batch", "video_share", "least_psnr_db"]);
    let both = ["train-watermark", "--config", "a.toml", "--steps", "3"];
    place.vivant(both).run().refused_naming(&["--config"]);
    assert!(place.names().is_empty());
}
