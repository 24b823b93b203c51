//! Writes tar files of crops, byte for byte the same for the same frames.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use landmarks::SCHEME;
use sha2::{Digest as _, Sha256};

use crate::shard_format::{
    ClipEntry, FrameEntry, FrameFacts, SHARD_FORMAT, SHARD_VERSION, ShardError, ShardFile,
    ShardIndex,
};
use crate::shards::io_error;

/// Size of a tar header and of its blocks, bytes.
const BLOCK: u64 = 512;

/// One frame ready to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredFrame {
    /// JPEG bytes.
    pub jpeg: Vec<u8>,
    /// What the JSON beside it says.
    pub facts: FrameFacts,
}

/// One clip ready to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredClip {
    /// The person.
    pub identity: String,
    /// The video, by its path below the input folder.
    pub video: String,
    /// Which part of the video, from 0.
    pub part: u32,
    /// Frames, in order.
    pub frames: Vec<StoredFrame>,
}

/// Writes shards into a folder, then their index: without it nothing is there.
#[derive(Debug)]
pub struct ShardWriter {
    folder: PathBuf,
    /// Part of the files' names, such as `part-3-of-8`; empty for a single job.
    name: String,
    shard_bytes: u64,
    side_px: u32,
    open: Option<OpenShard>,
    shards: Vec<ShardFile>,
    clips: Vec<ClipEntry>,
}

#[derive(Debug)]
struct OpenShard {
    file: String,
    temporary: PathBuf,
    writer: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl ShardWriter {
    /// Write into `folder`, which is made where it is missing. A new tar file is begun once one
    /// has `shard_bytes`.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn create(
        folder: &Path,
        name: &str,
        side_px: u32,
        shard_bytes: u64,
    ) -> Result<Self, ShardError> {
        fs::create_dir_all(folder).map_err(|source| io_error(folder, source))?;
        Ok(Self {
            folder: folder.to_owned(),
            name: name.to_owned(),
            shard_bytes,
            side_px,
            open: None,
            shards: Vec::new(),
            clips: Vec::new(),
        })
    }

    /// Append a clip.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn add(&mut self, clip: &StoredClip) -> Result<(), ShardError> {
        if self
            .open
            .as_ref()
            .is_some_and(|shard| shard.bytes >= self.shard_bytes)
        {
            self.close_shard()?;
        }
        let number = self.shards.len();
        if self.open.is_none() {
            let file = format!("shard{}-{number:05}.tar", self.name);
            self.open = Some(OpenShard::create(&self.folder, file)?);
        }
        let shard = self.open.as_mut().expect("opened above");
        let stem = member_stem(clip);
        let mut frames = Vec::with_capacity(clip.frames.len());
        for frame in &clip.frames {
            let key = format!("{stem}-{:06}", frame.facts.frame);
            let facts = serde_json::to_vec(&frame.facts).expect("facts are plain values");
            frames.push(FrameEntry {
                time_s: frame.facts.time_s,
                picture: shard.append(&format!("{key}.jpg"), &frame.jpeg)?,
                facts: shard.append(&format!("{key}.json"), &facts)?,
            });
        }
        self.clips.push(ClipEntry {
            identity: clip.identity.clone(),
            video: clip.video.clone(),
            part: clip.part,
            shard: number,
            frames,
        });
        Ok(())
    }

    /// Close the last tar file and write the index.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn finish(mut self) -> Result<ShardIndex, ShardError> {
        self.close_shard()?;
        let index = ShardIndex {
            format: SHARD_FORMAT.to_owned(),
            version: SHARD_VERSION,
            side_px: self.side_px,
            landmark_scheme: SCHEME.to_owned(),
            shards: self.shards,
            clips: self.clips,
        };
        let path = self.folder.join(format!("index{}.json", self.name));
        let text = serde_json::to_vec(&index).expect("an index is plain values");
        write_whole(&path, &text)?;
        Ok(index)
    }

    fn close_shard(&mut self) -> Result<(), ShardError> {
        if let Some(shard) = self.open.take() {
            self.shards.push(shard.close(&self.folder)?);
        }
        Ok(())
    }
}

impl OpenShard {
    fn create(folder: &Path, file: String) -> Result<Self, ShardError> {
        let temporary = folder.join(format!("{file}.part"));
        let handle = create_anew(&temporary).map_err(|source| io_error(&temporary, source))?;
        Ok(Self {
            file,
            temporary,
            writer: BufWriter::new(handle),
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    /// Append a member; returns its first byte and its length.
    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<[u64; 2], ShardError> {
        let mut header = tar::Header::new_ustar();
        header
            .set_path(name)
            .map_err(|source| io_error(&self.temporary, source))?;
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        self.put(header.as_bytes())?;
        let start = self.bytes;
        self.put(bytes)?;
        let padding = (BLOCK - self.bytes % BLOCK) % BLOCK;
        self.put(&[0; BLOCK as usize][..padding as usize])?;
        Ok([start, bytes.len() as u64])
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ShardError> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.writer
            .write_all(bytes)
            .map_err(|source| io_error(&self.temporary, source))
    }

    /// End the archive and give the file its name.
    fn close(mut self, folder: &Path) -> Result<ShardFile, ShardError> {
        self.put(&[0; 2 * BLOCK as usize])?;
        let path = folder.join(&self.file);
        let end = || -> std::io::Result<()> {
            let file = self
                .writer
                .into_inner()
                .map_err(|error| error.into_error())?;
            file.sync_all()?;
            fs::rename(&self.temporary, &path)
        };
        end().map_err(|source| io_error(&path, source))?;
        let sha256 = self.hash.finalize();
        Ok(ShardFile {
            file: self.file,
            bytes: self.bytes,
            sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }
}

/// Write a file whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ShardError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let temporary = path.with_file_name(name);
    let write = || -> std::io::Result<()> {
        let mut file = create_anew(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(|source| {
        // best effort: the error that counts is the one that is returned
        drop(fs::remove_file(&temporary));
        io_error(path, source)
    })
}

/// An empty file of a temporary name. What an earlier run left there goes; a link is never written through.
fn create_anew(temporary: &Path) -> std::io::Result<File> {
    match fs::remove_file(temporary) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => File::create_new(temporary),
    }
}

/// Name of a clip's members: short, as tar wants it, and different for different clips.
fn member_stem(clip: &StoredClip) -> String {
    let digest = Sha256::digest(clip.video.as_bytes());
    let short: String = digest[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '_'
        }
    };
    let person: String = clip.identity.chars().map(plain).take(40).collect();
    format!("{person}-{short}-{:03}", clip.part)
}
