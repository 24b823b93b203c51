//! Exported embedder, projection and generator give the numbers of their `forward`, on the built-in
//! engine and, where Python has it, on ONNX Runtime.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::Path;
use std::process::Command;

use inference::{Graph, Tensor as Values};
use networks::blocks::Mode;
use networks::onnx::Precision;
use networks::{Embedder, Generator, Projection, TalkingHeadConfig};
use tch::{Device, Kind, Tensor, nn};

const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);

struct Networks {
    sizes: TalkingHeadConfig,
    embedder: Embedder,
    projection: Projection,
    generator: Generator,
}

/// Networks with random weights, in which nothing is 0 or 1 that a layer could forget.
fn networks(sizes: TalkingHeadConfig) -> Networks {
    tch::manual_seed(11);
    let variables = nn::VarStore::new(Device::Cpu);
    let root = variables.root();
    let networks = Networks {
        sizes,
        embedder: sizes.init_embedder(&(&root / "embedder")),
        projection: sizes.init_projection(&(&root / "projection")),
        generator: sizes.init_generator(&(&root / "generator")),
    };
    tch::no_grad(|| {
        for (name, tensor) in variables.variables() {
            let mut tensor = tensor.shallow_clone();
            if name.ends_with("gain") {
                drop(tensor.fill_(0.7));
            } else if name.ends_with("scale") || name.ends_with("shift") {
                tensor += tensor.rand_like() * 0.5;
            }
        }
    });
    networks
}

fn picture(side: i64) -> Tensor {
    Tensor::rand([1, 3, side, side], OPTIONS) * 2.0 - 1.0
}

fn values(tensor: &Tensor) -> Values {
    let shape: Vec<usize> = tensor
        .size()
        .iter()
        .map(|&length| length as usize)
        .collect();
    Values::new(&shape, Vec::try_from(&tensor.flatten(0, -1)).unwrap())
}

fn run(graph: &[u8], inputs: &[(&str, &Tensor)], output: &str) -> Tensor {
    let graph = Graph::from_onnx(graph).unwrap();
    let inputs: Vec<(&str, Values)> = inputs.iter().map(|(name, x)| (*name, values(x))).collect();
    let inputs: Vec<(&str, &Values)> = inputs.iter().map(|(name, x)| (*name, x)).collect();
    let outputs = graph.run(&inputs).unwrap();
    let found = outputs.get(output).unwrap();
    let shape: Vec<i64> = found.shape().iter().map(|&length| length as i64).collect();
    Tensor::from_slice(found.values()).view(shape.as_slice())
}

fn largest(tensor: &Tensor) -> f64 {
    f64::try_from(tensor.abs().max()).unwrap()
}

fn assert_parity(sizes: TalkingHeadConfig) {
    let networks = networks(sizes);
    let (shot, shot_landmarks) = (picture(sizes.side_px), picture(sizes.side_px));
    let landmarks = picture(sizes.side_px);
    let (identity, style, made) = tch::no_grad(|| {
        let mode = Mode::Evaluation;
        let identity = networks.embedder.forward(&shot, &shot_landmarks, mode);
        let style = networks.projection.forward(&identity, mode);
        let made = networks.generator.forward(&landmarks, &style, mode);
        (identity, style, made)
    });
    let spread = f64::try_from(made.std(true)).unwrap();
    assert!(spread > 0.01, "the picture is not flat: {spread}");
    let precision = Precision::Single;

    let inputs = [("picture", &shot), ("landmark_picture", &shot_landmarks)];
    let found = run(&networks.embedder.export(precision), &inputs, "identity");
    assert_eq!(found.size(), identity.size());
    let apart = largest(&(&found - &identity));
    assert!(
        apart < 1e-3 * largest(&identity).max(1.0),
        "embedder: {apart}"
    );

    let chained = run(
        &networks.projection.export(precision),
        &[("identity", &found)],
        "style",
    );
    assert_eq!(chained.size(), [1, sizes.style_len()]);
    let apart = largest(&(&chained - &style));
    assert!(apart < 1e-3, "projection: {apart}");

    let graph = networks.generator.export(precision);
    let inputs = [("landmark_picture", &landmarks), ("style", &style)];
    let apart = largest(&(run(&graph, &inputs, "picture") - &made));
    assert!(apart < 1e-3, "generator: {apart}");

    let inputs = [("landmark_picture", &landmarks), ("style", &chained)];
    let apart = largest(&(run(&graph, &inputs, "picture") - &made));
    assert!(apart < 1e-3, "end to end: {apart}");
}

#[test]
fn the_tiny_networks_agree_with_their_graphs() {
    assert_parity(TalkingHeadConfig::tiny());
}

#[test]
fn the_small_networks_agree_with_their_graphs() {
    assert_parity(TalkingHeadConfig::small());
}

#[test]
fn the_published_networks_agree_with_their_graphs() {
    assert_parity(TalkingHeadConfig::paper());
}

#[test]
fn half_precision_halves_the_file_and_hardly_changes_the_picture() {
    let networks = networks(TalkingHeadConfig::tiny());
    let landmarks = picture(64);
    let style = Tensor::randn([1, networks.sizes.style_len()], OPTIONS);
    let made = tch::no_grad(|| {
        networks
            .generator
            .forward(&landmarks, &style, Mode::Evaluation)
    });
    let [single, half] =
        [Precision::Single, Precision::Half].map(|precision| networks.generator.export(precision));
    assert!(
        half.len() * 100 < single.len() * 53,
        "{} of {}",
        half.len(),
        single.len()
    );
    let inputs = [("landmark_picture", &landmarks), ("style", &style)];
    let difference = run(&half, &inputs, "picture") - made;
    // weights keep 11 bits: a level of 255 is 0.0078
    let apart = f64::try_from(difference.abs().mean(Kind::Float)).unwrap();
    assert!(apart < 0.004, "{apart}");
}

/// Python with `onnx`, `onnxruntime` and `numpy`, where this machine has one.
fn python() -> Option<String> {
    let named = std::env::var("VIVANT_PYTHON").unwrap_or_else(|_unset| "python3".into());
    let has_all = Command::new(&named)
        .args(["-c", "import numpy, onnx, onnxruntime"])
        .output()
        .is_ok_and(|output| output.status.success());
    has_all.then_some(named)
}

fn run_in_python(
    python: &str,
    graph: &[u8],
    inputs: &[(&str, &Tensor)],
    folder: &Path,
) -> Vec<f32> {
    std::fs::write(folder.join("graph.onnx"), graph).unwrap();
    for (name, tensor) in inputs {
        let numbers = values(tensor).into_values();
        let bytes: Vec<u8> = numbers
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        std::fs::write(folder.join(format!("{name}.f32")), bytes).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/run_in_onnx_runtime.py");
    let output = Command::new(python)
        .arg(script)
        .arg(folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let bytes = std::fs::read(folder.join("output.f32")).unwrap();
    let numbers = bytes.chunks_exact(4);
    numbers
        .map(|word| f32::from_le_bytes(word.try_into().unwrap()))
        .collect()
}

#[test]
fn onnx_runtime_and_the_onnx_checker_accept_every_graph() {
    let Some(python) = python() else {
        eprintln!("skipped: no Python with onnx and onnxruntime; name one in VIVANT_PYTHON");
        return;
    };
    let networks = networks(TalkingHeadConfig::tiny());
    let (shot, landmarks) = (picture(64), picture(64));
    let mode = Mode::Evaluation;
    let identity = tch::no_grad(|| networks.embedder.forward(&shot, &landmarks, mode));
    let style = tch::no_grad(|| networks.projection.forward(&identity, mode));
    let made = tch::no_grad(|| networks.generator.forward(&landmarks, &style, mode));
    let folder = tempfile::tempdir().unwrap();
    let assert_same = |graph: &[u8], inputs: &[(&str, &Tensor)], expected: &Tensor| {
        let found = run_in_python(&python, graph, inputs, folder.path());
        let found = Tensor::from_slice(&found).view_as(expected);
        let apart = largest(&(found - expected));
        assert!(
            apart < 1e-3 * largest(expected).max(1.0),
            "{inputs:?}: {apart}"
        );
    };
    let inputs = [("picture", &shot), ("landmark_picture", &landmarks)];
    assert_same(
        &networks.embedder.export(Precision::Single),
        &inputs,
        &identity,
    );
    let inputs = [("identity", &identity)];
    assert_same(
        &networks.projection.export(Precision::Single),
        &inputs,
        &style,
    );
    let inputs = [("landmark_picture", &landmarks), ("style", &style)];
    assert_same(
        &networks.generator.export(Precision::Single),
        &inputs,
        &made,
    );
}
