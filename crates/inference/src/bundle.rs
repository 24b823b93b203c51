//! A model bundle: `model.toml` and the files it names, each checked against its SHA-256.
//!
//! From a folder or from bytes inside the program. What a graph computes is not looked at here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::manifest::{FORMAT_VERSION, Manifest, Part, sha256_hex};
use crate::{Engine, Graph, InferenceError};

/// Name of a bundle's manifest.
const MANIFEST_NAME: &str = "model.toml";

/// Largest manifest that is read, bytes.
const MANIFEST_LIMIT: u64 = 64 << 10;

/// Largest part that is read, bytes: the limit of the ONNX format's own encoding.
const PART_LIMIT: u64 = 2 << 30;

/// End of the name of a part whose convolutions compute in 8 bits.
const INT8: &str = "_int8";

/// Largest side of the pictures that a model works on, pixels.
const MOST_PX: u32 = 4096;

/// Most parts in a bundle.
const MOST_PARTS: usize = 32;

/// Why a bundle cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file of the bundle could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is larger than any bundle's.
    #[error("{} is larger than {limit} bytes, so it is not part of a model bundle", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The largest size allowed.
        limit: u64,
    },
    /// `model.toml` does not have the fields it should have.
    #[error("{origin}: {MANIFEST_NAME} is not valid: {reason}")]
    Manifest {
        /// The bundle.
        origin: String,
        /// What is wrong, with its line.
        reason: String,
    },
    /// The bundle is of another version of the format.
    #[error(
        "{origin} has format version {found}, this program reads version {FORMAT_VERSION}; use a bundle made for it"
    )]
    Version {
        /// The bundle.
        origin: String,
        /// Its version.
        found: u32,
    },
    /// `model.toml` names no part that the program needs, or the file is not there.
    #[error("{origin} has no part {part:?}; get the whole bundle again")]
    MissingPart {
        /// The bundle.
        origin: String,
        /// The part.
        part: String,
    },
    /// A file's contents are not those that the manifest was written for.
    #[error(
        "{file} of {origin} is damaged or was changed: its SHA-256 is {found}, {MANIFEST_NAME} says {expected}"
    )]
    Checksum {
        /// The bundle.
        origin: String,
        /// The file.
        file: String,
        /// SHA-256 according to the manifest.
        expected: String,
        /// SHA-256 of the file.
        found: String,
    },
    /// A part is not a graph that can be run.
    #[error("part {part:?} of {origin} cannot be loaded")]
    Graph {
        /// The bundle.
        origin: String,
        /// The part.
        part: String,
        /// What is wrong with it.
        source: InferenceError,
    },
}

/// A bundle whose files are all there and unchanged.
#[derive(Debug, Clone)]
pub struct Bundle {
    origin: String,
    manifest: Manifest,
    parts: BTreeMap<String, Cow<'static, [u8]>>,
}

impl Bundle {
    /// Read a bundle from its folder.
    ///
    /// # Errors
    /// Where a file is missing, too large or changed, or the manifest is not of this version.
    pub fn open(folder: &Path) -> Result<Self, BundleError> {
        let origin = folder.display().to_string();
        let text = read_limited(&folder.join(MANIFEST_NAME), MANIFEST_LIMIT)?;
        let manifest = parse(&origin, &text)?;
        let mut parts = BTreeMap::new();
        for (name, part) in &manifest.parts {
            let bytes = read_limited(&folder.join(&part.file), PART_LIMIT)?;
            check(&origin, part, &bytes)?;
            parts.insert(name.clone(), Cow::Owned(bytes));
        }
        Ok(Self {
            origin,
            manifest,
            parts,
        })
    }

    /// Use a bundle that is built into the program: the text of its manifest and its files by
    /// name. `origin` names it in messages.
    ///
    /// # Errors
    /// As [`Bundle::open`].
    pub fn embedded(
        origin: &str,
        manifest: &str,
        files: &[(&str, &'static [u8])],
    ) -> Result<Self, BundleError> {
        let manifest = parse(origin, manifest.as_bytes())?;
        let mut parts = BTreeMap::new();
        for (name, part) in &manifest.parts {
            let (_, bytes) = files
                .iter()
                .find(|(file, _)| *file == part.file)
                .ok_or_else(|| missing(origin, name))?;
            check(origin, part, bytes)?;
            parts.insert(name.clone(), Cow::Borrowed(*bytes));
        }
        Ok(Self {
            origin: origin.to_owned(),
            manifest,
            parts,
        })
    }

    /// What `model.toml` says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the bundle came from, for messages.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Side of the pictures that the model works on, pixels, where the networks halve it several times.
    ///
    /// # Errors
    /// [`BundleError::Manifest`] where it is no multiple of `step`.
    pub fn resolution_in_steps_of(&self, step: u32) -> Result<u32, BundleError> {
        let side = self.manifest.resolution_px;
        if side.is_multiple_of(step) {
            return Ok(side);
        }
        Err(BundleError::Manifest {
            origin: self.origin.clone(),
            reason: format!("its pictures have {side} pixels a side, no multiple of {step}"),
        })
    }

    /// Bytes of one part.
    ///
    /// # Errors
    /// [`BundleError::MissingPart`] where the manifest does not name it.
    pub fn part(&self, name: &str) -> Result<&[u8], BundleError> {
        let part = self.parts.get(name);
        part.map(AsRef::as_ref)
            .ok_or_else(|| missing(&self.origin, name))
    }

    /// Load one part as the graph that runs fastest here: the part with `_int8` behind its name, where there is
    /// one, ONNX Runtime runs it, and the processor computes it without overflow.
    ///
    /// # Errors
    /// As [`Bundle::graph`].
    pub fn fastest_graph(&self, name: &str) -> Result<Graph, BundleError> {
        let small = format!("{name}{INT8}");
        if self.parts.contains_key(&small)
            && Engine::chosen() == Engine::OnnxRuntime
            && computes_int8_exactly()
        {
            return self.graph(&small);
        }
        self.graph(name)
    }

    /// Load one part as a graph.
    ///
    /// # Errors
    /// Where there is no such part or the engine cannot load it.
    pub fn graph(&self, name: &str) -> Result<Graph, BundleError> {
        Graph::from_onnx(self.part(name)?).map_err(|source| BundleError::Graph {
            origin: self.origin.clone(),
            part: name.to_owned(),
            source,
        })
    }
}

/// Whether products of bytes are summed in 32 bits. Older x86 processors add pairs of them in 16 bits, which overflow.
fn computes_int8_exactly() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("avx512vnni")
            || std::arch::is_x86_feature_detected!("avxvnni")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        cfg!(target_arch = "aarch64")
    }
}

fn parse(origin: &str, text: &[u8]) -> Result<Manifest, BundleError> {
    let invalid = |reason: String| BundleError::Manifest {
        origin: origin.to_owned(),
        reason,
    };
    let text = std::str::from_utf8(text).map_err(|error| invalid(error.to_string()))?;
    // A newer format may have fields that this version does not know: its version comes first.
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| invalid(error.to_string()))?;
    let version = table
        .get("format_version")
        .and_then(toml::Value::as_integer);
    if let Some(found) = version.and_then(|version| u32::try_from(version).ok())
        && found != FORMAT_VERSION
    {
        let origin = origin.to_owned();
        return Err(BundleError::Version { origin, found });
    }
    let manifest: Manifest = toml::from_str(text).map_err(|error| invalid(error.to_string()))?;
    if !(1..=MOST_PX).contains(&manifest.resolution_px) {
        let side = manifest.resolution_px;
        return Err(invalid(format!("its pictures have {side} pixels a side")));
    }
    if manifest.parts.len() > MOST_PARTS {
        return Err(invalid(format!("it names more than {MOST_PARTS} parts")));
    }
    if let Some(part) = manifest.parts.values().find(|part| !part.has_plain_name()) {
        let reason = format!("{:?} is not the plain name of a file", part.file);
        return Err(invalid(reason));
    }
    Ok(manifest)
}

fn check(origin: &str, part: &Part, bytes: &[u8]) -> Result<(), BundleError> {
    let found = sha256_hex(bytes);
    if found == part.sha256 {
        return Ok(());
    }
    Err(BundleError::Checksum {
        origin: origin.to_owned(),
        file: part.file.clone(),
        expected: part.sha256.clone(),
        found,
    })
}

fn missing(origin: &str, part: &str) -> BundleError {
    BundleError::MissingPart {
        origin: origin.to_owned(),
        part: part.to_owned(),
    }
}

fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, BundleError> {
    let failed = |source| BundleError::Read {
        path: path.to_path_buf(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > limit {
        let path = path.to_path_buf();
        return Err(BundleError::TooLarge { path, limit });
    }
    Ok(bytes)
}
