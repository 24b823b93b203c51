//! The studio: a local page, and the server behind it, on which a person makes a picture speak.
//!
//! The only crate that names HTTP. Its jobs are calls of this very program, so that a job and a command are the
//! same work with the same marks; nothing here animates by itself but the live view.

mod api;
mod arguments;
mod body;
mod config;
mod connection;
mod doctor;
mod error;
mod events;
mod example;
mod faces_file;
mod files;
mod gate;
mod identifier;
mod inspection;
mod job;
mod job_routes;
mod job_store;
mod live;
mod live_recording;
mod live_worker;
mod motion_length;
mod page;
mod request;
mod runner;
mod serve;
mod studio;
mod upload;
mod upload_routes;
mod verify_routes;
mod worker;
mod zip_archive;

pub use crate::config::{Ready, ServeConfig, Stop};
pub use crate::error::ServeError;
pub use crate::serve::serve;
