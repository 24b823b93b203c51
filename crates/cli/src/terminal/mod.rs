//! What the program shows: progress, warnings, failures and the exit code that goes with them.
//!
//! Results go to standard output, everything about the way there to standard error.

pub(crate) mod engine;
pub(crate) mod events;
pub(crate) mod failure;
pub(crate) mod interrupt;
pub(crate) mod limits;
pub(crate) mod progress;
