//! `unsafe` code: only where SECURITY.md lists it, and every place that it lists is there.
//!
//! The compiler denies it for the workspace; an attribute in a file can allow it again, and the fuzz targets are no part of
//! the workspace. Both are found here.

use std::collections::BTreeSet;
use std::path::Path;

use crate::source_rules::rust_files;
use crate::step::{TaskError, judge};
use crate::workspace::root;

/// Where the exceptions are listed, and under which heading.
const LIST: &str = "SECURITY.md";
const HEADING: &str = "## `unsafe`";
/// What the workspace's manifest must say.
const DENIAL: &str = "unsafe_code = \"deny\"";
/// What each crate's manifest must say, so that it applies.
const INHERITED: &str = "[lints]\nworkspace = true";
/// This file tells what is looked for, so it holds it.
const THIS_FILE: &str = "crates/xtask/src/unsafe_code.rs";
/// What begins code that the compiler does not check.
const FORMS: [&str; 5] = ["{", "fn", "impl", "trait", "extern"];

/// Compare the code with the list.
///
/// # Errors
/// Lists every file with `unsafe` code that is not listed, and every listed one without.
pub(crate) fn check() -> Result<(), TaskError> {
    let listed = listed(&read(&root().join(LIST))?);
    let mut problems = Vec::new();
    if !read(&root().join("Cargo.toml"))?.contains(DENIAL) {
        problems.push(format!("Cargo.toml: lacks `{DENIAL}`"));
    }
    let mut found = BTreeSet::new();
    for path in rust_files()? {
        let shown = path.strip_prefix(root()).unwrap_or(&path);
        if shown != Path::new(THIS_FILE) && is_unsafe(&read(&path)?) {
            found.insert(shown.to_string_lossy().replace('\\', "/"));
        }
    }
    for file in found.difference(&listed) {
        problems.push(format!(
            "{file}: has `unsafe` code that {LIST} does not list"
        ));
    }
    for file in listed.difference(&found) {
        problems.push(format!("{LIST}: lists {file}, which has no `unsafe` code"));
    }
    for manifest in manifests()? {
        if !read(&manifest)?.contains(INHERITED) {
            let shown = manifest.strip_prefix(root()).unwrap_or(&manifest).display();
            problems.push(format!("{shown}: lacks `[lints] workspace = true`"));
        }
    }
    judge("unsafe code", problems)
}

fn read(path: &Path) -> Result<String, TaskError> {
    std::fs::read_to_string(path).map_err(|source| TaskError::File {
        path: path.to_owned(),
        source,
    })
}

/// Manifests of the workspace's crates.
fn manifests() -> Result<Vec<std::path::PathBuf>, TaskError> {
    let folder = root().join("crates");
    let failed = |source| TaskError::File {
        path: folder.clone(),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let manifest = entry.map_err(failed)?.path().join("Cargo.toml");
        found.extend(manifest.is_file().then_some(manifest));
    }
    Ok(found)
}

/// Rust files that a text names under the heading.
fn listed(text: &str) -> BTreeSet<String> {
    let section = text.lines().skip_while(|line| *line != HEADING).skip(1);
    let section = section.take_while(|line| !line.starts_with("## "));
    let named = section.flat_map(|line| line.split('`').skip(1).step_by(2));
    named
        .filter(|name| name.ends_with(".rs"))
        .map(str::to_owned)
        .collect()
}

/// Whether a Rust file holds such code, or allows it; comments and words in texts do not count.
fn is_unsafe(text: &str) -> bool {
    let code = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""));
    code.into_iter().any(|line| {
        let allows = line.trim_start().trim_end_matches(',') == "unsafe_code"
            || (line.contains("unsafe_code") && line.contains("#[")
                || line.contains("unsafe_code") && line.contains("#!["));
        let mut words = line.split("unsafe ").skip(1);
        allows || words.any(|rest| FORMS.iter().any(|form| rest.trim_start().starts_with(form)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_permissions_are_found_and_words_are_not() {
        let keyword = "unsafe";
        for code in [
            "let x = KEY { y() };",
            "KEY fn z() {}",
            "pub KEY extern \"C\" fn a();",
            "KEY impl Send for T {}",
        ] {
            assert!(is_unsafe(&code.replace("KEY", keyword)), "{code}");
        }
        let lint = [keyword, "_code"].concat();
        for permission in [
            format!("#![allow({lint})]"),
            format!("#[allow(\n    {lint},\n)]"),
        ] {
            assert!(is_unsafe(&permission), "{permission}");
        }
        for text in [
            "// KEY { in a comment }",
            "let is_KEY = true;",
            "let KEY_count = 3;",
        ] {
            assert!(!is_unsafe(&text.replace("KEY", keyword)), "{text}");
        }
    }

    #[test]
    fn the_list_is_read_from_its_section_alone() {
        let text = "# S\n`a/x.rs`\n## `unsafe`\n\nNone but `crates/a/b.rs` and `libloading`.\n## More\n`c/d.rs`\n";
        assert_eq!(listed(text), BTreeSet::from(["crates/a/b.rs".to_owned()]));
    }
}
