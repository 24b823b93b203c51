//! Reads shards: which clips there are, and any frame of them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use landmarks::Landmarks;
use media::{Image, MediaError, decode_jpeg, read_whole};
use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom as _;

use crate::shard_format::{
    ClipEntry, FrameFacts, SHARD_FORMAT, SHARD_VERSION, ShardError, ShardIndex,
};

/// Longest member that is read, bytes.
const LONGEST_MEMBER: u64 = 64 << 20;
/// Largest index that is read, bytes: ten million frames have a smaller one.
const LARGEST_INDEX: u64 = 4 << 30;

/// The shards of a folder, open for reading.
#[derive(Debug)]
pub struct Shards {
    side_px: u32,
    files: Vec<(PathBuf, Mutex<File>)>,
    /// Clips of all indices; `shard` counts in `files`.
    clips: Vec<ClipEntry>,
}

impl Shards {
    /// Open the shards of a folder: those of `index.json`, or else of all jobs of a job array.
    ///
    /// # Errors
    /// Where there is no index, a job's is missing, one is damaged, or a tar file is missing or
    /// has another length.
    pub fn open(folder: &Path) -> Result<Self, ShardError> {
        Self::open_all(&[folder])
    }

    /// Open the shards of several folders, one after the other.
    ///
    /// # Errors
    /// As [`Shards::open`].
    pub fn open_all(folders: &[&Path]) -> Result<Self, ShardError> {
        let mut shards = Self::empty();
        for folder in folders {
            for name in indices_to_open(folder)? {
                shards.add(folder, &folder.join(name))?;
            }
        }
        Ok(shards)
    }

    /// Open the shards of one index.
    pub(crate) fn open_index(folder: &Path, index: &Path) -> Result<Self, ShardError> {
        let mut shards = Self::empty();
        shards.add(folder, index)?;
        Ok(shards)
    }

    fn empty() -> Self {
        Self {
            side_px: 0,
            files: Vec::new(),
            clips: Vec::new(),
        }
    }

    fn add(&mut self, folder: &Path, path: &Path) -> Result<(), ShardError> {
        let wrong = |reason: String| ShardError::Format {
            path: path.to_owned(),
            reason,
        };
        let text = read_limited(path, LARGEST_INDEX)?;
        let index: ShardIndex =
            serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        if index.format != SHARD_FORMAT || index.version != SHARD_VERSION {
            return Err(wrong(format!("{} version {}", index.format, index.version)));
        }
        if self.side_px != 0 && self.side_px != index.side_px {
            return Err(wrong(format!(
                "crops of {} px beside others",
                index.side_px
            )));
        }
        self.side_px = index.side_px;
        let first = self.files.len();
        for shard in &index.shards {
            if shard.file.is_empty() || shard.file.contains(['/', '\\', '\0']) {
                return Err(wrong(format!(
                    "{:?} is not the plain name of a file",
                    shard.file
                )));
            }
            let path = folder.join(&shard.file);
            let file = File::open(&path).map_err(|source| io_error(&path, source))?;
            let found = file
                .metadata()
                .map_err(|source| io_error(&path, source))?
                .len();
            if found != shard.bytes {
                let reason = format!("{found} bytes instead of {}", shard.bytes);
                return Err(ShardError::Format { path, reason });
            }
            self.files.push((path, Mutex::new(file)));
        }
        for mut clip in index.clips {
            if clip.shard >= index.shards.len() {
                return Err(wrong(format!("{} lies in no shard", clip.video)));
            }
            clip.shard += first;
            self.clips.push(clip);
        }
        Ok(())
    }

    /// Side of the crops, pixels.
    pub fn side_px(&self) -> u32 {
        self.side_px
    }

    /// The clips, in a fixed order.
    pub fn videos(&self) -> &[ClipEntry] {
        &self.clips
    }

    /// The people, in alphabetical order, with the indices of their clips.
    pub fn people(&self) -> BTreeMap<&str, Vec<usize>> {
        let mut people: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, clip) in self.clips.iter().enumerate() {
            people.entry(&clip.identity).or_default().push(index);
        }
        people
    }

    /// Names of all people but `kept` ones, and of those, drawn by `seed`.
    ///
    /// # Errors
    /// [`ShardError::TooFew`] where nobody would be left on one side.
    pub fn split_people(
        &self,
        kept: usize,
        seed: u64,
    ) -> Result<(Vec<String>, Vec<String>), ShardError> {
        let mut names: Vec<String> = self.people().into_keys().map(str::to_owned).collect();
        if kept == 0 || names.len() <= kept {
            let what = format!("{} people are too few to keep {kept} apart", names.len());
            return Err(ShardError::TooFew { what });
        }
        names.shuffle(&mut SmallRng::seed_from_u64(seed));
        let mut kept = names.split_off(names.len() - kept);
        names.sort_unstable();
        kept.sort_unstable();
        Ok((names, kept))
    }

    /// The crop of a frame.
    ///
    /// # Errors
    /// Where the tar file cannot be read or the JPEG is damaged.
    pub fn picture(&self, clip: usize, frame: usize) -> Result<Image, ShardError> {
        let entry = &self.clips[clip];
        let (path, _) = &self.files[entry.shard];
        let bytes = self.member(clip, entry.frames[frame].picture)?;
        decode_jpeg(&bytes, path).map_err(|source| ShardError::Picture {
            path: path.clone(),
            source,
        })
    }

    /// What the JSON of a frame says.
    ///
    /// # Errors
    /// Where the tar file cannot be read or the JSON is damaged.
    pub fn facts(&self, clip: usize, frame: usize) -> Result<FrameFacts, ShardError> {
        let entry = &self.clips[clip];
        let bytes = self.member(clip, entry.frames[frame].facts)?;
        serde_json::from_slice(&bytes).map_err(|error| ShardError::Format {
            path: self.files[entry.shard].0.clone(),
            reason: error.to_string(),
        })
    }

    /// The points of a frame, in pixels of its crop.
    ///
    /// # Errors
    /// As [`Shards::facts`], and where there are not 70.
    pub fn landmarks(&self, clip: usize, frame: usize) -> Result<Landmarks, ShardError> {
        let facts = self.facts(clip, frame)?;
        facts.landmarks().ok_or_else(|| ShardError::Format {
            path: self.files[self.clips[clip].shard].0.clone(),
            reason: format!("{} points in a frame", facts.points.len()),
        })
    }

    fn member(&self, clip: usize, [start, length]: [u64; 2]) -> Result<Vec<u8>, ShardError> {
        let (path, file) = &self.files[self.clips[clip].shard];
        if length > LONGEST_MEMBER {
            let reason = format!("a member of {length} bytes");
            return Err(ShardError::Format {
                path: path.clone(),
                reason,
            });
        }
        let mut bytes = vec![0; length as usize];
        let mut file = file.lock().expect("no thread dies while it reads");
        file.seek(SeekFrom::Start(start))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|source| io_error(path, source))?;
        Ok(bytes)
    }
}

/// Names of the indices that make up a folder, in the order of the jobs.
fn indices_to_open(folder: &Path) -> Result<Vec<String>, ShardError> {
    let whole = "index.json".to_owned();
    if folder.join(&whole).exists() {
        return Ok(vec![whole]);
    }
    let entries = fs::read_dir(folder).map_err(|source| io_error(folder, source))?;
    let mut counts = Vec::new();
    for entry in entries {
        let name = entry
            .map_err(|source| io_error(folder, source))?
            .file_name();
        counts.extend(name.to_str().and_then(jobs_of_index));
    }
    let Some(jobs) = counts.first().copied() else {
        return Err(ShardError::NoIndex {
            folder: folder.to_owned(),
        });
    };
    let names: Vec<String> = (0..jobs)
        .map(|job| format!("index-part-{job}-of-{jobs}.json"))
        .collect();
    match names.iter().find(|name| !folder.join(name).exists()) {
        None => Ok(names),
        Some(missing) => Err(ShardError::JobMissing {
            path: folder.join(missing),
        }),
    }
}

/// Number of jobs, from the name of the index of one of them.
fn jobs_of_index(name: &str) -> Option<u64> {
    let rest = name.strip_prefix("index-part-")?.strip_suffix(".json")?;
    rest.split_once("-of-")?.1.parse().ok()
}

/// A whole file of at most so many bytes.
pub(crate) fn read_limited(path: &Path, most: u64) -> Result<Vec<u8>, ShardError> {
    read_whole(path, most).map_err(|error| match error {
        MediaError::Read { path, source } => ShardError::Io { path, source },
        MediaError::NotFound { path } => io_error(&path, io::ErrorKind::NotFound.into()),
        other => ShardError::Format {
            path: path.to_owned(),
            reason: other.to_string(),
        },
    })
}

pub(crate) fn io_error(path: &Path, source: io::Error) -> ShardError {
    ShardError::Io {
        path: path.to_owned(),
        source,
    }
}
