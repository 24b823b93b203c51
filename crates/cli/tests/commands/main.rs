//! Command tests: exit code, standard output, standard error and files, as a user meets them.

mod help;
mod program;
mod usage;
