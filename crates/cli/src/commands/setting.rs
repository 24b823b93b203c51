//! Single settings of a run by their names in its `config.toml`.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The settings with those of `typed` (each `NAME=VALUE`, names with dots) put in their places; or
/// all problems found.
pub(crate) fn with_settings<T: Serialize + DeserializeOwned>(
    config: &T,
    typed: &[String],
) -> Result<T, Vec<String>> {
    let mut table = toml::Table::try_from(config).map_err(|error| vec![error.to_string()])?;
    let mut problems = Vec::new();
    for setting in typed {
        if let Err(problem) = put(&mut table, setting) {
            problems.push(problem);
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    table
        .try_into()
        .map_err(|error| vec![format!("--set: {error}")])
}

fn put(table: &mut toml::Table, setting: &str) -> Result<(), String> {
    let (name, text) = setting
        .split_once('=')
        .ok_or_else(|| format!("--set takes NAME=VALUE, not {setting:?}"))?;
    let (folders, last) = match name.rsplit_once('.') {
        Some((folders, last)) => (folders.split('.').collect(), last),
        None => (Vec::new(), name),
    };
    let mut place = table;
    for folder in folders {
        place = place
            .get_mut(folder)
            .and_then(toml::Value::as_table_mut)
            .ok_or_else(|| format!("--set: there are no settings {folder:?}"))?;
    }
    place.insert(last.to_owned(), value(text, place.get(last)));
    Ok(())
}

/// A value as TOML writes it; a word without quotes is a text, a whole number where a fraction
/// stood is one.
fn value(text: &str, before: Option<&toml::Value>) -> toml::Value {
    let parsed = format!("value = {text}").parse::<toml::Table>().ok();
    match (parsed.and_then(|mut table| table.remove("value")), before) {
        (Some(toml::Value::Integer(number)), Some(toml::Value::Float(_))) => {
            toml::Value::Float(number as f64)
        }
        (Some(value), _) => value,
        (None, _) => toml::Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        steps: u64,
        device: String,
        inner: Inner,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        rate: f64,
    }

    fn settings() -> Settings {
        Settings {
            steps: 5,
            device: "cpu".into(),
            inner: Inner { rate: 0.5 },
        }
    }

    #[test]
    fn numbers_words_and_inner_settings_are_put_in_place() {
        let typed = ["steps=7", "device=cuda:1", "inner.rate=2"].map(str::to_owned);
        let changed = with_settings(&settings(), &typed).unwrap();
        assert_eq!(changed.steps, 7);
        assert_eq!(changed.device, "cuda:1");
        assert_eq!(changed.inner.rate, 2.0);
    }

    #[test]
    fn unknown_names_and_wrong_values_are_refused() {
        for wrong in [
            "stepz=1",
            "inner.x=1",
            "nowhere.rate=1",
            "steps=many",
            "steps",
        ] {
            let typed = [wrong.to_owned()];
            assert!(with_settings(&settings(), &typed).is_err(), "{wrong}");
        }
    }
}
