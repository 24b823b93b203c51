//! Entry point of the few-shot protocol.

use std::ops::ControlFlow;
use std::path::PathBuf;

use landmarks::FaceFinder;

use crate::method::Method;
use crate::people::answers::count_answers;
use crate::people::config::{PeopleConfig, PeopleError, PeopleEvent};
use crate::people::files::{create_folder, write_whole};
use crate::people::from_clips::{clips_by_person, cut_people};
use crate::people::making::make_frames;
use crate::people::people_folder::{Listener, has_people, read_people};
use crate::people::report::{MethodResult, PeopleReport, measures};
use crate::people::scoring::Judge;
use crate::people::sheet::write_sheet;
use crate::people::table::csv;
use crate::people::user_test::write_user_test;

/// Learn every person from T pictures by every method, make the held-out pictures from their own
/// landmarks, and measure them.
///
/// Writes into the output folder: `frames/METHOD-T/PERSON/NAME.png`, `people` (what was cut from
/// clips), `report.json`, `report.csv`, `sheet.png` and `user-test/index.html`. Each appears whole;
/// a run with the same settings goes on where another ended.
///
/// # Errors
/// See [`PeopleError`].
pub fn evaluate_people(
    config: &PeopleConfig,
    mut methods: Vec<Box<dyn Method>>,
    listener: &mut dyn FnMut(PeopleEvent) -> ControlFlow<()>,
) -> Result<PeopleReport, PeopleError> {
    check_names(&methods)?;
    let finder = FaceFinder::built_in(None)?;
    // Networks are loaded before the long work, so that an unusable one is told at once.
    let judge = Judge::open(&config.nets, &finder)?;
    create_folder(&config.output)?;
    let folder = people_folder(config, &finder, listener)?;
    let needed = config.shots.iter().copied().max().unwrap_or(1);
    let people = read_people(&folder, needed, &finder, listener)?;
    let rows = make_frames(config, &mut methods, &people, listener)?;
    let scores = judge.compare(&rows, &people, listener)?;
    let results = rows.iter().zip(scores).map(|(row, scores)| MethodResult {
        method: row.method.clone(),
        shots: row.shots,
        scores: scores.all,
        people: scores.people,
    });
    let mut report = PeopleReport {
        version: env!("CARGO_PKG_VERSION"),
        people: people.iter().map(|person| person.name.clone()).collect(),
        frames: people.iter().map(|person| person.held_out.len()).sum(),
        measures: measures(&judge),
        results: results.collect(),
    };
    let sheet = config.output.join("sheet.png");
    write_sheet(&sheet, &people, &rows, config.sheet_seal.as_ref())?;
    let test = write_user_test(
        &config.output.join("user-test"),
        &people,
        &rows,
        config.seed,
    )?;
    let shares = count_answers(&config.answers, &test.id, &test.truths, listener)?;
    for result in &mut report.results {
        let row = format!("{}-{}", result.method, result.shots);
        result.scores.user = shares.get(&row).copied();
    }
    let json = serde_json::to_vec_pretty(&report).expect("numbers and text can be written as JSON");
    write_whole(&config.output.join("report.json"), &json)?;
    write_whole(&config.output.join("report.csv"), csv(&report).as_bytes())?;
    Ok(report)
}

/// The folder of pictures: as it is, or cut from clips into the output.
fn people_folder(
    config: &PeopleConfig,
    finder: &FaceFinder,
    listener: &mut Listener<'_>,
) -> Result<PathBuf, PeopleError> {
    if has_people(&config.people)? {
        return Ok(config.people.clone());
    }
    let clips = clips_by_person(&config.people)?;
    if clips.is_empty() {
        return Err(PeopleError::NoPeople {
            folder: config.people.clone(),
        });
    }
    let folder = config.output.join("people");
    cut_people(&clips, &config.cut, &folder, finder, listener)?;
    Ok(folder)
}

fn check_names(methods: &[Box<dyn Method>]) -> Result<(), PeopleError> {
    let mut seen: Vec<String> = Vec::new();
    for method in methods {
        let name = method.name();
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(is_plain) || seen.contains(&name) {
            return Err(PeopleError::MethodName { name });
        }
        seen.push(name);
    }
    Ok(())
}
