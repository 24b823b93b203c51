//! The table for the terminal and as CSV.

use crate::people::report::{Measure, PeopleReport};
use crate::people::scores::Scores;

/// What stands for a value that there is none of.
const NOT_MEASURED: &str = "not measured";

/// The table in columns, with what each column means below it.
pub fn text_table(report: &PeopleReport) -> String {
    let (measured, missing): (Vec<&Measure>, Vec<&Measure>) =
        report.measures.iter().partition(|measure| {
            report
                .results
                .iter()
                .any(|row| (measure.value)(&row.scores).is_some())
        });
    let heads = measured
        .iter()
        .map(|measure| short_name(&measure.name).to_owned());
    let mut lines = vec![
        ["method".to_owned(), "T".to_owned()]
            .into_iter()
            .chain(heads)
            .collect(),
    ];
    for row in &report.results {
        let values = measured.iter().map(|measure| shown(measure, &row.scores));
        let line: Vec<String> = [row.method.clone(), row.shots.to_string()]
            .into_iter()
            .chain(values)
            .collect();
        lines.push(line);
    }
    let mut text = aligned(&lines);
    text.push_str(&format!(
        "\n{} people, {} frames a row\n",
        report.people.len(),
        report.frames
    ));
    for measure in measured {
        text.push_str(&format!("{}: {}\n", measure.name, measure.protocol));
    }
    let missing: Vec<&str> = missing
        .iter()
        .map(|measure| measure.name.as_str())
        .collect();
    if !missing.is_empty() {
        text.push_str(&format!("{NOT_MEASURED}: {}\n", missing.join(", ")));
    }
    text
}

/// The table as comma-separated values: a line for each row over all people (person `*`), then one
/// for each of its people.
pub fn csv(report: &PeopleReport) -> String {
    let names: Vec<String> = report
        .measures
        .iter()
        .map(|measure| quoted(&measure.name))
        .collect();
    let mut text = format!("method,shots,person,frames,{}\n", names.join(","));
    for row in &report.results {
        let all = std::iter::once(("*", &row.scores));
        let people = row
            .people
            .iter()
            .map(|(name, scores)| (name.as_str(), scores));
        for (person, scores) in all.chain(people) {
            let values: Vec<String> = report
                .measures
                .iter()
                .map(|measure| {
                    (measure.value)(scores).map_or(String::new(), |value| value.to_string())
                })
                .collect();
            let [method, person] = [quoted(&row.method), quoted(person)];
            let (shots, frames) = (row.shots, scores.frames);
            text.push_str(&format!(
                "{method},{shots},{person},{frames},{}\n",
                values.join(",")
            ));
        }
    }
    text
}

/// A column's name without its network and unit, which stand below the table.
fn short_name(name: &str) -> &str {
    match name {
        "landmark_error_percent" => "points %",
        "pose_error_degrees" => "pose deg",
        "without_face" => "no face",
        "frames_per_second" => "frames/s",
        "learn_s" => "learn s",
        name => name.split('-').next().unwrap_or(name),
    }
}

fn shown(measure: &Measure, scores: &Scores) -> String {
    match (measure.value)(scores) {
        Some(value) => format!("{value:.*}", measure.digits),
        None => "-".to_owned(),
    }
}

fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines[0].len();
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].len())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:>width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}
