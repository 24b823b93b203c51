//! Files and folders that appear whole or not at all.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::people::config::PeopleError;

/// Name an error of the file system.
pub(crate) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> PeopleError {
    let path = path.to_owned();
    move |source| PeopleError::File { path, source }
}

/// Write a file beside its place, then move it there.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PeopleError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(at(path))?;
    file.write_all(bytes).map_err(at(path))?;
    file.as_file().sync_all().map_err(at(path))?;
    file.persist(path).map_err(|error| at(path)(error.error))?;
    Ok(())
}

/// Create a folder with all above it.
pub(crate) fn create_folder(path: &Path) -> Result<(), PeopleError> {
    fs::create_dir_all(path).map_err(at(path))
}

/// A folder in the making, under a hidden name beside its place; what a killed run left there is
/// removed.
#[derive(Debug)]
pub(crate) struct FolderInTheMaking {
    hidden: PathBuf,
    place: PathBuf,
}

impl FolderInTheMaking {
    /// Begin, with nothing in it.
    pub(crate) fn begin(place: &Path) -> Result<Self, PeopleError> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let hidden = place.with_file_name(format!(".{name}.part"));
        remove(&hidden)?;
        create_folder(&hidden)?;
        Ok(Self {
            hidden,
            place: place.to_owned(),
        })
    }

    /// Where to write now.
    pub(crate) fn path(&self) -> &Path {
        &self.hidden
    }

    /// Put it to its place, instead of what is there.
    pub(crate) fn finish(self) -> Result<(), PeopleError> {
        remove(&self.place)?;
        fs::rename(&self.hidden, &self.place).map_err(at(&self.place))
    }
}

fn remove(folder: &Path) -> Result<(), PeopleError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(at(folder)),
    }
}

/// Folders in a folder, by name; hidden ones are left out.
pub(crate) fn folders_in(folder: &Path) -> Result<Vec<PathBuf>, PeopleError> {
    let mut found: Vec<PathBuf> = entries(folder)?
        .into_iter()
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    Ok(found)
}

/// Files in a folder, by name; hidden ones are left out.
pub(crate) fn files_in(folder: &Path) -> Result<Vec<PathBuf>, PeopleError> {
    let mut found: Vec<PathBuf> = entries(folder)?
        .into_iter()
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, PeopleError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}
