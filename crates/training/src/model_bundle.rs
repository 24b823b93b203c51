//! Writes the model bundle of trained networks: `model.toml` and their graphs.

use std::fs;
use std::io;
use std::path::Path;

use inference::{FORMAT_VERSION, Manifest, Part, sha256_hex};
use landmarks::SCHEME;
use reenactment::portrait::{PORTRAIT_PRESET, USING_THE_GRAPHS};

use crate::meta_training_config::MetaTrainingConfig;

/// Write the bundle into `folder`, whole or not at all: an older one there is replaced.
pub(crate) fn write_bundle(
    folder: &Path,
    config: &MetaTrainingConfig,
    preset: &str,
    graphs: &[(&'static str, Vec<u8>)],
) -> io::Result<()> {
    let temporary = folder.with_extension("part");
    if temporary.exists() {
        fs::remove_dir_all(&temporary)?;
    }
    fs::create_dir_all(&temporary)?;
    let mut manifest = Manifest {
        format_version: FORMAT_VERSION,
        preset: preset.to_owned(),
        resolution_px: config.size.side_px(),
        landmark_scheme: SCHEME.to_owned(),
        licence: "not stated".to_owned(),
        training_data: config.data.file_name().map_or_else(
            || "not stated".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        ),
        parts: std::collections::BTreeMap::new(),
    };
    for (name, bytes) in graphs {
        let file = format!("{name}.onnx");
        fs::write(temporary.join(&file), bytes)?;
        let sha256 = sha256_hex(bytes);
        manifest
            .parts
            .insert((*name).to_owned(), Part { file, sha256 });
    }
    if preset == PORTRAIT_PRESET {
        fs::write(temporary.join("README.md"), USING_THE_GRAPHS)?;
    }
    let text = toml::to_string(&manifest).expect("a manifest is plain values");
    fs::write(temporary.join("model.toml"), text)?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::rename(&temporary, folder)
}
