//! Whole runs of `meta_train` on drawn heads: they check the machinery, not what is learned.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use dataset::{FrameFacts, ShardWriter, StoredClip, StoredFrame};
use media::{Image, encode_jpeg};
use networks::checkpoint::Checkpoint;
use test_support::drawn_clip;
use training::{
    Collapse, MetaTrainingConfig, MetaTrainingError, MetaTrainingEvent, NetworkSize, Precision,
    Storage, Variant, export, meta_train, plan_meta_training,
};

const SIDE: u32 = 64;

/// Shards of three people who are the same drawing in three tints.
fn write_shards(folder: &Path) {
    let mut writer = ShardWriter::create(folder, "", SIDE, 1 << 20).unwrap();
    for person in 0..3_u8 {
        let frame = |(index, head): (usize, test_support::DrawnHead)| {
            let mut rgb = head.draw();
            for pixel in rgb.chunks_exact_mut(3) {
                pixel[usize::from(person)] /= 2;
            }
            StoredFrame {
                jpeg: encode_jpeg(&Image::from_rgb(SIDE, SIDE, rgb), 90),
                facts: FrameFacts {
                    frame: index as u64,
                    time_s: index as f64 / 25.0,
                    points: head.points().to_vec(),
                    pose_degrees: [0.0; 3],
                    confidence: 1.0,
                },
            }
        };
        let frames = drawn_clip(SIDE, 6).into_iter().enumerate().map(frame);
        writer
            .add(&StoredClip {
                identity: format!("person {person}"),
                video: format!("{person}.mp4"),
                part: 0,
                frames: frames.collect(),
            })
            .unwrap();
    }
    writer.finish().unwrap();
}

fn config(folder: &Path, output: &str) -> MetaTrainingConfig {
    let data = folder.join("shards");
    if !data.exists() {
        write_shards(&data);
    }
    let mut config = MetaTrainingConfig::tiny(data, folder.join(output));
    config.steps = 4;
    config.batch = 2;
    config.micro_batch = 1;
    config.shots = 2;
    config.held_out_people = 1;
    config.precision = Precision::F32;
    config.threads = 1;
    config.report_every = 1;
    config.measure_every = 4;
    config.measured_episodes = 6;
    config.checkpoint_every = 2;
    config.optimisation.adversarial_from = 1;
    config.optimisation.warm_up = 0;
    config
}

/// Run, stopping after `steps` steps where given.
fn run(config: &MetaTrainingConfig, steps: Option<u64>) -> Result<u64, MetaTrainingError> {
    let summary = meta_train(config, &mut |event| match event {
        MetaTrainingEvent::Progress { step, .. } if Some(step) == steps => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })?;
    Ok(summary.step)
}

#[test]
fn a_resumed_run_ends_with_the_bits_of_an_uninterrupted_one() {
    let folder = tempfile::tempdir().unwrap();
    let whole = config(folder.path(), "whole");
    assert_eq!(run(&whole, None).unwrap(), 4);
    let broken = config(folder.path(), "broken");
    assert_eq!(run(&broken, Some(2)).unwrap(), 2);
    assert_eq!(run(&broken, None).unwrap(), 4);
    let load = |output: &Path| Checkpoint::load(&output.join("step-4.safetensors")).unwrap();
    let [whole_end, broken_end] = [load(&whole.output), load(&broken.output)];
    assert_eq!(whole_end.tensors.len(), broken_end.tensors.len());
    for (name, tensor) in &whole_end.tensors {
        assert_eq!(*tensor, broken_end.tensors[name], "{name}");
    }
    let start = Checkpoint::load(&whole.output.join("step-2.safetensors")).unwrap();
    let moved = |name: &str| start.tensors[name] != whole_end.tensors[name];
    for network in [
        "makers.embedder",
        "makers.generator",
        "makers.projection",
        "discriminator",
    ] {
        let mut names = start
            .tensors
            .keys()
            .filter(|name| name.starts_with(network));
        assert!(names.any(|name| moved(name)), "{network} does not learn");
    }
}

#[test]
fn a_run_leaves_settings_log_charts_samples_weights_and_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "run");
    run(&config, None).unwrap();
    for name in [
        "config.toml",
        "metrics.jsonl",
        "charts.svg",
        "charts.png",
        "samples-0000000.png",
        "samples-0000004.png",
        "best.safetensors",
        "weights.safetensors",
        "model/model.toml",
        "model/generator.onnx",
    ] {
        assert!(config.output.join(name).is_file(), "{name}");
    }
    let written = fs::read_to_string(config.output.join("config.toml")).unwrap();
    let back: MetaTrainingConfig = toml::from_str(&written).unwrap();
    assert_eq!(back, config);
    let log = fs::read_to_string(config.output.join("metrics.jsonl")).unwrap();
    for name in [
        "content",
        "adversarial",
        "discriminator",
        "embedding_match",
        "held_out",
    ] {
        assert!(log.contains(name), "{name}");
    }
    let model = config.output.join("model");
    inference::Bundle::open(&model)
        .unwrap()
        .graph("generator")
        .unwrap();
    let exported = folder.path().join("exported");
    let weights = config.output.join("step-4.safetensors");
    export(&weights, &exported, Storage::Half).unwrap();
    for name in [
        "model.toml",
        "embedder.onnx",
        "projection.onnx",
        "generator.onnx",
    ] {
        let read = |folder: &Path| fs::read(folder.join(name)).unwrap();
        assert_eq!(read(&exported), read(&model), "{name}");
    }
}

#[test]
fn only_the_networks_that_are_named_move() {
    let folder = tempfile::tempdir().unwrap();
    let mut part = MetaTrainingConfig {
        size: NetworkSize::Portrait128,
        shots: 1,
        steps: 2,
        checkpoint_every: 1,
        ..config(folder.path(), "part")
    };
    part.optimisation.adversarial_from = 10;
    part.optimisation.trained = vec!["mouth_refiner".into()];
    part.losses.picture = 0.0;
    run(&part, None).unwrap();
    let load = |step: u64| {
        let path = part.output.join(format!("step-{step}.safetensors"));
        Checkpoint::load(&path).unwrap().tensors
    };
    let [start, end] = [load(1), load(2)];
    let has_moved = |network: &str| {
        let mut weights = start.keys().filter(|name| {
            name.starts_with(&format!("makers.{network}")) && name.ends_with("weight")
        });
        weights.any(|name| start[name] != end[name])
    };
    assert!(has_moved("mouth_refiner"));
    for network in ["encoder", "projection", "motion", "decoder", "eye_refiner"] {
        assert!(!has_moved(network), "{network}");
    }
    part.output = folder.path().join("misspelt");
    part.optimisation.trained = vec!["mouth_refinery".into()];
    let error = plan_meta_training(&part).unwrap_err().to_string();
    assert!(
        error.contains("mouth_refinery") && error.contains("eye_refiner"),
        "{error}"
    );
}

#[test]
fn the_feed_forward_variant_has_no_match_loss_and_another_variant_is_not_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path(), "run");
    config.variant = Variant::FeedForward;
    config.steps = 2;
    run(&config, None).unwrap();
    let log = fs::read_to_string(config.output.join("metrics.jsonl")).unwrap();
    assert!(log.contains("feature_matching") && !log.contains("embedding_match"));
    config.variant = Variant::FineTuned;
    let error = run(&config, None).unwrap_err();
    assert!(
        matches!(error, MetaTrainingError::OtherRun { .. }),
        "{error}"
    );
}

#[test]
fn a_rate_that_blows_up_stops_the_run_with_the_loss_and_the_step() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path(), "run");
    config.steps = 60;
    config.measure_every = 100;
    config.losses.adversarial = 1e38;
    config.losses.feature_matching = 1e38;
    let error = run(&config, None).unwrap_err();
    let MetaTrainingError::Collapse(Collapse::NotFinite { step, .. }) = error else {
        panic!("{error}");
    };
    assert!(step > 0);
}

#[test]
fn a_plan_says_what_a_run_would_use_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "run");
    let plan = plan_meta_training(&config).unwrap();
    assert_eq!([plan.people, plan.videos, plan.held_out_people], [2, 2, 1]);
    assert_eq!(plan.frames, 12);
    assert!(!config.output.exists());
    let missing = MetaTrainingConfig {
        data: folder.path().join("nothing"),
        batch: 3,
        micro_batch: 2,
        ..config
    };
    let text = plan_meta_training(&missing).unwrap_err().to_string();
    assert!(
        text.contains("nothing") && text.contains("micro_batch"),
        "{text}"
    );
}
