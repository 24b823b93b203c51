//! Files and folders that appear under their wanted name only when they are complete.
//!
//! They are made beside the target, so that renaming stays on one disk. A writer that is dropped
//! takes its temporary files along.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::MediaError;

/// A file beside its target that is removed unless it is renamed.
#[derive(Debug)]
pub(crate) struct TemporaryFile {
    target: PathBuf,
    path: PathBuf,
    file: File,
    is_kept: bool,
}

impl TemporaryFile {
    /// Create an empty file beside `target`, with the same ending.
    pub(crate) fn beside(target: &Path) -> Result<Self, MediaError> {
        let extension = target.extension().unwrap_or_default().to_owned();
        Self::with_extension(target, &extension)
    }

    /// Create an empty file beside `target`, with an ending of its own.
    pub(crate) fn with_extension(
        target: &Path,
        extension: &std::ffi::OsStr,
    ) -> Result<Self, MediaError> {
        let path = free_name(target, extension)?;
        let file = OpenOptions::new()
            .write(true)
            .read(true)
            .create_new(true)
            .open(&path)
            .map_err(|source| MediaError::from_write(target, source))?;
        Ok(Self {
            target: target.to_owned(),
            path,
            file,
            is_kept: false,
        })
    }

    /// Where it lies for now.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The open file.
    pub(crate) fn file_mut(&mut self) -> &mut File {
        &mut self.file
    }

    /// Bring everything to the disk, then give the file its wanted name.
    pub(crate) fn rename_to_target(mut self) -> Result<(), MediaError> {
        let fail = |source| MediaError::from_write(&self.target, source);
        self.file.sync_all().map_err(fail)?;
        fs::rename(&self.path, &self.target).map_err(fail)?;
        self.is_kept = true;
        sync_folder(&folder_of(&self.target)).map_err(fail)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // Nobody is left to hear of a failure, and the name says that the file is temporary.
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Write a file that is there whole or not at all.
///
/// # Errors
/// If the folder is missing or read-only, or the disk is full.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), MediaError> {
    let mut temporary = TemporaryFile::beside(path)?;
    let written = temporary.file_mut().write_all(bytes);
    written.map_err(|source| MediaError::from_write(path, source))?;
    temporary.rename_to_target()
}

/// Give a finished folder its wanted name, beside which it lies; a folder of that name goes.
///
/// Where the system can, the two change places in one step, so that a folder of that name is there at every
/// moment.
///
/// # Errors
/// If the system refuses to rename or remove.
pub fn replace_folder(finished: &Path, target: &Path) -> Result<(), MediaError> {
    let fail = |source| MediaError::from_write(target, source);
    if !target.exists() {
        return fs::rename(finished, target).map_err(fail);
    }
    if exchange(finished, target) {
        return fs::remove_dir_all(finished).map_err(fail);
    }
    let old = free_name(target, "".as_ref())?;
    fs::rename(target, &old).map_err(fail)?;
    fs::rename(finished, target).map_err(fail)?;
    fs::remove_dir_all(&old).map_err(fail)
}

/// Let two names change places; false where the system cannot do that.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> bool {
    false
}

/// The folder a file lies in.
pub(crate) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A name beside `target` that is hidden, tells where it comes from, and is not taken.
pub(crate) fn free_name(target: &Path, extension: &std::ffi::OsStr) -> Result<PathBuf, MediaError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let folder = folder_of(target);
    if !folder.is_dir() {
        return Err(MediaError::NoOutputFolder { path: folder });
    }
    let Some(stem) = target.file_stem() else {
        return Err(MediaError::UnknownOutput {
            path: target.to_owned(),
        });
    };
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = OsString::from(".");
    name.push(stem);
    name.push(format!(".partial-{}-{count}", std::process::id()));
    if !extension.is_empty() {
        name.push(".");
        name.push(extension);
    }
    Ok(folder.join(name))
}

/// Bring a folder's list of names to the disk, where the system can do that.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        return File::open(folder)?.sync_all();
    }
    Ok(())
}
