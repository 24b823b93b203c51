//! What is accepted of files that strangers made. Every reader of this crate asks here, from headers where there are
//! any, before anything is decoded or allocated.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{PoisonError, RwLock};

use crate::error::MediaError;
use crate::mp4_header::declared;

/// What is accepted of one file. Those in force are those of the whole process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest side of a picture or frame, pixels.
    pub side_px: u64,
    /// Pixels of a picture or frame.
    pub pixels: u64,
    /// Frames of a video, an animated picture or a track.
    pub frames: u64,
    /// Length of a video or sound, seconds.
    pub duration_s: u64,
    /// Size of a file, bytes.
    pub bytes: u64,
    /// Memory of a decoder, bytes; one picture may take a quarter of it.
    pub memory: u64,
    /// How long a decoder may work without a result, seconds.
    pub stall_s: u64,
}

/// The limits of a process that sets none.
const DEFAULT: Limits = Limits {
    side_px: 65_535,
    pixels: 100_000_000,
    frames: 2_000_000, // 18 hours at 30 frames a second
    duration_s: 24 * 3600,
    bytes: 64 << 30,
    memory: 4 << 30,
    stall_s: 120,
};

static CURRENT: RwLock<Limits> = RwLock::new(DEFAULT);

/// Why a text names no limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// It is not `NAME=VALUE`.
    #[error("{text:?} is no limit: write NAME=VALUE, such as pixels=200M")]
    NoPair {
        /// The text.
        text: String,
    },
    /// There is no limit of that name.
    #[error(
        "there is no limit {name:?}; they are side, pixels, frames, duration, bytes, memory and stall"
    )]
    UnknownName {
        /// The name.
        name: String,
    },
    /// The value is no number that it takes.
    #[error(
        "{value:?} is no value of the limit {name}: write a positive number, with k, M, G or T for larger ones, \
         or with s, min or h for times"
    )]
    BadValue {
        /// The limit.
        name: String,
        /// The value.
        value: String,
    },
}

impl Default for Limits {
    fn default() -> Self {
        DEFAULT
    }
}

impl Limits {
    /// The limits in force.
    pub fn current() -> Self {
        *CURRENT.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Put these limits in force for the whole process.
    pub fn apply(self) {
        *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = self;
    }

    /// These limits with one of them as a text says, such as `pixels=200M`, `bytes=1T` or `duration=48h`.
    ///
    /// # Errors
    /// [`LimitError`] says what is wrong with the text.
    pub fn with(mut self, text: &str) -> Result<Self, LimitError> {
        let pair = text.split_once('=');
        let (name, value) = pair.ok_or_else(|| LimitError::NoPair { text: text.into() })?;
        let (name, value) = (name.trim(), value.trim());
        let (place, units): (&mut u64, Units) = match name {
            "side" => (&mut self.side_px, THOUSANDS),
            "pixels" => (&mut self.pixels, THOUSANDS),
            "frames" => (&mut self.frames, THOUSANDS),
            "duration" => (&mut self.duration_s, TIMES),
            "bytes" => (&mut self.bytes, BYTES),
            "memory" => (&mut self.memory, BYTES),
            "stall" => (&mut self.stall_s, TIMES),
            _ => return Err(LimitError::UnknownName { name: name.into() }),
        };
        *place = number(value, units).ok_or_else(|| LimitError::BadValue {
            name: name.into(),
            value: value.into(),
        })?;
        Ok(self)
    }

    /// Most bytes that a decoder may ask for at once.
    pub(crate) fn allocation(&self) -> u64 {
        self.memory / 4
    }
}

/// Endings of a number, and what they multiply it by.
type Units = &'static [(&'static str, u64)];

const THOUSANDS: Units = &[
    ("k", 1000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
];
const BYTES: Units = &[
    ("k", 1 << 10),
    ("M", 1 << 20),
    ("G", 1 << 30),
    ("T", 1 << 40),
];
const TIMES: Units = &[("min", 60), ("h", 3600), ("s", 1)];

/// A positive whole number with one of these endings or none.
fn number(text: &str, units: Units) -> Option<u64> {
    let ended = |(ending, factor): &(&str, u64)| Some((text.strip_suffix(ending)?, *factor));
    let (digits, factor) = units.iter().find_map(ended).unwrap_or((text, 1));
    let value = digits.trim().parse::<u64>().ok()?.checked_mul(factor)?;
    // A third of the range: sums and products of two with a small number cannot overflow signed ones.
    (1..=u64::MAX / 8).contains(&value).then_some(value)
}

/// Refuse a declared size that is too large, or zero.
pub(crate) fn check_size(path: &Path, width: u64, height: u64) -> Result<(u32, u32), MediaError> {
    let limits = Limits::current();
    let pixels = width.checked_mul(height);
    let is_fine = width.max(height) <= limits.side_px.min(u64::from(u32::MAX))
        && pixels.is_some_and(|pixels| pixels <= limits.pixels);
    if !is_fine {
        return Err(MediaError::TooLarge {
            path: path.to_owned(),
            width,
            height,
            max_side: limits.side_px,
            max_pixels: limits.pixels,
        });
    }
    if width == 0 || height == 0 {
        return Err(MediaError::BadPicture {
            path: path.to_owned(),
            message: "it declares no pixels".to_owned(),
        });
    }
    Ok((width as u32, height as u32)) // both fit, as was just checked
}

/// Refuse a file of too many bytes.
pub(crate) fn check_bytes(path: &Path, bytes: u64) -> Result<(), MediaError> {
    let limit = Limits::current().bytes;
    if bytes > limit {
        let path = path.to_owned();
        return Err(MediaError::TooManyBytes { path, bytes, limit });
    }
    Ok(())
}

/// Refuse a video of too many frames.
pub(crate) fn check_frames(path: &Path, frames: u64) -> Result<(), MediaError> {
    let limit = Limits::current().frames;
    if frames > limit {
        let path = path.to_owned();
        return Err(MediaError::TooManyFrames {
            path,
            frames,
            limit,
        });
    }
    Ok(())
}

/// Refuse a video or sound that is too long.
pub(crate) fn check_duration(path: &Path, seconds: f64) -> Result<(), MediaError> {
    let limit_s = Limits::current().duration_s;
    if seconds > limit_s as f64 {
        return Err(MediaError::TooLong {
            path: path.to_owned(),
            seconds,
            limit_s,
        });
    }
    Ok(())
}

/// Refuse an MP4 or MOV file by what its index declares. A damaged index is for the decoder to judge.
pub(crate) fn check_mp4(path: &Path) -> Result<(), MediaError> {
    let fail = |source| MediaError::from_read(path, source);
    let mut file = File::open(path).map_err(fail)?;
    let declared = declared(&mut file).map_err(fail)?;
    check_frames(path, declared.video_samples)?;
    check_frames(path, declared.edits)?;
    check_duration(path, declared.duration_s)
}

/// Read a whole file of at most `most` bytes.
///
/// # Errors
/// If it cannot be read or is larger.
pub fn read_whole(path: &Path, most: u64) -> Result<Vec<u8>, MediaError> {
    let fail = |source| MediaError::from_read(path, source);
    let limit = most.min(Limits::current().bytes);
    let file = File::open(path).map_err(fail)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(fail)?;
    let found = bytes.len() as u64;
    if found > limit {
        return Err(MediaError::TooManyBytes {
            path: path.to_owned(),
            bytes: found,
            limit,
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_thousand_pixels_a_side_and_a_hundred_million_in_all_are_refused() {
        let path = Path::new("x.png");
        assert!(check_size(path, 100_000, 10).is_err());
        assert!(check_size(path, 10_001, 10_000).is_err());
        assert!(check_size(path, u64::MAX, u64::MAX).is_err());
        assert!(check_size(path, 0, 10).is_err());
        assert_eq!(check_size(path, 10_000, 10_000).unwrap(), (10_000, 10_000));
    }

    #[test]
    fn limits_are_read_with_their_units() {
        let limits = Limits::default().with("pixels=200M").unwrap();
        let limits = limits.with("duration = 48h").unwrap();
        let limits = limits.with("memory=2G").unwrap().with("stall=3min");
        let limits = limits.unwrap();
        assert_eq!(
            [limits.pixels, limits.duration_s, limits.stall_s],
            [200_000_000, 172_800, 180]
        );
        assert_eq!(limits.allocation(), 512 << 20);
        assert_eq!(limits.frames, Limits::default().frames);
    }

    #[test]
    fn what_is_no_limit_says_what_would_be_one() {
        let problem = |text: &str| Limits::default().with(text).unwrap_err().to_string();
        assert!(problem("pixels").contains("NAME=VALUE"));
        assert!(problem("colours=3").contains("side, pixels, frames"));
        for value in [
            "",
            "0",
            "-1",
            "many",
            "1.5M",
            "99999999999T",
            "18446744073709551615",
        ] {
            let text = problem(&format!("bytes={value}"));
            assert!(text.contains("positive number"), "{value}: {text}");
        }
    }

    #[test]
    fn a_file_is_read_up_to_its_limit_and_refused_beyond() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, [7; 10]).unwrap();
        assert_eq!(read_whole(&path, 10).unwrap(), [7; 10]);
        let error = read_whole(&path, 9).unwrap_err();
        assert!(matches!(error, MediaError::TooManyBytes { limit: 9, .. }));
    }
}
