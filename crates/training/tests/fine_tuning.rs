//! Fine-tuning on drawn heads: from pictures in files to an avatar that paints.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use dataset::{FrameFacts, ShardWriter, StoredClip, StoredFrame};
use media::{Image, encode_jpeg, write_png};
use reenactment::few_shot::{Avatar, AvatarKind, AvatarPainter, FewShotModel, Shot, Verdict};
use test_support::{DrawnHead, drawn_clip};
use training::{
    FineTuningConfig, FineTuningError, FineTuningEvent, MetaTrainingConfig, Precision, fine_tune,
    fine_tune_shots, meta_train, trained_with,
};

const SIDE: u32 = 64;

fn facts(head: &DrawnHead, index: usize) -> FrameFacts {
    FrameFacts {
        frame: index as u64,
        time_s: index as f64 / 25.0,
        points: head.points().to_vec(),
        pose_degrees: [0.0; 3],
        confidence: 1.0,
    }
}

/// A run folder of a model that was trained for two steps.
fn write_model(folder: &Path) -> PathBuf {
    let shards = folder.join("shards");
    let mut writer = ShardWriter::create(&shards, "", SIDE, 1 << 20).unwrap();
    for person in 0..2_u8 {
        let frame = |(index, head): (usize, DrawnHead)| {
            let mut rgb = head.draw();
            for pixel in rgb.chunks_exact_mut(3) {
                pixel[usize::from(person)] /= 2;
            }
            StoredFrame {
                jpeg: encode_jpeg(&Image::from_rgb(SIDE, SIDE, rgb), 90),
                facts: facts(&head, index),
            }
        };
        let frames = drawn_clip(SIDE, 5).into_iter().enumerate().map(frame);
        let clip = StoredClip {
            identity: format!("person {person}"),
            video: format!("{person}.mp4"),
            part: 0,
            frames: frames.collect(),
        };
        writer.add(&clip).unwrap();
    }
    writer.finish().unwrap();
    let mut config = MetaTrainingConfig::tiny(shards, folder.join("run"));
    config.steps = 2;
    config.batch = 1;
    config.micro_batch = 1;
    config.shots = 1;
    config.held_out_people = 1;
    config.precision = Precision::F32;
    config.threads = 1;
    config.measure_every = 10;
    config.measured_episodes = 2;
    meta_train(&config, &mut |_| ControlFlow::Continue(())).unwrap();
    config.output
}

fn config(run: &Path, sources: Vec<PathBuf>, output: PathBuf) -> FineTuningConfig {
    let weights = run.join("weights.safetensors");
    let trained_with = trained_with(&weights).unwrap();
    FineTuningConfig {
        steps: 3,
        batch: 2,
        threads: 1,
        measure_every: 2,
        ..FineTuningConfig::new(sources, weights, output, 8, trained_with)
    }
}

fn shots(count: u32) -> Vec<Shot> {
    let shot = |head: DrawnHead| Shot {
        picture: Image::from_rgb(SIDE, SIDE, head.draw()),
        landmarks: landmarks::Landmarks {
            points: head.points(),
        },
    };
    drawn_clip(SIDE, count).into_iter().map(shot).collect()
}

#[test]
fn pictures_in_files_become_an_avatar_and_useless_ones_get_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let run = write_model(folder.path());
    let photos = folder.path().join("photos");
    fs::create_dir(&photos).unwrap();
    for (index, head) in drawn_clip(256, 30).into_iter().step_by(10).enumerate() {
        let picture = Image::from_rgb(256, 256, head.draw());
        write_png(&photos.join(format!("{index}.png")), &picture).unwrap();
    }
    fs::copy(photos.join("0.png"), photos.join("again.png")).unwrap();
    write_png(&photos.join("wall.png"), &Image::new(64, 64)).unwrap();
    let mut config = config(&run, vec![photos], folder.path().join("me.avatar"));
    config.sheet = Some(folder.path().join("sheet.png"));
    let mut verdicts = Vec::new();
    let summary = fine_tune(&config, &mut |event| {
        if let FineTuningEvent::Judged { photos, .. } = event {
            verdicts = photos
                .into_iter()
                .map(|photo| (photo.name, photo.verdict))
                .collect();
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!([summary.shots, summary.steps as usize], [3, 3]);
    let expected = [
        ("0.png", Verdict::Taken),
        ("1.png", Verdict::Taken),
        ("2.png", Verdict::Taken),
        ("again.png", Verdict::NearDuplicate("0.png".into())),
        ("wall.png", Verdict::NoFace),
    ];
    let expected = expected.map(|(name, verdict)| (name.to_owned(), verdict));
    assert_eq!(verdicts, expected);
    assert!(config.sheet.unwrap().is_file());
    let avatar = Avatar::open(&config.output).unwrap();
    assert_eq!(avatar.manifest().kind, AvatarKind::FineTuned);
    assert_eq!(avatar.manifest().photos.len(), 3);
    let painted = AvatarPainter::new(&avatar)
        .unwrap()
        .paint(avatar.rest())
        .unwrap();
    assert_eq!([painted.width(), painted.height()], [SIDE, SIDE]);
}

#[test]
fn one_seed_gives_one_avatar_and_training_changes_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = write_model(folder.path());
    let shots = shots(4);
    let mut config = config(&run, Vec::new(), folder.path().join("me.avatar"));
    let learn = |config: &FineTuningConfig| {
        let learned = fine_tune_shots(config, &shots, Vec::new(), &mut |_| {
            ControlFlow::Continue(())
        });
        learned.unwrap().avatar
    };
    let one = learn(&config);
    assert_eq!(learn(&config), one, "the same bits");
    config.is_feed_forward = true;
    let untrained = learn(&config);
    assert_ne!(untrained.style(), one.style(), "the style is trained");
    assert_ne!(
        untrained.generator(),
        one.generator(),
        "the generator is trained"
    );
    // the exported networks say the same without libtorch
    let model = FewShotModel::open(&run.join("model")).unwrap();
    let exported = model.feed_forward(&shots, &[]).unwrap();
    let pairs = exported.style().into_iter().zip(untrained.style());
    let apart = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart < 5e-3, "{apart}");
}

#[test]
fn pictures_are_held_out_where_there_are_enough_and_the_best_weights_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let run = write_model(folder.path());
    let shots = shots(8);
    let mut config = config(&run, Vec::new(), folder.path().join("me.avatar"));
    config.steps = 6;
    let mut looks = Vec::new();
    let learned = fine_tune_shots(&config, &shots, Vec::new(), &mut |event| {
        if let FineTuningEvent::Measured { step, content, .. } = event {
            looks.push((step, content));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(
        looks.iter().map(|look| look.0).collect::<Vec<_>>(),
        [0, 2, 4, 6]
    );
    assert!(looks.iter().any(|look| look.0 == learned.steps));
    assert_eq!(learned.steps_taken, 6);
}

#[test]
fn nothing_is_written_without_a_usable_picture_or_after_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let run = write_model(folder.path());
    let wall = folder.path().join("wall.png");
    write_png(&wall, &Image::new(64, 64)).unwrap();
    let mut config = config(&run, vec![wall], folder.path().join("me.avatar"));
    let error = fine_tune(&config, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(
        error.to_string().contains("wall.png: no face found"),
        "{error}"
    );
    let face = folder.path().join("face.png");
    let head = DrawnHead::frontal(256);
    write_png(&face, &Image::from_rgb(256, 256, head.draw())).unwrap();
    config.sources = vec![face];
    let stopped = fine_tune(&config, &mut |event| match event {
        FineTuningEvent::Progress { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert!(matches!(stopped, Err(FineTuningError::Stopped)));
    assert!(!config.output.exists());
    config.output = folder.path().join("me.png");
    config.weights = folder.path().join("missing.safetensors");
    let error = fine_tune(&config, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(error.to_string().contains(".avatar"), "{error}");
}
