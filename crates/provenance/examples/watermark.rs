//! Hides and finds watermarks in files, for measuring; `watermark_quality.py` beside it makes the table of
//! docs/performance.md with it.
//!
//! ```text
//! watermark hide ID INPUT FOLDER [SECONDS]   marked frames as PNG, and unmarked ones in FOLDER/unmarked
//! watermark find FILE...                     a line of JSON a file
//! watermark find-frames FILE EVERY           every so-manieth frame as if it were a file of its own
//! watermark jpeg PICTURE FILE QUALITY        a picture as JPEG
//! ```
#![allow(
    clippy::print_stdout,
    reason = "a developer's tool that reports on its output"
)]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use media::{Image, InputKind, VideoReader, encode_jpeg, read_picture, sniff, write_png};
use provenance::watermark::{Finder, Found, Hider, Payload};

/// Sums over the frames of a marked file.
#[derive(Default)]
struct Sums {
    frames: f64,
    squares: f64,
    seconds: f64,
    changes: f64,
    worst_psnr_db: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["hide", id, input, folder, seconds @ ..] => {
            let seconds = seconds
                .first()
                .map_or(Ok(f64::INFINITY), |text| text.parse())?;
            hide(id, Path::new(input), Path::new(folder), seconds)
        }
        ["find", files @ ..] => files.iter().try_for_each(|file| find(Path::new(file))),
        ["find-frames", file, every] => find_frames(Path::new(file), every.parse()?),
        ["jpeg", picture, file, quality] => {
            let bytes = encode_jpeg(&read_picture(Path::new(picture))?, quality.parse()?);
            Ok(std::fs::write(file, bytes)?)
        }
        _ => Err("see the top of examples/watermark.rs for the words it takes".into()),
    }
}

/// Call `each` with the frames of a video, or with a picture.
fn for_each_frame(
    path: &Path,
    seconds: f64,
    each: &mut dyn FnMut(Image) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    if path.is_file() && matches!(sniff(path)?, InputKind::Picture) {
        return each(read_picture(path)?);
    }
    let mut reader = VideoReader::open(path)?;
    let base = reader.info().time_base.to_f64();
    let mut first = None;
    while let Some(frame) = reader.next_frame()? {
        let start = *first.get_or_insert(frame.pts);
        if (frame.pts - start) as f64 * base >= seconds {
            break;
        }
        each(frame.image)?;
    }
    Ok(())
}

fn hide(id: &str, input: &Path, folder: &Path, seconds: f64) -> Result<(), Box<dyn Error>> {
    let payload = Payload::new(id.parse()?);
    std::fs::create_dir_all(folder.join("unmarked"))?;
    let mut hider: Option<Hider> = None;
    let mut before: Option<Vec<f64>> = None;
    let mut sums = Sums {
        worst_psnr_db: f64::INFINITY,
        ..Sums::default()
    };
    for_each_frame(input, seconds, &mut |mut frame| {
        if hider.is_none() {
            hider = Some(Hider::new(payload, frame.width(), frame.height())?);
        }
        let hider = hider.as_mut().ok_or("there is a hider now")?;
        let name = format!("{:05}.png", sums.frames as u64);
        write_png(&folder.join("unmarked").join(&name), &frame)?;
        let unmarked = frame.rgb().to_vec();
        let start = Instant::now();
        inference::on_one_core(|| hider.hide(&mut frame))?;
        sums.seconds += start.elapsed().as_secs_f64();
        write_png(&folder.join(&name), &frame)?;
        let mark: Vec<f64> = (frame.rgb().iter().zip(&unmarked))
            .map(|(marked, unmarked)| f64::from(*marked) - f64::from(*unmarked))
            .collect();
        let squares = mark.iter().map(|value| value * value).sum::<f64>() / mark.len() as f64;
        sums.squares += squares;
        sums.worst_psnr_db = sums.worst_psnr_db.min(to_psnr_db(squares));
        if let Some(before) = &before {
            let changes = mark
                .iter()
                .zip(before)
                .map(|(now, then)| (now - then).abs());
            sums.changes += changes.sum::<f64>() / mark.len() as f64;
        }
        before = Some(mark);
        sums.frames += 1.0;
        Ok(())
    })?;
    println!(
        r#"{{"frames": {}, "psnr_db": {:.2}, "worst_psnr_db": {:.2}, "change": {:.4}, "ms": {:.2}}}"#,
        sums.frames,
        to_psnr_db(sums.squares / sums.frames),
        sums.worst_psnr_db,
        sums.changes / (sums.frames - 1.0).max(1.0),
        1e3 * sums.seconds / sums.frames,
    );
    Ok(())
}

fn to_psnr_db(squares: f64) -> f64 {
    10.0 * (255.0 * 255.0 / squares.max(1e-9)).log10()
}

fn find(file: &Path) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let mut finder = Finder::new()?;
    for_each_frame(file, f64::INFINITY, &mut |frame| {
        finder.feed(&frame);
        Ok(())
    })?;
    let words = finder
        .finish()?
        .map_or_else(|| r#""id": null"#.to_owned(), to_words);
    let seconds = start.elapsed().as_secs_f64();
    println!(
        r#"{{{words}, "seconds": {seconds:.2}, "file": "{}"}}"#,
        file.display()
    );
    Ok(())
}

fn to_words(found: Found) -> String {
    format!(
        r#""id": "{}", "chance_power": {:.1}, "shown": {:.3}, "frames": {}"#,
        found.payload.id, found.chance_power, found.shown, found.frames
    )
}

fn find_frames(file: &Path, every: u64) -> Result<(), Box<dyn Error>> {
    let [mut index, mut looked, mut found] = [0_u64; 3];
    for_each_frame(file, f64::INFINITY, &mut |frame| {
        index += 1;
        if (index - 1).is_multiple_of(every) {
            looked += 1;
            let mut finder = Finder::new()?;
            finder.feed(&frame);
            found += u64::from(finder.finish()?.is_some());
        }
        Ok(())
    })?;
    println!(
        r#"{{"frames": {looked}, "found": {found}, "file": "{}"}}"#,
        file.display()
    );
    Ok(())
}
