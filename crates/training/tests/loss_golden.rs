//! The whole loss graph, gradients included, against an independent PyTorch program, in float64.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../networks/tests/golden/seeded.rs"]
mod seeded;

use std::collections::BTreeMap;
use std::path::Path;

use networks::blocks::Mode;
use networks::checkpoint::Checkpoint;
use networks::features::{ContentNet, ContentNetKind, Preprocessing, random_weights};
use networks::{Discriminator, Embedder, Generator, Projection, TalkingHeadConfig};
use safetensors::SafeTensors;
use seeded::{fill, seeded};
use tch::{Device, Kind, Tensor, nn};
use training::losses::{
    ContentTerm, content_loss, discriminator_loss, embedding_match_loss, feature_distance,
    feature_matching_loss, generator_loss, pyramid_loss,
};

/// A stored number.
fn golden(name: &str) -> f64 {
    let path = "../networks/tests/golden/talking_head.safetensors";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    f64::from_le_bytes(file.tensor(name).unwrap().data().try_into().unwrap())
}

fn assert_close(name: &str, found: f64) {
    let expected = golden(name);
    // both sides compute in float64
    assert!(
        (found / expected - 1.0).abs() < 1e-7,
        "{name}: {found} instead of {expected}"
    );
}

fn number(tensor: &Tensor) -> f64 {
    f64::try_from(tensor).unwrap()
}

/// SqueezeNet with weights of the formula, by way of a file.
fn squeezenet() -> ContentNet {
    let mut file = Checkpoint::default();
    for (name, tensor) in random_weights(ContentNetKind::SqueezeNet) {
        let shape = tensor.size();
        let values = seeded(&format!("squeezenet.{name}"), &shape);
        let fan_in: i64 = shape[1..].iter().product();
        let scale = match shape.len() {
            1 => 0.1,
            _ => (6.0 / fan_in as f64).sqrt(),
        };
        file.tensors
            .insert(name, (values * scale).to_kind(Kind::Float));
    }
    file.words = Preprocessing::TORCHVISION.to_words();
    file.words.insert("network".into(), "squeezenet".into());
    ContentNet::read(ContentNetKind::SqueezeNet, &file.to_bytes(), Device::Cpu).unwrap()
}

struct System {
    makers: nn::VarStore,
    judges: nn::VarStore,
    embedder: Embedder,
    projection: Projection,
    generator: Generator,
    discriminator: Discriminator,
    landmarks: Tensor,
}

impl System {
    fn new() -> Self {
        let sizes = TalkingHeadConfig::tiny();
        let mut makers = nn::VarStore::new(Device::Cpu);
        let mut judges = nn::VarStore::new(Device::Cpu);
        let embedder = sizes.init_embedder(&(makers.root() / "embedder"));
        let projection = sizes.init_projection(&(makers.root() / "projection"));
        let generator = sizes.init_generator(&(makers.root() / "generator"));
        let discriminator = sizes.init_discriminator(&judges.root(), 3);
        fill(&mut makers, "");
        fill(&mut judges, "discriminator.");
        Self {
            makers,
            judges,
            embedder,
            projection,
            generator,
            discriminator,
            landmarks: seeded("input.landmarks", &[2, 3, 64, 64]),
        }
    }

    fn make(&self) -> (Tensor, Tensor) {
        let shots = seeded("input.shots", &[4, 3, 64, 64]);
        let drawings = seeded("input.shot_landmarks", &[4, 3, 64, 64]);
        let identity = self.embedder.forward(&shots, &drawings, Mode::Training);
        let identity = identity.view([2, 2, -1]).mean_dim(1, false, None::<Kind>);
        let style = self.projection.forward(&identity, Mode::Training);
        let made = self
            .generator
            .forward(&self.landmarks, &style, Mode::Training);
        (identity, made)
    }

    fn judge(&self, pictures: &Tensor, columns: &Tensor) -> networks::Judgement {
        let mode = Mode::Training;
        self.discriminator
            .forward(pictures, &self.landmarks, columns, mode)
    }
}

fn gradients(variables: &nn::VarStore) -> BTreeMap<String, f64> {
    let all = variables.variables().into_iter();
    let learned = all.filter(|(_, tensor)| tensor.requires_grad() && tensor.grad().defined());
    learned
        .map(|(name, tensor)| (name, number(&tensor.grad().norm())))
        .collect()
}

fn together(gradients: &BTreeMap<String, f64>, prefix: &str) -> f64 {
    let named = gradients
        .iter()
        .filter(|(name, _)| name.starts_with(prefix));
    named.map(|(_, length)| length * length).sum::<f64>().sqrt()
}

#[test]
fn losses_and_gradients_are_those_of_the_independent_program() {
    let system = System::new();
    tch::no_grad(|| {
        for _ in 0..2 {
            let (_, made) = system.make();
            drop(system.judge(&made, &system.discriminator.columns(&[2, 0])));
        }
    });
    let real = seeded("input.real", &[2, 3, 64, 64]);
    let (identity, made) = system.make();
    let columns = system.discriminator.columns(&[2, 0]);
    let judged = system.judge(&made, &columns);
    let targets = system.judge(&real, &columns);
    let terms = [ContentTerm {
        net: squeezenet(),
        weight: 2.0,
    }];
    let matching = feature_matching_loss(&judged.features, &targets.features);
    let matched = embedding_match_loss(&identity, &columns);
    let smooth = pyramid_loss(&made, &real);
    assert_close(
        "content",
        number(&feature_distance(&terms[0].net, &made, &real)),
    );
    assert_close("pyramid", number(&smooth));
    assert_close("matching", number(&matching));
    assert_close("match", number(&matched));
    let loss = content_loss(&terms, &made, &real)
        + smooth * 10.0
        + generator_loss(&judged.score)
        + matching * 10.0
        + matched * 10.0;
    assert_close("generator_loss", number(&loss));
    loss.backward();
    let found = gradients(&system.makers);
    for name in ["embedder", "generator", "projection"] {
        assert_close(&format!("gradient.{name}"), together(&found, name));
    }
    for name in [
        "stem.conv1",
        "attention.key",
        "adaptive2.conv1",
        "adaptive6.skip",
        "last",
    ] {
        let weight = format!("generator.{name}.weight");
        assert_close(&format!("gradient.{weight}"), found[&weight]);
    }
    assert_close("gradient.columns", gradients(&system.judges)["columns"]);

    for tensor in system.judges.trainable_variables() {
        tensor.shallow_clone().zero_grad();
    }
    let columns = system.discriminator.columns(&[2, 0]);
    let real = system.judge(&real, &columns);
    let made = system.judge(&made.detach(), &columns);
    let loss = discriminator_loss(&real.score, &made.score);
    assert_close("discriminator_loss", number(&loss));
    loss.backward();
    assert_close(
        "gradient.discriminator",
        together(&gradients(&system.judges), ""),
    );
}
