//! Command tests: exit code, standard output, standard error and files, as a user meets them.

mod bad_input;
mod bad_output;
mod evaluate;
#[cfg(unix)]
mod every_output;
mod few_shot;
mod help;
mod inputs;
mod job;
#[cfg(unix)]
mod killed;
#[cfg(unix)]
mod killed_evaluation;
#[cfg(all(unix, feature = "train"))]
mod killed_training;
mod landmarks;
mod marks;
mod motion;
#[cfg(unix)]
mod nothing_half;
mod program;
mod real_people;
#[cfg(feature = "train")]
mod training;
mod usage;
mod without_ffmpeg;
