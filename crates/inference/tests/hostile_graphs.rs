//! Graphs that were made to harm: cycles, weights in other files, chains without an end, sizes without a measure.

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
    node_with(operator, inputs, output, &[])
}

/// A node with settings that are whole numbers.
fn node_with(
    operator: &str,
    inputs: &[&str],
    output: &str,
    settings: &[(&str, &[u64])],
) -> Vec<u8> {
    let inputs: Vec<u8> = inputs
        .iter()
        .flat_map(|name| part(1, name.as_bytes()))
        .collect();
    let mut rest = [part(2, output.as_bytes()), part(4, operator.as_bytes())].concat();
    for (name, values) in settings {
        let (field, kind) = if values.len() == 1 { (3, 2) } else { (8, 7) };
        let values: Vec<u8> = values.iter().flat_map(|one| number(field, *one)).collect();
        let setting = [
            part(1, name.as_bytes()),
            values,
            vec![20 << 3 & 0x7F | 0x80, 1, kind],
        ];
        rest.extend(part(5, &setting.concat()));
    }
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

/// A constant of whole numbers, as a shape is one.
fn integers(name: &str, values: &[i64]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|one| one.to_le_bytes()).collect();
    let tensor = [
        number(1, values.len() as u64),
        number(2, 7),
        part(8, name.as_bytes()),
        part(9, &raw),
    ];
    part(5, &tensor.concat())
}

/// A constant of floats in one row.
fn floats(name: &str, values: &[f32]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|one| one.to_le_bytes()).collect();
    let tensor = [
        number(1, values.len() as u64),
        number(2, 1),
        part(8, name.as_bytes()),
        part(9, &raw),
    ];
    part(5, &tensor.concat())
}

/// Why a graph is not run; that it is not run must be told soon and without its memory.
#[track_caller]
fn refused(graph: &[u8]) -> String {
    let begun = Instant::now();
    let error = outcome(graph).expect_err("it asks for too much");
    assert!(matches!(error, InferenceError::Excessive { .. }), "{error}");
    assert!(begun.elapsed() < SOON);
    error.to_string()
}

#[test]
fn one_node_that_asks_for_all_memory_is_refused() {
    let huge = integers("huge", &[1 << 20, 1 << 20]);
    let many = integers("many", &[1 << 40]);
    let cases = [
        // computed when the graph is loaded
        model(&[
            huge.clone(),
            node("ConstantOfShape", &["huge"], "a"),
            node("Add", &["x", "a"], "y"),
        ]),
        model(&[huge, node("Expand", &["x", "huge"], "y")]),
        model(&[many, node("Tile", &["x", "many"], "y")]),
        model(&[
            integers("pads", &[0, 1 << 40]),
            node("Pad", &["x", "pads"], "y"),
        ]),
        model(&[
            floats("far", &[1e12]),
            node("Resize", &["x", "", "far"], "y"),
        ]),
        model(&[
            floats("far", &[f32::INFINITY]),
            node("Resize", &["x", "", "far"], "y"),
        ]),
    ];
    for graph in cases {
        assert!(refused(&graph).contains("values at once"));
    }
}

#[test]
fn small_steps_that_add_up_are_refused() {
    let mut doubling = Vec::new();
    let names: Vec<String> = (0..40).map(|step| format!("n{step}")).collect();
    let mut before = "x";
    for name in names.iter().map(String::as_str).chain(["y"]) {
        doubling.push(node_with(
            "Concat",
            &[before, before],
            name,
            &[("axis", &[0])],
        ));
        before = name;
    }
    assert!(refused(&model(&doubling)).contains("values"));
    // one row times one column is a table
    let graph = [
        integers("long", &[1 << 20]),
        integers("row", &[1, -1]),
        integers("column", &[-1, 1]),
        node("Expand", &["x", "long"], "a"),
        node("Reshape", &["a", "row"], "b"),
        node("Reshape", &["a", "column"], "c"),
        node("MatMul", &["c", "b"], "y"),
    ];
    assert!(refused(&model(&graph)).contains("MatMul"));
}

#[test]
fn a_graph_that_is_small_and_takes_hours_is_refused() {
    // 4096 x 4096 matrices a few hundred times
    let mut parts = vec![
        integers("shape", &[4096, 4096]),
        node("Expand", &["x", "shape"], "n0"),
    ];
    let names: Vec<String> = (0..200).map(|step| format!("n{step}")).collect();
    for pair in names.windows(2) {
        parts.push(node("MatMul", &[&pair[0], "n0"], &pair[1]));
    }
    parts.push(node("Neg", &["n199"], "y"));
    let text = refused(&model(&parts));
    assert!(
        text.contains("values") || text.contains("operations"),
        "{text}"
    );
    // windows as large as the picture, at each of its places
    let side: &[u64] = &[4001, 4001];
    let parts = [
        integers("shape", &[1, 1, 2000, 2000]),
        node("Expand", &["x", "shape"], "a"),
        node_with(
            "AveragePool",
            &["a"],
            "y",
            &[("kernel_shape", side), ("pads", &[2000; 4])],
        ),
    ];
    assert!(refused(&model(&parts)).contains("operations"));
}

#[test]
fn sizes_that_only_a_run_would_tell_and_unknown_operators_are_refused() {
    let by_value = model(&[
        node_with("Cast", &["x"], "n", &[("to", &[7])]),
        node("ConstantOfShape", &["n"], "y"),
    ]);
    assert!(refused(&by_value).contains("depends on values"));
    let unknown = model(&[node("NonZero", &["x"], "y")]);
    assert!(refused(&unknown).contains("NonZero"));
    // engines would compute shapes in numbers that overflow
    let overflowing = model(&[
        integers("a", &[1 << 31]),
        integers("b", &[-(1 << 31) + 5]),
        node("Add", &["a", "b"], "n"),
        node("ConstantOfShape", &["n"], "z"),
        node("Add", &["x", "z"], "y"),
    ]);
    assert!(refused(&overflowing).contains("depends on values"));
}

#[test]
fn values_of_one_name_and_sparse_weights_are_refused() {
    let twice = model(&[node("Neg", &["x"], "y"), node("Abs", &["x"], "y")]);
    assert!(refused(&twice).contains("this name"));
    let sparse = model(&[part(15, &[]), node("Neg", &["x"], "y")]);
    assert!(outcome(&sparse).unwrap_err().to_string().contains("sparse"));
    let short = [
        number(1, 1 << 40),
        number(2, 1),
        part(8, b"w"),
        part(4, &[0; 8]),
    ];
    let short = model(&[part(5, &short.concat()), node("Neg", &["x"], "y")]);
    assert!(
        outcome(&short)
            .unwrap_err()
            .to_string()
            .contains("fewer values")
    );
}

#[test]
fn shapes_that_are_computed_from_the_inputs_own_are_followed() {
    let graph = model(&[
        integers("one", &[1]),
        integers("first", &[0]),
        node("Shape", &["x"], "s"),
        node_with("Gather", &["s", "first"], "n", &[("axis", &[0])]),
        node_with("Concat", &["one", "n"], "wide", &[("axis", &[0])]),
        node("Reshape", &["x", "wide"], "a"),
        node("Reshape", &["a", "n"], "y"),
    ]);
    assert_eq!(outcome(&graph).unwrap(), [2.0]);
}
