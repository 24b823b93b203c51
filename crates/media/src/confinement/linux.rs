//! Landlock, seccomp and resource limits, each through a library, without code of ours that the compiler cannot check.
//!
//! Both filters hold for the thread that sets them and for what it starts, so a thread of its own sets them and starts
//! the child. The limits are set on the child from outside: they hold for all memory that it asks for from then on.

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command};

use landlock::{
    ABI, Access as _, AccessFs, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetStatus, path_beneath_rules,
};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::system_calls::without_network;
use super::{Access, Confinement};
use crate::limits::Limits;

/// Newest version whose rights are handled; an older kernel handles fewer.
const NEWEST: ABI = ABI::V5;
/// What programs of every system need: libraries and their search list.
const SYSTEM: [&str; 12] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/alternatives",
    "/sys/devices/system/cpu",
    "/dev/urandom",
];
/// Open files of a child.
const MOST_OPEN_FILES: u64 = 256;

/// Start the child on a thread that has given up what the child must not have.
pub(super) fn spawn(
    way: Confinement,
    command: &mut Command,
    program_files: &[PathBuf],
    access: &Access,
) -> io::Result<Child> {
    let started = std::thread::scope(|scope| {
        let start = || {
            if way.files {
                confine_files(program_files, access)?;
            }
            if way.network {
                without_network()?;
            }
            command.spawn()
        };
        scope.spawn(start).join()
    });
    let mut child = started.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    if way.resources && !access.reads.is_empty() {
        limit(&child, access).inspect_err(|_| {
            // The error that counts is the one that is returned.
            drop(child.kill());
            drop(child.wait());
        })?;
    }
    Ok(child)
}

/// Whether this kernel has Landlock, and lets us use it.
pub(super) fn can_confine_files() -> bool {
    let tried = std::thread::spawn(|| confine_files(&[], &Access::default()));
    tried.join().is_ok_and(|result| result.is_ok())
}

/// Whether this kernel has seccomp for this processor, and lets us use it.
pub(super) fn can_confine_network() -> bool {
    let tried = std::thread::spawn(without_network);
    tried.join().is_ok_and(|result| result.is_ok())
}

/// Give up all files but these.
fn confine_files(program_files: &[PathBuf], access: &Access) -> io::Result<()> {
    let everything = AccessFs::from_all(NEWEST);
    let read = AccessFs::from_read(NEWEST);
    let input = AccessFs::ReadFile | AccessFs::ReadDir;
    let output = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev;
    let restrict = || {
        let rules = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(everything)?
            .create()?
            .add_rules(path_beneath_rules(SYSTEM, read))?
            .add_rules(path_beneath_rules(program_files, read))?
            .add_rules(path_beneath_rules(&access.reads, input))?
            .add_rules(path_beneath_rules(&access.writes, output))?
            .add_rules(path_beneath_rules(&access.devices, device))?
            .add_rules(path_beneath_rules(["/dev/null"], output))?;
        rules.restrict_self()
    };
    let status = restrict().map_err(|error: landlock::RulesetError| io::Error::other(error))?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Err(io::ErrorKind::Unsupported.into());
    }
    Ok(())
}

/// Limit what a child that reads a stranger's file may use. One that has ended already uses nothing.
fn limit(child: &Child, access: &Access) -> io::Result<()> {
    let mut limits = vec![
        (Resource::Data, Limits::current().memory),
        (Resource::Core, 0),
        (Resource::Nofile, MOST_OPEN_FILES),
    ];
    if access.writes.is_empty() {
        limits.push((Resource::Fsize, 0));
    }
    limits.extend(access.processor_s.map(|seconds| (Resource::Cpu, seconds)));
    let process = Pid::from_child(child);
    for (resource, most) in limits {
        let most = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        match prlimit(Some(process), resource, most) {
            Ok(_) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
