//! Looks for the watermark in whatever has frames.

use std::path::Path;

use media::{Image, InputKind, VideoReader, read_picture, sniff};
use serde::Serialize;

use crate::watermark::Finder;

/// Frames that are looked at: a minute of most videos.
const MOST_FRAMES: usize = 1500;

/// A watermark that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WatermarkReport {
    /// The number of the output that it names.
    pub output_id: String,
    /// 1 less the chance that a file without a mark would look like this, 0 to 1.
    pub confidence: f64,
    /// That chance as a power of ten, if the noise of unmarked pictures is normal, which was not measured.
    pub chance_power: f64,
    /// Share of the marked picture's shorter side that the file shows.
    pub shown: f64,
    /// Frames that were read.
    pub frames: usize,
}

/// What a search gave.
pub(crate) enum Search {
    Found(WatermarkReport),
    NotFound,
    /// There are no frames to look into, or they cannot be read; why, in a sentence.
    NotPossible(String),
}

/// Look into a picture, a video, or a folder of pictures.
pub(crate) fn search(path: &Path) -> Search {
    let mut finder = match Finder::new() {
        Ok(finder) => finder,
        Err(error) => return Search::NotPossible(error.to_string()),
    };
    if let Err(reason) = feed(&mut finder, path) {
        return Search::NotPossible(format!("no watermark was looked for: {reason}"));
    }
    match finder.finish() {
        Ok(Some(found)) => Search::Found(WatermarkReport {
            output_id: found.payload.id.to_string(),
            confidence: found.confidence,
            chance_power: found.chance_power,
            shown: found.shown,
            frames: found.frames,
        }),
        Ok(None) => Search::NotFound,
        Err(error) => Search::NotPossible(error.to_string()),
    }
}

/// Hand the frames over, as far as they can be read and have one size.
fn feed(finder: &mut Finder, path: &Path) -> Result<(), String> {
    let say = |error: media::MediaError| error.to_string();
    match sniff(path).map_err(say)? {
        InputKind::Sound => return Err("this is sound alone".to_owned()),
        InputKind::Picture => finder.feed(&read_picture(path).map_err(say)?),
        InputKind::Video | InputKind::PictureFolder => {
            let mut reader = VideoReader::open(path).map_err(say)?;
            let mut size = None;
            for _ in 0..MOST_FRAMES {
                // what was read before a damaged place counts
                let Ok(Some(frame)) = reader.next_frame() else {
                    break;
                };
                if *size.get_or_insert(size_of(&frame.image)) != size_of(&frame.image) {
                    break;
                }
                finder.feed(&frame.image);
            }
        }
    }
    Ok(())
}

fn size_of(image: &Image) -> [u32; 2] {
    [image.width(), image.height()]
}
