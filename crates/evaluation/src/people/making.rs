//! Making the frames: every method learns every person from T pictures and shows the held-out
//! ones.
//!
//! A person's frames appear whole. A record beside them says what they were made from, so that
//! a run goes on where the last one ended, and frames of other settings are made anew.

use std::path::{Path, PathBuf};
use std::time::Instant;

use inference::sha256_hex;
use media::{Image, MediaError, Metadata, SharedSeal, write_png_sealed, write_png_with};
use serde::{Deserialize, Serialize};

use crate::method::Method;
use crate::people::config::{PeopleConfig, PeopleError, PeopleEvent};
use crate::people::files::{FolderInTheMaking, create_folder, write_whole};
use crate::people::people_folder::{Listener, Person, tell};

/// Where the frames of one row of the table lie.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// The method.
    pub(crate) method: String,
    /// Pictures it learned from.
    pub(crate) shots: usize,
    /// `OUT/frames/METHOD-T`.
    pub(crate) folder: PathBuf,
    /// Seconds that rendering took over all people.
    pub(crate) render_s: f64,
    /// Seconds that learning took over all people.
    pub(crate) learn_s: f64,
}

/// What a person's frames were made from, and how long it took.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    inputs: String,
    learn_s: f64,
    render_s: f64,
}

/// Make all frames that are not there yet.
pub(crate) fn make_frames(
    config: &PeopleConfig,
    methods: &mut [Box<dyn Method>],
    people: &[Person],
    listener: &mut Listener<'_>,
) -> Result<Vec<Row>, PeopleError> {
    let total = methods.len() * config.shots.len() * people.len();
    let mut done = 0;
    let mut rows = Vec::new();
    for method in methods {
        for shots in &config.shots {
            let label = format!("{}-{shots}", method.name());
            let mut row = Row {
                method: method.name(),
                shots: *shots,
                folder: config.output.join("frames").join(&label),
                render_s: 0.0,
                learn_s: 0.0,
            };
            let records = config.output.join("made").join(&label);
            create_folder(&row.folder)?;
            create_folder(&records)?;
            for person in people {
                let path = records.join(format!("{}.json", person.name));
                let place = row.folder.join(&person.name);
                let seal = config.frame_seal.as_ref();
                let record = make_person(method.as_mut(), *shots, person, [&place, &path], seal)?;
                row.learn_s += record.learn_s;
                row.render_s += record.render_s;
                done += 1;
                let progress = PeopleEvent::Progress {
                    stage: "making",
                    unit: "people",
                    done,
                    total,
                };
                tell(listener, progress)?;
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

fn make_person(
    method: &mut dyn Method,
    shots: usize,
    person: &Person,
    [place, record_path]: [&Path; 2],
    seal: Option<&SharedSeal>,
) -> Result<Record, PeopleError> {
    let inputs = inputs_digest(method, shots, person);
    let label = format!("{}-{shots}", method.name());
    let is_whole = || {
        person
            .held_out
            .iter()
            .all(|picture| place.join(&picture.name).is_file())
    };
    let made = std::fs::read(record_path)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if let Some(record) = made.filter(|record: &Record| record.inputs == inputs && is_whole()) {
        return Ok(record);
    }
    let failed = |source| PeopleError::Method {
        method: label.clone(),
        person: person.name.clone(),
        source,
    };
    let learned = person.shots(shots)?;
    let wanted = [learned[0].picture.width(), learned[0].picture.height()];
    let start = Instant::now();
    method.learn(&learned).map_err(failed)?;
    let learn_s = start.elapsed().as_secs_f64();
    let in_the_making = FolderInTheMaking::begin(place)?;
    let mut render_s = 0.0;
    for picture in &person.held_out {
        let start = Instant::now();
        let made = method.render(&picture.landmarks).map_err(failed)?;
        render_s += start.elapsed().as_secs_f64();
        let found = [made.width(), made.height()];
        if found != wanted {
            let method = method.name();
            let person = person.name.clone();
            return Err(PeopleError::MadeSize {
                method,
                person,
                found,
                wanted,
            });
        }
        write_made(&in_the_making.path().join(&picture.name), &made, seal)?;
    }
    in_the_making.finish()?;
    let record = Record {
        inputs,
        learn_s,
        render_s,
    };
    let text = serde_json::to_vec_pretty(&record).expect("numbers and text can be written as JSON");
    write_whole(record_path, &text)?;
    Ok(record)
}

/// Write a picture that shows heads which a method made; it says so.
pub(crate) fn write_made(
    path: &Path,
    picture: &Image,
    seal: Option<&SharedSeal>,
) -> Result<(), MediaError> {
    let comment = "Synthetic: heads made to be measured beside true ones, with Vivant. They do not show real events.";
    let metadata = Metadata {
        title: Some("Synthetic heads made with Vivant".to_owned()),
        comment: Some(comment.to_owned()),
    };
    match seal {
        Some(seal) => write_png_sealed(path, picture, &metadata, seal),
        None => write_png_with(path, picture, &metadata),
    }
}

/// SHA-256 over the program's version, the method, the pictures it learns from and the landmarks
/// that drive it.
fn inputs_digest(method: &dyn Method, shots: usize, person: &Person) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut text = format!("{version}\n{}\n{}\n", method.name(), method.fingerprint());
    for picture in person.spread(shots).into_iter().chain(&person.held_out) {
        text.push_str(&format!(
            "{} {:?}\n",
            picture.digest, picture.landmarks.points
        ));
    }
    sha256_hex(text.as_bytes())
}
