//! A studio of its own for each test: started, killed, started again in the same folder.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::DrawnHead;

use crate::client::Client;

/// A running `vivant serve`.
pub(crate) struct Server {
    child: Child,
    pub(crate) client: Client,
    folder: PathBuf,
    /// What it said before the address.
    pub(crate) greeting: String,
}

impl Server {
    /// Start one that keeps its files in `folder`.
    pub(crate) fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vivant"));
        command
            .args(["serve", "--port", "0", "--folder"])
            .arg(folder);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut child = command.spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut greeting = String::new();
        let url = loop {
            let line = lines.next().expect("an address comes").expect("text");
            if let Some(url) = line.trim().strip_prefix("http://127.0.0.1:") {
                break url.to_owned();
            }
            greeting.push_str(&line);
        };
        let (port, token) = url.split_once("/?token=").expect("port and token");
        Self {
            child,
            client: Client {
                port: port.parse().expect("a port"),
                token: token.to_owned(),
            },
            folder: folder.to_owned(),
            greeting,
        }
    }

    /// Kill it as a power cut would, and start another in its folder.
    pub(crate) fn kill_and_restart(mut self) -> Self {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        let folder = self.folder.clone();
        drop(self);
        Self::start(&folder)
    }

    /// Most memory that it ever held, bytes; `None` where the system does not tell.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes * 1024)
    }

    /// Wait until a job is in one of these states.
    #[track_caller]
    pub(crate) fn wait_for(&self, id: &str, states: &[&str]) -> Value {
        let start = Instant::now();
        loop {
            let job = self
                .client
                .get(&format!("/api/jobs/{id}"))
                .expect(200)
                .json();
            let state = job["state"].as_str().expect("a state");
            if states.contains(&state) {
                return job;
            }
            assert!(start.elapsed() < Duration::from_secs(400), "{job:#}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Files and folders of one kind that lie on the disk.
    pub(crate) fn names_in(&self, folder: &str) -> Vec<String> {
        let Ok(listing) = std::fs::read_dir(self.folder.join(folder)) else {
            return Vec::new();
        };
        let names = listing.map(|entry| entry.expect("a file").file_name());
        names
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A PNG of a drawn head, so many pixels wide and high.
pub(crate) fn drawn_head(side_px: u32) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("head.png");
    let head = DrawnHead::frontal(side_px);
    let image = media::Image::from_rgb(side_px, side_px, head.draw());
    media::write_png(&path, &image).expect("it is written");
    std::fs::read(path).expect("it is there")
}

/// A PNG of two drawn heads side by side, the one on the left larger.
pub(crate) fn drawn_couple() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("couple.png");
    let large = DrawnHead::frontal(256);
    let mut small = large;
    small.eye_distance_px *= 0.7;
    let [left, right] = [large, small].map(|head| head.draw());
    let rows = left.chunks(3 * 256).zip(right.chunks(3 * 256));
    let both = rows.flat_map(|(left, right)| [left, right].concat());
    let image = media::Image::from_rgb(512, 256, both.collect());
    media::write_png(&path, &image).expect("it is written");
    std::fs::read(path).expect("it is there")
}

/// A film of a drawn head by the quickest engine.
pub(crate) fn quick_film(source: &str, motion: &str) -> Value {
    json!({
        "task": "animate",
        "source": source,
        "driving": {"motion": motion},
        "sound": "none",
        "engine": "warp",
    })
}
