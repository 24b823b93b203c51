//! Checkpoints of training: what libtorch is given.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/networks/src/checkpoint_parts.rs"]
mod checkpoint_parts;

fuzz_target!(|data: &[u8]| {
    if let Ok(parts) = checkpoint_parts::read_parts(data) {
        for part in &parts.tensors {
            let values: i64 = part.shape.iter().product();
            assert_eq!(
                values as usize * part.kind.bytes(),
                part.bytes.len(),
                "libtorch reads as much"
            );
        }
    }
});
