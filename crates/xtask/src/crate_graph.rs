//! Which crate may use which: an edge goes to an earlier line of the crate table, and a heavy
//! library is named by one crate.

use crate::step::{TaskError, judge};
use crate::workspace::Workspace;

/// Line of each crate in ARCHITECTURE's table; a crate may use crates of lower lines.
const LINES: &[(&str, u32)] = &[
    ("media", 1),
    ("inference", 1),
    ("networks", 1),
    ("landmarks", 2),
    ("provenance", 2),
    ("dataset", 3),
    ("evaluation", 3),
    ("reenactment", 3),
    ("training", 4),
    ("web", 5),
    ("cli", 6),
    ("test-support", 0),
    ("xtask", 7),
];

/// Libraries that only the named crates may use: (start of the library's name, who may).
const CONFINED: &[(&str, &[&str])] = &[
    ("image", &["media"]),
    ("png", &["media"]),
    ("openh264", &["media"]),
    ("mp4", &["media"]),
    ("muxide", &["media"]),
    ("ort", &["inference"]),
    ("rten", &["inference"]),
    ("tch", &["networks", "training"]),
    ("torch-sys", &["networks", "training"]),
    ("axum", &["web"]),
    ("hyper", &["web"]),
    ("clap", &["cli"]),
    ("ctrlc", &["cli"]),
    ("c2pa", &["provenance"]),
    ("x509-cert", &["provenance"]),
    ("p256", &["provenance"]),
];

/// Compare the workspace's graph with the two tables above.
///
/// # Errors
/// Lists every edge that breaks a rule.
pub(crate) fn check(workspace: &Workspace) -> Result<(), TaskError> {
    let mut problems = Vec::new();
    for package in workspace.members() {
        let Some(line) = line_of(package.name()) else {
            problems.push(format!(
                "{} stands in no line of crates/xtask/src/crate_graph.rs",
                package.name()
            ));
            continue;
        };
        for edge in package.edges() {
            problems.extend(wrong_direction(
                package.name(),
                line,
                edge.to,
                edge.is_for_tests,
            ));
            problems.extend(wrong_hands(package.name(), edge.to, edge.is_for_tests));
        }
    }
    judge("crate graph", problems)
}

fn line_of(name: &str) -> Option<u32> {
    let row = LINES.iter().find(|(crate_name, _)| *crate_name == name);
    row.map(|(_, line)| *line)
}

/// Tests may also reach sideways, as the parity tests of `networks` do with `inference`.
fn wrong_direction(from: &str, line: u32, to: &str, is_for_tests: bool) -> Option<String> {
    let to_line = line_of(to)?;
    if to == "test-support" && !is_for_tests {
        return Some(format!("{from} uses test-support outside its tests"));
    }
    let is_fine = to_line < line || (is_for_tests && to_line <= line);
    (!is_fine).then(|| format!("{from} (line {line}) uses {to} (line {to_line})"))
}

fn wrong_hands(from: &str, to: &str, is_for_tests: bool) -> Option<String> {
    let matches = |start: &str| {
        to == start
            || to
                .strip_prefix(start)
                .is_some_and(|rest| rest.starts_with('-'))
    };
    let (_, allowed) = CONFINED.iter().find(|(start, _)| matches(start))?;
    let is_fine = is_for_tests || allowed.contains(&from);
    (!is_fine).then(|| {
        format!(
            "{from} names {to}, which only {} may",
            allowed.join(" and ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_upwards_or_sideways_is_reported_and_one_downwards_is_not() {
        assert!(wrong_direction("media", 1, "landmarks", false).is_some());
        assert!(wrong_direction("dataset", 3, "evaluation", false).is_some());
        assert!(wrong_direction("landmarks", 2, "media", false).is_none());
        assert!(wrong_direction("landmarks", 2, "serde", false).is_none());
    }

    #[test]
    fn tests_may_reach_sideways_but_not_up_and_test_support_is_for_tests_alone() {
        assert!(wrong_direction("networks", 1, "inference", true).is_none());
        assert!(wrong_direction("networks", 1, "landmarks", true).is_some());
        assert!(wrong_direction("media", 1, "test-support", true).is_none());
        assert!(wrong_direction("media", 1, "test-support", false).is_some());
    }

    #[test]
    fn a_confined_library_is_reported_in_other_hands() {
        assert!(wrong_hands("landmarks", "rten-tensor", false).is_some());
        assert!(wrong_hands("inference", "rten-tensor", false).is_none());
        assert!(wrong_hands("landmarks", "image", false).is_some());
        assert!(wrong_hands("reenactment", "imagesize", false).is_none());
    }
}
