//! `cargo xtask setup`: everything the tests need that Cargo does not bring.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::libtorch::{Libtorch, VERSION, cache_folder};
use crate::onnx_runtime::ensure_library;
use crate::step::{TaskError, answers, run};
use crate::system_packages::{Program, ensure};

const FFMPEG: Program = Program {
    name: "ffmpeg",
    version_argument: "-version",
    packages: &[("dnf", "ffmpeg-free")],
};
const COMPILER: Program = Program {
    name: "c++",
    version_argument: "--version",
    packages: &[
        ("apt-get", "g++"),
        ("apk", "g++"),
        ("pacman", "gcc"),
        ("", "gcc-c++"),
    ],
};
/// For the tests of the studio's page; without it they are left out.
const BROWSER: Program = Program {
    name: "chromium",
    version_argument: "--version",
    packages: &[],
};
const PYTHON: Program = Program {
    name: "python3",
    version_argument: "--version",
    packages: &[("pacman", "python"), ("brew", "python")],
};
const PIP: Program = Program {
    name: "pip3",
    version_argument: "--version",
    packages: &[
        ("pacman", "python-pip"),
        ("apk", "py3-pip"),
        ("", "python3-pip"),
    ],
};

/// CUDA's run-time libraries, which the Linux wheel of torch asks for even on a CPU.
const LINUX_COMPANIONS: &[&str] = &["nvidia-cuda-runtime==13.0.96", "nvidia-cuda-cupti==13.0.85"];

/// The libraries in the wheel are the same for every Python, so take one that surely has a wheel,
/// however old or new the machine's own Python is.
const WHEELS_OF_PYTHON: &str = "--python-version=3.12";

/// Install ffmpeg and libtorch where they are missing; returns where libtorch is.
///
/// # Errors
/// If something is missing that cannot be installed from here.
pub(crate) fn setup() -> Result<Libtorch, TaskError> {
    println!("setup: what the tests need");
    ensure(&FFMPEG)?;
    ensure(&COMPILER)?;
    if answers("node", "--version")
        && let Err(error) = ensure(&BROWSER)
    {
        println!("  chromium: not installed, the studio's page will not be tested ({error})");
    }
    let libtorch = match Libtorch::find()? {
        Some(libtorch) => libtorch,
        None => install_libtorch()?,
    };
    println!("  libtorch: {}", libtorch.folder().display());
    println!("  ONNX Runtime: {}", ensure_library()?.display());
    Ok(libtorch)
}

/// Put the wheels into a folder beside the final one, then rename it: a run that was cut short
/// leaves nothing that looks complete, and the next one starts again.
fn install_libtorch() -> Result<Libtorch, TaskError> {
    ensure(&PYTHON)?;
    if !pip_answers() {
        ensure(&PIP)?;
    }
    let target = cache_folder()?;
    let mut partial = target.clone().into_os_string();
    partial.push(".part");
    let partial = PathBuf::from(partial);
    println!(
        "  libtorch: missing, putting {VERSION} (about 1.2 GB) into {}",
        target.display()
    );
    remove(&partial)?;
    remove(&target)?;
    std::fs::create_dir_all(&partial).map_err(|source| at(&partial, source))?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--no-deps", "--only-binary=:all:"]);
    pip.arg(WHEELS_OF_PYTHON);
    pip.args(["--disable-pip-version-check", "--no-compile", "--target"]);
    pip.arg(&partial).arg(format!("torch=={VERSION}"));
    if cfg!(target_os = "linux") {
        pip.args(LINUX_COMPANIONS);
    }
    run(&mut pip)?;
    std::fs::rename(&partial, &target).map_err(|source| at(&target, source))?;
    Libtorch::find()?.ok_or_else(|| {
        TaskError::Missing(format!(
            "pip ended well, but {} holds no libtorch",
            target.display()
        ))
    })
}

fn pip_answers() -> bool {
    answers("pip3", "--version")
        || Command::new("python3")
            .args(["-m", "pip", "--version"])
            .output()
            .is_ok_and(|output| output.status.success())
}

fn remove(folder: &Path) -> Result<(), TaskError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(folder, error)),
        _ => Ok(()),
    }
}

fn at(path: &Path, source: std::io::Error) -> TaskError {
    TaskError::File {
        path: path.to_owned(),
        source,
    }
}
