//! A page about a preprocessing run: counts, reasons for rejects, and a sheet of the clips.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use landmarks::{FaceFrame, cut_crop};
use media::{Image, Metadata, write_png_with};

use crate::preprocess_config::{PreprocessError, Reject, RejectReason};
use crate::shard_format::ShardIndex;
use crate::shard_writer::write_whole;
use crate::shards::Shards;

/// Side of a picture on the sheet, pixels.
const TILE: u32 = 96;
/// Pictures in a row.
const COLUMNS: u32 = 16;
/// Most pictures on the sheet.
const MOST_TILES: usize = 480;
/// Rejects that are named one by one.
const MOST_REJECTS: usize = 2000;

/// Write `report.html` and its sheet into `folder`; `name` tells jobs apart. Returns the page's name.
pub(crate) fn write_report(
    folder: &Path,
    name: &str,
    index: &ShardIndex,
    rejects: &[Reject],
) -> Result<String, PreprocessError> {
    let sheet = format!("contact-sheet{name}.png");
    if !index.clips.is_empty() {
        let picture = contact_sheet(folder, name)?;
        write_png_with(&folder.join(&sheet), &picture, &Metadata::of_copies())
            .map_err(PreprocessError::Report)?;
    }
    let report = format!("report{name}.html");
    write_whole(
        &folder.join(&report),
        page(index, rejects, &sheet).as_bytes(),
    )?;
    Ok(report)
}

/// The middle frame of the clips, evenly chosen where there are many.
fn contact_sheet(folder: &Path, name: &str) -> Result<Image, PreprocessError> {
    let shards = Shards::open_index(folder, &folder.join(format!("index{name}.json")))?;
    let clips = shards.videos().len();
    let step = clips.div_ceil(MOST_TILES).max(1);
    let shown: Vec<usize> = (0..clips).step_by(step).collect();
    let rows = (shown.len() as u32).div_ceil(COLUMNS).max(1);
    let mut sheet = Image::new(COLUMNS * TILE, rows * TILE);
    let side = shards.side_px() as f32;
    let whole = FaceFrame {
        centre: [(side - 1.0) / 2.0; 2],
        size_px: side,
        roll: 0.0,
    };
    let map = whole.square_to_picture(1.0, TILE);
    for (place, clip) in shown.into_iter().enumerate() {
        let frame = shards.videos()[clip].frames.len() / 2;
        let tile = cut_crop(&shards.picture(clip, frame)?, &map, TILE);
        let [left, top] = [place as u32 % COLUMNS * TILE, place as u32 / COLUMNS * TILE];
        for y in 0..TILE {
            for x in 0..TILE {
                sheet.set_pixel(left + x, top + y, tile.pixel(x, y));
            }
        }
    }
    Ok(sheet)
}

fn page(index: &ShardIndex, rejects: &[Reject], sheet: &str) -> String {
    let frames: usize = index.clips.iter().map(|clip| clip.frames.len()).sum();
    let mut people: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for clip in &index.clips {
        let counts = people.entry(&clip.identity).or_default();
        counts[0] += 1;
        counts[1] += clip.frames.len();
    }
    let mut reasons: BTreeMap<RejectReason, usize> = BTreeMap::new();
    for reject in rejects {
        *reasons.entry(reject.reason).or_default() += 1;
    }
    let mut text = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Preprocessing</title>\n\
         <style>body{font:15px sans-serif;margin:2em;max-width:100em}td,th{padding:.1em .8em;\
         text-align:left}img{max-width:100%}</style>\n",
    );
    let mut line = |html: String| writeln!(text, "{html}").expect("a string takes text");
    line(format!(
        "<h1>Preprocessing</h1><p>{} people, {} clips, {frames} frames of {} px, {} parts left out.</p>",
        people.len(),
        index.clips.len(),
        index.side_px,
        rejects.len()
    ));
    if !index.clips.is_empty() {
        line(format!(
            "<p><img src=\"{sheet}\" alt=\"The middle frame of each clip\"></p>"
        ));
    }
    line("<h2>Left out</h2><table><tr><th>reason<th>parts".to_owned());
    for (reason, count) in &reasons {
        line(format!("<tr><td>{}<td>{count}", reason.text()));
    }
    line("</table><table><tr><th>video<th>first frame<th>frames<th>reason<th>detail".to_owned());
    for reject in rejects.iter().take(MOST_REJECTS) {
        line(format!(
            "<tr><td>{}<td>{}<td>{}<td>{}<td>{}",
            escaped(&reject.video),
            reject.first_frame,
            reject.frames,
            reject.reason.text(),
            escaped(&reject.detail)
        ));
    }
    line("</table><h2>People</h2><table><tr><th>person<th>clips<th>frames".to_owned());
    for (name, [clips, frames]) in &people {
        line(format!("<tr><td>{}<td>{clips}<td>{frames}", escaped(name)));
    }
    line("</table></html>".to_owned());
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
