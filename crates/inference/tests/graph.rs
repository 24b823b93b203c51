//! Graphs against ONNX Runtime's numbers, and what damaged or wrongly used ones say.

use std::num::NonZeroUsize;

use inference::{Graph, InferenceError, Tensor};

const EVERY_OPERATOR: &[u8] = include_bytes!("golden/every_operator.onnx");
const EXPECTED: &str = include_str!("golden/every_operator.expected.txt");

fn input(side: usize) -> Tensor {
    let value = |index: usize| (index % 97) as f32 / 97.0 - 0.5;
    Tensor::new(
        &[1, 3, side, side],
        (0..3 * side * side).map(value).collect(),
    )
}

#[test]
fn every_operator_with_half_precision_weights_agrees_with_onnx_runtime() {
    let graph = Graph::from_onnx(EVERY_OPERATOR).expect("the golden graph loads");
    let outputs = graph.run(&[("x", &input(32))]).expect("it runs");
    for line in EXPECTED.lines() {
        let (name, values) = line.split_once(' ').expect("a name and values");
        let found = outputs.get(name).expect("the output is there").values();
        let wanted: Vec<f32> = values.split(' ').map(|v| v.parse().unwrap()).collect();
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!((found - wanted).abs() < 1e-5, "{name}: {found} {wanted}");
        }
    }
    assert_eq!(outputs.get("points").unwrap().shape(), [1, 8, 2]);
}

#[test]
fn one_thread_and_all_threads_give_the_same() {
    let all = Graph::from_onnx(EVERY_OPERATOR).unwrap();
    let one = Graph::from_onnx(EVERY_OPERATOR)
        .unwrap()
        .with_threads(NonZeroUsize::MIN);
    let x = input(32);
    assert_eq!(
        all.run(&[("x", &x)]).unwrap(),
        one.run(&[("x", &x)]).unwrap()
    );
}

#[test]
fn names_that_a_graph_lacks_are_told_with_those_it_has() {
    let graph = Graph::from_onnx(EVERY_OPERATOR).unwrap();
    let error = graph
        .run(&[("picture", &input(32))])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("picture") && error.contains("\"x\""),
        "{error}"
    );
    let outputs = graph.run(&[("x", &input(32))]).unwrap();
    let error = outputs.get("faces").unwrap_err().to_string();
    assert!(
        error.contains("faces") && error.contains("presence"),
        "{error}"
    );
}

#[test]
fn inputs_of_a_wrong_shape_are_an_error() {
    let graph = Graph::from_onnx(EVERY_OPERATOR).unwrap();
    let flat = Tensor::new(&[3, 32], vec![0.0; 96]);
    let error = graph.run(&[("x", &flat)]).unwrap_err();
    assert!(matches!(error, InferenceError::Run { .. }), "{error}");
}

#[test]
fn a_file_cut_off_anywhere_is_an_error_and_never_a_panic() {
    let whole = Graph::from_onnx(EVERY_OPERATOR)
        .unwrap()
        .run(&[("x", &input(32))])
        .unwrap();
    for length in (0..EVERY_OPERATOR.len()).step_by(7) {
        // A cut between two fields is still a graph: of fewer nodes, or without its version.
        let cut = Graph::from_onnx(&EVERY_OPERATOR[..length]);
        if let Ok(outputs) = cut.and_then(|graph| graph.run(&[("x", &input(32))])) {
            assert!(
                outputs.get("points").is_err() || outputs == whole,
                "cut at {length}"
            );
        }
    }
    for noise in [&b"not a graph"[..], &[0xff; 100], b"\x89PNG\r\n"] {
        assert!(Graph::from_onnx(noise).is_err());
    }
}
