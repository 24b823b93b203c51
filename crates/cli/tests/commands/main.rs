//! Command tests: exit code, standard output, standard error and files, as a user meets them.

mod bad_input;
mod bad_output;
mod evaluate;
mod few_shot;
mod help;
mod inputs;
mod job;
#[cfg(unix)]
mod killed;
mod landmarks;
mod marks;
mod motion;
#[cfg(unix)]
mod nothing_half;
mod program;
mod real_people;
mod usage;
mod without_ffmpeg;
