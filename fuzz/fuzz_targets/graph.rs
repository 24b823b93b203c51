//! An ONNX graph: loaded by the built-in engine, after our look over its form.
#![no_main]

use std::sync::Once;

use inference::{Engine, Graph, Tensor};
use libfuzzer_sys::fuzz_target;

/// Panics of the engine are caught by our code; those that are not still end the run.
static QUIET: Once = Once::new();

fuzz_target!(|data: &[u8]| {
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    if let Ok(graph) = Graph::for_engine(data, Engine::BuiltIn) {
        let names: Vec<String> = graph.input_names().map(str::to_owned).collect();
        let small = Tensor::new(&[1, 3, 8, 8], vec![0.25; 192]);
        let inputs: Vec<(&str, &Tensor)> =
            names.iter().map(|name| (name.as_str(), &small)).collect();
        drop(graph.run(&inputs));
    }
});
