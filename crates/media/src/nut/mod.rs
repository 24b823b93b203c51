//! The NUT container with one uncompressed video stream, as much of it as is needed to exchange
//! frames with ffmpeg over a pipe: every frame carries its own time stamp, in any time base.
//!
//! Written from the NUT specification (version 3). Nothing here is ever stored in a file.

mod fields;
mod reading;
mod writing;

pub(crate) use reading::{NutFrame, NutReader};
pub(crate) use writing::NutWriter;

/// First bytes of every NUT stream.
const FILE_ID: &[u8; 25] = b"nut/multimedia container\0";

const MAIN_STARTCODE: u64 = 0x4E4D_7A56_1F5F_04AD;
const STREAM_STARTCODE: u64 = 0x4E53_1140_5BF2_F9DB;
const SYNCPOINT_STARTCODE: u64 = 0x4E4B_E4AD_EECA_4569;
const INFO_STARTCODE: u64 = 0x4E49_AB68_B596_BA78;

/// Bits of a frame's flags.
mod flag {
    pub(super) const KEY: u64 = 1;
    pub(super) const CODED_PTS: u64 = 8;
    pub(super) const STREAM_ID: u64 = 16;
    pub(super) const SIZE_MSB: u64 = 32;
    pub(super) const CHECKSUM: u64 = 64;
    pub(super) const RESERVED: u64 = 128;
    pub(super) const SIDE_DATA: u64 = 256;
    pub(super) const HEADER_INDEX: u64 = 1024;
    pub(super) const MATCH_TIME: u64 = 2048;
    pub(super) const CODED: u64 = 4096;
    pub(super) const INVALID: u64 = 8192;
}

/// How the bytes of a frame are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PixelLayout {
    /// Red, green, blue, one byte each.
    Rgb8,
    /// Red, green, blue, alpha, one byte each.
    Rgba8,
    /// Red, green, blue, two little-endian bytes each.
    Rgb16,
}

impl PixelLayout {
    /// The name ffmpeg has for it.
    pub(crate) fn ffmpeg_name(self) -> &'static str {
        match self {
            Self::Rgb8 => "rgb24",
            Self::Rgba8 => "rgba",
            Self::Rgb16 => "rgb48le",
        }
    }

    /// Bytes of one pixel.
    pub(crate) fn bytes_per_pixel(self) -> usize {
        match self {
            Self::Rgb8 => 3,
            Self::Rgba8 => 4,
            Self::Rgb16 => 6,
        }
    }

    fn four_cc(self) -> [u8; 4] {
        match self {
            Self::Rgb8 => [b'R', b'G', b'B', 24],
            Self::Rgba8 => *b"RGBA",
            Self::Rgb16 => [b'R', b'G', b'B', 48],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rational;

    #[test]
    fn frames_and_uneven_time_stamps_come_back_as_they_were_written() {
        let time_base = Rational::new(1001, 30000).unwrap();
        let frames: Vec<(i64, Vec<u8>)> = [0, 1, 5, 200, 70_000]
            .iter()
            .map(|&pts| (pts, (0..18).map(|i| (i + pts) as u8).collect()))
            .collect();
        let mut bytes = Vec::new();
        let rate = time_base.inverse();
        let mut writer =
            NutWriter::start(&mut bytes, (3, 2), PixelLayout::Rgb8, time_base, rate).unwrap();
        for (pts, pixels) in &frames {
            writer.write(*pts, pixels).unwrap();
        }

        let mut reader = NutReader::open(bytes.as_slice()).unwrap().unwrap();

        assert_eq!((reader.width(), reader.height()), (3, 2));
        assert_eq!(reader.time_base(), (1001, 30000));
        for (pts, pixels) in frames {
            let frame = reader.next_frame().unwrap().unwrap();
            assert_eq!((frame.pts, frame.bytes), (pts, pixels));
        }
        assert!(reader.next_frame().unwrap().is_none());
    }

    #[test]
    fn a_stream_that_is_cut_anywhere_ends_or_fails_but_invents_no_frame() {
        let base = Rational::new(1, 25).unwrap();
        let mut bytes = Vec::new();
        let mut writer =
            NutWriter::start(&mut bytes, (2, 2), PixelLayout::Rgb8, base, base.inverse()).unwrap();
        writer.write(0, &[7; 12]).unwrap();
        for end in 0..bytes.len() {
            let Ok(Some(mut reader)) = NutReader::open(&bytes[..end]) else {
                continue;
            };
            if let Ok(Some(_)) = reader.next_frame() {
                panic!(
                    "a frame came out of the first {end} of {} bytes",
                    bytes.len()
                );
            }
        }
    }
}
