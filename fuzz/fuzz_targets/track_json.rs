//! Landmarks as JSON: what is read can be written and read again.
#![no_main]

use landmarks::Track;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    fuzz::with_file("in.json", data, |path| {
        if let Ok(track) = Track::read(path) {
            let again = fuzz::folder().join("again.json");
            track.write(&again).expect("a track that was read is sound");
            let back = Track::read(&again).expect("it was just written");
            assert_eq!(back.frames.len(), track.frames.len());
        }
    });
});
