//! Whole runs of `train_watermark` on drawn heads: they check the machinery, not what is learned.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use media::{Image, write_png};
use networks::checkpoint::Checkpoint;
use test_support::DrawnHead;
use training::{Event, Preset, WatermarkTrainingConfig, WatermarkTrainingError, train_watermark};

/// A data folder with one still; of its labels only that they are there matters.
fn write_data(folder: &Path) {
    let stills = folder.join("portraits");
    let labels = folder.join("labels/portraits");
    fs::create_dir_all(&stills).unwrap();
    fs::create_dir_all(&labels).unwrap();
    let picture = Image::from_rgb(256, 256, DrawnHead::frontal(256).draw());
    write_png(&stills.join("head.png"), &picture).unwrap();
    fs::write(labels.join("head.safetensors"), b"").unwrap();
}

fn config(folder: &Path, name: &str) -> WatermarkTrainingConfig {
    WatermarkTrainingConfig {
        preset: Preset::Tiny,
        data: folder.join("data"),
        held_out: Vec::new(),
        output: folder.join(name),
        export: Some(folder.join(name).join("graphs")),
        start_from: None,
        steps: 4,
        batch: 2,
        learning_rate: 1e-3,
        least_psnr_db: 43.0,
        visibility_weight: 0.05,
        video_share: 0.0,
        threads: 1,
        seed: 3,
        report_every: 2,
        checkpoint_every: 2,
    }
}

#[test]
fn a_run_that_was_stopped_goes_on_to_the_same_bits_and_exports_three_graphs() {
    let folder = tempfile::tempdir().unwrap();
    write_data(&folder.path().join("data"));
    let whole = config(folder.path(), "whole");
    let summary = train_watermark(&whole, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((summary.step, summary.exported.len()), (4, 3));
    let broken = config(folder.path(), "broken");
    let summary = train_watermark(&broken, &mut |event| match event {
        Event::Saved { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .unwrap();
    assert!(summary.was_stopped && summary.step == 2 && summary.exported.is_empty());
    train_watermark(&broken, &mut |_| ControlFlow::Continue(())).unwrap();
    let last = |config: &WatermarkTrainingConfig| {
        Checkpoint::load(&config.output.join("step-4.safetensors")).unwrap()
    };
    let [whole, broken] = [last(&whole), last(&broken)];
    assert_eq!(whole.tensors.len(), broken.tensors.len());
    for (name, tensor) in &whole.tensors {
        assert_eq!(tensor, &broken.tensors[name], "{name}");
    }
}

#[test]
fn settings_and_folders_that_make_no_sense_are_refused_with_all_reasons() {
    let folder = tempfile::tempdir().unwrap();
    let bad = WatermarkTrainingConfig {
        batch: 0,
        video_share: 2.0,
        ..config(folder.path(), "bad")
    };
    let error = train_watermark(&bad, &mut |_| ControlFlow::Continue(())).unwrap_err();
    let text = error.to_string();
    for word in ["batch", "video_share", "data folder"] {
        assert!(text.contains(word), "{text}");
    }
    fs::create_dir_all(folder.path().join("data/portraits")).unwrap();
    let empty = config(folder.path(), "empty");
    let error = train_watermark(&empty, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, WatermarkTrainingError::Data(_)), "{error}");
}
