//! The manifest of a file, and what stands in it; the frames that watermarks are looked for in are other targets'.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use provenance::Verifier;

static VERIFIER: LazyLock<Verifier> =
    LazyLock::new(|| Verifier::new(None).expect("nothing is read for it"));

fuzz_target!(|data: &[u8]| {
    fuzz::with_file("in", data, |path| drop(VERIFIER.verify_manifest(path)));
});
