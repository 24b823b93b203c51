//! Reads the mark from frames.

use media::Image;

use super::chip_layout::{CELLS, ChipLayout};
use super::chip_networks::ReadingNetwork;
use super::kept_frames::KeptFrames;
use super::payload::KNOWN_BITS;
use super::search::{Evidence, finer_sizes, sizes};
use super::{MOST_ATTEMPTS, Payload, WatermarkError};

/// Frames that the size is searched with.
const SEARCH_FRAMES: usize = 4;
/// Deviations from which a match is decoded before the other sizes are compared.
const CLEAR_MATCH: f32 = 7.0;
/// Places that are decoded where the picture seems whole, and elsewhere.
const PLACES_OF_WHOLE: usize = 3;
const PLACES_OF_PART: usize = 2;
/// Sizes that are decoded after the search.
const BEST_SIZES: usize = 8;
/// Offsets and sizes that pilots are compared at, about.
const COMPARED: f64 = 64.0 * 64.0 * 60.0;

/// A mark that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// What it says.
    pub payload: Payload,
    /// 1 less the chance that a file without a mark would look like this, 0 to 1.
    pub confidence: f64,
    /// That chance as a power of ten, if the noise of unmarked pictures is normal, which was not measured; what is promised is
    /// [`FALSE_FINDS`](super::FALSE_FINDS) alone.
    pub chance_power: f64,
    /// Share of the marked picture's shorter side that the file shows: 1 is all of it, 0.7 a cut.
    pub shown: f64,
    /// Frames that were read.
    pub frames: usize,
}

/// Looks for the mark of an output in frames of it, as many or few as there are.
///
/// Memory does not grow: of a long video some frames are kept, small.
pub struct Finder {
    reader: ReadingNetwork,
    layout: ChipLayout,
    frames: KeptFrames,
    attempts: u32,
}

impl Finder {
    /// Load the reading network.
    ///
    /// # Errors
    /// Where the engine cannot load it: the program was built with damaged files.
    pub fn new() -> Result<Self, WatermarkError> {
        Ok(Self {
            reader: ReadingNetwork::built_in()?,
            layout: ChipLayout::new(),
            frames: KeptFrames::default(),
            attempts: 0,
        })
    }

    /// Take the next frame. All frames of a file have one size; a still is a single frame.
    pub fn feed(&mut self, frame: &Image) {
        self.frames.offer(frame);
    }

    /// Look for a mark in the frames so far: first as if the picture were whole, then cut or with borders.
    ///
    /// # Errors
    /// Where the network does not run.
    pub fn finish(mut self) -> Result<Option<Found>, WatermarkError> {
        if self.frames.all().is_empty() {
            return Ok(None);
        }
        let sizes = sizes();
        let whole = sizes[0];
        for is_quick in [true, false] {
            if let Some(found) = self.decode(whole, PLACES_OF_WHOLE, is_quick)? {
                return Ok(Some(found));
            }
        }
        let mut matches = Vec::with_capacity(sizes.len());
        for size in sizes {
            let deviations = self.best_match(size)?;
            if deviations > CLEAR_MATCH
                && let Some(found) = self.decode_near(size)?
            {
                return Ok(Some(found));
            }
            matches.push((deviations, size));
        }
        matches.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (_, size) in matches.into_iter().take(BEST_SIZES) {
            if let Some(found) = self.decode_near(size)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Decode at the best of a size and those just beside it.
    fn decode_near(&mut self, size: f64) -> Result<Option<Found>, WatermarkError> {
        let mut best = (f32::NEG_INFINITY, size);
        for size in finer_sizes(size) {
            let found = (self.best_match(size)?, size);
            if found.0 > best.0 {
                best = found;
            }
        }
        self.decode(best.1, PLACES_OF_PART, false)
    }

    /// How well pilots match at the best place, with a few frames.
    fn best_match(&self, size: f64) -> Result<f32, WatermarkError> {
        let frames = self.frames.some(SEARCH_FRAMES);
        let evidence = Evidence::gather(&self.reader, frames, size)?;
        let best = evidence.best_matches(&self.layout, 1);
        Ok(best[0].deviations)
    }

    /// Decode at the best places of one size, with a few frames or all.
    fn decode(
        &mut self,
        size: f64,
        places: usize,
        is_quick: bool,
    ) -> Result<Option<Found>, WatermarkError> {
        let count = if is_quick { SEARCH_FRAMES } else { usize::MAX };
        let frames = self.frames.some(count);
        let read = frames.len();
        let evidence = Evidence::gather(&self.reader, frames, size)?;
        let mut matches = evidence.best_matches(&self.layout, places);
        if size == CELLS as f64 {
            // most files show all of the picture: there the pilots need not decide
            matches.insert(0, evidence.match_at(&self.layout, [0, 0]));
        }
        for place in matches {
            if self.attempts == MOST_ATTEMPTS {
                break;
            }
            self.attempts += 1;
            let odds = self.layout.code_odds(&evidence.sums, place.offset);
            let Some(payload) = Payload::decode(&odds) else {
                continue;
            };
            let chance_power = chance_power(place.deviations);
            return Ok(Some(Found {
                payload,
                confidence: 1.0 - 10f64.powf(chance_power),
                chance_power,
                shown: size / CELLS as f64,
                frames: read,
            }));
        }
        Ok(None)
    }
}

impl std::fmt::Debug for Finder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Finder")
            .field("frames", &self.frames.all().len())
            .finish_non_exhaustive()
    }
}

/// Power of ten of the chance that noise gives a payload whose known bits fit, where pilots match by so
/// many deviations: both are independent, since pilots say nothing about the payload.
fn chance_power(deviations: f32) -> f64 {
    let decoded = f64::from(MOST_ATTEMPTS) * 2f64.powi(-KNOWN_BITS);
    let deviations = f64::from(deviations).max(1.0);
    // Q(x) < exp(-x^2 / 2) / (x sqrt(2 pi)): Gordon 1941
    let tail = (-deviations * deviations / 2.0) / std::f64::consts::LN_10
        - (deviations * (2.0 * std::f64::consts::PI).sqrt()).log10();
    decoded.log10() + (COMPARED.log10() + tail).min(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watermark::FALSE_FINDS;

    #[test]
    fn even_without_any_match_of_pilots_false_finds_stay_within_the_bound() {
        assert!(chance_power(0.0) <= FALSE_FINDS.log10());
        assert!(chance_power(12.0) < -20.0);
    }
}
