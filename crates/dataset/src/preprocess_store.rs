//! Where a preprocessing run keeps what is finished, and packs it into shards.
//!
//! One file for each finished video, in the folder `.videos` beside the shards, here or in an
//! object storage. With an object storage the folder here holds the shards only until they are
//! sent; their index is sent last.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::finished_video::FinishedVideo;
use crate::object_storage::RemoteFolder;
use crate::preprocess_config::{PreprocessConfig, PreprocessError, Reject, RejectReason};
use crate::shard_format::{ShardError, ShardIndex};
use crate::shard_writer::{ShardWriter, StoredClip, StoredFrame, write_whole};
use crate::shards::io_error;
use crate::video_search::FoundVideo;

/// Folder of finished videos, below the output.
const WORK: &str = ".videos";
/// File that says which settings a folder was begun with.
const SETTINGS: &str = "settings.txt";

/// The output of a run.
#[derive(Debug)]
pub(crate) struct Store<'a> {
    config: &'a PreprocessConfig,
    work: PathBuf,
    remote: Option<RemoteFolder>,
    /// Files of finished videos that were in the object storage at the start.
    sent: BTreeSet<String>,
}

impl<'a> Store<'a> {
    /// Open the output, where it was begun with these settings or is new.
    pub(crate) fn open(config: &'a PreprocessConfig) -> Result<Self, PreprocessError> {
        let work = config.output.join(WORK);
        fs::create_dir_all(&work).map_err(|source| io_error(&work, source))?;
        let remote = config.remote.as_deref().map(RemoteFolder::open);
        let remote = remote.transpose()?;
        let sent = remote.as_ref().map(|remote| remote.names(WORK));
        let store = Self {
            config,
            work,
            sent: sent.transpose()?.unwrap_or_default(),
            remote,
        };
        store.check_settings()?;
        store.check_jobs()?;
        Ok(store)
    }

    /// Part of the output files' names that tells jobs apart.
    pub(crate) fn name(&self) -> String {
        match self.config.job {
            [_, 1] => String::new(),
            [job, jobs] => format!("-part-{job}-of-{jobs}"),
        }
    }

    fn check_settings(&self) -> Result<(), PreprocessError> {
        let wanted = self.config.fingerprint();
        let path = self.work.join(SETTINGS);
        let was = match &self.remote {
            None => fs::read(&path).ok(),
            Some(remote) => remote.get(&format!("{WORK}/{SETTINGS}"))?,
        };
        match was {
            Some(was) if was == wanted.as_bytes() => Ok(()),
            Some(was) => Err(PreprocessError::OtherSettings {
                output: self.config.place(),
                was: String::from_utf8_lossy(&was).into_owned(),
            }),
            None => Ok(self.write_settings(&path, wanted)?),
        }
    }

    /// Several jobs may begin at once, so each has a temporary file of its own.
    fn write_settings(&self, path: &Path, wanted: String) -> Result<(), ShardError> {
        if let Some(remote) = &self.remote {
            return remote.put(&format!("{WORK}/{SETTINGS}"), wanted.into_bytes());
        }
        let own = path.with_file_name(format!("settings{}.txt.part", self.name()));
        let written = fs::write(&own, wanted).and_then(|()| fs::rename(&own, path));
        written.map_err(|source| io_error(&own, source))
    }

    /// Shards of another number of jobs would double what this one finds.
    fn check_jobs(&self) -> Result<(), PreprocessError> {
        let [_, jobs] = self.config.job;
        if jobs == 1 {
            return Ok(());
        }
        let end = format!("-of-{jobs}.json");
        let names = self.names()?;
        let mut others = names
            .iter()
            .filter(|name| name.starts_with("index") && !name.ends_with(&end));
        match others.find(|name| name.ends_with(".json")) {
            None => Ok(()),
            Some(index) => Err(PreprocessError::OtherJobs {
                output: self.config.place(),
                index: index.clone(),
            }),
        }
    }

    /// Files of the output.
    fn names(&self) -> Result<BTreeSet<String>, ShardError> {
        if let Some(remote) = &self.remote {
            return remote.names("");
        }
        let folder = &self.config.output;
        let entries = fs::read_dir(folder).map_err(|source| io_error(folder, source))?;
        entries
            .map(|entry| {
                let entry = entry.map_err(|source| io_error(folder, source))?;
                Ok(entry.file_name().to_string_lossy().into_owned())
            })
            .collect()
    }

    /// Whether an earlier run has finished this video.
    pub(crate) fn is_finished(&self, video: &FoundVideo) -> bool {
        let file = FinishedVideo::file_name(&video.name);
        self.sent.contains(&file) || self.remote.is_none() && self.work.join(file).exists()
    }

    /// Keep what a video gave, whole or not at all.
    pub(crate) fn keep(
        &self,
        video: &FoundVideo,
        finished: &FinishedVideo,
    ) -> Result<(), ShardError> {
        let file = FinishedVideo::file_name(&video.name);
        match &self.remote {
            None => write_whole(&self.work.join(file), &finished.to_bytes()),
            Some(remote) => remote.put(&format!("{WORK}/{file}"), finished.to_bytes()),
        }
    }

    fn finished(&self, video: &FoundVideo) -> Result<FinishedVideo, ShardError> {
        let file = FinishedVideo::file_name(&video.name);
        let path = self.work.join(&file);
        let bytes = match &self.remote {
            None => fs::read(&path).map_err(|source| io_error(&path, source))?,
            Some(remote) => remote
                .get(&format!("{WORK}/{file}"))?
                .ok_or_else(|| io_error(&path, std::io::ErrorKind::NotFound.into()))?,
        };
        FinishedVideo::from_bytes(&bytes).ok_or_else(|| ShardError::Format {
            path,
            reason: "it is no finished video; delete it".to_owned(),
        })
    }

    /// Pack the finished videos into shards, without duplicates.
    pub(crate) fn pack(
        &self,
        videos: &[FoundVideo],
    ) -> Result<(ShardIndex, Vec<Reject>), ShardError> {
        let config = self.config;
        let mut writer = ShardWriter::create(
            &config.output,
            &self.name(),
            config.side_px,
            config.shard_bytes,
        )?;
        let mut rejects = Vec::new();
        let mut known: BTreeMap<Vec<u8>, String> = BTreeMap::new();
        for video in videos {
            let finished = self.finished(video)?;
            rejects.extend(finished.rejects);
            for (part, frames) in finished.parts.into_iter().enumerate() {
                let clip = StoredClip {
                    identity: video.identity.clone(),
                    video: video.name.clone(),
                    part: part as u32,
                    frames,
                };
                match known.entry(pictures_digest(&clip.frames)) {
                    Entry::Occupied(other) => {
                        rejects.push(duplicate(&clip, other.get()));
                    }
                    Entry::Vacant(place) => {
                        place.insert(video.name.clone());
                        writer.add(&clip)?;
                    }
                }
            }
        }
        let text = serde_json::to_vec_pretty(&rejects).expect("rejects are plain values");
        write_whole(&config.output.join(self.file("rejects", "json")), &text)?;
        Ok((writer.finish()?, rejects))
    }

    /// Name of an output file of this job.
    fn file(&self, stem: &str, ending: &str) -> String {
        format!("{stem}{}.{ending}", self.name())
    }

    /// Send the shards and what belongs to them, the index last; then remove what the shards of
    /// one job replace: those of several.
    pub(crate) fn publish(&self, index: &ShardIndex) -> Result<(), ShardError> {
        if let Some(remote) = &self.remote {
            let shards = index.shards.iter().map(|shard| shard.file.clone());
            let beside = [
                ("rejects", "json"),
                ("report", "html"),
                ("contact-sheet", "png"),
            ];
            let beside = beside.map(|(stem, ending)| self.file(stem, ending));
            let last = self.file("index", "json");
            for name in shards.chain(beside).chain([last]) {
                let path = self.config.output.join(&name);
                if path.exists() {
                    remote.put_file(&name, &path)?;
                    fs::remove_file(&path).map_err(|source| io_error(&path, source))?;
                }
            }
        }
        if self.config.job[1] > 1 {
            return Ok(());
        }
        let (indices, others): (Vec<String>, Vec<String>) = self
            .names()?
            .into_iter()
            .filter(|name| is_of_several_jobs(name))
            .partition(|name| name.starts_with("index"));
        indices
            .iter()
            .chain(&others)
            .try_for_each(|name| self.remove(name))
    }

    fn remove(&self, name: &str) -> Result<(), ShardError> {
        let path = self.config.output.join(name);
        match &self.remote {
            None => fs::remove_file(&path).map_err(|source| io_error(&path, source)),
            Some(remote) => remote.remove(name),
        }
    }
}

/// Whether an output file is that of one of several jobs.
fn is_of_several_jobs(name: &str) -> bool {
    let stems = ["index", "shard", "rejects", "report", "contact-sheet"];
    stems
        .iter()
        .filter_map(|stem| name.strip_prefix(stem))
        .any(|rest| rest.starts_with("-part-") && rest.contains("-of-"))
}

fn duplicate(clip: &StoredClip, other: &str) -> Reject {
    Reject {
        video: clip.video.clone(),
        first_frame: clip.frames[0].facts.frame,
        frames: clip.frames.len() as u64,
        reason: RejectReason::Duplicate,
        detail: format!("of {other}"),
    }
}

/// Digest of a part's pictures.
fn pictures_digest(frames: &[StoredFrame]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for frame in frames {
        hash.update(&frame.jpeg);
    }
    hash.finalize().to_vec()
}
