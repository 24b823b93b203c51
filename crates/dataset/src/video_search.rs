//! Finds the videos to preprocess and tells whose they are.
//!
//! Layouts: `IDENTITY/VIDEO/CLIP.mp4` as in VoxCeleb (identities `id00012` or names), and any tree:
//! the identity is the folder named as people of VoxCeleb are, or the first below the input, or the file's own name where there is none.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::shard_format::ShardError;
use crate::shards::{io_error, read_limited};

/// Endings of files that are taken for videos.
const ENDINGS: [&str; 14] = [
    "mp4", "mov", "m4v", "mkv", "webm", "avi", "mpg", "mpeg", "wmv", "flv", "ts", "ogv", "3gp",
    "gif",
];

/// Largest list that is read, bytes.
const LARGEST_LIST: u64 = 1 << 30;

/// Endings of files that are taken for pictures.
const STILL_ENDINGS: [&str; 6] = ["jpg", "jpeg", "png", "webp", "bmp", "tiff"];

/// A video, or a picture, to preprocess.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundVideo {
    /// Path below the input, with `/` between folders.
    pub name: String,
    /// The person.
    pub identity: String,
    /// Where it lies.
    pub path: PathBuf,
}

/// Videos among the inputs: folders are searched, `.txt` and `.csv` files are lists with one path a
/// line (in a `.csv` the first column; `#` begins a comment), other files are videos.
///
/// With `has_stills`, pictures too; each is taken for a person of its own.
///
/// # Errors
/// Where a folder or list cannot be read.
pub fn find_videos(inputs: &[PathBuf], has_stills: bool) -> Result<Vec<FoundVideo>, ShardError> {
    let mut videos = Vec::new();
    for input in inputs {
        if input.is_dir() {
            let mut been = BTreeSet::new();
            search((input, input), has_stills, &mut been, &mut videos)?;
        } else if has_ending(input, &["txt", "csv"]) {
            read_list(input, has_stills, &mut videos)?;
        } else {
            videos.push(alone(input));
        }
    }
    videos.sort_unstable();
    videos.dedup();
    Ok(videos)
}

/// Search a folder below a root. Links to folders are followed, each folder once: links that lead back end.
fn search(
    (root, folder): (&Path, &Path),
    has_stills: bool,
    been: &mut BTreeSet<PathBuf>,
    videos: &mut Vec<FoundVideo>,
) -> Result<(), ShardError> {
    let real = folder.canonicalize();
    if !been.insert(real.map_err(|source| io_error(folder, source))?) {
        return Ok(());
    }
    let entries = fs::read_dir(folder).map_err(|source| io_error(folder, source))?;
    for entry in entries {
        let path = entry.map_err(|source| io_error(folder, source))?.path();
        if path.is_dir() {
            search((root, &path), has_stills, been, videos)?;
        } else if has_ending(&path, &ENDINGS) || (has_stills && is_still(&path)) {
            videos.push(below(root, &path));
        }
    }
    Ok(())
}

fn read_list(
    list: &Path,
    has_stills: bool,
    videos: &mut Vec<FoundVideo>,
) -> Result<(), ShardError> {
    let bytes = read_limited(list, LARGEST_LIST)?;
    let text = String::from_utf8_lossy(&bytes);
    let folder = list.parent().unwrap_or(Path::new("."));
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let entry = if has_ending(list, &["csv"]) {
            line.split(',').next().unwrap_or_default()
        } else {
            line
        };
        let path = folder.join(entry.trim());
        let is_taken = has_ending(&path, &ENDINGS) || (has_stills && is_still(&path));
        if entry.trim().is_empty() || !is_taken {
            continue;
        }
        videos.push(below(folder, &path));
    }
    Ok(())
}

fn below(root: &Path, path: &Path) -> FoundVideo {
    let Ok(relative) = path.strip_prefix(root) else {
        return alone(path);
    };
    let parts: Vec<String> = relative
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let stem = || path.file_stem().unwrap_or_default().to_string_lossy();
    let folders = &parts[..parts.len() - 1];
    let voxceleb = folders.iter().find(|folder| is_voxceleb_person(folder));
    let identity = match voxceleb.or(folders.first()) {
        _ if is_still(path) => stem().into_owned(),
        Some(folder) => folder.clone(),
        None => person_of(&stem()),
    };
    FoundVideo {
        name: parts.join("/"),
        identity,
        path: path.to_owned(),
    }
}

fn alone(path: &Path) -> FoundVideo {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    FoundVideo {
        name: name.into_owned(),
        identity: if is_still(path) {
            stem.into_owned()
        } else {
            person_of(&stem)
        },
        path: path.to_owned(),
    }
}

/// Whether a file is a single picture, by its name.
pub(crate) fn is_still(path: &Path) -> bool {
    has_ending(path, &STILL_ENDINGS)
}

/// Whether a folder's name is that of a person of VoxCeleb, `id` and five digits: they may lie
/// below folders such as `dev/mp4`.
fn is_voxceleb_person(folder: &str) -> bool {
    let digits = folder.strip_prefix("id");
    digits.is_some_and(|digits| digits.len() == 5 && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// In a flat folder, what stands before a double underscore names the person.
fn person_of(stem: &str) -> String {
    stem.split("__").next().unwrap_or(stem).to_owned()
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| {
        endings
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn links_that_lead_back_are_followed_once() {
        let folder = tempfile::tempdir().unwrap();
        let person = folder.path().join("anna");
        fs::create_dir(&person).unwrap();
        fs::write(person.join("1.mp4"), b"x").unwrap();
        for name in ["back", "again", "and-again"] {
            std::os::unix::fs::symlink(folder.path(), person.join(name)).unwrap();
        }
        let found = find_videos(&[folder.path().to_owned()], false).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].name, "anna/1.mp4");
    }

    fn touch(folder: &Path, names: &[&str]) {
        for name in names {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        }
    }

    #[test]
    fn the_first_folder_is_the_person_as_in_voxceleb() {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            "id00012/21Uxsk56VDQ/00001.mp4",
            "id00012/21Uxsk56VDQ/00002.mp4",
            "Adam_Driver/x/1.MKV",
            "id00012/notes.txt",
            "flat__take2.mov",
        ];
        touch(folder.path(), &files);
        let found = find_videos(&[folder.path().to_owned()], false).unwrap();
        let pairs: Vec<_> = found
            .iter()
            .map(|video| (video.identity.as_str(), video.name.as_str()))
            .collect();
        let expected = [
            ("Adam_Driver", "Adam_Driver/x/1.MKV"),
            ("flat", "flat__take2.mov"),
            ("id00012", "id00012/21Uxsk56VDQ/00001.mp4"),
            ("id00012", "id00012/21Uxsk56VDQ/00002.mp4"),
        ];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn lists_name_videos_and_skip_headings_and_comments() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["p/a.mp4", "q/b.mp4"]);
        let list = folder.path().join("split.csv");
        fs::write(&list, "path,set\np/a.mp4,train\n# q/b.mp4\n\nq/b.mp4,dev\n").unwrap();
        let found = find_videos(&[list], false).unwrap();
        let people: Vec<_> = found.iter().map(|v| v.identity.as_str()).collect();
        assert_eq!(people, ["p", "q"]);
    }
}
