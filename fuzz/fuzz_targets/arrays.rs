//! `.npz` archives of arrays, which hold linear heads of measuring networks.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/evaluation/src/metrics/numpy_archive.rs"]
mod numpy_archive;

fuzz_target!(|data: &[u8]| drop(numpy_archive::read_arrays(data)));
