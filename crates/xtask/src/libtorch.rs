//! Where libtorch is, and the environment in which Cargo builds and tests find it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{TaskError, capture};

/// The version that `tch` is made for.
pub(crate) const VERSION: &str = "2.11.0";

const ASK_PYTHON: &str =
    "import os, torch; print(torch.__version__); print(os.path.dirname(torch.__file__))";

/// A libtorch on this machine: a folder that holds `include` and `lib`.
#[derive(Debug)]
pub(crate) struct Libtorch {
    folder: PathBuf,
}

impl Libtorch {
    /// Look where the user points (`LIBTORCH`, then `LIBTORCH_USE_PYTORCH`), then in the cache.
    /// `None` where there is none yet.
    ///
    /// # Errors
    /// If the user points at something that is not libtorch 2.11.
    pub(crate) fn find() -> Result<Option<Self>, TaskError> {
        if let Some(folder) = std::env::var_os("LIBTORCH") {
            return Self::at(PathBuf::from(folder), "LIBTORCH").map(Some);
        }
        if std::env::var_os("LIBTORCH_USE_PYTORCH").is_some() {
            return Self::of_python().map(Some);
        }
        let folder = cache_folder()?.join("torch");
        Ok(has_libraries(&folder).then_some(Self { folder }))
    }

    fn of_python() -> Result<Self, TaskError> {
        let answer = capture(Command::new("python3").args(["-c", ASK_PYTHON]))?;
        let folder = answer.lines().nth(1).unwrap_or_default();
        Self::at(PathBuf::from(folder), "LIBTORCH_USE_PYTORCH")
    }

    fn at(folder: PathBuf, variable: &str) -> Result<Self, TaskError> {
        if !has_libraries(&folder) {
            return Err(TaskError::Missing(format!(
                "{variable} leads to {}, where there is no lib/libtorch_cpu",
                folder.display()
            )));
        }
        let found = version_of(&folder);
        let is_fitting = found
            .as_deref()
            .is_none_or(|version| version.starts_with("2.11"));
        if !is_fitting && std::env::var_os("LIBTORCH_BYPASS_VERSION_CHECK").is_none() {
            return Err(TaskError::Missing(format!(
                "{variable} leads to libtorch {} in {}, but {VERSION} is needed",
                found.unwrap_or_default(),
                folder.display()
            )));
        }
        Ok(Self { folder })
    }

    /// Folder that holds `include` and `lib`.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Let `command`, a Cargo, build against this libtorch and its tests find it.
    pub(crate) fn equip(&self, command: &mut Command) {
        command.env("LIBTORCH", &self.folder);
        command.env_remove("LIBTORCH_USE_PYTORCH");
        let variable = if cfg!(target_os = "macos") {
            "DYLD_LIBRARY_PATH"
        } else {
            "LD_LIBRARY_PATH"
        };
        let mut folders = self.library_folders();
        if let Some(before) = std::env::var_os(variable) {
            folders.extend(std::env::split_paths(&before));
        }
        let joined = std::env::join_paths(folders);
        command.env(variable, joined.unwrap_or_else(|_| OsString::new()));
    }

    /// `lib`, and the CUDA run-time libraries that the wheels keep beside it.
    fn library_folders(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.folder.join("lib")];
        let beside = self.folder.with_file_name("nvidia");
        let packages = std::fs::read_dir(beside).into_iter().flatten().flatten();
        let libraries = packages.map(|package| package.path().join("lib"));
        folders.extend(libraries.filter(|folder| folder.is_dir()));
        folders
    }
}

/// Where `setup` puts libtorch: outside the source tree, one folder a version.
///
/// # Errors
/// If neither `XDG_CACHE_HOME` nor `HOME` is set.
pub(crate) fn cache_folder() -> Result<PathBuf, TaskError> {
    Ok(cache_base()?.join(format!("libtorch-{VERSION}")))
}

/// Where `setup` puts what it downloads.
///
/// # Errors
/// If neither `XDG_CACHE_HOME` nor `HOME` is set.
pub(crate) fn cache_base() -> Result<PathBuf, TaskError> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => match std::env::var_os("HOME") {
            Some(home) => PathBuf::from(home).join(".cache"),
            None => {
                return Err(TaskError::Missing(
                    "neither XDG_CACHE_HOME nor HOME is set, so there is no cache folder"
                        .to_owned(),
                ));
            }
        },
    };
    Ok(base.join("vivant"))
}

fn has_libraries(folder: &Path) -> bool {
    let names = ["libtorch_cpu.so", "libtorch_cpu.dylib", "torch_cpu.dll"];
    names
        .iter()
        .any(|name| folder.join("lib").join(name).is_file())
}

/// Version as the wheel (`version.py`) or the plain archive (`build-version`) states it.
fn version_of(folder: &Path) -> Option<String> {
    if let Ok(text) = std::fs::read_to_string(folder.join("build-version")) {
        return Some(text.trim().to_owned());
    }
    let text = std::fs::read_to_string(folder.join("version.py")).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("__version__ = "))?;
    Some(
        line.trim_matches(|mark| mark == '\'' || mark == '"')
            .to_owned(),
    )
}
