//! `.motion.safetensors`: what is read can be written and read again.
#![no_main]

use landmarks::Track;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    fuzz::with_file("in.motion.safetensors", data, |path| {
        if let Ok(track) = Track::read(path) {
            let again = fuzz::folder().join("again.motion.safetensors");
            track.write(&again).expect("a track that was read is sound");
            assert_eq!(Track::read(&again).expect("it was just written"), track);
        }
    });
});
