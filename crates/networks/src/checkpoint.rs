//! Tensors on disk, as safetensors: the one file of this crate that touches the disk.
//!
//! A file appears whole or not at all: it is written under a temporary name, flushed and renamed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView, serialize};
use std::collections::HashMap;
use tch::{Device, Kind, Tensor};

use crate::checkpoint_parts::{ElementKind, PartsError, TensorPart, read_parts};

/// Why a checkpoint could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The disk said no.
    #[error("cannot access {}", path.display())]
    Io {
        /// The file in question.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not in the safetensors format, or is cut off.
    #[error("{} is not a whole safetensors file: it may be cut off; use an older checkpoint", path.display())]
    Format {
        /// The file in question.
        path: PathBuf,
        /// What the reader said.
        source: safetensors::SafeTensorError,
    },
    /// A tensor has an element type that checkpoints do not hold.
    #[error("{} holds tensor {name} as {kind}; only F32, F16 and I64 are read", path.display())]
    ElementType {
        /// The file in question.
        path: PathBuf,
        /// The tensor in question.
        name: String,
        /// Its element type.
        kind: String,
    },
    /// A tensor has axes that no tensor of libtorch can have.
    #[error("{} holds {name} with the impossible shape {shape:?}: it is damaged", path.display())]
    Lengths {
        /// The file in question.
        path: PathBuf,
        /// The tensor in question.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// The file lacks a tensor that the network has.
    #[error("{} has no tensor {name}: it belongs to another network or version", path.display())]
    MissingTensor {
        /// The file in question.
        path: PathBuf,
        /// The tensor in question.
        name: String,
    },
    /// A tensor has another shape than the network's.
    #[error("{} holds {name} with shape {found:?}, but the network has {expected:?}", path.display())]
    Shape {
        /// The file in question.
        path: PathBuf,
        /// The tensor in question.
        name: String,
        /// Shape in the network.
        expected: Vec<i64>,
        /// Shape in the file.
        found: Vec<i64>,
    },
}

/// Named tensors and a few words about them.
#[derive(Debug, Default)]
pub struct Checkpoint {
    /// Tensors by name; f32 or i64.
    pub tensors: BTreeMap<String, Tensor>,
    /// Words by name, such as the step or the resolved settings.
    pub words: BTreeMap<String, String>,
}

impl Checkpoint {
    /// Write to `path`, whole or not at all.
    ///
    /// # Errors
    /// [`CheckpointError::Io`] where the disk refuses; nothing is left behind then.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        let bytes = self.to_bytes();
        let io = |source| CheckpointError::Io {
            path: path.to_path_buf(),
            source,
        };
        let temporary = path.with_extension("part");
        let write = || -> std::io::Result<()> {
            // What an earlier run left behind goes; a link is never written through.
            match fs::remove_file(&temporary) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = File::create_new(&temporary)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, path)
        };
        write().map_err(|error| {
            // best effort: the error that counts is the one above
            drop(fs::remove_file(&temporary));
            io(error)
        })
    }

    /// Read a file that [`Checkpoint::save`] wrote, onto the CPU.
    ///
    /// # Errors
    /// Where the file cannot be read, is cut off, or holds other element types.
    pub fn load(path: &Path) -> Result<Self, CheckpointError> {
        let io = |source| CheckpointError::Io {
            path: path.to_path_buf(),
            source,
        };
        let bytes = fs::read(path).map_err(io)?;
        Self::from_bytes(&bytes, path)
    }

    /// Read the bytes of a safetensors file; `path` is only for the text of errors.
    ///
    /// # Errors
    /// Where the bytes are cut off or hold other element types.
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, CheckpointError> {
        let parts = read_parts(bytes).map_err(|error| {
            let path = path.to_path_buf();
            match error {
                PartsError::Format(source) => CheckpointError::Format { path, source },
                PartsError::ElementType { name, kind } => {
                    CheckpointError::ElementType { path, name, kind }
                }
                PartsError::Lengths { name, shape } => {
                    CheckpointError::Lengths { path, name, shape }
                }
            }
        })?;
        let tensors = parts.tensors.iter();
        Ok(Self {
            tensors: tensors
                .map(|part| (part.name.clone(), read_tensor(part)))
                .collect(),
            words: parts.words,
        })
    }

    /// The same with all floats in half precision, for transport: relative error up to 0.05 %.
    pub fn to_half(&self) -> Self {
        let half = |tensor: &Tensor| match tensor.kind() {
            Kind::Float => tensor.to_kind(Kind::Half),
            _ => tensor.shallow_clone(),
        };
        Self {
            tensors: self
                .tensors
                .iter()
                .map(|(name, tensor)| (name.clone(), half(tensor)))
                .collect(),
            words: self.words.clone(),
        }
    }

    /// Copy the tensors named `prefix` + name into `targets`.
    ///
    /// # Errors
    /// [`CheckpointError::MissingTensor`] and [`CheckpointError::Shape`] name the first misfit;
    /// `path` is only for their text.
    pub fn copy_into(
        &self,
        prefix: &str,
        targets: &BTreeMap<String, Tensor>,
        path: &Path,
    ) -> Result<(), CheckpointError> {
        for (name, target) in targets {
            let name = format!("{prefix}{name}");
            let Some(tensor) = self.tensors.get(&name) else {
                return Err(CheckpointError::MissingTensor {
                    path: path.to_path_buf(),
                    name,
                });
            };
            if tensor.size() != target.size() {
                return Err(CheckpointError::Shape {
                    path: path.to_path_buf(),
                    name,
                    expected: target.size(),
                    found: tensor.size(),
                });
            }
            tch::no_grad(|| target.shallow_clone().copy_(tensor));
        }
        Ok(())
    }

    /// The bytes of a safetensors file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let stored: Vec<(&str, Dtype, Vec<usize>, Vec<u8>)> = self
            .tensors
            .iter()
            .map(|(name, tensor)| stored(name, tensor))
            .collect();
        let views = stored.iter().map(|(name, dtype, shape, bytes)| {
            let view = TensorView::new(*dtype, shape.clone(), bytes);
            (*name, view.expect("as many bytes as the shape needs"))
        });
        let words: HashMap<String, String> = self.words.clone().into_iter().collect();
        serialize(views, Some(words)).expect("f32 and i64 tensors serialise")
    }
}

fn stored<'a>(name: &'a str, tensor: &Tensor) -> (&'a str, Dtype, Vec<usize>, Vec<u8>) {
    let tensor = tensor.detach().to_device(Device::Cpu);
    let shape = tensor
        .size()
        .iter()
        .map(|&length| length as usize)
        .collect();
    let flat = tensor.reshape([-1]);
    if tensor.kind() == Kind::Int64 {
        let values = Vec::<i64>::try_from(&flat).expect("a flat i64 tensor converts");
        (
            name,
            Dtype::I64,
            shape,
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        )
    } else if tensor.kind() == Kind::Half {
        let values =
            Vec::<f32>::try_from(&flat.to_kind(Kind::Float)).expect("a flat f32 tensor converts");
        let bytes = values
            .iter()
            .flat_map(|&value| half::f16::from_f32(value).to_le_bytes());
        (name, Dtype::F16, shape, bytes.collect())
    } else {
        let values =
            Vec::<f32>::try_from(&flat.to_kind(Kind::Float)).expect("a flat f32 tensor converts");
        (
            name,
            Dtype::F32,
            shape,
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        )
    }
}

fn read_tensor(part: &TensorPart<'_>) -> Tensor {
    let tensor = |kind| Tensor::from_data_size(part.bytes, &part.shape, kind);
    match part.kind {
        ElementKind::Float => tensor(Kind::Float),
        ElementKind::Half => tensor(Kind::Half).to_kind(Kind::Float),
        ElementKind::Integer => tensor(Kind::Int64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_and_words_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("step-7.safetensors");
        let mut checkpoint = Checkpoint::default();
        checkpoint
            .tensors
            .insert("a.weight".into(), Tensor::from_slice(&[1.5f32, -2.0, 0.1]));
        checkpoint
            .tensors
            .insert("step".into(), Tensor::from_slice(&[7i64]));
        checkpoint
            .words
            .insert("config".into(), "side_px = 128".into());
        checkpoint.save(&path).unwrap();

        let back = Checkpoint::load(&path).unwrap();
        assert_eq!(back.tensors["a.weight"], checkpoint.tensors["a.weight"]);
        assert_eq!(back.tensors["step"], checkpoint.tensors["step"]);
        assert_eq!(back.words, checkpoint.words);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing temporary is left"
        );
    }

    #[test]
    fn a_file_cut_off_anywhere_is_an_error_and_not_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let mut checkpoint = Checkpoint::default();
        checkpoint
            .tensors
            .insert("a".into(), Tensor::from_slice(&[1.5f32; 16]));
        checkpoint.save(&path).unwrap();
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(
                Checkpoint::load(&path).is_err(),
                "{length} bytes of {}",
                whole.len()
            );
        }
    }

    #[test]
    fn axes_that_libtorch_cannot_have_are_an_error_and_not_a_crash() {
        let header =
            r#"{"a":{"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]}}"#;
        let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
        let error = Checkpoint::from_bytes(&bytes, Path::new("x.safetensors")).unwrap_err();
        assert!(error.to_string().contains("impossible shape"), "{error}");
    }

    #[test]
    fn another_networks_checkpoint_is_refused_by_name() {
        let mut checkpoint = Checkpoint::default();
        checkpoint
            .tensors
            .insert("net.a".into(), Tensor::from_slice(&[1.0f32, 2.0]));
        let target = |name: &str, length: i64| {
            BTreeMap::from([(
                name.to_string(),
                Tensor::zeros([length], (Kind::Float, Device::Cpu)),
            )])
        };
        let path = Path::new("x.safetensors");
        assert!(checkpoint.copy_into("net.", &target("a", 2), path).is_ok());
        let missing = checkpoint
            .copy_into("net.", &target("b", 2), path)
            .unwrap_err();
        assert!(missing.to_string().contains("net.b"), "{missing}");
        let shape = checkpoint
            .copy_into("net.", &target("a", 3), path)
            .unwrap_err();
        assert!(shape.to_string().contains("[2]"), "{shape}");
    }
}
