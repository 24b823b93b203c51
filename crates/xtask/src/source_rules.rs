//! Rules that no compiler checks: how long a file may be, what it may be called, what no text
//! of the repository may contain.

use std::path::{Path, PathBuf};

use crate::step::{TaskError, judge};
use crate::workspace::root;

/// Lines without tests at which a file must be split.
const LONGEST_FILE: usize = 400;
/// Lines without tests at which a file is named in the output, so that the next change splits it.
const LONG_FILE: usize = 300;
/// File names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "common", "helpers", "helper", "misc"];
/// What no text may contain: folders of one person's machine, and reminders without an owner.
const BANNED: &[&str] = &[
    "/root/", "/home/", "/Users/", "/work/", "TODO", "FIXME", "XXX",
];
/// This file lists the words, so it may contain them.
const THIS_FILE: &str = "crates/xtask/src/source_rules.rs";
/// Folders whose files are read.
const FOLDERS: &[&str] = &[
    "crates",
    "docs",
    ".ci",
    ".cargo",
    "models",
    "fuzz/fuzz_targets",
    "fuzz/src",
];
/// Kinds of files that are text of ours.
const TEXT: &[&str] = &["rs", "md", "toml", "txt", "run", "ts", "tsx", "mjs", "css"];

/// Read every text file of the repository and apply the rules.
///
/// # Errors
/// Lists every file that breaks one.
pub(crate) fn check() -> Result<(), TaskError> {
    let mut problems = Vec::new();
    for path in text_files()? {
        let text = std::fs::read_to_string(&path).map_err(|source| TaskError::File {
            path: path.clone(),
            source,
        })?;
        let shown = path.strip_prefix(root()).unwrap_or(&path).to_owned();
        if shown != Path::new(THIS_FILE) {
            problems.extend(banned_words(&shown, &text));
        }
        if shown.extension().is_some_and(|kind| kind == "rs") {
            problems.extend(empty_name(&shown));
            problems.extend(missing_header(&shown, &text));
            problems.extend(too_long(&shown, &text));
        }
    }
    judge("source rules", problems)
}

fn text_files() -> Result<Vec<PathBuf>, TaskError> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(&root().join(folder), &mut files)?;
    }
    for entry in entries(&root())? {
        if is_text(&entry) && entry.is_file() {
            files.push(entry);
        }
    }
    files.sort();
    Ok(files)
}

/// Every Rust file of ours, in the workspace and beside it.
pub(crate) fn rust_files() -> Result<Vec<PathBuf>, TaskError> {
    let mut files = text_files()?;
    files.retain(|path| path.extension().is_some_and(|kind| kind == "rs"));
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), TaskError> {
    if !folder.is_dir() {
        return Ok(());
    }
    for path in entries(folder)? {
        // what npm installed is not ours
        if path.ends_with("node_modules") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if is_text(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, TaskError> {
    let failed = |source| TaskError::File {
        path: folder.to_owned(),
        source,
    };
    let listing = std::fs::read_dir(folder).map_err(failed)?;
    listing
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}

fn is_text(path: &Path) -> bool {
    let kind = path.extension().and_then(|kind| kind.to_str());
    kind.is_some_and(|kind| TEXT.contains(&kind)) || path.ends_with(".ci/run")
}

fn banned_words(path: &Path, text: &str) -> Vec<String> {
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            let word = BANNED.iter().find(|word| line.contains(**word))?;
            Some(format!("{}:{}: contains {word}", path.display(), index + 1))
        })
        .collect()
}

fn empty_name(path: &Path) -> Option<String> {
    let name = path.file_stem()?.to_str()?;
    EMPTY_NAMES
        .contains(&name)
        .then(|| format!("{}: name the concept instead", path.display()))
}

fn missing_header(path: &Path, text: &str) -> Option<String> {
    (!text.starts_with("//!"))
        .then(|| format!("{}: does not open with a `//!` line", path.display()))
}

fn too_long(path: &Path, text: &str) -> Option<String> {
    let in_src = path.components().any(|part| part.as_os_str() == "src");
    let lines = lines_without_tests(text);
    if !in_src || lines <= LONG_FILE {
        return None;
    }
    if lines <= LONGEST_FILE {
        println!(
            "  {}: {lines} lines without tests, over {LONG_FILE}",
            path.display()
        );
        return None;
    }
    Some(format!(
        "{}: {lines} lines without tests, over {LONGEST_FILE}",
        path.display()
    ))
}

/// Tests stand at the end of a file, so everything from their module on is left out.
fn lines_without_tests(text: &str) -> usize {
    let start = text
        .lines()
        .zip(text.lines().skip(1))
        .position(|(first, second)| first == "#[cfg(test)]" && second.starts_with("mod tests"));
    start.unwrap_or_else(|| text.lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_module_does_not_count_and_a_tested_helper_does() {
        assert_eq!(
            lines_without_tests("a\nb\n#[cfg(test)]\nmod tests {\n}\n"),
            2
        );
        assert_eq!(
            lines_without_tests("a\n#[cfg(test)]\nfn only_in_tests() {}\n"),
            3
        );
    }

    #[test]
    fn a_machine_path_and_a_reminder_are_found_with_their_line() {
        let found = banned_words(
            Path::new("a.rs"),
            "fine\nlet p = \"/root/x\";\n// TODO later\n",
        );
        assert_eq!(found, ["a.rs:2: contains /root/", "a.rs:3: contains TODO"]);
    }

    #[test]
    fn a_file_of_401_lines_is_an_error_and_one_of_400_is_not() {
        let path = Path::new("crates/x/src/a.rs");
        assert!(too_long(path, &"x\n".repeat(401)).is_some());
        assert!(too_long(path, &"x\n".repeat(400)).is_none());
    }
}
