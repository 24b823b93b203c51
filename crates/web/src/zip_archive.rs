//! A folder of pictures as one ZIP archive, stored without packing: PNG does not get smaller.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Write the files of `folder` into `archive`, in order of their names.
pub(crate) fn zip_folder(folder: &Path, archive: &Path) -> io::Result<()> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.push(entry.file_name());
        }
    }
    names.sort();
    let partial = archive.with_extension("part");
    let mut zip = ZipWriter::new(BufWriter::new(File::create(&partial)?));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(false);
    for name in names {
        zip.start_file(name.to_string_lossy(), options)?;
        io::copy(&mut File::open(folder.join(&name))?, &mut zip)?;
    }
    zip.finish()?
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()?;
    std::fs::rename(&partial, archive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn every_file_of_the_folder_is_in_the_archive_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let frames = folder.path().join("frames");
        std::fs::create_dir(&frames).unwrap();
        for (name, bytes) in [("000002.png", b"two".as_slice()), ("000001.png", b"one")] {
            std::fs::write(frames.join(name), bytes).unwrap();
        }
        let archive = folder.path().join("frames.zip");
        zip_folder(&frames, &archive).unwrap();
        let mut zip = zip::ZipArchive::new(File::open(&archive).unwrap()).unwrap();
        assert_eq!(zip.len(), 2);
        let mut first = zip.by_index(0).unwrap();
        let mut text = String::new();
        first.read_to_string(&mut text).unwrap();
        assert_eq!((first.name(), text.as_str()), ("000001.png", "one"));
    }
}
