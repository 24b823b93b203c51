//! Developer tasks: `cargo xtask TASK`. Sets a machine up, runs the tests, checks the rules.
//!
//! `main` picks the task; each task has a module. Nothing here is part of the program.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer tool that talks to the terminal"
)]

mod bench;
mod check;
mod crate_graph;
mod dependencies;
mod dockerfile;
mod libtorch;
mod onnx_runtime;
mod setup;
mod source_rules;
mod step;
mod studio_page;
mod system_packages;
mod tests_task;
mod unsafe_code;
mod workspace;

use std::process::ExitCode;

use crate::step::TaskError;

const HELP: &str = "\
Developer tasks. Use: cargo xtask TASK

  setup   install what the tests need: ffmpeg, and libtorch and ONNX Runtime in a cache folder
  test    setup, then every test, without and with the features `train`, `ort` and `object-storage`
  check   format, rules, crate graph, dependencies, lints, documentation; cheapest first
  page    build the studio's page with Node, into the repository
  bench   speed and memory of the release build
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["setup"] => setup::setup().map(|_| ()),
        ["test"] => tests_task::test(),
        ["check"] => check::check(),
        ["page"] => studio_page::build(),
        ["bench"] => bench::bench(),
        ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

fn report(error: &TaskError) -> ExitCode {
    eprintln!("xtask: {error}");
    ExitCode::FAILURE
}
