//! The shipped portrait model fine-tuned on drawn heads.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use landmarks::Landmarks;
use media::Image;
use reenactment::few_shot::{Avatar, AvatarKind, AvatarPainter, Shot};
use reenactment::portrait::{PortraitModel, PortraitPerson};
use test_support::{DrawnHead, compare_pictures};
use training::{FineTuningConfig, FineTuningEvent, Precision, fine_tune_shots, trained_with};

const SIDE: u32 = 256;

fn shot(mouth_open: f32) -> Shot {
    let mut head = DrawnHead::frontal(SIDE);
    head.mouth_open = mouth_open;
    Shot {
        picture: Image::from_rgb(SIDE, SIDE, head.draw()),
        landmarks: Landmarks {
            points: head.points(),
        },
    }
}

fn config(shots: usize) -> FineTuningConfig {
    let weights =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/portrait/weights.safetensors");
    let trained_with = trained_with(&weights).unwrap();
    FineTuningConfig {
        batch: 1,
        steps: 3,
        measure_every: 2,
        threads: 1,
        precision: Precision::F32,
        ..FineTuningConfig::new(Vec::new(), weights, "me.avatar".into(), shots, trained_with)
    }
}

fn learn(config: &FineTuningConfig, shots: &[Shot]) -> (Avatar, usize) {
    let mut looks = 0;
    let learned = fine_tune_shots(config, shots, Vec::new(), &mut |event| {
        looks += usize::from(matches!(event, FineTuningEvent::Measured { .. }));
        ControlFlow::Continue(())
    });
    (learned.unwrap().avatar, looks)
}

fn largest(one: &Image, other: &Image) -> f64 {
    compare_pictures(one.rgb(), other.rgb(), SIDE as usize).mean
}

#[test]
fn fine_tuning_moves_the_shipped_model_and_without_it_the_avatar_shows_what_the_program_does() {
    let shots: Vec<Shot> = [0.0, 0.4, 0.8].map(shot).to_vec();
    let driving = shot(0.6);
    let built_in = Arc::new(PortraitModel::built_in().unwrap());
    let person = PortraitPerson::of_photos(built_in, &shots).unwrap();
    let wanted = person.paint(&driving.landmarks).unwrap();
    let paint = |avatar: &Avatar| {
        let painter = AvatarPainter::new(avatar).unwrap();
        painter.paint(&driving.landmarks).unwrap()
    };
    let mut config = config(shots.len());
    let (tuned, looks) = learn(&config, &shots);
    assert_eq!(tuned.manifest().kind, AvatarKind::FineTuned);
    assert_eq!(looks, 0, "three pictures are too few to hold any out");
    let moved = largest(&paint(&tuned), &wanted);
    assert!((0.05..6.0).contains(&moved), "{moved}");
    config.is_feed_forward = true;
    let (untrained, _) = learn(&config, &shots);
    // weights and graphs are rounded apart, and the faces are JPEG
    let apart = largest(&paint(&untrained), &wanted);
    assert!(apart < 1.5 && apart < moved, "{apart} of {moved}");
}

#[test]
fn of_many_pictures_some_are_held_out_and_one_alone_is_not_trained_on() {
    let shots: Vec<Shot> = [0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8].map(shot).to_vec();
    let (avatar, looks) = learn(&config(shots.len()), &shots);
    assert_eq!(looks, 3, "before, after two steps and at the end");
    assert_eq!(avatar.shots().unwrap().len(), shots.len());
    let (alone, looks) = learn(&config(1), &shots[..1]);
    assert_eq!((alone.manifest().steps, looks), (0, 0));
}
