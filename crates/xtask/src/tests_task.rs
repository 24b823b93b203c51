//! `cargo xtask test`: every test, without and with the features that are off by default.

use crate::setup::setup;
use crate::step::{TaskError, run};
use crate::workspace::{Workspace, cargo};

/// Set the machine up, then run the tests of the whole workspace, then again those of the
/// crates that the features `train` and `object-storage` change.
///
/// # Errors
/// If the set-up or a test fails. A run is not started after a failed one.
pub(crate) fn test() -> Result<(), TaskError> {
    let libtorch = setup()?;
    run(cargo().args(["test", "--workspace", "--no-fail-fast"]))?;
    let mut with_training = cargo();
    with_training.args(["test", "--no-fail-fast"]);
    libtorch.equip(&mut with_training);
    for name in Workspace::read()?.members_with_feature("train") {
        with_training.args(["--package", &name, "--features", &format!("{name}/train")]);
    }
    run(&mut with_training)?;
    run(cargo().args([
        "test",
        "--package",
        "dataset",
        "--features",
        "dataset/object-storage",
    ]))?;
    println!("\nall tests passed, without and with the features `train` and `object-storage`");
    Ok(())
}
