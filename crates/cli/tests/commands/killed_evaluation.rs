//! `evaluate` killed at random moments: what stands there is whole, and the next run goes on to the same result.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

use crate::evaluate::people;
use crate::killed::{Chance, MODEL, moments};
use crate::program::{Workplace, names_in};

/// Pictures below a folder, by their place in it.
fn pictures_below(folder: &Path) -> Vec<(PathBuf, media::Image)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for name in names_in(&folder) {
            let path = folder.join(name);
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "png") {
                let picture =
                    media::read_picture(&path).expect("a picture is there when it is whole");
                found.push((path, picture));
            }
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// The measures of a report, without the times that they took.
fn measures(folder: &Path) -> Option<Value> {
    let bytes = std::fs::read(folder.join("report.json")).ok()?;
    let report = serde_json::from_slice(&bytes).expect("a report is there when it is whole");
    Some(without_times(report))
}

fn without_times(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let is_time = |name: &str| name.ends_with("_s") || name == "frames_per_second";
            let kept = fields.into_iter().filter(|(name, _)| !is_time(name));
            Value::Object(
                kept.map(|(name, value)| (name, without_times(value)))
                    .collect(),
            )
        }
        Value::Array(values) => values.into_iter().map(without_times).collect(),
        other => other,
    }
}

#[test]
fn evaluate_goes_on_after_every_kill_and_all_that_stands_there_is_whole() {
    let place = Workplace::new();
    people(&place);
    let run = |output: &'static str| {
        let start = [
            "evaluate", "--people", "people", "--shots", "1", "--model", MODEL,
        ];
        place.vivant(start.into_iter().chain(["-o", output]))
    };
    let begun = Instant::now();
    run("whole").run().succeeded();
    let length = begun.elapsed();
    let mut chance = Chance::new();
    let killed = place.path("killed");
    let look = || {
        for (path, picture) in pictures_below(&killed) {
            assert!(picture.width() > 0, "{}", path.display());
        }
        measures(&killed)
    };
    for _ in 0..moments() {
        let mut child = run("killed").start();
        std::thread::sleep(length.mul_f64(chance.next()));
        child.kill().expect("it can be killed");
        child.wait().expect("it has ended");
        if killed.is_dir() && look().is_some() {
            // it was done; the next one begins anew
            std::fs::remove_dir_all(&killed).expect("it is ours");
        }
    }
    run("killed").run().succeeded();
    assert!(
        look().is_some() && look() == measures(&place.path("whole")),
        "measures differ"
    );
    let shown = |folder: &str| -> Vec<media::Image> {
        let pictures = pictures_below(&place.path(folder).join("frames")).into_iter();
        pictures.map(|(_, picture)| picture).collect()
    };
    assert_eq!(shown("whole").len(), 9, "three methods, three frames");
    assert!(shown("whole") == shown("killed"), "frames differ");
}
