//! Folder of one training run: settings, log, checkpoints.
//!
//! `config.toml` is written before the first step, `metrics.jsonl` grows by a line a report, and
//! `step-N.safetensors` appear whole, the last few kept.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Checkpoints kept beside the newest.
const KEPT: usize = 2;

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
        let mut steps = Vec::new();
        for entry in fs::read_dir(&self.root)? {
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

    /// Delete all but the newest checkpoints.
    pub(crate) fn prune(&self) -> io::Result<()> {
        let steps = self.steps()?;
        for step in steps.iter().rev().skip(KEPT + 1) {
            fs::remove_file(self.checkpoint(*step))?;
        }
        Ok(())
    }
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
        run.prune().unwrap();
        assert_eq!(run.steps().unwrap(), [900, 1000, 3000]);
        assert!(run.picture("step-notes.safetensors").exists());
    }
}
