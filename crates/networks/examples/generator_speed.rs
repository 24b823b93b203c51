//! Times the published generator's forward: libtorch, the built-in engine, and the graph that
//! ONNX Runtime can be given. `cargo run --release --features train --example generator_speed OUT.onnx`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a developer's tool that reports on its output"
)]

use std::time::Instant;

use inference::{Graph, Tensor as Values};
use networks::TalkingHeadConfig;
use networks::blocks::Mode;
use networks::onnx::Precision;
use tch::{Device, Kind, Tensor, nn};

const RUNS: usize = 5;

fn shortest_ms(mut run: impl FnMut()) -> f64 {
    run();
    let times = (0..RUNS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e3
    });
    times.fold(f64::INFINITY, f64::min)
}

fn main() {
    let sizes = TalkingHeadConfig::paper();
    let variables = nn::VarStore::new(Device::Cpu);
    let generator = sizes.init_generator(&variables.root());
    let landmarks = Tensor::rand([1, 3, 256, 256], (Kind::Float, Device::Cpu));
    let style = Tensor::randn([1, sizes.style_len()], (Kind::Float, Device::Cpu));
    let libtorch = shortest_ms(|| {
        drop(tch::no_grad(|| {
            generator.forward(&landmarks, &style, Mode::Evaluation)
        }));
    });
    println!("libtorch {libtorch:.0} ms");
    let bytes = generator.export(Precision::Single);
    if let Some(path) = std::env::args().nth(1) {
        std::fs::write(path, &bytes).unwrap();
    }
    let graph = Graph::from_onnx(&bytes).unwrap();
    let numbers = |tensor: &Tensor| Vec::<f32>::try_from(&tensor.flatten(0, -1)).unwrap();
    let landmarks = Values::new(&[1, 3, 256, 256], numbers(&landmarks));
    let style = Values::new(&[1, sizes.style_len() as usize], numbers(&style));
    let inputs = [("landmark_picture", &landmarks), ("style", &style)];
    let built_in = shortest_ms(|| drop(graph.run(&inputs).unwrap()));
    println!("built-in engine {built_in:.0} ms");
}
