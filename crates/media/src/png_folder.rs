//! A folder of numbered PNG pictures that appears when it is complete.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::atomic::{folder_of, free_name, replace_folder, sync_folder};
use crate::error::MediaError;
use crate::image::Image;
use crate::metadata::Metadata;
use crate::output::OutputConfig;
use crate::pictures::encode_png;
use crate::seal::{SharedSeal, sealed_png};

/// Start of every picture's name.
const PREFIX: &str = "frame_";

/// Collects pictures in a folder beside the target.
#[derive(Debug)]
pub(crate) struct PngFolder {
    target: PathBuf,
    folder: PathBuf,
    metadata: Metadata,
    seal: Option<SharedSeal>,
    is_kept: bool,
}

impl PngFolder {
    /// Make the folder. The target may be missing, empty, or hold earlier frames alone.
    pub(crate) fn create(config: &OutputConfig) -> Result<Self, MediaError> {
        let target = config.path.as_path();
        if target.exists() && !may_be_replaced(target)? {
            return Err(MediaError::OutputFolderInUse {
                path: target.to_owned(),
            });
        }
        let folder = free_name(target, "".as_ref())?;
        fs::create_dir(&folder).map_err(|source| MediaError::from_write(target, source))?;
        Ok(Self {
            target: target.to_owned(),
            folder,
            metadata: config.metadata.clone(),
            seal: config.seal.clone(),
            is_kept: false,
        })
    }

    /// Name of a picture by its number.
    pub(crate) fn name(index: u64) -> String {
        format!("{PREFIX}{index:06}.png")
    }

    /// Take a picture that was written before, which stays where it is too.
    pub(crate) fn adopt(&mut self, index: u64, picture: &Path) -> Result<(), MediaError> {
        let place = self.folder.join(Self::name(index));
        // Not every disk has links; a copy does the same.
        let taken = fs::hard_link(picture, &place).or_else(|_| fs::copy(picture, &place).map(drop));
        taken.map_err(|source| MediaError::from_write(&self.target, source))
    }

    /// Write one picture.
    pub(crate) fn write(&mut self, index: u64, image: &Image) -> Result<(), MediaError> {
        let name = Self::name(index);
        let wanted = self.target.join(&name);
        let fail = |source| MediaError::from_write(&wanted, source);
        let mut bytes = Vec::new();
        encode_png(&mut bytes, &wanted, image, &self.metadata)?;
        if let Some(seal) = &self.seal {
            let size = [image.width(), image.height()];
            bytes = sealed_png(&**seal, &wanted, size, bytes)?;
        }
        let mut file = File::create(self.folder.join(&name)).map_err(fail)?;
        file.write_all(&bytes).map_err(fail)?;
        file.sync_data().map_err(fail)
    }

    /// Give the folder its wanted name.
    pub(crate) fn finish(mut self) -> Result<(), MediaError> {
        let fail = |source| MediaError::from_write(&self.target, source);
        sync_folder(&self.folder).map_err(fail)?;
        replace_folder(&self.folder, &self.target)?;
        self.is_kept = true;
        sync_folder(&folder_of(&self.target)).map_err(fail)
    }
}

impl Drop for PngFolder {
    fn drop(&mut self) {
        if !self.is_kept {
            // Nobody is left to hear of a failure, and the name says that the folder is temporary.
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// Whether the folder holds nothing but frames of an earlier run.
fn may_be_replaced(folder: &Path) -> Result<bool, MediaError> {
    let fail = |source| MediaError::from_read(folder, source);
    for entry in fs::read_dir(folder).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name();
        let name = name.to_string_lossy();
        let number = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.strip_suffix(".png"));
        let is_frame = number
            .is_some_and(|number| number.len() >= 6 && number.bytes().all(|b| b.is_ascii_digit()));
        if !is_frame {
            return Ok(false);
        }
    }
    Ok(true)
}
