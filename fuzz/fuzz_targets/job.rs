//! A job file of `animate`: read into the arguments that it stands for.
#![no_main]
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "one module of a program is used alone"
)]

use libfuzzer_sys::fuzz_target;

/// The program's modules as far as the job file needs them.
mod commands {
    pub(crate) mod animate {
        pub(crate) const SOUND_WORDS: [&str; 3] = ["driving", "source", "none"];

        pub(crate) fn is_driving_file(text: &str) -> bool {
            !["audio", "talk", "nod"].contains(&text)
        }
    }
}
#[path = "../../crates/cli/src/commands/job_file.rs"]
mod job_file;

fuzz_target!(|data: &[u8]| {
    fuzz::with_file("job.toml", data, |path| {
        if let Ok(job) = job_file::Job::read(path) {
            for face in &job.faces {
                let line = job_file::Job::line_of(face, "--driving --face-box");
                drop(job.at_line(line, String::new()));
            }
        }
    });
});
