//! What the training commands say in a binary that cannot train.

use crate::terminal::failure::Failure;

/// This binary cannot train.
#[derive(Debug, thiserror::Error)]
#[error("this vivant was built without the feature `train`")]
struct NoTraining;

/// How to get a binary that can.
pub(crate) fn without_training(command: &str) -> Failure {
    let advice = format!(
        "in the source folder run `cargo xtask setup`, which installs libtorch and prints where, \
         then `LIBTORCH=that/folder cargo run --release --features train -- {command} ...`"
    );
    Failure::with_advice(NoTraining, Some(advice))
}
