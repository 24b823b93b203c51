//! The help texts as the user reads them, against the files of `tests/commands/help`.
//!
//! After a wanted change: `UPDATE_SNAPSHOTS=1 cargo test -p cli help`, then read the difference.

use std::path::PathBuf;

use crate::program::Workplace;

#[track_caller]
fn check(name: &str, arguments: &[&str]) {
    let shown = Workplace::new().vivant(arguments).run().succeeded().stdout;
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/commands/help")
        .join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&file, &shown).expect("the snapshot can be written");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(shown, kept, "the help differs from {}", file.display());
}

#[test]
fn the_program_lists_its_commands_and_exit_codes() {
    check("vivant", &["--help"]);
}

#[test]
fn every_command_explains_its_options() {
    for command in [
        "animate",
        "landmarks",
        "motion",
        "demo",
        "evaluate",
        "preprocess",
        "meta-train",
        "fine-tune",
        "export",
        "train-landmarks",
        "train-watermark",
        "verify",
        "bench",
        "serve",
        "doctor",
    ] {
        check(command, &[command, "--help"]);
    }
}
