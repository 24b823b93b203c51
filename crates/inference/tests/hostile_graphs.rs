//! Graphs that were made to harm: cycles, weights in other files, chains without an end.

use std::time::{Duration, Instant};

use inference::{Engine, Graph, InferenceError, Tensor};

/// How long anything here may take; all of it is done at once where nothing else runs.
const SOON: Duration = Duration::from_secs(60);

/// A field of protobuf that holds bytes.
fn part(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        bytes.push((length & 0x7F) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(content);
    bytes
}

/// A field that holds a number.
fn number(field: u8, mut value: u64) -> Vec<u8> {
    let mut bytes = vec![field << 3];
    while value >= 0x80 {
        bytes.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn node(operator: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs: Vec<u8> = inputs
        .iter()
        .flat_map(|name| part(1, name.as_bytes()))
        .collect();
    let rest = [part(2, output.as_bytes()), part(4, operator.as_bytes())].concat();
    part(1, &[inputs, rest].concat())
}

/// An input or output of 32-bit floats whose shape is open.
fn value(field: u8, name: &str) -> Vec<u8> {
    let kind = part(2, &part(1, &number(1, 1)));
    part(field, &[part(1, name.as_bytes()), kind].concat())
}

fn model(parts: &[Vec<u8>]) -> Vec<u8> {
    let graph = [parts.concat(), value(11, "x"), value(12, "y")].concat();
    let operators = part(8, &number(2, 17));
    [number(1, 8), operators, part(7, &graph)].concat()
}

/// Load the graph and run it on one number.
fn outcome(bytes: &[u8]) -> Result<Vec<f32>, InferenceError> {
    let begun = Instant::now();
    let graph = Graph::for_engine(bytes, Engine::BuiltIn)?;
    let outputs = graph.run(&[("x", &Tensor::new(&[1], vec![2.0]))])?;
    assert!(begun.elapsed() < SOON);
    Ok(outputs.get("y")?.values().to_vec())
}

#[test]
fn the_parts_of_these_tests_make_a_graph_that_runs() {
    let whole = model(&[node("Neg", &["x"], "a"), node("Neg", &["a"], "y")]);
    assert_eq!(outcome(&whole).unwrap(), [2.0]);
}

#[test]
fn a_graph_that_needs_its_own_result_is_an_error() {
    let of_itself = model(&[node("Add", &["x", "y"], "y")]);
    assert!(outcome(&of_itself).is_err());
    let of_each_other = model(&[
        node("Add", &["x", "b"], "a"),
        node("Add", &["x", "a"], "b"),
        node("Neg", &["a"], "y"),
    ]);
    assert!(outcome(&of_each_other).is_err());
    let without_an_end = model(&[node("Neg", &["nothing"], "y")]);
    assert!(outcome(&without_an_end).is_err());
}

#[test]
fn weights_in_another_file_are_refused_and_the_file_is_not_looked_for() {
    let entry = |key: &str, value: &str| {
        part(
            13,
            &[part(1, key.as_bytes()), part(2, value.as_bytes())].concat(),
        )
    };
    for path in ["weights.bin", "../../etc/passwd", "/etc/passwd"] {
        let tensor = [
            number(1, 4),
            number(2, 1),
            part(8, b"w"),
            entry("location", path),
            entry("length", "16"),
            number(14, 1),
        ];
        let graph = model(&[part(5, &tensor.concat()), node("Add", &["x", "w"], "y")]);
        let error = outcome(&graph).unwrap_err().to_string();
        assert!(error.contains("another file"), "{path}: {error}");
    }
}

#[test]
fn a_tensor_whose_bytes_are_fewer_than_its_shape_is_an_error() {
    let tensor = [
        number(1, 1 << 20),
        number(2, 1),
        part(8, b"w"),
        part(9, &[0; 16]),
    ];
    let graph = model(&[part(5, &tensor.concat()), node("Add", &["x", "w"], "y")]);
    assert!(outcome(&graph).is_err());
}

/// A graph of so many nodes, each of which takes what the one before gives.
fn chain(count: usize) -> Vec<u8> {
    let name = |index: usize| match index {
        0 => "x".to_owned(),
        last if last == count => "y".to_owned(),
        other => format!("n{other}"),
    };
    let nodes = (0..count).map(|index| node("Neg", &[&name(index)], &name(index + 1)));
    model(&nodes.collect::<Vec<_>>())
}

#[test]
fn a_chain_that_is_longer_than_the_engines_stack_is_refused_and_one_below_runs() {
    for count in [5001, 100_000] {
        let error = outcome(&chain(count)).unwrap_err().to_string();
        assert!(error.contains("more than 5000 nodes"), "{error}");
    }
    assert_eq!(outcome(&chain(5000)).unwrap(), [2.0]);
}
