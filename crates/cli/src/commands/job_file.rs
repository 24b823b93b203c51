//! A job file of `animate`: several faces of one source, each with a driver of its own.
//!
//! Its fields are the command's long options, written as TOML. Those of the whole run stand on top, those of a
//! face in a `[[face]]` table; each face is then read as the command line would be, so that both take the same
//! values and give the same errors.

use std::fs::File;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::commands::animate::{SOUND_WORDS, is_driving_file};

/// Fields of the whole run; all others belong to a face.
const OF_THE_RUN: [&str; 17] = [
    "source",
    "output",
    "audio",
    "engine",
    "model",
    "overwrite",
    "preview",
    "crop",
    "background",
    "source-mode",
    "source-frames",
    "consent",
    "consent-clip",
    "label",
    "from",
    "first",
    "resume",
];
/// Largest job file that is read, bytes.
const LARGEST_FILE: u64 = 4 << 20;
/// What drivers show after their end; of the job alone.
const AFTER: &str = "driving-frames";

/// Why a job file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    /// It could not be read.
    #[error("cannot read the job file {}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// It is larger than any job.
    #[error("{} is no job file: it is larger than {LARGEST_FILE} bytes or no text", path.display())]
    NoText { path: PathBuf },
    /// Something in it is wrong.
    #[error("{}, line {line}: {reason}", path.display())]
    Line {
        path: PathBuf,
        line: usize,
        reason: String,
    },
}

/// A job as read.
#[derive(Debug)]
pub(crate) struct Job {
    path: PathBuf,
    text: String,
    /// What drivers show after their end, where it is said, and its line.
    pub(crate) after: Option<(String, usize)>,
    /// For each face the arguments it stands for.
    pub(crate) faces: Vec<FaceArguments>,
}

/// A face as the command line would have it.
#[derive(Debug)]
pub(crate) struct FaceArguments {
    /// Line of its table.
    pub(crate) line: usize,
    pub(crate) arguments: Vec<String>,
    /// Option names, without dashes, and the lines they stand in.
    lines: Vec<(String, usize)>,
}

impl Job {
    /// Read a job file; relative paths in it count from its folder.
    pub(crate) fn read(path: &Path) -> Result<Self, JobError> {
        let failed = |source| JobError::Read {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(failed)?;
        let read = file.take(LARGEST_FILE + 1).read_to_end(&mut bytes);
        read.map_err(failed)?;
        let is_small = bytes.len() as u64 <= LARGEST_FILE;
        let text = String::from_utf8(bytes).ok().filter(|_| is_small);
        let text = text.ok_or_else(|| JobError::NoText {
            path: path.to_owned(),
        })?;
        let mut job = Self {
            path: path.to_owned(),
            text,
            after: None,
            faces: Vec::new(),
        };
        let text = job.text.clone();
        let table = DeTable::parse(&text)
            .map_err(|error| job.wrong(error.span().unwrap_or(0..0), error.message().to_owned()))?;
        job.take(table.get_ref())?;
        Ok(job)
    }

    /// The error for something that stands in a line.
    pub(crate) fn at_line(&self, line: usize, reason: String) -> JobError {
        JobError::Line {
            path: self.path.clone(),
            line,
            reason,
        }
    }

    /// The line in which a face names an option that a message is about; else that of its table.
    pub(crate) fn line_of(face: &FaceArguments, message: &str) -> usize {
        let named = |name: &str| message.contains(&format!("--{name}"));
        let lines = face.lines.iter().filter(|(name, _)| named(name));
        // of --face and --face-box the longer name is meant
        let line = lines.max_by_key(|(name, _)| name.len());
        line.map_or(face.line, |(_, line)| *line)
    }

    fn wrong(&self, place: Range<usize>, reason: String) -> JobError {
        self.at_line(self.line(&place), reason)
    }

    fn line(&self, place: &Range<usize>) -> usize {
        let before = &self.text.as_bytes()[..place.start.min(self.text.len())];
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }

    fn take(&mut self, table: &DeTable<'_>) -> Result<(), JobError> {
        let mut of_all = FaceArguments {
            line: 1,
            arguments: Vec::new(),
            lines: Vec::new(),
        };
        let mut faces = None;
        for (name, value) in table {
            let key = name.get_ref().as_ref();
            if key == "face" {
                faces = Some(value);
            } else if key == AFTER {
                let text = self.text_of(key, value)?;
                self.after = Some((text, self.line(&name.span())));
            } else if OF_THE_RUN.contains(&key) {
                self.add(&mut of_all, name.span(), key, value)?;
            } else {
                let reason = format!(
                    "{key} is no field of a job: they are {}, {AFTER} and [[face]]",
                    OF_THE_RUN.join(", ")
                );
                return Err(self.wrong(name.span(), reason));
            }
        }
        let array = faces.and_then(|value| value.get_ref().as_array());
        let Some(array) = array.filter(|array| !array.is_empty()) else {
            let reason = "a job needs at least one [[face]] table with a driving".to_owned();
            return Err(self.at_line(1, reason));
        };
        for item in array.iter() {
            let Some(fields) = item.get_ref().as_table() else {
                return Err(self.wrong(item.span(), "a face is a [[face]] table".to_owned()));
            };
            let mut face = FaceArguments {
                line: self.line(&item.span()),
                arguments: of_all.arguments.clone(),
                lines: of_all.lines.clone(),
            };
            for (name, value) in fields {
                let key = name.get_ref().as_ref();
                if OF_THE_RUN.contains(&key) || key == AFTER || key == "job" {
                    let reason = format!(
                        "{key} belongs to the whole job: write it above the first [[face]]"
                    );
                    return Err(self.wrong(name.span(), reason));
                }
                self.add(&mut face, name.span(), key, value)?;
            }
            self.faces.push(face);
        }
        Ok(())
    }

    /// Add a field as an option.
    fn add(
        &self,
        face: &mut FaceArguments,
        place: Range<usize>,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), JobError> {
        face.lines.push((key.to_owned(), self.line(&place)));
        let values: Vec<&Spanned<DeValue<'_>>> = match value.get_ref() {
            DeValue::Boolean(false) => return Ok(()),
            DeValue::Boolean(true) => {
                face.arguments.push(format!("--{key}"));
                return Ok(());
            }
            DeValue::Array(values) => values.iter().collect(),
            _ => vec![value],
        };
        for value in values {
            let text = self.text_of(key, value)?;
            face.arguments
                .push(format!("--{key}={}", self.placed(key, text)));
        }
        Ok(())
    }

    fn text_of(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<String, JobError> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(number) => Ok(number.to_string()),
            DeValue::Float(number) => Ok(number.to_string()),
            _ => {
                let reason = format!("{key} is a text or a number");
                Err(self.wrong(value.span(), reason))
            }
        }
    }

    /// A relative path counts from the job file's folder.
    fn placed(&self, key: &str, text: String) -> String {
        let is_path = match key {
            "source" | "output" | "model" => true,
            "driving" => is_driving_file(&text),
            "audio" => !SOUND_WORDS.contains(&text.as_str()),
            _ => false,
        };
        let folder = self.path.parent().filter(|_| is_path);
        folder.map_or(text.clone(), |folder| {
            folder.join(text).to_string_lossy().into_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Job, JobError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("job.toml");
        std::fs::write(&path, text).unwrap();
        Job::read(&path)
    }

    fn problem(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn each_face_gets_the_options_of_the_run_and_its_own() {
        let job = read(
            "source = \"/a/family.jpg\"\noutput = \"/a/out.mp4\"\ncrop = true\npreview = false\n\n\
             [[face]]\nface = 1\ndriving = \"talk\"\nregion = [\"lips\", \"eyes\"]\nstrength = 0.5\n\n\
             [[face]]\nface-box = \"1,2,3,4\"\ndriving = \"/b/c.mp4\"\n",
        )
        .unwrap();
        let [first, second] = &job.faces[..] else {
            panic!("two faces");
        };
        let mut arguments = first.arguments.clone();
        arguments.sort();
        assert_eq!(
            arguments,
            [
                "--crop",
                "--driving=talk",
                "--face=1",
                "--output=/a/out.mp4",
                "--region=eyes",
                "--region=lips",
                "--source=/a/family.jpg",
                "--strength=0.5",
            ]
        );
        assert!(second.arguments.contains(&"--face-box=1,2,3,4".to_owned()));
        assert_eq!([first.line, second.line], [6, 12]);
        assert_eq!(Job::line_of(first, "for '--strength <STRENGTH>'"), 10);
        assert_eq!(Job::line_of(second, "no option named"), 12);
    }

    #[test]
    fn relative_paths_count_from_the_folder_of_the_job() {
        let job =
            read("source = \"a.jpg\"\naudio = \"none\"\n[[face]]\ndriving = \"b.mp4\"\n").unwrap();
        let arguments = &job.faces[0].arguments;
        let has = |start: &str, end: &str| {
            arguments
                .iter()
                .any(|text| text.starts_with(start) && text.ends_with(end))
        };
        assert!(has("--source=/", "/a.jpg") && has("--driving=/", "/b.mp4"));
        assert!(has("--audio=none", ""));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        assert!(problem("source = \"a\"\nsourse = \"b\"\n").contains("line 2: sourse is no field"));
        assert!(problem("source = \"a\"\n").contains("[[face]]"));
        let broken = problem("source = \"a\"\noutput = = 3\n");
        assert!(broken.contains("line 2"), "{broken}");
        let misplaced =
            problem("source = \"a\"\n[[face]]\ndriving = \"talk\"\noutput = \"b.mp4\"\n");
        assert!(
            misplaced.contains("line 4: output belongs to the whole job"),
            "{misplaced}"
        );
        let table = problem("source = { a = 1 }\n[[face]]\ndriving = \"talk\"\n");
        assert!(table.contains("line 1: source is a text"), "{table}");
        assert!(problem("face = 3\n").contains("[[face]]"));
    }
}
