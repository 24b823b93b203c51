//! The `vivant` binary: reads the command line, calls the library function of the same name,
//! prints what came out, and ends with an exit code.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the one crate that talks to the terminal"
)]

mod arguments;
mod commands;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::terminal::failure::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprint!("{}", failure.text());
            failure.exit_code()
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.events {
        terminal::events::want();
    }
    terminal::limits::set_limits(&arguments.limit)?;
    if let Some(library) = &arguments.onnx_runtime {
        terminal::engine::use_onnx_runtime(library.as_deref())?;
    }
    match &arguments.command {
        Command::Animate(args) => commands::animate::animate(args, arguments.quiet),
        Command::Landmarks(args) => commands::landmarks::landmarks(args, arguments.quiet),
        Command::Motion(args) => commands::motion::motion(args, arguments.quiet),
        Command::Demo(args) => commands::demo::demo(args, arguments.quiet),
        Command::Evaluate(args) => commands::evaluate::evaluate(args, arguments.quiet),
        Command::FineTune(args) => commands::fine_tune::fine_tune(args, arguments.quiet),
        Command::Preprocess(args) => commands::preprocess::preprocess(args, arguments.quiet),
        Command::MetaTrain(args) => commands::meta_train::meta_train(args, arguments.quiet),
        Command::Export(args) => commands::export::export(args),
        Command::TrainLandmarks(args) => {
            commands::train_landmarks::train_landmarks(args, arguments.quiet)
        }
        Command::TrainWatermark(args) => {
            commands::train_watermark::train_watermark(args, arguments.quiet)
        }
        Command::Verify(args) => commands::verify::verify(args),
        Command::Bench(args) => commands::bench::bench(args),
        Command::Serve(args) => commands::serve::serve(args, arguments.onnx_runtime.as_ref()),
        Command::Doctor => commands::doctor::doctor(),
    }
}
