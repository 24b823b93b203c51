//! Ways in for the fuzz targets to what only child processes talk to.

use std::io::Cursor;
use std::path::Path;

use crate::mp4_header::declared;
use crate::nut::NutReader;
use crate::probe::Probe;
use crate::video_info::describe;

/// Read a frame stream as it comes from a decoder.
pub fn frame_stream(bytes: &[u8]) {
    let Ok(Some(mut reader)) = NutReader::open(bytes) else {
        return;
    };
    while let Ok(Some(frame)) = reader.next_frame() {
        assert!(frame.bytes.len() <= bytes.len(), "no byte is made up");
    }
}

/// Read what ffprobe says of a file, and put time stamps on its rate.
pub fn probe_answer(bytes: &[u8], stamps: &[i64]) {
    let Ok(probe) = serde_json::from_slice::<Probe>(bytes) else {
        return;
    };
    drop(probe.check(Path::new("x")));
    if let Ok((info, treatment)) = describe(Path::new("x"), &probe) {
        assert!(u64::from(info.width) * u64::from(info.height) <= crate::Limits::current().pixels);
        for stamp in stamps {
            treatment.timing.exact_pts(*stamp);
        }
    }
}

/// Read the index of an MP4 file.
pub fn mp4_index(bytes: &[u8]) {
    declared(&mut Cursor::new(bytes)).expect("memory can always be read");
}
