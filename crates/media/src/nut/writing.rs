//! Hands frames to ffmpeg.

use std::io::{self, Write};

use super::fields::{checksum, put_bytes, put_number, put_signed};
use super::{
    FILE_ID, INFO_STARTCODE, MAIN_STARTCODE, PixelLayout, STREAM_STARTCODE, SYNCPOINT_STARTCODE,
    flag,
};
use crate::Rational;

/// Stamps below `1 << SHIFT` would be relative; ours are always whole, so this is added.
const SHIFT: u64 = 1;

/// Writes one stream of uncompressed frames.
#[derive(Debug)]
pub(crate) struct NutWriter<W: Write> {
    out: W,
    head: Vec<u8>,
}

impl<W: Write> NutWriter<W> {
    /// Write the headers. Stamps count in `time_base` seconds; `frame_rate` is a hint for encoders.
    pub(crate) fn start(
        mut out: W,
        (width, height): (u32, u32),
        layout: PixelLayout,
        time_base: Rational,
        frame_rate: Rational,
    ) -> io::Result<Self> {
        out.write_all(FILE_ID)?;
        out.write_all(&packet(MAIN_STARTCODE, &main_header(time_base)))?;
        out.write_all(&packet(
            STREAM_STARTCODE,
            &stream_header(width, height, layout),
        ))?;
        out.write_all(&packet(INFO_STARTCODE, &rate_header(frame_rate)))?;
        Ok(Self {
            out,
            head: Vec::new(),
        })
    }

    /// Write one frame that is shown from `pts` (0 or more) on.
    pub(crate) fn write(&mut self, pts: i64, bytes: &[u8]) -> io::Result<()> {
        self.head.clear();
        let pts = u64::try_from(pts).map_err(io::Error::other)?;
        let mut syncpoint = Vec::new();
        put_number(&mut syncpoint, pts); // one time base, so nothing is multiplexed into it
        put_number(&mut syncpoint, 0); // the way back to the last key frame: this one is
        self.head.extend(packet(SYNCPOINT_STARTCODE, &syncpoint));
        let start = self.head.len();
        self.head.push(FRAME_CODE);
        put_number(&mut self.head, pts + (1 << SHIFT));
        put_number(&mut self.head, bytes.len() as u64);
        let sum = checksum(&self.head[start..]);
        self.head.extend(sum.to_be_bytes());
        self.out.write_all(&self.head)?;
        self.out.write_all(bytes)
    }

    /// Push everything out and give the stream back.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// The only frame code in use.
const FRAME_CODE: u8 = 1;

/// Start code, length, payload, checksum of the payload.
fn packet(startcode: u64, payload: &[u8]) -> Vec<u8> {
    let mut out = startcode.to_be_bytes().to_vec();
    put_number(&mut out, payload.len() as u64 + 4);
    out.extend_from_slice(payload);
    out.extend(checksum(payload).to_be_bytes());
    out
}

fn main_header(time_base: Rational) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, 3); // version
    put_number(&mut out, 1); // streams
    put_number(&mut out, 65_536); // largest distance between syncpoints
    put_number(&mut out, 1); // time bases
    put_number(&mut out, time_base.numerator().unsigned_abs());
    put_number(&mut out, time_base.denominator().unsigned_abs());
    // Frame codes: 0 is invalid, 1 is ours, the rest are invalid. 'N' starts packets and is
    // skipped by definition, so 253 codes remain after it.
    let ours = flag::KEY | flag::CODED_PTS | flag::SIZE_MSB | flag::CHECKSUM;
    for (flags, count) in [(flag::INVALID, 1), (ours, 1), (flag::INVALID, 253)] {
        put_number(&mut out, flags);
        put_number(&mut out, 6); // fields that follow
        put_signed(&mut out, 0); // step of the stamp
        put_number(&mut out, 1); // multiplier of the size
        put_number(&mut out, 0); // stream
        put_number(&mut out, 0); // smallest size
        put_number(&mut out, 0); // reserved fields
        put_number(&mut out, count);
    }
    put_number(&mut out, 0); // no headers left out of frames
    put_number(&mut out, 0); // no flags of the whole file
    out
}

fn stream_header(width: u32, height: u32, layout: PixelLayout) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, 0); // stream
    put_number(&mut out, 0); // video
    put_bytes(&mut out, &layout.four_cc());
    put_number(&mut out, 0); // time base
    put_number(&mut out, SHIFT);
    put_number(&mut out, 1 << 30); // largest step of the stamp without a checksum
    put_number(&mut out, 0); // frames come in the order they are shown
    put_number(&mut out, 0); // flags
    put_bytes(&mut out, &[]); // data for the codec
    put_number(&mut out, u64::from(width));
    put_number(&mut out, u64::from(height));
    put_number(&mut out, 1); // square pixels
    put_number(&mut out, 1);
    put_number(&mut out, 0); // colour space unknown: it is RGB
    out
}

/// Name the frame rate, without which encoders would guess it from the time base.
fn rate_header(rate: Rational) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, 1); // about stream 0
    put_signed(&mut out, 0); // no chapter
    put_number(&mut out, 0);
    put_number(&mut out, 0);
    put_number(&mut out, 1); // one entry
    put_bytes(&mut out, b"r_frame_rate");
    put_signed(&mut out, -1); // a text follows
    put_bytes(&mut out, rate.to_string().as_bytes());
    out
}
