//! The sheet as the paper's figure: a row for each person and T, with a shot, the truth and what
//! every method made of it.

use landmarks::resize_longer_side;
use media::{Image, LETTER_PX, SharedSeal, read_picture, write_text};

use std::path::Path;

use crate::people::config::PeopleError;
use crate::people::making::{Row, write_made};
use crate::people::people_folder::Person;

/// Side of a picture on the sheet, pixels.
const CELL_PX: u32 = 160;
/// Room around each, pixels.
const GAP_PX: u32 = 4;
/// Height of a line of text, pixels.
const LINE_PX: u32 = LETTER_PX + 4;
/// Most people that are shown; beyond it the sheet would not fit a viewer.
const MOST_PEOPLE: usize = 24;

/// Draw the sheet and write it.
pub(crate) fn write_sheet(
    path: &Path,
    people: &[Person],
    rows: &[Row],
    seal: Option<&SharedSeal>,
) -> Result<(), PeopleError> {
    let mut methods: Vec<&str> = Vec::new();
    let mut shots: Vec<usize> = Vec::new();
    for row in rows {
        if !methods.contains(&row.method.as_str()) {
            methods.push(&row.method);
        }
        if !shots.contains(&row.shots) {
            shots.push(row.shots);
        }
    }
    let people = &people[..people.len().min(MOST_PEOPLE)];
    let columns = 2 + methods.len() as u32;
    let lines = (people.len() * shots.len()) as u32;
    let [step_x, step_y] = [CELL_PX + GAP_PX, CELL_PX + GAP_PX + LINE_PX];
    let mut sheet = Image::new(columns * step_x + GAP_PX, lines * step_y + LINE_PX + GAP_PX);
    sheet.rgb_mut().fill(255);
    for (column, name) in ["source", "truth"]
        .into_iter()
        .chain(methods.iter().copied())
        .enumerate()
    {
        let place = [column as u32 * step_x + GAP_PX, GAP_PX].map(i64::from);
        write_text(&mut sheet, place, 1, [0; 3], name);
    }
    let mut line = 0;
    for person in people {
        for count in &shots {
            let top = LINE_PX + GAP_PX + line * step_y;
            let text = format!("{}  T = {count}", person.name);
            write_text(
                &mut sheet,
                [i64::from(GAP_PX), i64::from(top)],
                1,
                [0; 3],
                &text,
            );
            for (column, picture) in pictures(person, *count, &methods, rows)?.iter().enumerate() {
                let corner = [column as u32 * step_x + GAP_PX, top + LINE_PX];
                paste(
                    &mut sheet,
                    &resize_longer_side(picture, CELL_PX).image,
                    corner,
                );
            }
            line += 1;
        }
    }
    Ok(write_made(path, &sheet, seal)?)
}

/// The middle shot, the middle held-out picture, and what each method made of it.
fn pictures(
    person: &Person,
    count: usize,
    methods: &[&str],
    rows: &[Row],
) -> Result<Vec<Image>, PeopleError> {
    let truth = &person.held_out[person.held_out.len() / 2];
    let mut pictures = vec![person.spread(count)[count / 2].read()?, truth.read()?];
    for method in methods {
        let row = rows
            .iter()
            .find(|row| row.method == *method && row.shots == count);
        let row = row.expect("every method is run with every T");
        pictures.push(read_picture(
            &row.folder.join(&person.name).join(&truth.name),
        )?);
    }
    Ok(pictures)
}

fn paste(sheet: &mut Image, picture: &Image, [left, top]: [u32; 2]) {
    for y in 0..picture.height() {
        for x in 0..picture.width() {
            sheet.set_pixel(left + x, top + y, picture.pixel(x, y));
        }
    }
}
