//! `vivant doctor`: what was found on this machine.

use crate::terminal::failure::Failure;

/// Print one line a finding.
pub(crate) fn doctor() -> Result<(), Failure> {
    println!("vivant {}", env!("CARGO_PKG_VERSION"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("cores: {cores}");
    Ok(())
}
