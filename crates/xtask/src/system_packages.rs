//! Installs a program through the system's own package manager, and says so.

use std::process::Command;

use crate::step::{TaskError, answers, run};

/// A package manager: its program and what it takes to install one package.
struct Manager {
    program: &'static str,
    install: &'static [&'static str],
    /// What must run before, where package lists may be absent or old.
    refresh: Option<&'static [&'static str]>,
    needs_root: bool,
}

const MANAGERS: &[Manager] = &[
    Manager {
        program: "apt-get",
        install: &["install", "--yes", "--no-install-recommends"],
        refresh: Some(&["update"]),
        needs_root: true,
    },
    Manager {
        program: "dnf",
        install: &["install", "--assumeyes"],
        refresh: None,
        needs_root: true,
    },
    Manager {
        program: "pacman",
        install: &["--sync", "--refresh", "--noconfirm", "--needed"],
        refresh: None,
        needs_root: true,
    },
    Manager {
        program: "zypper",
        install: &["--non-interactive", "install"],
        refresh: None,
        needs_root: true,
    },
    Manager {
        program: "apk",
        install: &["add"],
        refresh: Some(&["update"]),
        needs_root: true,
    },
    Manager {
        program: "brew",
        install: &["install"],
        refresh: None,
        needs_root: false,
    },
];

/// A program and the packages that bring it, by package manager.
pub(crate) struct Program {
    /// What is started.
    pub(crate) name: &'static str,
    /// Argument that makes it print its version and end.
    pub(crate) version_argument: &'static str,
    /// (package manager, package); the empty name stands for every other one.
    pub(crate) packages: &'static [(&'static str, &'static str)],
}

/// Make sure that `program` can be started, installing its package where it is missing.
///
/// # Errors
/// If there is no package manager that this task knows, or if it fails.
pub(crate) fn ensure(program: &Program) -> Result<(), TaskError> {
    if answers(program.name, program.version_argument) {
        println!("  {}: found", program.name);
        return Ok(());
    }
    let Some(manager) = MANAGERS
        .iter()
        .find(|manager| answers(manager.program, "--version"))
    else {
        return Err(TaskError::Missing(format!(
            "{0} is missing and no known package manager was found; install {0}, then run this again",
            program.name
        )));
    };
    let package = package_for(program, manager.program);
    println!(
        "  {}: missing, installing {package} with {}",
        program.name, manager.program
    );
    if let Some(refresh) = manager.refresh {
        run(with_rights(manager).args(refresh))?;
    }
    run(with_rights(manager).args(manager.install).arg(package))?;
    if answers(program.name, program.version_argument) {
        return Ok(());
    }
    Err(TaskError::Missing(format!(
        "{} was installed, yet {} does not start",
        package, program.name
    )))
}

fn package_for(program: &Program, manager: &str) -> &'static str {
    let packages = program.packages;
    let named = packages.iter().find(|(name, _)| *name == manager);
    let any = || packages.iter().find(|(name, _)| name.is_empty());
    named
        .or_else(any)
        .map_or(program.name, |(_, package)| package)
}

/// The manager, through `sudo` where it needs rights that we lack.
fn with_rights(manager: &Manager) -> Command {
    if manager.needs_root && !is_root() {
        let mut command = Command::new("sudo");
        command.arg(manager.program);
        return command;
    }
    Command::new(manager.program)
}

fn is_root() -> bool {
    let answer = Command::new("id").arg("-u").output();
    answer.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_chosen_by_manager_then_by_default_then_by_the_program_name() {
        let compiler = Program {
            name: "c++",
            version_argument: "--version",
            packages: &[("apt-get", "g++"), ("", "gcc-c++")],
        };
        assert_eq!(package_for(&compiler, "apt-get"), "g++");
        assert_eq!(package_for(&compiler, "dnf"), "gcc-c++");
        let plain = Program {
            name: "ffmpeg",
            version_argument: "-version",
            packages: &[],
        };
        assert_eq!(package_for(&plain, "brew"), "ffmpeg");
    }
}
