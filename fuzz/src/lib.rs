//! What the targets share: a file to read from, and hashes that fit the parts they name.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use inference::sha256_hex;
use tempfile::TempDir;
use toml::{Table, Value};

/// A folder in memory where the system has one; fuzzing writes thousands of files a second.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        TempDir::new_in(memory)
    } else {
        TempDir::new()
    };
    made.expect("a temporary folder can be made")
});

/// The folder that files of this process lie in.
pub fn folder() -> &'static Path {
    FOLDER.path()
}

/// Write `bytes` as a file of this name and hand its path on.
pub fn with_file<T>(name: &str, bytes: &[u8], work: impl FnOnce(&Path) -> T) -> T {
    let path = folder().join(name);
    fs::write(&path, bytes).expect("the folder is ours");
    work(&path)
}

/// Split at the first zero byte: two files in one input.
pub fn two_files(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = data.iter().position(|byte| *byte == 0)?;
    Some((&data[..at], &data[at + 1..]))
}

/// The manifest with the hashes that its parts really have, so that what lies behind the check of hashes is reached;
/// as it is where it is no manifest.
pub fn with_true_hashes(
    manifest: &[u8],
    part: &dyn Fn(&str, &Table) -> Option<Vec<u8>>,
) -> Vec<u8> {
    let text = std::str::from_utf8(manifest).ok();
    let Some(mut table) = text.and_then(|text| text.parse::<Table>().ok()) else {
        return manifest.to_vec();
    };
    if let Some(Value::Table(parts)) = table.get_mut("parts") {
        for (name, value) in parts.iter_mut() {
            if let Value::Table(fields) = value
                && let Some(bytes) = part(name, fields)
            {
                fields.insert("sha256".to_owned(), Value::String(sha256_hex(&bytes)));
            }
        }
    }
    toml::to_string(&table).map_or_else(|_| manifest.to_vec(), String::into_bytes)
}
