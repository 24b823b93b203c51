//! Measures how long signing and verifying a file take, and the memory they need:
//! `cargo run --release -p provenance --example sign_time FILE`. A signed copy of the file is made and removed.
#![allow(
    clippy::print_stdout,
    reason = "an example talks to whoever started it"
)]

use std::path::Path;
use std::time::Instant;

use provenance::{Marker, SignerChoice, Statement, Verifier};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args_os().nth(1).ok_or("a file is needed")?;
    let file = Path::new(&file);
    let ending = file.extension().unwrap_or_default().to_string_lossy();
    let copy = tempfile::Builder::new()
        .suffix(&format!(".{ending}"))
        .tempfile()?;
    std::fs::copy(file, copy.path())?;
    let statement = Statement {
        description: "A file that is measured".to_owned(),
        ..Statement::default()
    };
    let start = Instant::now();
    let marker = Marker::open(&statement, &SignerChoice::ThisRun, None)?;
    let opened_s = start.elapsed().as_secs_f64();
    marker.sign_file(copy.path())?;
    let signed_s = start.elapsed().as_secs_f64() - opened_s;
    println!(
        "key and manifest made ready in {opened_s:.3} s, signed and checked in {signed_s:.3} s"
    );
    let added = copy.path().metadata()?.len() as i64 - file.metadata()?.len() as i64;
    println!("{added} bytes were added");
    tell_peak();
    let start = Instant::now();
    let report = Verifier::new(None)?.verify(copy.path())?;
    println!(
        "verified, with a search for the watermark, in {:.3} s",
        start.elapsed().as_secs_f64()
    );
    println!("{}", report.words());
    tell_peak();
    Ok(())
}

/// The most memory that was needed so far, where the system tells.
fn tell_peak() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find(|line| line.starts_with("VmHWM")) {
        println!("peak memory: {}", peak.trim_start_matches("VmHWM:").trim());
    }
}
