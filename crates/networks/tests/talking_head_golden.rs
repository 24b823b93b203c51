//! Forward of the preset `tiny` against an independent PyTorch program, in float64.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "golden/seeded.rs"]
mod seeded;

use networks::TalkingHeadConfig;
use networks::blocks::Mode;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use seeded::{fill, seeded};
use tch::{Kind, Tensor, nn};

/// Stored results, by name, in float64.
fn golden(name: &str) -> Tensor {
    let bytes = include_bytes!("golden/talking_head.safetensors");
    let file = SafeTensors::deserialize(bytes).unwrap();
    let view = file.tensor(name).unwrap();
    let shape: Vec<i64> = view.shape().iter().map(|&length| length as i64).collect();
    let kind = match view.dtype() {
        Dtype::F32 => Kind::Float,
        Dtype::F64 => Kind::Double,
        other => panic!("{other:?}"),
    };
    Tensor::from_data_size(view.data(), &shape, kind).to_kind(Kind::Double)
}

fn assert_close(name: &str, found: &Tensor, tolerance: f64) {
    let expected = golden(name);
    assert_eq!(found.size(), expected.size(), "{name}");
    let apart = f64::try_from((found - &expected).abs().max()).unwrap();
    let scale = f64::try_from(expected.abs().max()).unwrap();
    assert!(apart <= tolerance * scale, "{name}: {apart} of {scale}");
}

#[test]
fn the_networks_compute_what_the_independent_program_computes() {
    let sizes = TalkingHeadConfig::tiny();
    let mut makers = nn::VarStore::new(tch::Device::Cpu);
    let mut judges = nn::VarStore::new(tch::Device::Cpu);
    let root = makers.root();
    let embedder = sizes.init_embedder(&(&root / "embedder"));
    let projection = sizes.init_projection(&(&root / "projection"));
    let generator = sizes.init_generator(&(&root / "generator"));
    let discriminator = sizes.init_discriminator(&judges.root(), 3);
    drop(root);
    fill(&mut makers, "");
    fill(&mut judges, "discriminator.");
    let shots = seeded("input.shots", &[4, 3, 64, 64]);
    let shot_landmarks = seeded("input.shot_landmarks", &[4, 3, 64, 64]);
    let landmarks = seeded("input.landmarks", &[2, 3, 64, 64]);
    let make = |mode: Mode| {
        let identity = embedder.forward(&shots, &shot_landmarks, mode);
        let identity = identity.view([2, 2, -1]).mean_dim(1, false, None::<Kind>);
        let style = projection.forward(&identity, mode);
        let made = generator.forward(&landmarks, &style, mode);
        (identity, style, made)
    };
    let judge = |made: &Tensor| {
        let columns = discriminator.columns(&[2, 0]);
        discriminator.forward(made, &landmarks, &columns, Mode::Training)
    };
    let _guard = tch::no_grad_guard();
    for _ in 0..2 {
        let made = make(Mode::Training).2;
        drop(judge(&made));
    }
    let (identity, style, made) = make(Mode::Training);
    let judgement = judge(&made);
    // float64 on both sides; float32 in the file where 1e-6
    assert_close("identity", &identity, 1e-9);
    assert_close("style", &style, 1e-6);
    assert_close("made", &made, 1e-6);
    assert_close("made_score", &judgement.score, 1e-9);
    for (index, feature) in judgement.features.iter().enumerate() {
        let mean = feature.abs().mean(None::<Kind>);
        assert_close(&format!("feature_mean.{index}"), &mean, 1e-9);
    }
    let evaluated = make(Mode::Evaluation).2;
    let means = evaluated.mean_dim([2i64, 3].as_slice(), false, None::<Kind>);
    assert_close("evaluated", &means, 1e-9);
}
