//! Entry point that writes the ONNX graphs of meta-trained weights as a model bundle.

use std::path::{Path, PathBuf};

use networks::checkpoint::{Checkpoint, CheckpointError};
use networks::onnx::Precision;
use tch::{Device, Kind};

use crate::head_system::head_system;
use crate::meta_training_config::MetaTrainingConfig;
use crate::model_bundle::write_bundle;

/// How an exported graph stores its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// 16-bit floats, widened when the graph is loaded: half the size.
    Half,
    /// 32-bit floats.
    Single,
}

/// Why a model could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The weights could not be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The weights do not say how large their networks are.
    #[error("{} is no result of `vivant meta-train`: it holds no settings", path.display())]
    NoSettings {
        /// The file.
        path: PathBuf,
    },
    /// The bundle could not be written.
    #[error("cannot write the model to {}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Write the averaged networks of a checkpoint, of `best.safetensors` or
/// of `weights.safetensors` into `output`, whole or not at all.
///
/// # Errors
/// See [`ExportError`].
pub fn export(weights: &Path, output: &Path, storage: Storage) -> Result<(), ExportError> {
    let checkpoint = Checkpoint::load(weights)?;
    let settings: MetaTrainingConfig = checkpoint
        .words
        .get("config")
        .and_then(|text| toml::from_str(text).ok())
        .ok_or_else(|| ExportError::NoSettings {
            path: weights.to_owned(),
        })?;
    let system = head_system(settings.size, 1, Device::Cpu, Kind::Float);
    system.take_averages(&checkpoint, weights)?;
    let precision = match storage {
        Storage::Half => Precision::Half,
        Storage::Single => Precision::Single,
    };
    let graphs = system.export(precision);
    write_bundle(output, &settings, system.bundle_preset(), &graphs).map_err(|source| {
        ExportError::Io {
            path: output.to_owned(),
            source,
        }
    })
}
