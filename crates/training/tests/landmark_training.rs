//! Whole runs of `train_landmarks` on drawn squares with made-up points: they check the machinery,
//! not what is learned.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use media::{Image, write_png};
use networks::checkpoint::Checkpoint;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use training::{
    Event, FaceNetwork, LandmarkTrainingConfig, LandmarkTrainingError, Precision, Preset, RunError,
    train_landmarks,
};

/// Points on circles of a face's size, eyes and mouth where a face has them.
fn points() -> Vec<f32> {
    let place = |index: usize| {
        let turn = index as f32;
        let ring = |x: f32, y: f32, radius: f32| [x + radius * turn.cos(), y + radius * turn.sin()];
        match index {
            0..=16 => {
                let turn = std::f32::consts::PI * index as f32 / 16.0;
                [80.0 - 50.0 * turn.cos(), 80.0 + 50.0 * turn.sin()]
            }
            36..=41 | 68 => ring(60.0, 62.0, 6.0),
            42..=47 | 69 => ring(100.0, 62.0, 6.0),
            48..=67 => ring(80.0, 105.0, 12.0),
            _ => ring(80.0, 75.0, 20.0),
        }
    };
    (0..70)
        .flat_map(|index| place(index).into_iter().chain([0.0]))
        .collect()
}

/// A data folder with a few labelled stills.
fn write_data(folder: &Path) {
    let stills = folder.join("portraits/photos");
    let labels = folder.join("labels/portraits/photos");
    fs::create_dir_all(&stills).unwrap();
    fs::create_dir_all(&labels).unwrap();
    let bytes =
        |values: &[f32]| -> Vec<u8> { values.iter().flat_map(|v| v.to_le_bytes()).collect() };
    let (points, confidence, frame) = (bytes(&points()), bytes(&[0.9]), 0_i32.to_le_bytes());
    let size: HashMap<String, String> = ["width", "height"]
        .map(|side| (side.to_string(), "160".to_string()))
        .into();
    for number in 0..3_u8 {
        let mut picture = Image::new(160, 160);
        for (index, byte) in picture.rgb_mut().iter_mut().enumerate() {
            *byte = (index as u8).wrapping_mul(number + 3);
        }
        write_png(&stills.join(format!("still{number}.png")), &picture).unwrap();
        let views = [
            (
                "points",
                TensorView::new(Dtype::F32, vec![1, 70, 3], &points).unwrap(),
            ),
            (
                "confidence",
                TensorView::new(Dtype::F32, vec![1], &confidence).unwrap(),
            ),
            (
                "frame",
                TensorView::new(Dtype::I32, vec![1], &frame).unwrap(),
            ),
        ];
        let path = labels.join(format!("still{number}.safetensors"));
        serialize_to_file(views, Some(size.clone()), &path).unwrap();
    }
}

fn config(data: &Path, output: &Path, network: FaceNetwork) -> LandmarkTrainingConfig {
    LandmarkTrainingConfig {
        network,
        preset: Preset::Tiny,
        data: data.to_path_buf(),
        held_out: Vec::new(),
        skipped: Vec::new(),
        faceless: None,
        output: output.to_path_buf(),
        export: None,
        start_from: None,
        steps: 4,
        batch: 2,
        learning_rate: 1e-3,
        every: 1,
        precision: Precision::F32,
        threads: 1,
        loader_threads: 2,
        seed: 11,
        report_every: 1,
        checkpoint_every: 2,
    }
}

fn weights(run: &Path, step: u64) -> BTreeMap<String, tch::Tensor> {
    Checkpoint::load(&run.join(format!("step-{step}.safetensors")))
        .unwrap()
        .tensors
}

#[test]
fn a_stopped_and_resumed_run_ends_with_the_bits_of_an_uninterrupted_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_data(&data);
    for network in [FaceNetwork::Landmarks, FaceNetwork::Detector] {
        let name = format!("{network:?}");
        let (whole, parts) = (
            folder.path().join(&name),
            folder.path().join(name + "-parts"),
        );
        train_landmarks(&config(&data, &whole, network), &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();

        let stop_after_one = &mut |event| match event {
            Event::Step { .. } => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let summary = train_landmarks(&config(&data, &parts, network), stop_after_one).unwrap();
        assert!(summary.was_stopped && summary.step == 1);
        let mut resumed_at = None;
        let summary = train_landmarks(&config(&data, &parts, network), &mut |event| {
            if let Event::Resumed { step } = event {
                resumed_at = Some(step);
            }
            ControlFlow::Continue(())
        });
        assert_eq!(summary.unwrap().step, 4);
        assert_eq!(resumed_at, Some(1));

        let (whole, parts) = (weights(&whole, 4), weights(&parts, 4));
        assert_eq!(
            whole.keys().collect::<Vec<_>>(),
            parts.keys().collect::<Vec<_>>()
        );
        for (name, tensor) in &whole {
            assert_eq!(tensor, &parts[name], "{network:?}: {name}");
        }
    }
}

#[test]
fn a_run_ends_with_an_onnx_file_its_settings_its_log_and_a_sheet_of_samples() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_data(&data);
    let run = folder.path().join("run");
    let export = folder.path().join("net.onnx");
    let mut config = config(&data, &run, FaceNetwork::Landmarks);
    config.export = Some(export.clone());
    let summary = train_landmarks(&config, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(summary.exported, std::slice::from_ref(&export));
    assert!(inference::Graph::from_onnx(&fs::read(export).unwrap()).is_ok());
    let written: LandmarkTrainingConfig =
        toml::from_str(&fs::read_to_string(run.join("config.toml")).unwrap()).unwrap();
    assert_eq!(written, config);
    assert_eq!(
        fs::read_to_string(run.join("metrics.jsonl"))
            .unwrap()
            .lines()
            .count(),
        4
    );
    assert!(media::read_picture(&run.join("samples.png")).is_ok());
}

#[test]
fn a_run_folder_of_another_run_and_senseless_settings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_data(&data);
    let run = folder.path().join("run");
    let mut config = config(&data, &run, FaceNetwork::Landmarks);
    train_landmarks(&config, &mut |_| ControlFlow::Continue(())).unwrap();
    config.seed = 12;
    let error = train_landmarks(&config, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(
        matches!(error, LandmarkTrainingError::Run(RunError::OtherRun { .. })),
        "{error}"
    );
    assert!(error.to_string().contains("seed was 11, now 12"), "{error}");

    config.batch = 0;
    config.learning_rate = -1.0;
    config.data = folder.path().join("nowhere");
    let error = train_landmarks(&config, &mut |_| ControlFlow::Continue(()))
        .unwrap_err()
        .to_string();
    for word in ["batch", "learning_rate", "nowhere"] {
        assert!(error.contains(word), "{error}");
    }
}
