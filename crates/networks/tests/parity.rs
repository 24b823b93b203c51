//! Every exported graph, run by the inference engine, gives the numbers of its `forward`.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use inference::{Graph, Tensor as Values};
use networks::blocks::Mode;
use networks::onnx::Precision;
use networks::{FaceDetectorConfig, FaceLandmarksConfig};
use tch::{Device, Kind, Tensor, nn};

const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);

/// Give every weight, statistics included, a value that a layer cannot ignore.
fn shake(variables: &nn::VarStore) {
    tch::no_grad(|| {
        for (name, tensor) in variables.variables() {
            let noise = tensor.rand_like();
            if name.ends_with("running_variance") {
                tensor.shallow_clone().copy_(&(noise + 0.5));
            } else if tensor.dim() == 1 {
                drop(tensor.shallow_clone().g_add_(&(noise * 0.4 - 0.1)));
            }
        }
    });
}

fn values(tensor: &Tensor) -> Values {
    let shape: Vec<usize> = tensor
        .size()
        .iter()
        .map(|&length| length as usize)
        .collect();
    Values::new(&shape, Vec::try_from(&tensor.flatten(0, -1)).unwrap())
}

fn largest_difference(found: &Values, expected: &Tensor) -> f64 {
    let shape: Vec<i64> = found.shape().iter().map(|&length| length as i64).collect();
    assert_eq!(shape, expected.size(), "shape of the output");
    let found = Tensor::from_slice(found.values()).view(shape.as_slice());
    f64::try_from((found - expected).abs().max()).unwrap()
}

#[test]
fn the_landmark_graph_agrees_with_forward() {
    tch::manual_seed(3);
    let variables = nn::VarStore::new(Device::Cpu);
    let network = FaceLandmarksConfig::shipped().init(&variables.root());
    shake(&variables);
    let crop = Tensor::rand([1, 3, 128, 128], OPTIONS) * 2.0 - 1.0;
    let expected = tch::no_grad(|| network.forward(&crop, Mode::Evaluation));
    // single: rounding of two engines; half: weights rounded to 11 bits, points in pixels of 128
    for (precision, points_px, logit) in [
        (Precision::Single, 2e-3, 1e-3),
        (Precision::Half, 0.1, 0.05),
    ] {
        let graph = Graph::from_onnx(&network.export(precision)).unwrap();
        let outputs = graph.run(&[("crop", &values(&crop))]).unwrap();
        let points = largest_difference(outputs.get("points").unwrap(), &expected.points);
        let presence = largest_difference(outputs.get("presence").unwrap(), &expected.presence);
        assert!(
            points < points_px,
            "{precision:?}: points differ by {points} px"
        );
        assert!(
            presence < logit,
            "{precision:?}: presence differs by {presence}"
        );
    }
}

#[test]
fn the_detector_graph_agrees_with_forward_at_every_size() {
    tch::manual_seed(4);
    let variables = nn::VarStore::new(Device::Cpu);
    let network = FaceDetectorConfig::shipped().init(&variables.root());
    shake(&variables);
    let graph = Graph::from_onnx(&network.export(Precision::Single)).unwrap();
    for (height, width) in [(256, 256), (160, 256), (256, 96), (32, 64)] {
        let picture = Tensor::rand([1, 3, height, width], OPTIONS) * 2.0 - 1.0;
        let expected = tch::no_grad(|| network.forward(&picture, Mode::Evaluation));
        let outputs = graph.run(&[("picture", &values(&picture))]).unwrap();
        let apart = largest_difference(outputs.get("faces").unwrap(), &expected);
        let scale = f64::try_from(expected.abs().max()).unwrap();
        assert!(
            apart < 1e-4 * scale.max(1.0),
            "{height} x {width}: {apart} of {scale}"
        );
    }
}

#[test]
fn weights_in_half_precision_take_half_the_space() {
    let variables = nn::VarStore::new(Device::Cpu);
    let network = FaceLandmarksConfig::shipped().init(&variables.root());
    let [single, half] =
        [Precision::Single, Precision::Half].map(|precision| network.export(precision).len());
    assert!(
        (half as f64) < 0.52 * single as f64,
        "{half} of {single} bytes"
    );
    assert!(half < 3_200_000, "{half} bytes");
}
