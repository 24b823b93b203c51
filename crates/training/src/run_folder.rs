//! Folder of one training run: settings, log, checkpoints.
//!
//! `config.toml` is written before the first step, `metrics.jsonl` grows by a line a report, and
//! `step-N.safetensors` appear whole, the last few kept.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::chart::{Series, to_picture, to_svg};

/// Paths of a run.
#[derive(Debug, Clone)]
pub(crate) struct RunFolder {
    root: PathBuf,
}

impl RunFolder {
    /// Make the folder where it is missing.
    pub(crate) fn create(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        Ok(Self {
            root: root.to_path_buf(),
        })
    }

    /// Write the resolved settings.
    pub(crate) fn write_config(&self, text: &str) -> io::Result<()> {
        let temporary = self.root.join("config.part");
        fs::write(&temporary, text)?;
        fs::rename(temporary, self.root.join("config.toml"))
    }

    /// Append one line to the log.
    pub(crate) fn log(&self, line: &str) -> io::Result<()> {
        let path = self.root.join("metrics.jsonl");
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        writeln!(file, "{line}")
    }

    /// Where the checkpoint of a step lies.
    pub(crate) fn checkpoint(&self, step: u64) -> PathBuf {
        self.root.join(format!("step-{step}.safetensors"))
    }

    /// Where a picture of samples lies.
    pub(crate) fn picture(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Steps with a checkpoint, oldest first.
    pub(crate) fn steps(&self) -> io::Result<Vec<u64>> {
        Self::steps_in(&self.root)
    }

    /// Steps with a checkpoint in a folder, oldest first; none where there is no folder.
    pub(crate) fn steps_in(root: &Path) -> io::Result<Vec<u64>> {
        let entries = match fs::read_dir(root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut steps = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let step: Option<u64> = name.to_str().and_then(|name| {
                name.strip_prefix("step-")?
                    .strip_suffix(".safetensors")?
                    .parse()
                    .ok()
            });
            steps.extend(step);
        }
        steps.sort_unstable();
        Ok(steps)
    }

    /// Draw charts of everything in the log, as `charts.svg` and `charts.png`.
    pub(crate) fn plot(&self) -> io::Result<()> {
        let log = fs::read_to_string(self.root.join("metrics.jsonl")).or_else(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                Ok(String::new())
            } else {
                Err(error)
            }
        })?;
        let series = series_of(&log);
        let temporary = self.root.join("charts.part");
        fs::write(&temporary, to_svg(&series))?;
        fs::rename(temporary, self.root.join("charts.svg"))?;
        media::write_png(&self.root.join("charts.png"), &to_picture(&series))
            .map_err(io::Error::other)
    }

    /// Delete all but the newest `kept` checkpoints.
    pub(crate) fn prune(&self, kept: usize) -> io::Result<()> {
        let steps = self.steps()?;
        for step in steps.iter().rev().skip(kept) {
            fs::remove_file(self.checkpoint(*step))?;
        }
        Ok(())
    }
}

/// Numbers of the log by name, each with its step. Lines that are cut off are left out.
fn series_of(log: &str) -> Series {
    let mut series = Series::new();
    for line in log.lines() {
        let Ok(line) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        let Some(step) = line.get("step").and_then(serde_json::Value::as_f64) else {
            continue;
        };
        for (group, prefix) in [("losses", ""), ("held_out", "held-out ")] {
            let values = line.get(group).and_then(serde_json::Value::as_object);
            for (name, value) in values.into_iter().flatten() {
                if let Some(value) = value.as_f64() {
                    let name = format!("{prefix}{name}");
                    series.entry(name).or_default().push((step, value));
                }
            }
        }
    }
    series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_checkpoints_stay_and_other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(&folder.path().join("run")).unwrap();
        for step in [900, 1000, 20, 3000, 400] {
            fs::write(run.checkpoint(step), b"x").unwrap();
        }
        fs::write(run.picture("step-notes.safetensors"), b"mine").unwrap();
        run.prune(3).unwrap();
        assert_eq!(run.steps().unwrap(), [900, 1000, 3000]);
        assert!(run.picture("step-notes.safetensors").exists());
    }
}
