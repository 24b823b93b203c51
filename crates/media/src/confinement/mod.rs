//! What a child process may do: read and write the files that its call is for, and nothing else.
//!
//! On Linux the thread that starts the child gives up files (Landlock) and network (seccomp) for itself and what it
//! starts, then the child gets limits on memory, time and size of files. Elsewhere, and where the system forbids
//! it, children run as they are, and `doctor` says so.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod system_calls;

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command};

/// Environment variable that lets children run as they are: `off`.
const SWITCH: &str = "VIVANT_CONFINEMENT";

/// How far children are shut in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Confinement {
    /// They open the files of their call alone.
    pub files: bool,
    /// They open no connection.
    pub network: bool,
    /// Their memory, their time and the size of what they write have limits.
    pub resources: bool,
}

/// What one child may do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// Files and folders that it may read.
    pub(crate) reads: Vec<PathBuf>,
    /// Files that it may write.
    pub(crate) writes: Vec<PathBuf>,
    /// Devices that it may read, write and set up.
    pub(crate) devices: Vec<PathBuf>,
    /// Seconds of processor time that it may use.
    pub(crate) processor_s: Option<u64>,
}

impl Confinement {
    /// The ways to try on this system, the strictest first; the last one is none.
    pub(crate) fn ways() -> Vec<Self> {
        let is_off = std::env::var_os(SWITCH).is_some_and(|value| value == "off");
        let mut ways = if is_off { Vec::new() } else { strictest() };
        ways.push(Self::default());
        ways
    }

    /// Start a child that may do no more than `access` says, beside what its own program needs.
    pub(crate) fn spawn(
        self,
        command: &mut Command,
        program_files: &[PathBuf],
        access: &Access,
    ) -> io::Result<Child> {
        #[cfg(target_os = "linux")]
        if self != Self::default() {
            return linux::spawn(self, command, program_files, access);
        }
        #[cfg(not(target_os = "linux"))]
        let _unused = (program_files, access);
        command.spawn()
    }
}

#[cfg(target_os = "linux")]
fn strictest() -> Vec<Confinement> {
    let all = Confinement {
        files: linux::can_confine_files(),
        network: linux::can_confine_network(),
        resources: true,
    };
    let open_files = Confinement {
        files: false,
        ..all
    };
    let resources_alone = Confinement {
        network: false,
        ..open_files
    };
    let mut ways = vec![all, open_files, resources_alone];
    ways.dedup();
    ways
}

#[cfg(not(target_os = "linux"))]
fn strictest() -> Vec<Confinement> {
    Vec::new()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::path::Path;
    use std::process::Stdio;

    use super::*;

    /// What a shell says when it runs `script` with everything shut that can be shut.
    fn run(script: &str, access: &Access) -> (bool, String) {
        let way = Confinement::ways()[0];
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = way
            .spawn(&mut command, &[], access)
            .expect("it is made by the test");
        let output = child.wait_with_output().expect("it is made by the test");
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    fn reading(path: &Path) -> Access {
        Access {
            reads: vec![path.to_owned()],
            ..Access::default()
        }
    }

    #[test]
    fn a_child_reads_its_file_and_no_other() {
        if !Confinement::ways()[0].files {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let [own, other] = ["own", "other"].map(|name| folder.path().join(name));
        std::fs::write(&own, "mine").unwrap();
        std::fs::write(&other, "secret").unwrap();
        let (is_read, said) = run(&format!("cat {}", own.display()), &reading(&own));
        assert!(is_read && said == "mine", "{said}");
        let (is_read, said) = run(&format!("cat {}", other.display()), &reading(&own));
        assert!(!is_read && !said.contains("secret"), "{said}");
        let (is_written, said) = run(&format!("echo x > {}", own.display()), &reading(&own));
        assert!(!is_written, "{said}");
        assert_eq!(std::fs::read(&own).unwrap(), b"mine");
        // this thread has given nothing up
        assert_eq!(std::fs::read(&other).unwrap(), b"secret");
    }

    #[test]
    fn a_child_writes_the_file_of_its_call() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        std::fs::write(&out, "").unwrap();
        let access = Access {
            writes: vec![out.clone()],
            ..Access::default()
        };
        let (is_written, said) = run(&format!("echo whole > {}", out.display()), &access);
        assert!(is_written, "{said}");
        assert_eq!(std::fs::read(&out).unwrap(), b"whole\n");
    }

    #[test]
    fn a_child_opens_no_connection() {
        if !Confinement::ways()[0].network {
            return;
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected");
        let way = Confinement::ways()[0];
        let mut shell = Command::new("/bin/bash");
        shell.args(["-c", &script]).stdout(Stdio::piped());
        shell.stderr(Stdio::piped());
        let Ok(child) = way.spawn(&mut shell, &[], &Access::default()) else {
            return; // no bash on this machine
        };
        let output = child.wait_with_output().unwrap();
        assert!(!output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("not permitted"), "{said}");
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    #[test]
    fn a_child_that_reads_a_strangers_file_gets_no_more_memory_than_its_limit() {
        let access = reading(Path::new("/dev/null"));
        // limits come from outside, a moment after the start
        let (is_told, said) = run("sleep 1; ulimit -d; ulimit -f; ulimit -c", &access);
        let memory_kib = crate::Limits::current().memory / 1024;
        let expected = format!("{memory_kib}\n0\n0\n");
        assert!(is_told);
        assert_eq!(said, expected);
    }

    #[test]
    fn a_child_that_never_ends_is_ended_by_its_processor_time() {
        let access = Access {
            processor_s: Some(1),
            ..reading(Path::new("/dev/null"))
        };
        let (is_over, _) = run("while :; do :; done", &access);
        assert!(!is_over);
    }
}
