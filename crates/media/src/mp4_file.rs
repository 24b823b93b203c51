//! Writes an MP4 file with one H.264 track, its index in front so that it plays while it loads.
//!
//! Written from ISO/IEC 14496-12 and 14496-15. ffmpeg writes its own files; this is for machines
//! without it.

use std::io::{self, Read, Write};

use crate::metadata::Metadata;
use crate::rational::Rational;

/// Units of a second in the movie header.
const MOVIE_TIMESCALE: u32 = 1000;
/// Identity display matrix.
const UPRIGHT: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// One encoded frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) bytes: u32,
    /// Units of the time base it is shown for.
    pub(crate) duration: u32,
    pub(crate) is_key: bool,
}

/// What the index of the file is made from.
#[derive(Debug)]
pub(crate) struct Track<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) time_base: Rational,
    /// Sequence and picture parameter sets, without start codes.
    pub(crate) parameter_sets: (&'a [u8], &'a [u8]),
    pub(crate) samples: &'a [Sample],
    pub(crate) metadata: &'a Metadata,
}

impl Track<'_> {
    /// Write the whole file; `data` holds the frames, each of its units after its length.
    pub(crate) fn write_file(&self, out: &mut impl Write, data: &mut impl Read) -> io::Result<()> {
        let bytes: u64 = self.samples.iter().map(|s| u64::from(s.bytes)).sum();
        let file_type = boxed(b"ftyp", &[b"isom\0\0\x02\0isomiso2avc1mp41"]);
        // The index holds places in the file that follow from its own length, which is the same
        // for all places.
        let index_length = self.movie(0).len();
        let start = (file_type.len() + index_length + 16) as u64;
        out.write_all(&file_type)?;
        out.write_all(&self.movie(start))?;
        out.write_all(&1_u32.to_be_bytes())?; // the length comes after the name, in 64 bits
        out.write_all(b"mdat")?;
        out.write_all(&(bytes + 16).to_be_bytes())?;
        let copied = io::copy(&mut data.take(bytes), out)?;
        if copied != bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        out.flush()
    }

    fn movie(&self, data_start: u64) -> Vec<u8> {
        let header = full_box(
            b"mvhd",
            1,
            0,
            &[
                &[0; 16], // no dates
                &MOVIE_TIMESCALE.to_be_bytes(),
                &self.movie_duration().to_be_bytes(),
                &0x1_0000_u32.to_be_bytes(), // normal speed
                &[1, 0],                     // full volume
                &[0; 10],
                &words(&UPRIGHT),
                &[0; 24],
                &2_u32.to_be_bytes(), // next track
            ],
        );
        let words_box = self.user_data();
        boxed(b"moov", &[&header, &self.track(data_start), &words_box])
    }

    fn track(&self, data_start: u64) -> Vec<u8> {
        let header = full_box(
            b"tkhd",
            1,
            3, // enabled, in the movie
            &[
                &[0; 16],
                &words(&[1, 0]),
                &self.movie_duration().to_be_bytes(),
                &[0; 16],
                &words(&UPRIGHT),
                &words(&[self.width << 16, self.height << 16]),
            ],
        );
        let media_header = full_box(
            b"mdhd",
            1,
            0,
            &[
                &[0; 16],
                &(self.time_base.denominator() as u32).to_be_bytes(),
                &self.media_duration().to_be_bytes(),
                &[0x55, 0xC4, 0, 0], // language undetermined
            ],
        );
        let handler = full_box(b"hdlr", 0, 0, &[&[0; 4], b"vide", &[0; 12], b"video\0"]);
        let here = full_box(b"url ", 0, 1, &[]); // the data lie in this file
        let sources = full_box(b"dref", 0, 0, &[&words(&[1]), &here]);
        let information = boxed(
            b"minf",
            &[
                &full_box(b"vmhd", 0, 1, &[&[0; 8]]),
                &boxed(b"dinf", &[&sources]),
                &self.sample_table(data_start),
            ],
        );
        let media = boxed(b"mdia", &[&media_header, &handler, &information]);
        boxed(b"trak", &[&header, &media])
    }

    fn sample_table(&self, data_start: u64) -> Vec<u8> {
        let count = self.samples.len() as u32;
        let description = full_box(b"stsd", 0, 0, &[&words(&[1]), &self.sample_entry()]);
        let runs = self.duration_runs();
        let mut durations = words(&[runs.len() as u32]);
        durations.extend(runs.iter().flat_map(|run| words(run)));
        let keys: Vec<u32> = (1..)
            .zip(self.samples)
            .filter(|(_, sample)| sample.is_key)
            .map(|(number, _)| number)
            .collect();
        let sizes: Vec<u32> = self.samples.iter().map(|sample| sample.bytes).collect();
        let places = self.samples.iter().scan(data_start, |place, sample| {
            let this = *place;
            *place += u64::from(sample.bytes);
            Some(this)
        });
        let places: Vec<u8> = places.flat_map(u64::to_be_bytes).collect();
        boxed(
            b"stbl",
            &[
                &description,
                &full_box(b"stts", 0, 0, &[&durations]),
                &full_box(
                    b"stss",
                    0,
                    0,
                    &[&words(&[keys.len() as u32]), &words(&keys)],
                ),
                &full_box(b"stsc", 0, 0, &[&words(&[1, 1, 1, 1])]), // a chunk for each frame
                &full_box(b"stsz", 0, 0, &[&words(&[0, count]), &words(&sizes)]),
                &full_box(b"co64", 0, 0, &[&words(&[count]), &places]),
            ],
        )
    }

    fn sample_entry(&self) -> Vec<u8> {
        let (sequence, picture) = self.parameter_sets;
        let short = |bytes: &[u8]| (bytes.len() as u16).to_be_bytes();
        let profile = sequence.get(1..4).unwrap_or(&[66, 0, 40]);
        let configuration = boxed(
            b"avcC",
            &[
                &[1],
                profile,
                &[0xFF, 0xE1], // lengths of four bytes, one sequence parameter set
                &short(sequence),
                sequence,
                &[1],
                &short(picture),
                picture,
            ],
        );
        // BT.709 primaries, transfer and matrix, limited range
        let colour = boxed(b"colr", &[b"nclx", &[0, 1, 0, 1, 0, 1, 0]]);
        let square = boxed(b"pasp", &[&words(&[1, 1])]);
        let side = |side: u32| (side as u16).to_be_bytes();
        boxed(
            b"avc1",
            &[
                &[0, 0, 0, 0, 0, 0, 0, 1], // data reference 1
                &[0; 16],
                &side(self.width),
                &side(self.height),
                &words(&[0x48_0000, 0x48_0000, 0]), // 72 dots an inch
                &[0, 1],
                &[0; 32],
                &[0, 24, 0xFF, 0xFF],
                &configuration,
                &colour,
                &square,
            ],
        )
    }

    /// Title and comment, where players look for them.
    fn user_data(&self) -> Vec<u8> {
        let entries = self.metadata.entries("nam", "cmt");
        let items: Vec<u8> = entries
            .flat_map(|(name, text)| {
                let kind = [
                    0xA9,
                    name.as_bytes()[0],
                    name.as_bytes()[1],
                    name.as_bytes()[2],
                ];
                let value = boxed(b"data", &[&words(&[1, 0]), text.as_bytes()]); // UTF-8
                boxed(&kind, &[&value])
            })
            .collect();
        if items.is_empty() {
            return Vec::new();
        }
        let handler = full_box(b"hdlr", 0, 0, &[&[0; 4], b"mdirappl", &[0; 9]]);
        let list = boxed(b"ilst", &[&items]);
        boxed(b"udta", &[&full_box(b"meta", 0, 0, &[&handler, &list])])
    }

    /// Pairs of count and duration in units of one over the time base's denominator.
    fn duration_runs(&self) -> Vec<[u32; 2]> {
        let mut runs: Vec<[u32; 2]> = Vec::new();
        for sample in self.samples {
            let ticks = sample.duration * self.time_base.numerator() as u32;
            match runs.last_mut() {
                Some([count, duration]) if *duration == ticks => *count += 1,
                _ => runs.push([1, ticks]),
            }
        }
        runs
    }

    fn media_duration(&self) -> u64 {
        let units: u64 = self.samples.iter().map(|s| u64::from(s.duration)).sum();
        units * self.time_base.numerator() as u64
    }

    fn movie_duration(&self) -> u64 {
        let ticks_a_second = self.time_base.denominator() as u64;
        (self.media_duration() * u64::from(MOVIE_TIMESCALE)).div_ceil(ticks_a_second)
    }
}

fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let length = 8 + parts.iter().map(|part| part.len()).sum::<usize>();
    let mut out = (length as u32).to_be_bytes().to_vec();
    out.extend(kind);
    out.extend(parts.iter().copied().flatten());
    out
}

fn full_box(kind: &[u8; 4], version: u8, flags: u32, parts: &[&[u8]]) -> Vec<u8> {
    let head = (u32::from(version) << 24 | flags).to_be_bytes();
    let parts: Vec<&[u8]> = std::iter::once(head.as_slice())
        .chain(parts.iter().copied())
        .collect();
    boxed(kind, &parts)
}

fn words(values: &[u32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}
