//! Writes the parts of a portrait model that compute in 8 bits.
//!
//! ```sh
//! cargo run --release -p training --features train --example quantise_portrait -- models/portrait SHARDS 48
//! ```
//!
//! The model paints that many episodes of the shards; the ranges of the values around its convolutions are noted, and
//! `NAME.int8.onnx` and its place in `model.toml` are written beside the graphs.
#![allow(
    clippy::print_stdout,
    reason = "a developer tool that talks to the terminal"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use dataset::{EpisodeConfig, EpisodeSampler, Shards};
use inference::{Bundle, Engine, Graph, Part, sha256_hex};
use networks::onnx::{quantised, quantised_values, with_values_shown};
use reenactment::few_shot::Shot;
use reenactment::portrait::{PortraitModel, PortraitPerson};

/// The graphs that take the time. The motion network stays as it is: its flows need more than 8 bits.
const PARTS: [&str; 3] = ["decoder", "mouth_refiner", "eye_refiner"];

type Ranges = BTreeMap<String, BTreeMap<String, [f32; 2]>>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, shards, episodes] = arguments.as_slice() else {
        return Err("use: quantise_portrait MODEL SHARDS EPISODES".into());
    };
    let (folder, episodes) = (PathBuf::from(model), episodes.parse::<u64>()?);
    let bundle = Bundle::open(&folder)?;
    let ranges = seen_ranges(&bundle, shards, episodes)?;
    let mut manifest = bundle.manifest().clone();
    for part in PARTS {
        let bytes = quantised(bundle.part(part)?, &ranges[part])?;
        let file = format!("{part}.int8.onnx");
        let sha256 = sha256_hex(&bytes);
        println!("{file}: {} kB", bytes.len() / 1000);
        std::fs::write(folder.join(&file), bytes)?;
        manifest
            .parts
            .insert(format!("{part}_int8"), Part { file, sha256 });
    }
    std::fs::write(folder.join("model.toml"), toml::to_string(&manifest)?)?;
    Ok(())
}

/// Least and largest number of every value, by graph and value.
fn seen_ranges(bundle: &Bundle, shards: &str, episodes: u64) -> Result<Ranges, Box<dyn Error>> {
    let mut watched = BTreeMap::new();
    for part in PARTS {
        let bytes = bundle.part(part)?;
        let graph = Graph::for_engine(&with_values_shown(bytes)?, Engine::BuiltIn)?;
        watched.insert(part, (graph, quantised_values(bytes)?));
    }
    let ranges: Arc<Mutex<Ranges>> = Arc::default();
    let seen = Arc::clone(&ranges);
    let model = PortraitModel::from_bundle(bundle)?.heard_by(Box::new(move |part, inputs| {
        let (graph, values) = &watched[part];
        let outputs = graph.run(inputs).expect("the graph runs as it did before");
        let mut seen = seen.lock().expect("one thread paints");
        let seen = seen.entry(part.to_owned()).or_default();
        for value in values {
            let given = inputs.iter().find(|(name, _)| name == value);
            let tensor = match given {
                Some((_, tensor)) => *tensor,
                None => outputs.get(value).expect("it is shown"),
            };
            let range = seen.entry(value.clone()).or_insert([0.0, 0.0]);
            for number in tensor.values() {
                range[0] = range[0].min(*number);
                range[1] = range[1].max(*number);
            }
        }
    }));
    let model = Arc::new(model);
    let config = EpisodeConfig {
        shots: 1,
        side_px: model.side_px(),
        seed: 7,
        is_augmented: true,
        cache_bytes: 0,
    };
    let sampler = EpisodeSampler::new(Arc::new(Shards::open(shards.as_ref())?), config)?;
    for number in 0..episodes {
        let episode = sampler.episode(number)?;
        let [target, source] = [0, 1].map(|index| &episode.frames[index]);
        let shot = Shot {
            picture: source.picture.clone(),
            landmarks: source.landmarks,
        };
        PortraitPerson::new(Arc::clone(&model), &[shot])?.paint(&target.landmarks)?;
    }
    drop(model);
    let ranges = ranges.lock().expect("one thread paints").clone();
    Ok(ranges)
}
