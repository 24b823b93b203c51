//! `vivant export`: the ONNX graphs of a meta-trained model, for this program and others.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[cfg(not(feature = "train"))]
use crate::commands::without_training::without_training;
use crate::terminal::failure::Failure;

/// Options of `export`.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "train"),
    allow(dead_code, reason = "read by the training code alone")
)]
pub(crate) struct ExportArgs {
    /// What `meta-train` left: its run folder (its best weights are taken), or a file of weights.
    #[arg(short, long, value_name = "PATH")]
    model: PathBuf,
    /// Folder to write: `model.toml`, `embedder.onnx`, `projection.onnx`, `generator.onnx`.
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// How weights are stored.
    #[arg(long, value_enum, default_value = "half")]
    storage: StorageName,
    /// Replace a model that is there already.
    #[arg(short = 'y', long)]
    overwrite: bool,
}

/// The forms by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum StorageName {
    /// 16-bit floats.
    Half,
    /// 32-bit floats.
    Single,
}

/// Say how to get the command.
///
/// # Errors
/// Always.
#[cfg(not(feature = "train"))]
pub(crate) fn export(_: &ExportArgs) -> Result<(), Failure> {
    Err(without_training("export"))
}

/// Write the graphs.
///
/// # Errors
/// If the weights cannot be read or the folder cannot be written.
#[cfg(feature = "train")]
pub(crate) fn export(args: &ExportArgs) -> Result<(), Failure> {
    if args.output.exists() && !args.overwrite {
        let problem = format!("{} is there already; -y replaces it", args.output.display());
        return Err(Failure::Usage(vec![problem]));
    }
    let weights = if args.model.is_dir() {
        let best = args.model.join("best.safetensors");
        let last = args.model.join("weights.safetensors");
        if best.is_file() { best } else { last }
    } else {
        args.model.clone()
    };
    let storage = match args.storage {
        StorageName::Half => training::Storage::Half,
        StorageName::Single => training::Storage::Single,
    };
    training::export(&weights, &args.output, storage).map_err(Failure::work)?;
    println!(
        "{}: the model of {}",
        args.output.display(),
        weights.display()
    );
    Ok(())
}
