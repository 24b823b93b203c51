//! The watermark's exported graphs, run by the inference engine, give the numbers of their `forward`.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use inference::{Graph, Tensor as Values};
use networks::onnx::Precision;
use networks::watermark::{CarrierConfig, ChipReaderConfig, PULSES, StrengthConfig, TILE};
use tch::{Device, Kind, Tensor, nn};

const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);

fn values(tensor: &Tensor) -> Values {
    let shape: Vec<usize> = tensor
        .size()
        .iter()
        .map(|&length| length as usize)
        .collect();
    Values::new(&shape, Vec::try_from(&tensor.flatten(0, -1)).unwrap())
}

/// Run `graph` and compare; the largest difference over the largest value.
fn difference(onnx: &[u8], input: (&str, &Tensor), output: &str, expected: &Tensor) -> f64 {
    let graph = Graph::from_onnx(onnx).unwrap();
    let outputs = graph.run(&[(input.0, &values(input.1))]).unwrap();
    let found = outputs.get(output).unwrap();
    let shape: Vec<i64> = found.shape().iter().map(|&length| length as i64).collect();
    assert_eq!(shape, expected.size(), "shape of {output}");
    let found = Tensor::from_slice(found.values()).view(shape.as_slice());
    let scale = f64::try_from(expected.abs().max()).unwrap();
    f64::try_from((found - expected).abs().max()).unwrap() / scale
}

#[test]
fn all_three_graphs_agree_with_forward() {
    tch::manual_seed(5);
    let variables = nn::VarStore::new(Device::Cpu);
    let root = variables.root();
    let carrier = CarrierConfig::shipped().init(&(&root / "carrier"));
    let strength = StrengthConfig::shipped().init(&(&root / "strength"));
    let reader = ChipReaderConfig::shipped().init(&(&root / "reader"));
    tch::no_grad(|| {
        for (name, tensor) in variables.variables() {
            if name.ends_with("bias") {
                tensor.shallow_clone().copy_(&(tensor.rand_like() - 0.5));
            }
        }
    });
    let side = TILE + 2 * carrier.margin();
    let chips = Tensor::randn([1, PULSES, side, side], OPTIONS).sign();
    let expected = tch::no_grad(|| carrier.forward(&chips));
    // rounding of two engines; weights rounded to 11 bits
    for (precision, limit) in [(Precision::Single, 1e-5), (Precision::Half, 2e-3)] {
        let apart = difference(
            &carrier.export(precision),
            ("chips", &chips),
            "pattern",
            &expected,
        );
        assert!(apart < limit, "{precision:?}: {apart}");
    }
    for (height, width) in [(128, 128), (90, 160)] {
        let picture = Tensor::rand([1, 3, height, width], OPTIONS) * 2.0 - 1.0;
        let single = Precision::Single;
        let expected = tch::no_grad(|| strength.forward(&picture));
        let input = ("picture", &picture);
        let apart = difference(&strength.export(single), input, "strength", &expected);
        assert!(apart < 1e-4, "strength, {height} x {width}: {apart}");
        let expected = tch::no_grad(|| reader.forward(&picture));
        let apart = difference(&reader.export(single), input, "chips", &expected);
        assert!(apart < 1e-4, "chips, {height} x {width}: {apart}");
    }
}
