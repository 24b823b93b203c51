//! A few frames of a video of unknown length, evenly spread, small.

use media::Image;

use super::cells::shrunk;

/// Most frames that are kept; half as many are left when there are more.
const MOST: usize = 32;
/// Shorter side that frames are shrunk to, pixels: two to a cell.
const SHORTER_PX: u32 = 256;

/// Frames that evidence is gathered from.
#[derive(Debug, Default)]
pub(super) struct KeptFrames {
    frames: Vec<Image>,
    /// Frames seen so far.
    seen: u64,
    /// 2 to this power is the distance of kept frames.
    spread: u32,
}

impl KeptFrames {
    /// Keep the frame if it is its turn.
    pub(super) fn offer(&mut self, frame: &Image) {
        let is_wanted = self.seen.is_multiple_of(1 << self.spread);
        self.seen += 1;
        if !is_wanted {
            return;
        }
        if self.frames.len() == MOST {
            let mut index = 0;
            self.frames.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.spread += 1;
        }
        self.frames.push(shrunk(frame, SHORTER_PX));
    }

    /// All that are kept.
    pub(super) fn all(&self) -> &[Image] {
        &self.frames
    }

    /// At most `count` of them, evenly spread.
    pub(super) fn some(&self, count: usize) -> Vec<&Image> {
        let step = self.frames.len().div_ceil(count).max(1);
        self.frames.iter().step_by(step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_stays_and_frames_are_spread_over_the_whole_video() {
        let mut kept = KeptFrames::default();
        for index in 0..1000_u32 {
            let mut frame = Image::new(128, 128);
            frame.set_pixel(0, 0, [(index / 256) as u8, (index % 256) as u8, 0]);
            kept.offer(&frame);
            assert!(kept.all().len() <= MOST);
        }
        let indices: Vec<u32> = kept
            .all()
            .iter()
            .map(|frame| u32::from(frame.pixel(0, 0)[0]) * 256 + u32::from(frame.pixel(0, 0)[1]))
            .collect();
        assert_eq!(indices[0], 0);
        assert!(
            indices.windows(2).all(|pair| pair[1] - pair[0] == 32),
            "{indices:?}"
        );
        assert!(*indices.last().unwrap() > 950);
        assert!(kept.some(6).len() <= 6 && kept.some(6).len() >= 4);
    }
}
