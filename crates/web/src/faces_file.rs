//! How several faces of one picture move, as the TOML file that `animate --job` takes.

use std::ffi::OsString;

use serde::Serialize;
use toml::{Table, Value};

use crate::error::Refusal;

/// Options by name, of the run and of each face.
#[derive(Debug, Serialize)]
pub(crate) struct FacesFile {
    #[serde(flatten)]
    of_run: Table,
    face: Vec<Table>,
}

type Options = [(&'static str, Option<OsString>)];

impl FacesFile {
    /// The file of these options.
    pub(crate) fn new<'a>(
        of_run: &Options,
        faces: impl Iterator<Item = &'a Options>,
    ) -> Result<Self, Refusal> {
        Ok(Self {
            of_run: table(of_run)?,
            face: faces.map(table).collect::<Result<_, _>>()?,
        })
    }

    /// As it is written.
    pub(crate) fn text(&self) -> Result<String, Refusal> {
        toml::to_string(self).map_err(|error| Refusal::internal(error.to_string()))
    }
}

/// Options that are given more than once are arrays, switches are true.
fn table(options: &Options) -> Result<Table, Refusal> {
    let mut table = Table::new();
    for (name, value) in options {
        let Some(value) = value else {
            table.insert((*name).to_owned(), Value::Boolean(true));
            continue;
        };
        let text = value.to_str().ok_or_else(|| {
            Refusal::internal(
                "the studio's folder has a name that is no text: use another --folder",
            )
        })?;
        let text = Value::String(text.to_owned());
        match table.get_mut(*name) {
            None => drop(table.insert((*name).to_owned(), text)),
            Some(Value::Array(values)) => values.push(text),
            Some(first) => *first = Value::Array(vec![first.clone(), text]),
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_twice_is_an_array_and_a_quote_ends_no_value() {
        let value = |text: &str| Some(OsString::from(text));
        let run = [("source", value("/a\"\noutput = \"/etc/x")), ("crop", None)];
        let face = [
            ("region", value("lips")),
            ("region", value("eyes")),
            ("face", value("2")),
        ];
        let file = FacesFile::new(&run, [&face[..]].into_iter()).unwrap();
        let read: Table = toml::from_str(&file.text().unwrap()).unwrap();
        assert_eq!(read["source"].as_str(), Some("/a\"\noutput = \"/etc/x"));
        assert_eq!(read["crop"].as_bool(), Some(true));
        assert!(!read.contains_key("output"));
        let face = &read["face"][0];
        assert_eq!(face["region"].as_array().unwrap().len(), 2);
        assert_eq!(face["face"].as_str(), Some("2"));
    }
}
