//! `NAME.avatar`: a person whom a model has learned, in one file.
//!
//! A tar archive of `avatar.toml`, `generator.onnx` and `style.f32` (little-endian floats). It
//! holds hashes of the person's photos, never the photos.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use inference::{BundleError, InferenceError, sha256_hex};
use landmarks::{Landmarks, POINTS, SCHEME};
use serde::{Deserialize, Serialize};

/// Version of the format that this program reads and writes.
pub const AVATAR_VERSION: u32 = 1;
/// Largest part that is read, bytes.
const PART_LIMIT: u64 = 1 << 30;
/// Parts of the archive.
const MANIFEST: &str = "avatar.toml";
const GENERATOR: &str = "generator.onnx";
const STYLE: &str = "style.f32";

/// Why an avatar could not be made, written or read.
#[derive(Debug, thiserror::Error)]
pub enum AvatarError {
    /// The file could not be read or written.
    #[error("cannot access {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no avatar, is cut off, or was changed.
    #[error("{} is no whole avatar: {reason}; make it again with `vivant fine-tune`", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The model could not be loaded.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The model is of another kind.
    #[error(
        "{origin} is a model of kind {found:?}; a few-shot model is needed, such as the folder `model` that `vivant meta-train` writes"
    )]
    OtherModel {
        /// The bundle.
        origin: String,
        /// Its kind.
        found: String,
    },
    /// A network failed.
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

/// How the person was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AvatarKind {
    /// By the embedder alone.
    FeedForward,
    /// By adversarial training that started from what the embedder says.
    FineTuned,
}

/// Contents of `avatar.toml`. An unknown key is an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvatarManifest {
    /// [`AVATAR_VERSION`].
    pub format_version: u32,
    /// Kind of model, as in a bundle.
    pub preset: String,
    /// Side of the pictures, pixels.
    pub resolution_px: u32,
    /// Meaning of the landmarks.
    pub landmark_scheme: String,
    /// Hash that names the model which the person's training started from.
    pub model: String,
    /// How the person was learned.
    pub kind: AvatarKind,
    /// Steps of training.
    pub steps: u64,
    /// SHA-256 of the files that the person was learned from.
    pub photos: Vec<String>,
    /// What is known of the person's consent.
    pub consent: String,
    /// Landmarks of the first photo's crop, the pose that motion is added to.
    pub rest: Vec<[f32; 2]>,
    /// The other members of the archive.
    pub parts: BTreeMap<String, AvatarPart>,
}

/// One member of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvatarPart {
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// What an avatar is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct AvatarParts {
    /// ONNX graph with the inputs `landmark_picture` and `style` and the output `picture`.
    pub generator: Vec<u8>,
    /// The person's style.
    pub style: Vec<f32>,
    /// Landmarks of the first photo's crop.
    pub rest: Landmarks,
    /// Side of the pictures, pixels.
    pub side_px: u32,
    /// Hash that names the model which training started from.
    pub model: String,
    /// How the person was learned.
    pub kind: AvatarKind,
    /// Steps of training.
    pub steps: u64,
    /// SHA-256 of the photos.
    pub photos: Vec<String>,
}

/// A person whom a model has learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Avatar {
    manifest: AvatarManifest,
    generator: Vec<u8>,
    style: Vec<f32>,
    rest: Landmarks,
}

impl Avatar {
    /// Put an avatar together.
    pub fn new(parts: AvatarParts) -> Self {
        let style = style_bytes(&parts.style);
        let part = |bytes: &[u8]| AvatarPart {
            sha256: sha256_hex(bytes),
        };
        let manifest = AvatarManifest {
            format_version: AVATAR_VERSION,
            preset: super::FEW_SHOT_PRESET.to_owned(),
            resolution_px: parts.side_px,
            landmark_scheme: SCHEME.to_owned(),
            model: parts.model,
            kind: parts.kind,
            steps: parts.steps,
            photos: parts.photos,
            consent: "not stated".to_owned(),
            rest: parts.rest.points.to_vec(),
            parts: BTreeMap::from([
                (GENERATOR.to_owned(), part(&parts.generator)),
                (STYLE.to_owned(), part(&style)),
            ]),
        };
        Self {
            manifest,
            generator: parts.generator,
            style: parts.style,
            rest: parts.rest,
        }
    }

    /// What `avatar.toml` says.
    pub fn manifest(&self) -> &AvatarManifest {
        &self.manifest
    }

    /// The generator's graph.
    pub fn generator(&self) -> &[u8] {
        &self.generator
    }

    /// The person's style.
    pub fn style(&self) -> &[f32] {
        &self.style
    }

    /// Landmarks of the first photo's crop.
    pub fn rest(&self) -> &Landmarks {
        &self.rest
    }

    /// Write the file, whole or not at all.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn write(&self, path: &Path) -> Result<(), AvatarError> {
        let io_error = |source| AvatarError::Io {
            path: path.to_owned(),
            source,
        };
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let temporary = path.with_file_name(name);
        let write = || -> io::Result<()> {
            let mut archive = tar::Builder::new(File::create(&temporary)?);
            let manifest = toml::to_string(&self.manifest).map_err(io::Error::other)?;
            append(&mut archive, MANIFEST, manifest.as_bytes())?;
            append(&mut archive, GENERATOR, &self.generator)?;
            append(&mut archive, STYLE, &style_bytes(&self.style))?;
            let mut file = archive.into_inner()?;
            file.flush()?;
            file.sync_all()?;
            fs::rename(&temporary, path)
        };
        write().map_err(|error| {
            // best effort: the error that counts is the one above
            drop(fs::remove_file(&temporary));
            io_error(error)
        })
    }

    /// Read a file that [`Avatar::write`] wrote.
    ///
    /// # Errors
    /// Where it cannot be read, is cut off, was changed, or is of another version.
    pub fn open(path: &Path) -> Result<Self, AvatarError> {
        let wrong = |reason: String| AvatarError::Format {
            path: path.to_owned(),
            reason,
        };
        let file = File::open(path).map_err(|source| AvatarError::Io {
            path: path.to_owned(),
            source,
        })?;
        let mut members = read_members(file).map_err(|error| wrong(error.to_string()))?;
        let mut take = |name: &str| {
            members
                .remove(name)
                .ok_or_else(|| wrong(format!("it has no {name}")))
        };
        let text = String::from_utf8(take(MANIFEST)?).map_err(|error| wrong(error.to_string()))?;
        let manifest: AvatarManifest =
            toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if manifest.format_version != AVATAR_VERSION {
            return Err(wrong(format!("format version {}", manifest.format_version)));
        }
        let [generator, style] = [take(GENERATOR)?, take(STYLE)?];
        for (name, bytes) in [(GENERATOR, &generator), (STYLE, &style)] {
            let expected = manifest.parts.get(name).map(|part| part.sha256.as_str());
            if expected != Some(sha256_hex(bytes).as_str()) {
                return Err(wrong(format!("{name} is damaged or was changed")));
            }
        }
        let points = <[[f32; 2]; POINTS]>::try_from(manifest.rest.as_slice())
            .map_err(|error| wrong(format!("{POINTS} points are needed ({error})")))?;
        let (style, _) = style.as_chunks::<4>();
        Ok(Self {
            generator,
            style: style
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect(),
            rest: Landmarks { points },
            manifest,
        })
    }
}

fn append(archive: &mut tar::Builder<File>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    archive.append_data(&mut header, name, bytes)
}

fn read_members(file: File) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut members = BTreeMap::new();
    for entry in tar::Archive::new(file).entries()? {
        let entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        let size = entry.size();
        if size > PART_LIMIT || members.len() > 8 {
            return Err(io::Error::other("it holds more than an avatar does"));
        }
        let mut bytes = Vec::new();
        entry.take(PART_LIMIT).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != size {
            return Err(io::Error::other("it is cut off"));
        }
        members.insert(name, bytes);
    }
    Ok(members)
}

fn style_bytes(style: &[f32]) -> Vec<u8> {
    style.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn avatar() -> Avatar {
        Avatar::new(AvatarParts {
            generator: vec![7; 1000],
            style: vec![0.5, -1.25, 3.0],
            rest: Landmarks {
                points: [[1.5, 2.0]; POINTS],
            },
            side_px: 64,
            model: sha256_hex(b"model"),
            kind: AvatarKind::FineTuned,
            steps: 40,
            photos: vec![sha256_hex(b"photo")],
        })
    }

    #[test]
    fn an_avatar_comes_back_as_it_was_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("me.avatar");
        avatar().write(&path).unwrap();
        assert_eq!(Avatar::open(&path).unwrap(), avatar());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_cut_off_or_changed_avatar_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("me.avatar");
        avatar().write(&path).unwrap();
        let whole = fs::read(&path).unwrap();
        let content = whole.iter().rposition(|byte| *byte != 0).unwrap();
        for length in (0..content).step_by(97) {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(Avatar::open(&path).is_err(), "{length} bytes");
        }
        let mut changed = whole.clone();
        let place = whole.windows(8).position(|bytes| bytes == [7; 8]).unwrap();
        changed[place] = 8;
        fs::write(&path, changed).unwrap();
        let error = Avatar::open(&path).unwrap_err();
        assert!(error.to_string().contains("was changed"), "{error}");
    }
}
