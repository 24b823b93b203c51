//! What Cargo knows about this workspace: its root, its packages and every dependency.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::step::{TaskError, capture};

/// Answer of `cargo metadata`, all features on.
pub(crate) struct Workspace {
    metadata: Value,
}

/// One use of a package by another, as its manifest declares it.
pub(crate) struct Edge<'a> {
    /// Package that is used.
    pub(crate) to: &'a str,
    /// True where only tests and examples use it.
    pub(crate) is_for_tests: bool,
}

impl Workspace {
    /// Ask Cargo.
    ///
    /// # Errors
    /// If Cargo fails or answers with something other than JSON.
    pub(crate) fn read() -> Result<Self, TaskError> {
        let text = capture(cargo().args(["metadata", "--format-version=1", "--all-features"]))?;
        let metadata = serde_json::from_str(&text).map_err(|error| TaskError::Unreadable {
            tool: "cargo metadata",
            reason: error.to_string(),
        })?;
        Ok(Self { metadata })
    }

    /// Every package, ours and others'.
    pub(crate) fn packages(&self) -> impl Iterator<Item = Package<'_>> {
        let packages = self.metadata["packages"].as_array();
        packages
            .into_iter()
            .flatten()
            .map(|value| Package { value })
    }

    /// Our own packages.
    pub(crate) fn members(&self) -> impl Iterator<Item = Package<'_>> {
        self.packages().filter(Package::is_ours)
    }

    /// Names of our packages that have `feature`.
    pub(crate) fn members_with_feature(&self, feature: &str) -> Vec<String> {
        self.members()
            .filter(|package| package.value["features"].get(feature).is_some())
            .map(|package| package.name().to_owned())
            .collect()
    }
}

/// One package of the answer.
pub(crate) struct Package<'a> {
    value: &'a Value,
}

impl<'a> Package<'a> {
    /// Name as in its manifest.
    pub(crate) fn name(&self) -> &'a str {
        self.value["name"].as_str().unwrap_or_default()
    }

    /// Version as in its manifest.
    pub(crate) fn version(&self) -> &'a str {
        self.value["version"].as_str().unwrap_or_default()
    }

    /// Licence expression, where the package states one.
    pub(crate) fn licence(&self) -> Option<&'a str> {
        self.value["license"].as_str()
    }

    /// Where the package comes from; `None` for a folder of this repository.
    pub(crate) fn source(&self) -> Option<&'a str> {
        self.value["source"].as_str()
    }

    /// True for a package of this workspace.
    pub(crate) fn is_ours(&self) -> bool {
        self.source().is_none()
    }

    /// What its manifest says it uses.
    pub(crate) fn edges(&self) -> impl Iterator<Item = Edge<'a>> {
        let dependencies = self.value["dependencies"].as_array();
        dependencies.into_iter().flatten().map(|value| Edge {
            to: value["name"].as_str().unwrap_or_default(),
            is_for_tests: value["kind"].as_str() == Some("dev"),
        })
    }
}

/// Root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .nth(2)
        .expect("the manifest lies two folders below the root")
        .to_owned()
}

/// The program as `cargo build --release` leaves it.
///
/// # Errors
/// If Cargo does not say where it builds.
pub(crate) fn release_binary() -> Result<PathBuf, TaskError> {
    binary("release")
}

/// The program in a folder of the target directory, such as `debug`.
///
/// # Errors
/// If Cargo does not say where it builds.
pub(crate) fn binary(profile: &str) -> Result<PathBuf, TaskError> {
    let workspace = Workspace::read()?;
    let target = workspace.metadata["target_directory"].as_str();
    let target = target.ok_or_else(|| TaskError::Unreadable {
        tool: "cargo metadata",
        reason: "it names no target directory".to_owned(),
    })?;
    let name = format!("vivant{}", std::env::consts::EXE_SUFFIX);
    Ok(Path::new(target).join(profile).join(name))
}

/// The Cargo that started this task, run in the repository's root.
pub(crate) fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}
