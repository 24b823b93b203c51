//! `cargo xtask bench`: speed and memory of the release build, as `docs/performance.md` states them.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::step::{TaskError, answers, run};
use crate::workspace::{cargo, release_binary, root};

/// Lengths of the clips that memory is compared over, seconds.
const LENGTHS_S: [u32; 2] = [10, 100];
/// Between two looks at a program's memory.
const LOOK: Duration = Duration::from_millis(50);

/// Build the release binary, let it measure itself, then animate a short and a long clip.
///
/// # Errors
/// If the build or a run fails.
pub(crate) fn bench() -> Result<(), TaskError> {
    run(cargo().args(["build", "--release"]))?;
    let program = release_binary()?;
    run(Command::new(&program).arg("doctor"))?;
    let folder = std::env::temp_dir().join(format!("vivant-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|source| TaskError::File {
        path: folder.clone(),
        source,
    })?;
    let outcome = LENGTHS_S
        .iter()
        .try_for_each(|length_s| bench_length(&program, &folder, *length_s));
    std::fs::remove_dir_all(&folder).map_err(|source| TaskError::File {
        path: folder,
        source,
    })?;
    outcome
}

/// Make a clip of this length, then drive the portrait with it.
fn bench_length(program: &Path, folder: &Path, length_s: u32) -> Result<(), TaskError> {
    let portrait = root().join("assets/portrait.png");
    let clip = folder.join(format!("{length_s}.mp4"));
    let animate = || {
        let mut command = Command::new(program);
        command.args(["--quiet", "animate", "--source"]);
        command.arg(&portrait).current_dir(folder);
        command
    };
    let mut built_in = animate();
    built_in.args(["--driving", "talk", "--duration"]);
    built_in
        .arg(length_s.to_string())
        .arg("--output")
        .arg(&clip);
    watch(&format!("{length_s} s of talk"), &mut built_in)?;
    if !answers("ffmpeg", "-version") {
        println!("no ffmpeg, so nothing is driven by a video");
        return Ok(());
    }
    let mut driven = animate();
    driven.arg("--driving").arg(&clip).arg("--output");
    driven.arg(folder.join(format!("{length_s}-driven.mp4")));
    watch(&format!("driven by a video of {length_s} s"), &mut driven)
}

/// Run `command`, then print how long it took and how much memory it held at most.
fn watch(what: &str, command: &mut Command) -> Result<(), TaskError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    let failed = |source| TaskError::CannotStart { program, source };
    let mut child = command.spawn().map_err(failed)?;
    let mut peak_kb = None;
    let status = loop {
        peak_kb = peak_memory_kb(child.id()).or(peak_kb);
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => std::thread::sleep(LOOK),
            Err(source) => {
                return Err(TaskError::CannotStart {
                    program: what.to_owned(),
                    source,
                });
            }
        }
    };
    if !status.success() {
        return Err(TaskError::Failed {
            command: what.to_owned(),
            status,
        });
    }
    let memory = peak_kb.map_or_else(
        || "memory not known here".to_owned(),
        |kb| format!("at most {} MB", kb / 1024),
    );
    println!("{what}: {:.1} s, {memory}", started.elapsed().as_secs_f64());
    Ok(())
}

/// Most memory that a running program has held so far, where the system tells (Linux).
fn peak_memory_kb(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}
