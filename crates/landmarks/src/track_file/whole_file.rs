//! Writing a file so that its name never stands for half of it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// Number of the next temporary name, so that two tracks of one process never meet.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Write `bytes` beside `target`, flush them to the disk and rename the file.
pub(super) fn write(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{number}.part", process::id()));
    let temporary = target.with_file_name(name);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&temporary)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, target));
    if written.is_err() {
        // the first error is the one to tell; a file that cannot be removed either is left
        drop(fs::remove_file(&temporary));
    }
    written
}
