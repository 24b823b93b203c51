//! `vivant export`: the ONNX graphs of the built-in or of a meta-trained model, for this program and others.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use reenactment::portrait::{BUILT_IN_MANIFEST, BUILT_IN_PARTS, USING_THE_GRAPHS};

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
    /// What `meta-train` left: its run folder (its best weights are taken), or a file of weights (needs the
    /// feature `train`). Without it, the built-in portrait model.
    #[arg(short, long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Folder to write: `model.toml`, the graphs and, for portrait models, a README on how to run them in
    /// a game engine or a browser.
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

/// Write the graphs.
///
/// # Errors
/// If the weights cannot be read or the folder cannot be written.
pub(crate) fn export(args: &ExportArgs) -> Result<(), Failure> {
    if args.output.exists() && !args.overwrite {
        let problem = format!("{} is there already; -y replaces it", args.output.display());
        return Err(Failure::Usage(vec![problem]));
    }
    if args.output.exists() && !is_model_or_empty(&args.output) {
        let place = args.output.display();
        let problem = format!("{place} holds something else than a model: name another folder");
        return Err(Failure::Usage(vec![problem]));
    }
    match &args.model {
        Some(model) => export_trained(args, model),
        None => export_built_in(&args.output),
    }
}

/// Whether replacing this folder loses nothing but a model.
fn is_model_or_empty(folder: &Path) -> bool {
    let is_empty = std::fs::read_dir(folder).is_ok_and(|mut all| all.next().is_none());
    is_empty || folder.join("model.toml").is_file()
}

/// Write the built-in portrait model, whole or not at all.
fn export_built_in(output: &Path) -> Result<(), Failure> {
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    let folder = output.with_file_name(format!(".{name}.part-{}", std::process::id()));
    let written = write_built_in(&folder)
        .and_then(|()| media::replace_folder(&folder, output).map_err(Failure::work));
    if written.is_err() {
        // Nothing to say beside the error that is returned.
        drop(std::fs::remove_dir_all(&folder));
    }
    written?;
    println!("{}: the built-in portrait model", output.display());
    Ok(())
}

fn write_built_in(folder: &Path) -> Result<(), Failure> {
    let at = |path: &Path, source| {
        let path = path.to_owned();
        Failure::work(NotWritten { path, source })
    };
    std::fs::create_dir(folder).map_err(|source| at(folder, source))?;
    let texts = [
        ("model.toml", BUILT_IN_MANIFEST.as_bytes()),
        ("README.md", USING_THE_GRAPHS.as_bytes()),
    ];
    for (name, bytes) in texts.into_iter().chain(BUILT_IN_PARTS) {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(|source| at(&path, source))?;
    }
    Ok(())
}

/// A file of the model could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
struct NotWritten {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

/// Say how to get a program that can.
#[cfg(not(feature = "train"))]
fn export_trained(_: &ExportArgs, _: &Path) -> Result<(), Failure> {
    Err(without_training("export --model"))
}

#[cfg(feature = "train")]
fn export_trained(args: &ExportArgs, model: &Path) -> Result<(), Failure> {
    let weights = if model.is_dir() {
        let best = model.join("best.safetensors");
        let last = model.join("weights.safetensors");
        if best.is_file() { best } else { last }
    } else {
        model.to_owned()
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
