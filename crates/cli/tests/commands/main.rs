//! Command tests: exit code, standard output, standard error and files, as a user meets them.

mod bad_input;
mod bad_output;
mod evaluate;
mod few_shot;
mod help;
mod inputs;
mod job;
mod landmarks;
mod marks;
mod motion;
mod program;
mod real_people;
mod usage;
mod without_ffmpeg;
