//! What ffprobe says of a file: JSON, a zero byte, and time stamps.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (json, stamps) = fuzz::two_files(data).unwrap_or((data, &[]));
    let stamps: Vec<i64> = stamps
        .chunks_exact(8)
        .map(|bytes| i64::from_le_bytes(bytes.try_into().expect("a chunk of 8 bytes")))
        .collect();
    media::fuzzing::probe_answer(json, &stamps);
});
