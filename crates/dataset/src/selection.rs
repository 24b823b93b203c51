//! Keeps the people or clips of one set of a data set, as its split or metadata file says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use crate::preprocess_config::PreprocessError;
use crate::shards::io_error;
use crate::video_search::FoundVideo;

/// One set of a split or metadata file.
///
/// Files: a table with a heading `Set` and people in its first two columns (`vox1_meta.csv`,
/// `vox2_meta.csv`), or lines `SET PATH` with 1, 2, 3 for train, val, test (`iden_split.txt`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The file.
    pub file: PathBuf,
    /// Name of the set, such as `dev`, `test` or `train`.
    pub set: String,
}

/// Names in a file, by set: people, or clips without their ending.
type Sets = BTreeMap<String, BTreeSet<String>>;

impl Selection {
    /// The videos that belong to the set.
    pub(crate) fn choose(
        &self,
        videos: Vec<FoundVideo>,
    ) -> Result<Vec<FoundVideo>, PreprocessError> {
        let text = fs::read_to_string(&self.file).map_err(|source| io_error(&self.file, source))?;
        let sets = table_of_people(&text).unwrap_or_else(|| list_of_clips(&text));
        let wanted = sets.get(&self.set.to_lowercase());
        let belongs = |video: &FoundVideo| {
            wanted.is_some_and(|names| {
                names.contains(&video.identity) || endings(&video.name).any(|n| names.contains(n))
            })
        };
        let chosen: Vec<FoundVideo> = videos.into_iter().filter(belongs).collect();
        if chosen.is_empty() {
            return Err(PreprocessError::NothingSelected {
                file: self.file.clone(),
                set: self.set.clone(),
                sets: sets.into_keys().collect(),
            });
        }
        Ok(chosen)
    }
}

/// A table with a heading `Set`, its columns parted by tabs or commas.
fn table_of_people(text: &str) -> Option<Sets> {
    let mut lines = text.lines().map(|line| -> Vec<&str> {
        let parts = line.split(['\t', ',']).map(str::trim);
        parts.filter(|part| !part.is_empty()).collect()
    });
    let headings = lines.next()?;
    let column = headings
        .iter()
        .position(|heading| heading.eq_ignore_ascii_case("set"))?;
    let mut sets = Sets::new();
    for row in lines {
        if let Some(set) = row.get(column) {
            let people = row[..column.min(2)].iter().map(|name| (*name).to_owned());
            sets.entry(set.to_lowercase()).or_default().extend(people);
        }
    }
    Some(sets)
}

/// Lines of a set's name or number and a clip's path.
fn list_of_clips(text: &str) -> Sets {
    let mut sets = Sets::new();
    for line in text.lines() {
        let Some((set, path)) = line.trim().split_once(char::is_whitespace) else {
            continue;
        };
        let set = match set {
            "1" => "train".to_owned(),
            "2" => "val".to_owned(),
            "3" => "test".to_owned(),
            name => name.to_lowercase(),
        };
        let clip = without_ending(path.trim()).to_owned();
        sets.entry(set).or_default().insert(clip);
    }
    sets
}

/// A clip's path without its ending, and what is left of that without its first folders.
fn endings(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(without_ending(name)), |rest| {
        rest.split_once('/').map(|(_, rest)| rest)
    })
}

fn without_ending(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, ending)) if !ending.contains('/') => stem,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str, set: &str) -> Result<Vec<String>, PreprocessError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("meta");
        fs::write(&file, text).unwrap();
        let video = |name: &str, identity: &str| FoundVideo {
            name: name.to_owned(),
            identity: identity.to_owned(),
            path: name.into(),
        };
        let videos = vec![
            video("dev/mp4/id10001/1zcIwhmdeo4/00001.mp4", "id10001"),
            video("dev/mp4/id10001/1zcIwhmdeo4/00002.mp4", "id10001"),
            video("A.J._Buckley/x/1.mp4", "A.J._Buckley"),
            video("id10309/0b1inHMAr6o/00001.mp4", "id10309"),
        ];
        let set = set.to_owned();
        let chosen = Selection { file, set }.choose(videos)?;
        Ok(chosen.into_iter().map(|video| video.name).collect())
    }

    #[test]
    fn people_are_chosen_by_the_tables_of_voxceleb() {
        let first = "VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet\n\
                     id10001\tA.J._Buckley\tm\tIreland\tdev\nid10309\tEthan\tm\tUSA\ttest\n";
        assert_eq!(chosen(first, "dev").unwrap().len(), 3);
        assert_eq!(
            chosen(first, "Test").unwrap(),
            ["id10309/0b1inHMAr6o/00001.mp4"]
        );
        let second = "VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set \nid10001 ,n000001 ,m ,dev \n";
        assert_eq!(chosen(second, "dev").unwrap().len(), 2);
        let error = chosen(second, "train").unwrap_err().to_string();
        assert!(error.contains("its sets are dev"), "{error}");
    }

    #[test]
    fn clips_are_chosen_by_the_split_list_of_voxceleb() {
        let list = "1 id10001/1zcIwhmdeo4/00001.wav\n3 id10001/1zcIwhmdeo4/00002.wav\n";
        assert_eq!(
            chosen(list, "train").unwrap(),
            ["dev/mp4/id10001/1zcIwhmdeo4/00001.mp4"]
        );
        assert_eq!(
            chosen(list, "test").unwrap(),
            ["dev/mp4/id10001/1zcIwhmdeo4/00002.mp4"]
        );
        assert!(chosen(list, "val").is_err());
    }
}
