//! The `vivant` binary.
fn main() {}
