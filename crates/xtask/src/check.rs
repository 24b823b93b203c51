//! `cargo xtask check`: everything that can be judged without running a test, cheapest first.

use std::process::Command;

use crate::libtorch::Libtorch;
use crate::step::{TaskError, run};
use crate::workspace::{Workspace, cargo};
use crate::{crate_graph, dependencies, dockerfile, source_rules, studio_page, unsafe_code};

/// Run every check; stop at the first that fails.
///
/// # Errors
/// The first failure.
pub(crate) fn check() -> Result<(), TaskError> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    println!("\nrules");
    source_rules::check()?;
    unsafe_code::check()?;
    let workspace = Workspace::read()?;
    crate_graph::check(&workspace)?;
    dependencies::check(&workspace)?;
    dockerfile::check()?;
    studio_page::check()?;
    run(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    let with_runtime = ["--package", "inference", "--features", "inference/ort"];
    run(cargo()
        .args(["clippy", "--all-targets"])
        .args(with_runtime)
        .args(["--", "-D", "warnings"]))?;
    run(documentation().arg("--workspace"))?;
    check_training_code(&workspace)
}

/// The same lints and documentation for the code behind the feature `train`.
fn check_training_code(workspace: &Workspace) -> Result<(), TaskError> {
    let Some(libtorch) = Libtorch::find()? else {
        println!(
            "\nnot checked: the code behind the feature `train` (no libtorch; see `cargo xtask setup`)"
        );
        return Ok(());
    };
    let mut features = Vec::new();
    for name in workspace.members_with_feature("train") {
        let feature = format!("{name}/train");
        features.extend([
            "--package".to_owned(),
            name,
            "--features".to_owned(),
            feature,
        ]);
    }
    let mut lints = cargo();
    libtorch.equip(&mut lints);
    run(lints
        .args(["clippy", "--all-targets"])
        .args(&features)
        .args(["--", "-D", "warnings"]))?;
    let mut documentation = documentation();
    libtorch.equip(&mut documentation);
    run(documentation.args(&features))
}

fn documentation() -> Command {
    let mut command = cargo();
    command.env("RUSTDOCFLAGS", "-D warnings");
    command.args(["doc", "--no-deps", "--document-private-items"]);
    command
}
