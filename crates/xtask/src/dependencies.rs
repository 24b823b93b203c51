//! Licences, sources and duplicates of everything we build on, judged by `deny.toml`.
//!
//! `cargo deny` does it where it is installed. Where it is not, the licence, ban and source
//! rules of the same file are applied here; security advisories need the tool and a network.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::step::{TaskError, answers, judge, run};
use crate::workspace::{Package, Workspace, cargo, root};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Judge the dependencies.
///
/// # Errors
/// If `cargo deny` fails, or with every dependency that breaks a rule.
pub(crate) fn check(workspace: &Workspace) -> Result<(), TaskError> {
    if answers("cargo-deny", "--version") {
        return run(cargo().args([
            "deny",
            "--all-features",
            "check",
            "bans",
            "licenses",
            "sources",
        ]));
    }
    println!(
        "  cargo-deny is not installed: applying deny.toml's licence, ban and source rules here"
    );
    let rules = read_rules()?;
    let allowed = words(&rules, "licenses", "allow");
    let banned = words(&rules, "bans", "deny");
    let mut problems = Vec::new();
    for package in workspace.packages().filter(|package| !package.is_ours()) {
        problems.extend(licence_problem(&package, &allowed, &rules));
        problems.extend(ban_problem(&package, &banned));
        problems.extend(source_problem(&package));
    }
    report_duplicates(workspace);
    judge("dependencies", problems)
}

fn read_rules() -> Result<Table, TaskError> {
    let path = root().join("deny.toml");
    let text = std::fs::read_to_string(&path).map_err(|source| TaskError::File { path, source })?;
    text.parse()
        .map_err(|error: toml::de::Error| TaskError::Unreadable {
            tool: "deny.toml",
            reason: error.to_string(),
        })
}

fn words(rules: &Table, section: &str, key: &str) -> Vec<String> {
    let list = rules.get(section).and_then(|section| section.get(key));
    let list = list.and_then(Value::as_array).into_iter().flatten();
    // What may come through certain packages alone is for cargo-deny to judge.
    let judged = list.filter(|entry| entry.get("wrappers").is_none());
    judged
        .filter_map(|entry| {
            let name = entry.as_str().or_else(|| entry.get("crate")?.as_str());
            name.map(str::to_owned)
        })
        .collect()
}

/// Licences that `deny.toml` allows for this one package.
fn exceptions(rules: &Table, name: &str) -> Vec<String> {
    let list = rules
        .get("licenses")
        .and_then(|section| section.get("exceptions"));
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter(|entry| entry.get("crate").and_then(Value::as_str) == Some(name))
        .filter_map(|entry| entry.get("allow")?.as_array())
        .flatten()
        .filter_map(|licence| licence.as_str().map(str::to_owned))
        .collect()
}

fn licence_problem(package: &Package<'_>, allowed: &[String], rules: &Table) -> Option<String> {
    let named = format!("{} {}", package.name(), package.version());
    let Some(licence) = package.licence() else {
        return Some(format!("{named} states no licence"));
    };
    let mut allowed = allowed.to_vec();
    allowed.extend(exceptions(rules, package.name()));
    (!is_satisfied(licence, &allowed)).then(|| format!("{named}: licence {licence} is not allowed"))
}

fn ban_problem(package: &Package<'_>, banned: &[String]) -> Option<String> {
    let name = package.name();
    banned
        .iter()
        .any(|word| word == name)
        .then(|| format!("{name} is banned"))
}

fn source_problem(package: &Package<'_>) -> Option<String> {
    let source = package.source()?;
    (source != CRATES_IO).then(|| format!("{} comes from {source}", package.name()))
}

fn report_duplicates(workspace: &Workspace) {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in workspace.packages() {
        versions
            .entry(package.name())
            .or_default()
            .push(package.version());
    }
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        println!(
            "  note: {name} is there in versions {}",
            versions.join(", ")
        );
    }
}

/// True where the SPDX expression can be met with the allowed licences: any side of an `OR`,
/// both sides of an `AND`. `A/B` is the old spelling of `A OR B`.
fn is_satisfied(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut tokens = spaced.split_whitespace().peekable();
    let met = any_side(&mut tokens, allowed);
    met && tokens.peek().is_none()
}

type Tokens<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_side(tokens: &mut Tokens<'_>, allowed: &[String]) -> bool {
    let mut met = both_sides(tokens, allowed);
    while tokens.next_if_eq(&"OR").is_some() {
        met |= both_sides(tokens, allowed);
    }
    met
}

fn both_sides(tokens: &mut Tokens<'_>, allowed: &[String]) -> bool {
    let mut met = one_licence(tokens, allowed);
    while tokens.next_if_eq(&"AND").is_some() {
        met &= one_licence(tokens, allowed);
    }
    met
}

fn one_licence(tokens: &mut Tokens<'_>, allowed: &[String]) -> bool {
    let Some(word) = tokens.next() else {
        return false;
    };
    if word == "(" {
        let met = any_side(tokens, allowed);
        return met && tokens.next_if_eq(&")").is_some();
    }
    let mut name = word.to_owned();
    if tokens.next_if_eq(&"WITH").is_some() {
        let exception = tokens.next().unwrap_or_default();
        name = format!("{word} WITH {exception}");
    }
    allowed.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(expression: &str) -> bool {
        is_satisfied(
            expression,
            &["MIT".to_owned(), "Apache-2.0".to_owned(), "ISC".to_owned()],
        )
    }

    #[test]
    fn one_allowed_side_of_an_or_is_enough_and_an_and_needs_both() {
        assert!(met("MIT OR GPL-3.0"));
        assert!(met("GPL-3.0/MIT"));
        assert!(!met("MIT AND GPL-3.0"));
        assert!(met("(MIT OR GPL-3.0) AND ISC"));
        assert!(!met("(MIT OR ISC) AND GPL-3.0"));
    }

    #[test]
    fn an_exception_is_a_licence_of_its_own_and_nonsense_is_refused() {
        assert!(!met("Apache-2.0 WITH LLVM-exception"));
        assert!(met("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT"));
        assert!(!met(""));
        assert!(!met("MIT MIT"));
    }
}
