//! The studio's page: built with Node where that is at hand, compared with what is committed, tested in a browser.
//!
//! The built files are part of the repository, so that Cargo alone makes the whole program.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{TaskError, answers, judge, run};
use crate::workspace::{binary, cargo, root};

/// The built files beside `dist`, to be compared with it; removed after.
const FRESH: &str = "dist-fresh";
/// Names that a Chromium goes by.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Build the page into the repository.
///
/// # Errors
/// If Node is missing, or the page does not build.
pub(crate) fn build() -> Result<(), TaskError> {
    if !has_node() {
        return Err(TaskError::Missing(
            "the page is built with Node 20 or newer: install it with npm, then run this again"
                .to_owned(),
        ));
    }
    install_packages()?;
    run(npm().args(["run", "build"]))
}

/// Whether the committed page is what its sources build.
///
/// # Errors
/// If it is not, or does not build.
pub(crate) fn check() -> Result<(), TaskError> {
    if !has_node() {
        println!("\nnot checked: whether the studio's page is freshly built (no Node)");
        return Ok(());
    }
    if install_packages().is_err() {
        println!(
            "\nnot checked: whether the studio's page is freshly built (npm cannot get its packages)"
        );
        return Ok(());
    }
    run(npm().args(["run", "build", "--", "--outDir", FRESH]))?;
    let fresh = folder().join(FRESH);
    let problems = differences(&folder().join("dist"), &fresh);
    std::fs::remove_dir_all(&fresh).map_err(|source| TaskError::File {
        path: fresh,
        source,
    })?;
    judge(
        "the studio's page is freshly built (else: cargo xtask page)",
        problems?,
    )
}

/// The tests of the page in a real browser.
///
/// # Errors
/// If one fails.
pub(crate) fn test() -> Result<(), TaskError> {
    let browser = BROWSERS.into_iter().find(|name| answers(name, "--version"));
    if !has_node() || browser.is_none() {
        println!(
            "\nnot tested: the studio's page in a browser (needs Node with npm, and Chromium)"
        );
        return Ok(());
    }
    if install_packages().is_err() {
        println!("\nnot tested: the studio's page in a browser (npm cannot get its packages)");
        return Ok(());
    }
    run(cargo().args(["build", "--package", "cli"]))?;
    run(npm().arg("test").env("VIVANT", binary("debug")?))
}

fn has_node() -> bool {
    answers("node", "--version") && answers("npm", "--version")
}

fn folder() -> PathBuf {
    root().join("crates/web/page")
}

fn npm() -> Command {
    let mut command = Command::new("npm");
    command.current_dir(folder());
    command
}

/// Install what the lock file names, once.
fn install_packages() -> Result<(), TaskError> {
    if folder().join("node_modules/.package-lock.json").is_file() {
        return Ok(());
    }
    run(npm().args(["ci", "--no-audit", "--no-fund"]))
}

/// Files that are in one folder alone, or not the same in both.
fn differences(one: &Path, other: &Path) -> Result<Vec<String>, TaskError> {
    let mut problems = Vec::new();
    for (here, there) in [(one, other), (other, one)] {
        for file in files_in(here)? {
            let same =
                std::fs::read(here.join(&file)).ok() == std::fs::read(there.join(&file)).ok();
            let text = format!("{} differs", file.display());
            if !same && !problems.contains(&text) {
                problems.push(text);
            }
        }
    }
    Ok(problems)
}

/// All files below a folder, by their path in it.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, TaskError> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(inner) = open.pop() {
        let path = folder.join(&inner);
        let failed = |source| TaskError::File {
            path: path.clone(),
            source,
        };
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = inner.join(entry.file_name());
            if entry.path().is_dir() {
                open.push(name);
            } else {
                found.push(name);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_or_is_in_one_folder_alone_is_named_once() {
        let folder = std::env::temp_dir().join(format!("vivant-xtask-{}", std::process::id()));
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("a/same.js", "1");
        write("b/same.js", "1");
        write("a/in/changed.css", "1");
        write("b/in/changed.css", "2");
        write("b/new.svg", "1");
        let mut found = differences(&folder.join("a"), &folder.join("b")).unwrap();
        found.sort();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, ["in/changed.css differs", "new.svg differs"]);
    }
}
