//! Times the graphs of a driven frame of the portrait model on the built-in engine, and writes them
//! out. `cargo run --release --features train --example portrait_speed [FOLDER]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a developer's tool that reports on its output"
)]

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use inference::{Graph, Tensor};
use networks::onnx::Precision;
use networks::portrait::{CANDIDATES, GROUPS, LANDMARK_CHANNELS, PortraitConfig};
use tch::{Device, nn};

const RUNS: usize = 30;

fn planes(channels: i64, side: i64) -> Tensor {
    let shape = [1, channels, side, side].map(|length| length as usize);
    let count = shape.iter().product::<usize>();
    let wave = |index: usize| (index as f32 * 0.37).sin();
    Tensor::new(&shape, (0..count).map(wave).collect())
}

fn median_ms(graph: &Graph, inputs: &[(&str, Tensor)]) -> f64 {
    let inputs: Vec<(&str, &Tensor)> = inputs.iter().map(|(name, x)| (*name, x)).collect();
    drop(graph.run(&inputs).unwrap());
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            drop(graph.run(&inputs).unwrap());
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

fn main() {
    let config = PortraitConfig::portrait();
    let variables = nn::VarStore::new(Device::Cpu);
    let root = variables.root();
    let (side, grid) = (config.side_px, config.grid_px);
    let style_len = config.style_len() as usize;
    let style = || Tensor::new(&[1, style_len], vec![0.1; style_len]);
    let places = (grid * grid) as usize;
    let candidates = vec![0.1; CANDIDATES as usize * 2 * places];
    let shape = [1, CANDIDATES as usize, 2, grid as usize, grid as usize];
    let motion = vec![
        ("source", planes(3, grid)),
        ("head_warped", planes(3, grid)),
        ("plate_warped", planes(3, grid)),
        ("source_landmarks", planes(LANDMARK_CHANNELS, grid)),
        ("driving_landmarks", planes(LANDMARK_CHANNELS, grid)),
        (
            "group_maps",
            Tensor::new(
                &[1, GROUPS as usize, grid as usize, grid as usize],
                vec![0.5; GROUPS as usize * places],
            ),
        ),
        ("candidates", Tensor::new(&shape, candidates)),
    ];
    let [c2, c4, c8] = config.channels;
    let decoder = vec![
        ("half", planes(c2, side / 2)),
        ("quarter", planes(c4, side / 4)),
        ("eighth", planes(c8, side / 8)),
        ("occlusion", planes(1, grid)),
        ("warped_picture", planes(3, side)),
        ("driving_landmarks", planes(LANDMARK_CHANNELS, side / 2)),
        ("style", style()),
    ];
    let patch = |kind: usize| {
        let side = config.patch_px[kind];
        vec![
            ("made", planes(3, side)),
            ("source", planes(3, side)),
            ("source_landmarks", planes(LANDMARK_CHANNELS, side)),
            ("driving_landmarks", planes(LANDMARK_CHANNELS, side)),
            ("style", style()),
        ]
    };
    let encoder = vec![
        ("picture", planes(3, side)),
        ("landmark_picture", planes(LANDMARK_CHANNELS, side / 2)),
    ];
    let single = Precision::Single;
    let mouth = config.init_refiner(&(&root / "mouth"), 0);
    let eyes = config.init_refiner(&(&root / "eyes"), 1);
    let graphs = [
        (
            "encoder",
            config.init_encoder(&(&root / "encoder")).export(single),
            encoder,
        ),
        (
            "motion",
            config.init_motion(&(&root / "motion")).export(single),
            motion,
        ),
        (
            "decoder",
            config.init_decoder(&(&root / "decoder")).export(single),
            decoder,
        ),
        ("mouth", mouth.export(single), patch(0)),
        ("eye", eyes.export(single), patch(1)),
    ];
    for (name, bytes, inputs) in graphs {
        if let Some(folder) = std::env::args().nth(1) {
            std::fs::write(Path::new(&folder).join(format!("{name}.onnx")), &bytes).unwrap();
        }
        let [one, two] = [1, 2].map(|threads| {
            let graph = Graph::from_onnx(&bytes).unwrap();
            median_ms(
                &graph.with_threads(NonZeroUsize::new(threads).unwrap()),
                &inputs,
            )
        });
        println!("{name}: {one:.1} ms on one thread, {two:.1} ms on two");
    }
}
