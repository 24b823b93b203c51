//! Which pictures and clips a data folder holds: every label file with the media file it belongs
//! to, the person in it and the split it is for.

use std::fs;
use std::path::{Path, PathBuf};

use crate::DatasetError;

/// What a source may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// To train on.
    Train,
    /// To measure on only.
    Evaluation,
}

/// Kind of media file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A moving picture.
    Clip,
    /// A single picture.
    Still,
}

/// A picture or clip with labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledSource {
    /// The media file.
    pub path: PathBuf,
    /// Its path below the data folder, with `/` between the parts, which names it in lists.
    pub name: String,
    /// Its label file.
    pub labels: PathBuf,
    /// Group to split and balance by: a file name up to its first `__`.
    pub identity: String,
    /// Clip or still.
    pub kind: SourceKind,
    /// What it may be used for.
    pub split: Split,
}

const CLIPS: [&str; 8] = ["mp4", "mov", "mpg", "gif", "webm", "mkv", "avi", "m4v"];
const STILLS: [&str; 6] = ["jpg", "jpeg", "png", "webp", "bmp", "tiff"];

/// List the labelled sources below `folder`, sorted by name.
///
/// A media file `clips/eval/x.mp4` has its labels in `labels/clips/eval/x.safetensors`. Sources
/// in a folder called `eval`, and those named in `held_out`, are for evaluation.
///
/// # Errors
/// Where a folder cannot be read or nothing is found.
pub fn find_sources(
    folder: &Path,
    held_out: &[String],
) -> Result<Vec<LabelledSource>, DatasetError> {
    let mut files = Vec::new();
    for part in ["clips", "portraits"] {
        let part = folder.join(part);
        if part.is_dir() {
            walk(&part, &mut files)?;
        }
    }
    files.sort();
    let sources: Vec<_> = files
        .into_iter()
        .filter_map(|path| source_of(folder, path, held_out))
        .collect();
    if sources.is_empty() {
        return Err(DatasetError::Empty {
            folder: folder.to_path_buf(),
        });
    }
    Ok(sources)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), DatasetError> {
    let io = |source| DatasetError::Io {
        path: folder.to_path_buf(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn source_of(folder: &Path, path: PathBuf, held_out: &[String]) -> Option<LabelledSource> {
    let relative = path.strip_prefix(folder).ok()?;
    let labels = folder
        .join("labels")
        .join(relative)
        .with_extension("safetensors");
    let extension = path.extension()?.to_str()?.to_lowercase();
    let kind = if CLIPS.contains(&extension.as_str()) {
        SourceKind::Clip
    } else if STILLS.contains(&extension.as_str()) {
        SourceKind::Still
    } else {
        return None;
    };
    if !labels.is_file() {
        return None;
    }
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    let name = parts.join("/");
    let stem = path.file_stem()?.to_string_lossy();
    let identity = match kind {
        SourceKind::Clip => stem.split("__").next().unwrap_or(&stem).to_string(),
        SourceKind::Still => stem.to_string(),
    };
    let for_evaluation = parts.iter().any(|part| part == "eval") || held_out.contains(&name);
    let split = if for_evaluation {
        Split::Evaluation
    } else {
        Split::Train
    };
    Some(LabelledSource {
        name,
        labels,
        identity,
        kind,
        split,
        path,
    })
}
