//! Pictures, still and animated: the first bytes, the header, and what they decode to.
#![no_main]

use libfuzzer_sys::fuzz_target;
use media::{Tools, VideoReader, read_picture};

fuzz_target!(|data: &[u8]| {
    fuzz::with_file("in", data, |path| {
        drop(read_picture(path));
        if let Ok(mut reader) = VideoReader::open_with(&Tools::none(), path) {
            for _ in 0..3 {
                drop(reader.next_frame());
            }
        }
    });
});
