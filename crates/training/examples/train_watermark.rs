//! Trains the invisible watermark's networks from settings in a TOML file, and goes on with a run that is
//! there already. `cargo run --release -p training --features train --example train_watermark SETTINGS`
//!
//! `train_watermark.toml` beside it holds the settings of the shipped weights.
#![allow(
    clippy::print_stdout,
    reason = "a developer's tool that reports on its output"
)]

use std::error::Error;

#[cfg(feature = "train")]
use std::ops::ControlFlow;
#[cfg(feature = "train")]
use training::{WatermarkEvent, WatermarkTrainingConfig, train_watermark};

#[cfg(not(feature = "train"))]
fn main() -> Result<(), Box<dyn Error>> {
    Err("training needs libtorch: build with `--features train`".into())
}

#[cfg(feature = "train")]
fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name a settings file")?;
    let config: WatermarkTrainingConfig = toml::from_str(&std::fs::read_to_string(path)?)?;
    let summary = train_watermark(&config, &mut |event| {
        tell(&event);
        ControlFlow::Continue(())
    })?;
    println!("step {}", summary.step);
    for path in summary.exported {
        println!("network: {}", path.display());
    }
    Ok(())
}

#[cfg(feature = "train")]
fn tell(event: &WatermarkEvent) {
    match event {
        WatermarkEvent::Loaded { pictures } => println!("{pictures} pictures"),
        WatermarkEvent::Warning { text } => println!("warning: {text}"),
        WatermarkEvent::Resumed { step } => println!("going on from step {step}"),
        WatermarkEvent::Step {
            step,
            steps,
            losses,
            steps_per_second,
        } => {
            let losses: Vec<String> = losses
                .iter()
                .map(|(name, value)| format!("{name} {value:.4}"))
                .collect();
            println!(
                "step {step} of {steps}: {}; {steps_per_second:.2} steps a second",
                losses.join(", ")
            );
        }
        WatermarkEvent::Saved { path } => println!("saved {}", path.display()),
    }
}
