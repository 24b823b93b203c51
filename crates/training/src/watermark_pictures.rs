//! Pictures to hide marks in: squares cut from clips and stills, all of one size.

use std::fs;
use std::path::Path;

use dataset::{LabelledSource, SourceKind, Split, find_sources};
use landmarks::resize_longer_side;
use media::{Image, MediaError, VideoReader, read_picture};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::network_run_event::{Event, Listener, RunError};
use crate::watermark_training_error::WatermarkTrainingError;

/// Frames of a clip that are looked at, and from one that is kept to the next.
const FRAMES: u64 = 150;
const FRAME_STEP: u64 = 24;
/// Pictures at least this many times the wanted side also give a square of half their own.
const WORTH_HALVING: u32 = 2;

/// Squares of `side_px`: those that `store` holds, or else cut from the training sources below `folder`
/// and then stored, so that a resumed run starts at once.
///
/// # Errors
/// Where the folder holds nothing; single bad sources are told to the listener.
pub(crate) fn load_pictures(
    folder: &Path,
    held_out: &[String],
    side_px: u32,
    store: &Path,
    listener: &mut Listener<'_>,
) -> Result<Vec<Image>, WatermarkTrainingError> {
    let io = |source| RunError::at(store, source);
    let bytes = side_px as usize * side_px as usize * 3;
    if store.is_file() {
        let stored = fs::read(store).map_err(io)?;
        let squares = stored.chunks_exact(bytes);
        let squares: Vec<Image> = squares
            .map(|rgb| Image::from_rgb(side_px, side_px, rgb.to_vec()))
            .collect();
        listener.tell(Event::Loaded {
            samples: squares.len(),
            sources: 0,
        });
        return Ok(squares);
    }
    let squares = cut_from_sources(folder, held_out, side_px, listener)?;
    let all: Vec<u8> = squares
        .iter()
        .flat_map(|square| square.rgb())
        .copied()
        .collect();
    let temporary = store.with_extension("part");
    fs::write(&temporary, all).map_err(io)?;
    fs::rename(&temporary, store).map_err(io)?;
    Ok(squares)
}

fn cut_from_sources(
    folder: &Path,
    held_out: &[String],
    side_px: u32,
    listener: &mut Listener<'_>,
) -> Result<Vec<Image>, WatermarkTrainingError> {
    let mut sources = find_sources(folder, held_out)?;
    sources.retain(|source| source.split == Split::Train);
    let mut random = StdRng::seed_from_u64(1);
    let mut squares = Vec::new();
    for source in &sources {
        let mut keep = |image: &Image| cut_squares(image, side_px, &mut random, &mut squares);
        if let Err(error) = each_picture(source, &mut keep) {
            listener.tell(Event::Warning {
                text: format!("{} is not used: {error}", source.name),
            });
        }
    }
    if squares.is_empty() {
        return Err(WatermarkTrainingError::NoPictures {
            folder: folder.to_path_buf(),
            side_px,
        });
    }
    listener.tell(Event::Loaded {
        samples: squares.len(),
        sources: sources.len(),
    });
    Ok(squares)
}

fn each_picture(source: &LabelledSource, keep: &mut dyn FnMut(&Image)) -> Result<(), MediaError> {
    if source.kind == SourceKind::Still {
        keep(&read_picture(&source.path)?);
        return Ok(());
    }
    let mut reader = VideoReader::open(&source.path)?;
    while let Some(frame) = reader.next_frame()? {
        if frame.index >= FRAMES {
            break;
        }
        if frame.index.is_multiple_of(FRAME_STEP) {
            keep(&frame.image);
        }
    }
    Ok(())
}

/// The largest square at a random place, and a smaller one of large pictures.
fn cut_squares(image: &Image, side_px: u32, random: &mut StdRng, squares: &mut Vec<Image>) {
    let shorter = image.width().min(image.height());
    if shorter < side_px {
        return;
    }
    let mut sides = vec![shorter];
    if shorter >= side_px * WORTH_HALVING {
        sides.push(shorter / 2);
    }
    for side in sides {
        let left = random.random_range(0..=image.width() - side);
        let top = random.random_range(0..=image.height() - side);
        let square = cut(image, left, top, side);
        squares.push(resize_longer_side(&square, side_px).image);
    }
}

fn cut(image: &Image, left: u32, top: u32, side: u32) -> Image {
    let row_bytes = image.width() as usize * 3;
    let rows = image.rgb().chunks_exact(row_bytes).skip(top as usize);
    let [from, to] = [left, left + side].map(|column| column as usize * 3);
    let rgb = rows.take(side as usize).flat_map(|row| &row[from..to]);
    Image::from_rgb(side, side, rgb.copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_lie_inside_the_picture_and_small_pictures_give_none() {
        let mut image = Image::new(40, 20);
        image.rgb_mut().fill(7);
        let mut random = StdRng::seed_from_u64(3);
        let mut squares = Vec::new();
        cut_squares(&image, 10, &mut random, &mut squares);
        assert_eq!(squares.len(), 2);
        assert!(squares.iter().all(|square| square.pixel(9, 9) == [7; 3]));
        cut_squares(&image, 21, &mut random, &mut squares);
        assert_eq!(squares.len(), 2);
    }
}
