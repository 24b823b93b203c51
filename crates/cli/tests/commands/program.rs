//! Starts the built `vivant` in a folder of its own and looks at how it ended.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::Child;
use std::process::{Command, Output, Stdio};

/// A temporary folder in which one test runs the program.
pub(crate) struct Workplace {
    folder: tempfile::TempDir,
}

impl Workplace {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Self { folder }
    }

    /// Path of a file in this folder, whether it exists or not.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Write a file with these bytes.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("the folder is ours to write to");
        path
    }

    /// Names of everything in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        names_in(self.folder.path())
    }

    /// A command line of the program, to be run in this folder.
    pub(crate) fn vivant<I, S>(&self, arguments: I) -> Invocation
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vivant"));
        command.args(arguments).current_dir(self.folder.path());
        command.env("COLUMNS", "100").stdin(Stdio::null());
        // the tests' own key to sign with, not the developer's
        command.env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"));
        Invocation { command }
    }
}

/// A command line that has not been run yet.
pub(crate) struct Invocation {
    command: Command,
}

impl Invocation {
    /// Add more arguments.
    pub(crate) fn also<const COUNT: usize>(mut self, arguments: [&str; COUNT]) -> Self {
        self.command.args(arguments);
        self
    }

    /// Set an environment variable for the program.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Run to the end.
    pub(crate) fn run(mut self) -> Ended {
        let output = self.command.output().expect("the program starts");
        Ended::of(output)
    }

    /// Start in a process group of its own, as a shell does, and return at once.
    #[cfg(unix)]
    pub(crate) fn start(mut self) -> Child {
        use std::os::unix::process::CommandExt as _;
        self.command.process_group(0);
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        self.command.spawn().expect("the program starts")
    }
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("the program prints UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("the program prints UTF-8"),
        }
    }

    /// Expect exit code 0.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// Expect exit code 1, an error that names all of `words`, and no panic.
    #[track_caller]
    pub(crate) fn failed_naming(self, words: &[&str]) -> Self {
        self.ended_naming(1, words)
    }

    /// Expect exit code 2 and a complaint that names all of `words`.
    #[track_caller]
    pub(crate) fn refused_naming(self, words: &[&str]) -> Self {
        self.ended_naming(2, words)
    }

    #[track_caller]
    fn ended_naming(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(self.stderr.contains("error: "), "{self:#?}");
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in {self:#?}");
        }
        self
    }
}

/// Names of everything in `folder`, sorted.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let listing = std::fs::read_dir(folder).expect("the folder can be listed");
    let mut names: Vec<String> = listing
        .map(|entry| {
            let entry = entry.expect("the folder can be listed");
            entry.file_name().to_string_lossy().into_owned()
        })
        .collect();
    names.sort();
    names
}
