//! The tar archive of an avatar: written whole or not at all, read with a limit.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// Most bytes of all members together.
const MOST_BYTES: u64 = 2 << 30;
/// Most members: manifest, graphs, landmarks, and a picture a shot.
const MOST_MEMBERS: usize = 64;

/// Write members, the first one first, beside `path`, and rename when all is on disk.
pub(super) fn write_members<'a>(
    path: &Path,
    members: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let temporary = path.with_file_name(name);
    // What an earlier run left behind goes; whatever lies there is never written through.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let write = || -> io::Result<()> {
        let mut archive = tar::Builder::new(File::create_new(&temporary)?);
        for (name, bytes) in members {
            append(&mut archive, name, bytes)?;
        }
        let mut file = archive.into_inner()?;
        file.flush()?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().inspect_err(|_| {
        // best effort: the error that counts is the one that is returned
        drop(fs::remove_file(&temporary));
    })
}

fn append(archive: &mut tar::Builder<File>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    archive.append_data(&mut header, name, bytes)
}

/// Read all members by name. They stay in memory: a name is never a place on the disk.
pub(super) fn read_members(file: File) -> io::Result<BTreeMap<String, Vec<u8>>> {
    // Nothing is compressed, so members that are larger than their archive are made of holes.
    let mut bytes_left = file.metadata()?.len().min(MOST_BYTES);
    let mut members = BTreeMap::new();
    for entry in tar::Archive::new(file).entries()? {
        let entry = entry?;
        if !entry.header().entry_type().is_file() {
            return Err(io::Error::other("it holds something else than files"));
        }
        let name = entry.path()?.to_string_lossy().into_owned();
        let size = entry.size();
        if size > bytes_left || members.len() >= MOST_MEMBERS {
            return Err(io::Error::other("it holds more than an avatar does"));
        }
        bytes_left -= size;
        let mut bytes = Vec::new();
        entry.take(size).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != size {
            return Err(io::Error::other("it is cut off"));
        }
        if members.insert(name, bytes).is_some() {
            return Err(io::Error::other("it holds two files of one name"));
        }
    }
    Ok(members)
}
