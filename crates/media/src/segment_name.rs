//! Names of segments, which hold all that joining them needs.

use std::fs;
use std::path::Path;

use crate::error::MediaError;

/// Frames that are stored in one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Place among the segments, from 0.
    pub(crate) index: usize,
    /// Frames in it.
    pub(crate) frames: u64,
    /// Time stamp of the first one, in units of the time base.
    pub(crate) first_pts: i64,
    /// Time stamp of the last one.
    pub(crate) last_pts: i64,
}

impl Segment {
    /// The name without its ending, as in `00003_250_30000_39960`.
    pub(crate) fn stem(&self) -> String {
        let Self {
            index,
            frames,
            first_pts,
            last_pts,
        } = self;
        format!("{index:05}_{frames}_{first_pts}_{last_pts}")
    }

    fn from_stem(stem: &str) -> Option<Self> {
        let mut parts = stem.split('_');
        let segment = Self {
            index: parts.next()?.parse().ok()?,
            frames: parts.next()?.parse().ok()?,
            first_pts: parts.next()?.parse().ok()?,
            last_pts: parts.next()?.parse().ok()?,
        };
        (parts.next().is_none() && segment.frames > 0).then_some(segment)
    }
}

/// The segments of a folder, up to the first gap.
pub(crate) fn whole_segments(folder: &Path) -> Result<Vec<Segment>, MediaError> {
    let fail = |source| MediaError::from_read(folder, source);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        found.extend(Segment::from_stem(&stem));
    }
    found.sort_by_key(|segment| segment.index);
    let in_order = |(index, segment): &(usize, Segment)| *index == segment.index;
    let whole = found.into_iter().enumerate().take_while(in_order);
    Ok(whole.map(|(_, segment)| segment).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segments_name_holds_all_that_joining_needs() {
        let segment = Segment {
            index: 3,
            frames: 250,
            first_pts: 30_000,
            last_pts: 39_960,
        };
        assert_eq!(Segment::from_stem(&segment.stem()), Some(segment));
        for other in [
            "open",
            "list",
            "00001_5_6",
            "00001_0_6_7",
            "a_b_c_d",
            "1_2_3_4_5",
        ] {
            assert_eq!(Segment::from_stem(other), None, "{other}");
        }
    }

    #[test]
    fn what_follows_a_gap_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "00000_5_0_4.mp4",
            "00001_5_5_9.mp4",
            "00003_5_15_19.mp4",
            ".open.partial-1-0.mp4",
        ] {
            fs::write(folder.path().join(name), b"").unwrap();
        }
        let whole = whole_segments(folder.path()).unwrap();
        assert_eq!(whole.len(), 2);
    }
}
