//! What was found of a file's marks, for programs (JSON) and for people (words).

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::manifest_report::ManifestReport;
use crate::watermark::FALSE_FINDS;
use crate::watermark_search::{Search, WatermarkReport};

/// Whether a file bears marks, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarkState {
    /// A manifest that holds, or a watermark where there is no manifest.
    Marked,
    /// Nothing was found.
    NotMarked,
    /// There is a manifest, and it does not hold.
    Damaged,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The file or folder.
    pub file: PathBuf,
    /// In one word.
    pub state: MarkState,
    /// What the manifest says; also of one that does not hold, which then proves nothing.
    pub manifest: Option<ManifestReport>,
    /// The invisible watermark, where one was found.
    pub watermark: Option<WatermarkReport>,
    /// What is wrong, in sentences.
    pub problems: Vec<String>,
    /// What else to know, in sentences.
    pub notes: Vec<String>,
    /// The files of a folder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Report>,
}

impl Report {
    /// A report on which nothing stands yet.
    pub(crate) fn empty(path: &Path, state: MarkState) -> Self {
        Self {
            file: path.to_owned(),
            state,
            manifest: None,
            watermark: None,
            problems: Vec::new(),
            notes: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// The worst of several; `None` of none.
    pub(crate) fn of_parts(folder: &Path, parts: Vec<Self>) -> Option<Self> {
        let worst = parts.iter().map(|part| part.state).max()?;
        let mut report = Self::empty(folder, worst);
        report.manifest = parts.iter().find_map(|part| part.manifest.clone());
        for state in [MarkState::Damaged, MarkState::NotMarked] {
            let count = parts.iter().filter(|part| part.state == state).count();
            if count > 0 {
                let (all, word) = (parts.len(), state.words());
                report
                    .problems
                    .push(format!("{count} of {all} files: {word}"));
            }
        }
        report.parts = parts;
        Some(report)
    }

    /// Add what the search for a watermark gave.
    pub(crate) fn take_search(&mut self, search: Search) {
        match search {
            Search::NotFound => self.notes.push("no watermark was found".to_owned()),
            Search::NotPossible(reason) => self.notes.push(reason),
            Search::Found(mark) => {
                let stated = self
                    .manifest
                    .as_ref()
                    .and_then(|manifest| manifest.generation.as_ref());
                let stated = stated.and_then(|value| value["output_id"].as_str());
                if stated.is_some_and(|id| id != mark.output_id) {
                    let note = "the watermark names another output than the manifest: something marked before is shown";
                    self.notes.push(note.to_owned());
                }
                if self.state == MarkState::NotMarked && self.manifest.is_none() {
                    self.state = MarkState::Marked;
                    let note = "there is no manifest (programs and platforms drop them); the watermark says that Vivant made the picture";
                    self.notes.push(note.to_owned());
                }
                self.watermark = Some(mark);
            }
        }
    }

    /// In lines for people.
    pub fn words(&self) -> String {
        let mut lines = vec![format!("{}: {}", self.file.display(), self.state.words())];
        lines.extend(self.problems.iter().map(|problem| format!("  {problem}")));
        if let Some(manifest) = &self.manifest {
            if self.state == MarkState::Damaged {
                lines.push("  what follows was said by the manifest and is not proven:".to_owned());
            }
            lines.extend(manifest.lines().into_iter().map(|line| format!("  {line}")));
        }
        if let Some(mark) = &self.watermark {
            lines.push(format!(
                "  watermark: found in {} frame{}, it names the output {}; of a million unmarked files at most {:.0} would look like this",
                mark.frames,
                if mark.frames == 1 { "" } else { "s" },
                mark.output_id,
                (1e6 * FALSE_FINDS).ceil()
            ));
        }
        lines.extend(self.notes.iter().map(|note| format!("  {note}")));
        lines.join("\n")
    }
}

impl MarkState {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Marked => "marked",
            Self::NotMarked => "not marked",
            Self::Damaged => "damaged: its manifest does not hold",
        }
    }
}
