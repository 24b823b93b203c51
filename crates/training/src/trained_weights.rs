//! What the weights of a meta-training say about it.

use std::path::Path;

use networks::checkpoint::Checkpoint;

use crate::fine_tuning_config::{FineTuningError, TrainedWith};
use crate::meta_training_config::MetaTrainingConfig;

/// Side of the pictures of the networks in these weights, pixels.
///
/// # Errors
/// Where the file cannot be read or is no result of meta-training.
pub fn side_of(weights: &Path) -> Result<u32, FineTuningError> {
    let settings = settings_of(&Checkpoint::load(weights)?, weights)?;
    Ok(settings.size.side_px())
}

/// What fine-tuning takes over from the meta-training of these weights.
///
/// # Errors
/// Where the file cannot be read or is no result of meta-training.
pub fn trained_with(weights: &Path) -> Result<TrainedWith, FineTuningError> {
    let settings = settings_of(&Checkpoint::load(weights)?, weights)?;
    Ok(TrainedWith {
        losses: settings.losses,
        precision: settings.precision,
        optimisation: settings.optimisation,
        is_portrait: settings.size.portrait().is_some(),
    })
}

/// Settings of the run that made a checkpoint.
pub(crate) fn settings_of(
    checkpoint: &Checkpoint,
    path: &Path,
) -> Result<MetaTrainingConfig, FineTuningError> {
    let text = checkpoint.words.get("config");
    text.and_then(|text| toml::from_str(text).ok())
        .ok_or_else(|| FineTuningError::Weights {
            path: path.to_owned(),
        })
}
