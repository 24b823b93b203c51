//! `cargo xtask test`: every test, without and with the features that are off by default.

use crate::onnx_runtime;
use crate::setup::setup;
use crate::step::{TaskError, run};
use crate::studio_page;
use crate::workspace::{Workspace, cargo};

/// Set the machine up, then run the tests of the whole workspace, then again those of the
/// crates that the features `unmarked`, `train`, `object-storage` and `ort` change.
///
/// # Errors
/// If the set-up or a test fails. A run is not started after a failed one.
pub(crate) fn test() -> Result<(), TaskError> {
    let libtorch = setup()?;
    run(cargo().args(["test", "--workspace", "--no-fail-fast"]))?;
    // pictures as they were painted, before a mark is hidden in them
    run(cargo().args([
        "test",
        "--package",
        "reenactment",
        "--features",
        "reenactment/unmarked",
    ]))?;
    studio_page::test()?;
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
    let mut on_runtime = cargo();
    on_runtime.env(onnx_runtime::VARIABLE, onnx_runtime::ensure_library()?);
    run(on_runtime.args([
        "test",
        "--package",
        "inference",
        "--features",
        "inference/ort",
    ]))?;
    println!(
        "\nall tests passed, without and with the features `train`, `object-storage`, `ort` and `unmarked`"
    );
    Ok(())
}
