//! A call of ffmpeg or ffprobe: its arguments, and the files that it is for.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::confinement::{Access, Confinement};
use crate::error::MediaError;
use crate::tools::file_url;

/// A command that gets at the files it was told of and at no others, as far as the system can see to that.
#[derive(Debug)]
pub(crate) struct ToolCall {
    command: Command,
    confinement: Confinement,
    program_files: Vec<PathBuf>,
    access: Access,
}

impl ToolCall {
    /// A call without arguments, that neither talks to the terminal nor takes settings from the environment.
    pub(crate) fn new(
        program: &Path,
        confinement: Confinement,
        program_files: Vec<PathBuf>,
    ) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        for name in ["FFREPORT", "AV_LOG_FORCE_COLOR", "AV_LOG_FORCE_256COLOR"] {
            command.env_remove(name);
        }
        command.env("AV_LOG_FORCE_NOCOLOR", "1");
        leave_to_its_own(&mut command);
        Self {
            command,
            confinement,
            program_files,
            access: Access::default(),
        }
    }

    pub(crate) fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(
        &mut self,
        arguments: impl IntoIterator<Item = S>,
    ) -> &mut Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn stdin(&mut self, from: Stdio) -> &mut Self {
        self.command.stdin(from);
        self
    }

    pub(crate) fn stdout(&mut self, to: Stdio) -> &mut Self {
        self.command.stdout(to);
        self
    }

    pub(crate) fn stderr(&mut self, to: Stdio) -> &mut Self {
        self.command.stderr(to);
        self
    }

    /// Name a file that is read, and let the call read it.
    pub(crate) fn input(&mut self, path: &Path) -> &mut Self {
        self.may_read(path);
        self.command.arg(file_url(path));
        self
    }

    /// Name a file that is there and is written to, and let the call write it.
    pub(crate) fn output_file(&mut self, path: &Path) -> &mut Self {
        self.access.writes.push(path.to_owned());
        self.command.arg(file_url(path));
        self
    }

    /// Name a device that is written to, and let the call set it up and write it.
    pub(crate) fn output_device(&mut self, path: &Path) -> &mut Self {
        self.access.devices.push(path.to_owned());
        self.command.arg(path); // devices have no addresses
        self
    }

    /// Let the call read a file, or all of a folder.
    pub(crate) fn may_read(&mut self, path: &Path) -> &mut Self {
        self.access.reads.push(path.to_owned());
        self
    }

    /// End the call after so much processor time.
    pub(crate) fn processor_time(&mut self, seconds: u64) -> &mut Self {
        self.access.processor_s = Some(seconds);
        self
    }

    /// Start it.
    pub(crate) fn spawn(&mut self) -> Result<Child, MediaError> {
        let started = self.start();
        started.map_err(|source| MediaError::CannotStart {
            program: self.command.get_program().into(),
            source,
        })
    }

    /// Run it to its end and take what it says.
    pub(crate) fn output(&mut self) -> Result<Output, MediaError> {
        self.stdout(Stdio::piped()).stderr(Stdio::piped());
        let ended = self.start().and_then(Child::wait_with_output);
        ended.map_err(|source| MediaError::CannotStart {
            program: self.command.get_program().into(),
            source,
        })
    }

    fn start(&mut self) -> io::Result<Child> {
        self.confinement
            .spawn(&mut self.command, &self.program_files, &self.access)
    }
}

/// Keep Ctrl-C in the terminal away from the child: the program decides what it is stopped for.
fn leave_to_its_own(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(command, 0x0800_0200); // own group, no window
}
