//! The studio's server as clients meet it: honest ones, many at once, and hostile ones.
//!
//! The page itself is tested in a browser, in `crates/web/page/tests`.

mod client;
mod hostile_clients;
mod jobs;
mod many_clients;
mod server;
