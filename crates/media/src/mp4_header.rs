//! What the index of an MP4 or MOV file declares: how many frames, edits and seconds.
//!
//! Read from box headers alone, in memory that does not depend on the file, so that a file that declares ten
//! million frames is refused before a decoder makes room for them. Written from ISO/IEC 14496-12. Nothing is
//! decoded here, and what is damaged is left to the decoder.

use std::io::{self, Read, Seek, SeekFrom};

/// Boxes that are looked at in a file; honest ones have some hundred, and two for each second of a fragmented one.
const MOST_BOXES: u32 = 1 << 18;
/// Boxes that lie within each other on the way to a sample table.
const DEEPEST: u32 = 8;

/// What an index declares.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Declared {
    /// Frames of the video track that has most.
    pub(crate) video_samples: u64,
    /// Edits of the track that has most.
    pub(crate) edits: u64,
    /// Length of the film, seconds; 0 where it is not known.
    pub(crate) duration_s: f64,
}

/// A track as far as it was read.
#[derive(Debug, Default)]
struct Track {
    is_video: bool,
    samples: u64,
}

/// Walk through the boxes of a file.
///
/// # Errors
/// If the file cannot be read; its end in the middle of a box is none.
pub(crate) fn declared(file: &mut (impl Read + Seek)) -> io::Result<Declared> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut walk = Walk {
        file,
        boxes_left: MOST_BOXES,
        found: Declared::default(),
        track: Track::default(),
    };
    match walk.boxes(0, end, DEEPEST) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(walk.found),
    }
}

struct Walk<'a, F> {
    file: &'a mut F,
    boxes_left: u32,
    found: Declared,
    track: Track,
}

impl<F: Read + Seek> Walk<'_, F> {
    /// Look at the boxes between two places.
    fn boxes(&mut self, mut at: u64, end: u64, depth: u32) -> io::Result<()> {
        while end.saturating_sub(at) >= 8 && self.boxes_left > 0 {
            self.boxes_left -= 1;
            self.file.seek(SeekFrom::Start(at))?;
            let (short, kind) = (self.number::<4>()?, self.bytes::<4>()?);
            let (head, length) = match short {
                0 => (8, end - at), // up to the end
                1 => (16, self.number::<8>()?),
                short => (8, short),
            };
            if length < head {
                return Ok(());
            }
            let next = at.saturating_add(length).min(end);
            self.one(&kind, at + head, next, depth)?;
            at = next;
        }
        Ok(())
    }

    /// Look into one box, whose content lies between two places.
    fn one(&mut self, kind: &[u8; 4], start: u64, end: u64, depth: u32) -> io::Result<()> {
        match kind {
            b"moov" | b"mdia" | b"minf" | b"stbl" | b"edts" if depth > 0 => {
                self.boxes(start, end, depth - 1)
            }
            b"trak" if depth > 0 => {
                self.track = Track::default();
                self.boxes(start, end, depth - 1)?;
                if self.track.is_video {
                    self.found.video_samples = self.found.video_samples.max(self.track.samples);
                }
                Ok(())
            }
            b"hdlr" => {
                self.skip(8)?;
                self.track.is_video |= &self.bytes::<4>()? == b"vide";
                Ok(())
            }
            // sizes of samples: version and flags, the size of all or zero, the count
            b"stsz" | b"stz2" => {
                self.skip(8)?;
                self.track.samples = self.track.samples.max(self.number::<4>()?);
                Ok(())
            }
            // durations of samples: runs, each a count and a duration
            b"stts" => self.durations(end),
            b"elst" => {
                self.skip(4)?;
                self.found.edits = self.found.edits.max(self.number::<4>()?);
                Ok(())
            }
            b"mvhd" => self.film(),
            _ => Ok(()),
        }
    }

    /// Count the samples that have a duration; the first runs alone, as an honest index has few.
    fn durations(&mut self, end: u64) -> io::Result<()> {
        const LOOKED_AT: u64 = 1024;
        self.skip(4)?;
        let runs = self.number::<4>()?;
        let mut samples = 0_u64;
        for _ in 0..runs.min(LOOKED_AT) {
            if self.file.stream_position()? + 8 > end {
                break;
            }
            samples += self.number::<4>()?;
            self.skip(4)?;
        }
        self.track.samples = self.track.samples.max(samples);
        Ok(())
    }

    /// Length of the film, in its header.
    fn film(&mut self) -> io::Result<()> {
        let is_long = self.number::<4>()? >> 24 == 1;
        self.skip(if is_long { 16 } else { 8 })?; // dates
        let ticks_a_second = self.number::<4>()?;
        let (duration, unknown) = if is_long {
            (self.number::<8>()?, u64::MAX)
        } else {
            (self.number::<4>()?, u64::from(u32::MAX))
        };
        if duration != unknown && ticks_a_second > 0 {
            self.found.duration_s = duration as f64 / ticks_a_second as f64;
        }
        Ok(())
    }

    fn bytes<const COUNT: usize>(&mut self) -> io::Result<[u8; COUNT]> {
        let mut bytes = [0; COUNT];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn number<const COUNT: usize>(&mut self) -> io::Result<u64> {
        let bytes = self.bytes::<COUNT>()?;
        Ok(bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn skip(&mut self, bytes: i64) -> io::Result<()> {
        self.file.seek(SeekFrom::Current(bytes)).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = (content.len() as u32 + 8).to_be_bytes();
        [&length, kind.as_slice(), content].concat()
    }

    fn words(values: &[u32]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| value.to_be_bytes())
            .collect()
    }

    fn track(handler: &[u8; 4], samples: u32, edits: u32) -> Vec<u8> {
        let sizes = boxed(b"stsz", &words(&[0, 1, samples]));
        let tables = boxed(b"minf", &boxed(b"stbl", &sizes));
        let handler = boxed(b"hdlr", &[&[0; 8], handler.as_slice(), &[0; 12]].concat());
        let media = boxed(b"mdia", &[handler, tables].concat());
        let edits = boxed(b"edts", &boxed(b"elst", &words(&[0, edits])));
        boxed(b"trak", &[media, edits].concat())
    }

    fn look(bytes: &[u8]) -> Declared {
        declared(&mut Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn frames_edits_and_seconds_are_those_of_the_index() {
        let film = boxed(b"mvhd", &words(&[0, 0, 0, 1000, 2500]));
        let index = [film, track(b"soun", 9_000_000, 1), track(b"vide", 40, 3)].concat();
        let file = [boxed(b"ftyp", b"isom"), boxed(b"moov", &index)].concat();
        let expected = Declared {
            video_samples: 40,
            edits: 3,
            duration_s: 2.5,
        };
        assert_eq!(look(&file), expected);
        assert_eq!(look(&file[..file.len() - 100]).duration_s, 2.5);
    }

    #[test]
    fn samples_that_only_the_durations_count_count_too() {
        let runs = boxed(b"stts", &words(&[0, 2, 7_000_000, 1, 3_000_000, 1]));
        let media = [
            boxed(b"hdlr", &[&[0; 8], b"vide".as_slice()].concat()),
            boxed(b"minf", &boxed(b"stbl", &runs)),
        ];
        let file = boxed(b"moov", &boxed(b"trak", &boxed(b"mdia", &media.concat())));
        assert_eq!(look(&file).video_samples, 10_000_000);
    }

    #[test]
    fn boxes_that_lie_about_their_length_end_the_walk() {
        for length in [0, 1, 2, 7, u32::MAX] {
            let mut bytes = track(b"vide", 5, 0);
            bytes[..4].copy_from_slice(&length.to_be_bytes());
            look(&bytes);
        }
        // a thousand boxes within each other
        let deep = (0..1000).fold(Vec::new(), |inner, _| boxed(b"moov", &inner));
        assert_eq!(look(&deep), Declared::default());
    }
}
