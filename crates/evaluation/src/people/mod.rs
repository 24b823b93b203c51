//! The few-shot protocol on a folder of people: learn each from T pictures, make their held-out
//! pictures from the landmarks of those, and compare.

mod answers;
mod config;
mod entry;
mod files;
mod from_clips;
mod making;
mod people_folder;
mod report;
mod scores;
mod scoring;
mod sheet;
mod table;
mod user_test;

pub use crate::people::config::{
    CutConfig, IdentityFiles, LpipsFiles, Nets, PeopleConfig, PeopleError, PeopleEvent,
    PeopleWarning,
};
pub use crate::people::entry::evaluate_people;
pub use crate::people::report::{Measure, MethodResult, PeopleReport};
pub use crate::people::scores::Scores;
pub use crate::people::table::{csv, text_table};
