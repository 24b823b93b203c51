//! Takes frames from ffmpeg.

use std::io::{self, BufReader, Read};

use crate::limits::Limits;

use super::fields::{byte, bytes, damaged, number, signed};
use super::{FILE_ID, MAIN_STARTCODE, STREAM_STARTCODE, SYNCPOINT_STARTCODE, flag};

/// Largest header that is looked into; ours are some hundred bytes.
const MAX_HEADER: u64 = 1 << 16;

/// One frame and the time it is shown at.
#[derive(Debug)]
pub(crate) struct NutFrame {
    /// In units of the stream's time base.
    pub(crate) pts: i64,
    /// Pixels, as the stream lays them out.
    pub(crate) bytes: Vec<u8>,
}

/// What one frame code stands for.
#[derive(Debug, Clone, Copy, Default)]
struct FrameCode {
    flags: u64,
    pts_step: i64,
    size_factor: u64,
    size_start: u64,
    reserved: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct StreamHeader {
    shift: u64,
    width: u32,
    height: u32,
}

/// Reads one stream of uncompressed frames.
#[derive(Debug)]
pub(crate) struct NutReader<R: Read> {
    input: BufReader<R>,
    time_base: (u64, u64),
    codes: Vec<FrameCode>,
    stream: StreamHeader,
    last_pts: i64,
}

impl<R: Read> NutReader<R> {
    /// Read up to the stream's header; `None` where nothing at all was written.
    pub(crate) fn open(input: R) -> io::Result<Option<Self>> {
        let mut input = BufReader::new(input);
        let mut id = [0; FILE_ID.len()];
        if read_or_end(&mut input, &mut id)?.is_none() {
            return Ok(None);
        }
        if &id != FILE_ID {
            return Err(damaged("it does not begin as it should"));
        }
        let mut reader = Self {
            input,
            time_base: (0, 0),
            codes: Vec::new(),
            stream: StreamHeader::default(),
            last_pts: 0,
        };
        while reader.stream.width == 0 {
            match reader.first_byte()? {
                Some(b'N') => reader.packet()?,
                Some(_) => return Err(damaged("a frame comes before the header")),
                None => return Ok(None),
            }
        }
        Ok(Some(reader))
    }

    /// Width of every frame, pixels.
    pub(crate) fn width(&self) -> u32 {
        self.stream.width
    }

    /// Height of every frame, pixels.
    pub(crate) fn height(&self) -> u32 {
        self.stream.height
    }

    /// Seconds of one unit of a time stamp, as numerator and denominator.
    pub(crate) fn time_base(&self) -> (u64, u64) {
        self.time_base
    }

    /// The next frame, `None` at the end.
    pub(crate) fn next_frame(&mut self) -> io::Result<Option<NutFrame>> {
        loop {
            match self.first_byte()? {
                None => return Ok(None),
                Some(b'N') => self.packet()?,
                Some(code) => return self.frame(code).map(Some),
            }
        }
    }

    fn first_byte(&mut self) -> io::Result<Option<u8>> {
        let mut one = [0];
        Ok(read_or_end(&mut self.input, &mut one)?.map(|()| one[0]))
    }

    /// Read what follows an `N`: the rest of a start code, and the packet it announces.
    fn packet(&mut self) -> io::Result<()> {
        let mut rest = [b'N', 0, 0, 0, 0, 0, 0, 0];
        self.input.read_exact(&mut rest[1..])?;
        let length = number(&mut self.input)?;
        if length > 4096 {
            io::copy(&mut (&mut self.input).take(4), &mut io::sink())?; // checksum of the length
        }
        let startcode = u64::from_be_bytes(rest);
        let known = [MAIN_STARTCODE, STREAM_STARTCODE, SYNCPOINT_STARTCODE].contains(&startcode);
        if !known || length > MAX_HEADER {
            io::copy(&mut (&mut self.input).take(length), &mut io::sink())?;
            return Ok(());
        }
        let mut payload = vec![0; length as usize];
        self.input.read_exact(&mut payload)?;
        let payload = &mut payload.as_slice();
        match startcode {
            MAIN_STARTCODE => self.main_header(payload),
            STREAM_STARTCODE => self.stream_header(payload),
            _ => self.syncpoint(payload),
        }
    }

    fn main_header(&mut self, payload: &mut &[u8]) -> io::Result<()> {
        let version = number(payload)?;
        let streams = number(payload)?;
        let _max_distance = number(payload)?;
        let time_bases = number(payload)?;
        if (version, streams, time_bases) != (3, 1, 1) {
            return Err(damaged("not one version 3 stream with one time base"));
        }
        self.time_base = (number(payload)?, number(payload)?);
        self.codes = frame_codes(payload)?;
        Ok(())
    }

    fn stream_header(&mut self, payload: &mut &[u8]) -> io::Result<()> {
        let _stream = number(payload)?;
        let _class = number(payload)?;
        let _four_cc = bytes(payload)?;
        let _time_base = number(payload)?;
        let shift = number(payload)?;
        let (_max_step, _delay, _flags) = (number(payload)?, number(payload)?, number(payload)?);
        let _codec_data = bytes(payload)?;
        let side = |value: u64| u32::try_from(value).map_err(io::Error::other);
        let (width, height) = (side(number(payload)?)?, side(number(payload)?)?);
        if shift > 32 || width == 0 || height == 0 {
            return Err(damaged("impossible stream header"));
        }
        self.stream = StreamHeader {
            shift,
            width,
            height,
        };
        Ok(())
    }

    fn syncpoint(&mut self, payload: &mut &[u8]) -> io::Result<()> {
        self.last_pts = i64::try_from(number(payload)?).map_err(io::Error::other)?;
        Ok(())
    }

    fn frame(&mut self, code: u8) -> io::Result<NutFrame> {
        let entry = self.codes.get(usize::from(code)).copied();
        let entry = entry.ok_or_else(|| damaged("a frame comes before the header"))?;
        let input = &mut self.input;
        let mut flags = entry.flags;
        if flags & flag::INVALID != 0 {
            return Err(damaged("an invalid frame code"));
        }
        if flags & flag::CODED != 0 {
            flags ^= number(input)?;
        }
        if flags & flag::STREAM_ID != 0 {
            number(input)?;
        }
        let pts = if flags & flag::CODED_PTS != 0 {
            whole_pts(number(input)?, self.stream.shift, self.last_pts)
        } else {
            self.last_pts.saturating_add(entry.pts_step)
        };
        let mut size = entry.size_start;
        if flags & flag::SIZE_MSB != 0 {
            size = size.saturating_add(entry.size_factor.saturating_mul(number(input)?));
        }
        skip_unused(input, flags, entry.reserved)?;
        let pixels = u64::from(self.stream.width) * u64::from(self.stream.height);
        let largest = pixels.saturating_mul(8).min(Limits::current().allocation());
        if flags & flag::SIDE_DATA != 0 || size > largest {
            return Err(damaged("a frame of another size"));
        }
        let mut bytes = vec![0; size as usize];
        input.read_exact(&mut bytes)?;
        self.last_pts = pts;
        Ok(NutFrame { pts, bytes })
    }
}

/// Read over what a frame's header may hold and nobody here needs.
fn skip_unused(input: &mut impl Read, flags: u64, reserved: u64) -> io::Result<()> {
    if flags & flag::MATCH_TIME != 0 {
        signed(input)?;
    }
    if flags & flag::HEADER_INDEX != 0 {
        number(input)?;
    }
    let reserved = if flags & flag::RESERVED != 0 {
        number(input)?
    } else {
        reserved
    };
    for _ in 0..reserved {
        number(input)?; // the stream ends before many of them do
    }
    if flags & flag::CHECKSUM != 0 {
        input.read_exact(&mut [0; 4])?;
    }
    Ok(())
}

/// Complete a time stamp of which only the lowest bits may have been written.
fn whole_pts(coded: u64, shift: u64, last: i64) -> i64 {
    let span = 1_i64 << shift;
    let coded = coded as i64;
    if coded >= span {
        return coded - span;
    }
    let start = last.saturating_sub((span - 1) / 2);
    (coded.wrapping_sub(start) & (span - 1)).saturating_add(start)
}

/// Read the table that says what each of the 256 frame codes stands for.
fn frame_codes(payload: &mut &[u8]) -> io::Result<Vec<FrameCode>> {
    let mut codes = Vec::with_capacity(256);
    let mut last = FrameCode {
        size_factor: 1,
        ..FrameCode::default()
    };
    while codes.len() < 256 {
        let (first, count) = frame_code_run(payload, last)?;
        for step in 0..count {
            if codes.len() == usize::from(b'N') {
                codes.push(FrameCode {
                    flags: flag::INVALID,
                    ..FrameCode::default()
                });
            }
            codes.push(FrameCode {
                size_start: first.size_start + step,
                ..first
            });
        }
        last = first;
    }
    codes.truncate(256);
    Ok(codes)
}

/// Read the first code of a run and the run's length. Fields that are left out are zero, or as in
/// the run before.
fn frame_code_run(payload: &mut &[u8], last: FrameCode) -> io::Result<(FrameCode, u64)> {
    let flags = number(payload)?;
    let fields = number(payload)?;
    let mut optional = |index: u64, default: u64| {
        if fields > index {
            number(payload)
        } else {
            Ok(default)
        }
    };
    let pts_step = if fields > 0 {
        signed_from(optional(0, 0)?)
    } else {
        last.pts_step
    };
    let size_factor = optional(1, last.size_factor)?;
    optional(2, 0)?; // stream: there is one
    let size_start = optional(3, 0)?;
    let reserved = optional(4, 0)?;
    let count = optional(5, size_factor.saturating_sub(size_start))?;
    for index in 6..fields {
        optional(index, 0)?; // stamps to match and headers to insert, both unused
    }
    if count == 0 || count > 256 || size_factor > 1 << 32 || size_start > 1 << 32 {
        return Err(damaged("impossible frame codes"));
    }
    let first = FrameCode {
        flags,
        pts_step,
        size_factor,
        size_start,
        reserved,
    };
    Ok((first, count))
}

fn signed_from(coded: u64) -> i64 {
    let magnitude = coded.div_ceil(2) as i64; // at most 2^63 only where the stream is damaged
    if coded % 2 == 1 {
        magnitude
    } else {
        magnitude.wrapping_neg()
    }
}

/// Fill `out`; `None` where the stream had already ended before the first byte.
fn read_or_end(input: &mut impl Read, out: &mut [u8]) -> io::Result<Option<()>> {
    match byte(input) {
        Ok(first) => out[0] = first,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    input.read_exact(&mut out[1..])?;
    Ok(Some(()))
}
