//! `NAME.avatar`: a person whom a model has learned, in one file.
//!
//! A tar archive of `avatar.toml` and its parts. Of a few-shot model these are `generator.onnx` and
//! `style.f32` (little-endian floats); such an avatar holds hashes of the person's photos, never the
//! photos. A portrait model bends pictures: its avatar holds the model's graphs, the cut-out faces
//! (`shot-NN.jpg`) and `landmarks.f32` (x and y of 70 points a shot).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs::File, io};

use inference::{BundleError, InferenceError, sha256_hex};
use landmarks::{Landmarks, POINTS, SCHEME};
use media::{decode_jpeg, encode_jpeg};
use provenance::ConsentRecord;
use serde::{Deserialize, Serialize};

use super::avatar_archive::{read_members, write_members};
use super::avatar_check::{check_plausible, lies_somewhere};
use super::avatar_consent::AvatarConsent;
use super::shot::Shot;
use crate::portrait::PORTRAIT_PRESET;

/// Version of the format that this program reads and writes.
pub const AVATAR_VERSION: u32 = 1;
/// Parts of the archive.
const MANIFEST: &str = "avatar.toml";
const GENERATOR: &str = "generator.onnx";
const STYLE: &str = "style.f32";
const LANDMARKS: &str = "landmarks.f32";
/// Quality of the cut-out faces as JPEG.
const QUALITY: u8 = 97;

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
    pub consent: AvatarConsent,
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

/// What an avatar of a portrait model is made of.
#[derive(Debug, Clone)]
pub struct PortraitParts {
    /// The model's graphs by name, without ending.
    pub graphs: Vec<(&'static str, Vec<u8>)>,
    /// The cut-out faces, the first of which is the one at rest.
    pub shots: Vec<Shot>,
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
    rest: Landmarks,
    /// Everything but the manifest, by name.
    members: BTreeMap<String, Vec<u8>>,
}

impl Avatar {
    /// Put an avatar of a few-shot model together.
    pub fn new(parts: AvatarParts) -> Self {
        let members = BTreeMap::from([
            (GENERATOR.to_owned(), parts.generator),
            (STYLE.to_owned(), float_bytes(&parts.style)),
        ]);
        let manifest = AvatarManifest {
            preset: super::FEW_SHOT_PRESET.to_owned(),
            resolution_px: parts.side_px,
            model: parts.model,
            kind: parts.kind,
            steps: parts.steps,
            photos: parts.photos,
            ..manifest(&parts.rest, &members)
        };
        Self {
            manifest,
            rest: parts.rest,
            members,
        }
    }

    /// Put an avatar of a portrait model together.
    ///
    /// # Panics
    /// If there are no shots: a wiring bug.
    pub fn of_portrait(parts: PortraitParts) -> Self {
        let mut members = BTreeMap::new();
        for (name, bytes) in parts.graphs {
            members.insert(format!("{name}.onnx"), bytes);
        }
        let mut points = Vec::new();
        for (index, shot) in parts.shots.iter().enumerate() {
            members.insert(shot_name(index), encode_jpeg(&shot.picture, QUALITY));
            points.extend(shot.landmarks.points.as_flattened());
        }
        members.insert(LANDMARKS.to_owned(), float_bytes(&points));
        let rest = parts.shots[0].landmarks;
        let manifest = AvatarManifest {
            preset: PORTRAIT_PRESET.to_owned(),
            resolution_px: parts.shots[0].picture.width(),
            model: parts.model,
            kind: parts.kind,
            steps: parts.steps,
            photos: parts.photos,
            ..manifest(&rest, &members)
        };
        Self {
            manifest,
            rest,
            members,
        }
    }

    /// Keep what was declared about the person's consent.
    pub fn with_consent(mut self, record: ConsentRecord) -> Self {
        self.manifest.consent = AvatarConsent::Declared(record);
        self
    }

    /// What `avatar.toml` says.
    pub fn manifest(&self) -> &AvatarManifest {
        &self.manifest
    }

    /// Whether a portrait model learned the person.
    pub fn is_portrait(&self) -> bool {
        self.manifest.preset == PORTRAIT_PRESET
    }

    /// A few-shot avatar's graph.
    pub fn generator(&self) -> &[u8] {
        self.member(GENERATOR)
    }

    /// A few-shot avatar's style.
    pub fn style(&self) -> Vec<f32> {
        floats(self.member(STYLE))
    }

    /// A portrait avatar's graph of this name; empty where there is none.
    pub fn graph(&self, name: &str) -> &[u8] {
        self.member(&format!("{name}.onnx"))
    }

    /// A portrait avatar's cut-out faces.
    ///
    /// # Errors
    /// Where a picture cannot be decoded or has no landmarks.
    pub fn shots(&self) -> Result<Vec<Shot>, AvatarError> {
        let wrong = |reason: String| AvatarError::Format {
            path: PathBuf::from("the avatar"),
            reason,
        };
        let points = floats(self.member(LANDMARKS));
        let (faces, _) = points.as_chunks::<{ 2 * POINTS }>();
        let shot = |(index, values): (usize, &[f32; 2 * POINTS])| {
            let name = shot_name(index);
            let picture = decode_jpeg(self.member(&name), Path::new(&name))
                .map_err(|error| wrong(error.to_string()))?;
            let (points, _) = values.as_chunks::<2>();
            let points = <[[f32; 2]; POINTS]>::try_from(points).expect("as many as points");
            let landmarks = Landmarks { points };
            let side = self.manifest.resolution_px;
            if [picture.width(), picture.height()] != [side, side] || !lies_somewhere(&landmarks) {
                return Err(wrong(format!("{name} does not fit to the others")));
            }
            Ok(Shot { picture, landmarks })
        };
        if faces.is_empty() {
            return Err(wrong("it holds no face".to_owned()));
        }
        faces.iter().enumerate().map(shot).collect()
    }

    /// Landmarks of the first photo's crop.
    pub fn rest(&self) -> &Landmarks {
        &self.rest
    }

    fn member(&self, name: &str) -> &[u8] {
        self.members.get(name).map_or(&[], Vec::as_slice)
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
        let manifest = toml::to_string(&self.manifest).map_err(io::Error::other);
        let manifest = manifest.map_err(io_error)?;
        let first = std::iter::once((MANIFEST, manifest.as_bytes()));
        let parts = self.members.iter();
        let parts = parts.map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        write_members(path, first.chain(parts)).map_err(io_error)
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
        let text = members.remove(MANIFEST);
        let text = text.ok_or_else(|| wrong(format!("it has no {MANIFEST}")))?;
        let text = String::from_utf8(text).map_err(|error| wrong(error.to_string()))?;
        let manifest: AvatarManifest =
            toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if manifest.format_version != AVATAR_VERSION {
            return Err(wrong(format!("format version {}", manifest.format_version)));
        }
        let needed: &[&str] = match manifest.preset.as_str() {
            super::FEW_SHOT_PRESET => &[GENERATOR, STYLE],
            PORTRAIT_PRESET => &[LANDMARKS],
            other => return Err(wrong(format!("preset {other} is not known"))),
        };
        if let Some(name) = needed
            .iter()
            .find(|name| !manifest.parts.contains_key(**name))
        {
            return Err(wrong(format!("it has no {name}")));
        }
        members.retain(|name, _| manifest.parts.contains_key(name));
        for (name, part) in &manifest.parts {
            let bytes = members.get(name);
            let bytes = bytes.ok_or_else(|| wrong(format!("it has no {name}")))?;
            if part.sha256 != sha256_hex(bytes) {
                return Err(wrong(format!("{name} is damaged or was changed")));
            }
        }
        let points = <[[f32; 2]; POINTS]>::try_from(manifest.rest.as_slice())
            .map_err(|error| wrong(format!("{POINTS} points are needed ({error})")))?;
        let rest = Landmarks { points };
        check_plausible(&manifest, &rest).map_err(wrong)?;
        Ok(Self {
            rest,
            manifest,
            members,
        })
    }
}

/// What a manifest says whatever the model.
fn manifest(rest: &Landmarks, members: &BTreeMap<String, Vec<u8>>) -> AvatarManifest {
    let part = |bytes: &Vec<u8>| AvatarPart {
        sha256: sha256_hex(bytes),
    };
    AvatarManifest {
        format_version: AVATAR_VERSION,
        preset: String::new(),
        resolution_px: 0,
        landmark_scheme: SCHEME.to_owned(),
        model: String::new(),
        kind: AvatarKind::FeedForward,
        steps: 0,
        photos: Vec::new(),
        consent: AvatarConsent::default(),
        rest: rest.points.to_vec(),
        parts: members
            .iter()
            .map(|(name, bytes)| (name.clone(), part(bytes)))
            .collect(),
    }
}

fn shot_name(index: usize) -> String {
    format!("shot-{index:02}.jpg")
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (values, _) = bytes.as_chunks::<4>();
    values
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}

fn float_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use media::Image;

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
    fn what_was_declared_about_consent_stays_with_the_avatar() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("me.avatar");
        let mut record = ConsentRecord::declare(provenance::Consent::Agreed);
        record.declared_by = Some("the photographer".to_owned());
        avatar().with_consent(record.clone()).write(&path).unwrap();
        let found = Avatar::open(&path).unwrap();
        assert_eq!(found.manifest().consent.record(), Some(&record));
        avatar().write(&path).unwrap();
        assert_eq!(
            Avatar::open(&path).unwrap().manifest().consent.record(),
            None
        );
    }

    #[test]
    fn a_portrait_avatar_keeps_its_graphs_and_faces() {
        let shot = |level: u8| Shot {
            picture: Image::from_rgb(16, 16, vec![level; 768]),
            landmarks: Landmarks {
                points: [[f32::from(level), 3.25]; POINTS],
            },
        };
        let shots = vec![shot(30), shot(200)];
        let avatar = Avatar::of_portrait(PortraitParts {
            graphs: vec![("motion", vec![1, 2]), ("decoder", vec![3])],
            shots: shots.clone(),
            model: sha256_hex(b"model"),
            kind: AvatarKind::FineTuned,
            steps: 30,
            photos: Vec::new(),
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("me.avatar");
        avatar.write(&path).unwrap();
        let back = Avatar::open(&path).unwrap();
        assert_eq!(back, avatar);
        assert_eq!(
            [back.graph("motion"), back.graph("decoder")],
            [&[1, 2][..], &[3]]
        );
        for (found, shot) in back.shots().unwrap().iter().zip(&shots) {
            assert_eq!(found.landmarks, shot.landmarks);
            let pairs = found.picture.rgb().iter().zip(shot.picture.rgb());
            assert!(pairs.map(|(a, b)| a.abs_diff(*b)).max() <= Some(2));
        }
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
