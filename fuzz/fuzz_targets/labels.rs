//! Label files: landmarks with depth as safetensors.
#![no_main]

use dataset::Labels;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    fuzz::with_file("in.safetensors", data, |path| drop(Labels::read(path)));
});
