//! What an output was made from, by hash and, where an input bears a manifest of its own, with it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use c2pa::{Builder, Ingredient};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::digest::{hex, sha256_of};
use crate::error::ProvenanceError;
use crate::media_type::{media_type_of, needs_sidecar};
use crate::statement::{Input, InputRole};

/// Ingredients in one manifest; further inputs stand by hash in the assertion alone.
const MOST_INGREDIENTS: usize = 16;

/// An input and its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HashedInput {
    role: InputRole,
    /// The file; `None` for a folder.
    file: Option<PathBuf>,
    /// The first file of a folder.
    first: Option<PathBuf>,
    /// Files in it, where it is a folder.
    files: Option<usize>,
    sha256: String,
}

impl HashedInput {
    /// Hash a file, or the files of a folder in the order of their names.
    pub(crate) fn open(input: &Input) -> Result<Self, ProvenanceError> {
        let role = input.role;
        if !input.path.is_dir() {
            return Ok(Self {
                role,
                file: Some(input.path.clone()),
                first: None,
                files: None,
                sha256: hash(&input.path)?,
            });
        }
        let files = files_in(&input.path)?;
        let mut all = Sha256::new();
        for file in &files {
            all.update(hash(file)?);
        }
        Ok(Self {
            role,
            file: None,
            first: files.first().cloned(),
            files: Some(files.len()),
            sha256: hex(&all.finalize()),
        })
    }

    /// As the assertion tells it.
    pub(crate) fn to_json(&self) -> Value {
        let mut told = json!({"role": self.role.name(), "sha256": self.sha256});
        if let Some(files) = self.files {
            told["files"] = json!(files);
        }
        told
    }

    /// Add it to a manifest as the ingredient `label`, with the manifest that it bears itself.
    fn add(&self, builder: &mut Builder, label: &str, path: &Path) -> Result<(), ProvenanceError> {
        let mut file = File::open(path).map_err(|source| ProvenanceError::Read {
            path: path.to_owned(),
            source,
        })?;
        let kind = media_type_of(&mut file).map_err(|source| ProvenanceError::Read {
            path: path.to_owned(),
            source,
        })?;
        let told = json!({
            "title": self.role.title(),
            "relationship": self.role.relationship(),
            "label": label,
            "instance_id": format!("urn:sha256:{}", self.sha256),
        });
        let told = told.to_string();
        if let Some(media_type) = kind.filter(|kind| !needs_sidecar(kind)) {
            let added = builder.add_ingredient_from_stream(told.as_str(), media_type, &mut file);
            // what the library cannot take apart is told by its hash alone
            if added.is_ok() {
                return Ok(());
            }
        }
        let ingredient = Ingredient::from_json(&told).map_err(ProvenanceError::sign)?;
        builder.add_ingredient(ingredient);
        Ok(())
    }
}

/// Add the inputs as ingredients; the labels of those that are parts of the output, or became it, come back.
pub(crate) fn add_ingredients(
    builder: &mut Builder,
    inputs: &[HashedInput],
) -> Result<Vec<String>, ProvenanceError> {
    let mut placed = Vec::new();
    for (index, input) in inputs.iter().enumerate().take(MOST_INGREDIENTS) {
        // what lines were drawn onto is named by its first picture where it is a folder: it must be there
        let file = match (&input.file, input.role) {
            (None, InputRole::Original) => &input.first,
            (file, _) => file,
        };
        let Some(path) = file else { continue };
        let label = format!("{}-{}", input.role.name(), index + 1);
        input.add(builder, &label, path)?;
        if input.role.relationship() != "inputTo" {
            placed.push(label);
        }
    }
    Ok(placed)
}

fn hash(path: &Path) -> Result<String, ProvenanceError> {
    let hashed = File::open(path).and_then(|mut file| sha256_of(&mut file));
    hashed.map_err(|source| ProvenanceError::Read {
        path: path.to_owned(),
        source,
    })
}

/// The files of a folder, without those below it.
pub(crate) fn files_in(folder: &Path) -> Result<Vec<PathBuf>, ProvenanceError> {
    let fail = |source| ProvenanceError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
