//! Entry point that turns videos into shards of cropped clips with landmarks.
//!
//! Every video becomes one finished file in the folder `.videos` beside the shards, written whole
//! or not at all; a run that was killed anywhere goes on with the videos that have none. The
//! shards are packed from these files in the order of the videos' names, so that they are the same
//! whatever the number of threads and of interruptions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;

use landmarks::FaceFinder;
use media::VideoReader;

use crate::clip_crops::cut_parts;
use crate::clip_parts::{BadPart, find_parts};
use crate::finished_video::FinishedVideo;
use crate::preprocess_config::{
    PreprocessConfig, PreprocessError, PreprocessEvent, PreprocessSummary, Reject, RejectReason,
};
use crate::preprocess_report::write_report;
use crate::shard_format::{ShardError, ShardIndex};
use crate::shard_writer::{ShardWriter, StoredClip, write_whole};
use crate::shards::io_error;
use crate::video_search::{FoundVideo, find_videos};

/// Folder of finished videos, below the output.
const WORK: &str = ".videos";
/// File that says which settings a folder was begun with.
const SETTINGS: &str = "settings.txt";

type Listen<'a> = dyn FnMut(PreprocessEvent) -> ControlFlow<()> + 'a;

/// Turn videos into shards; goes on where an earlier run was stopped or killed.
///
/// # Errors
/// Where settings, inputs or the output folder cannot be used. A video that cannot be used is no
/// error: it is rejected with a reason.
pub fn preprocess(
    config: &PreprocessConfig,
    listener: &mut Listen<'_>,
) -> Result<PreprocessSummary, PreprocessError> {
    let problems = config.problems();
    if !problems.is_empty() {
        return Err(PreprocessError::Settings { problems });
    }
    let videos = find_videos(&config.inputs)?;
    if videos.is_empty() {
        return Err(PreprocessError::NoVideos {
            inputs: config.inputs.clone(),
        });
    }
    let [job, jobs] = config.job;
    let mine = videos.into_iter().enumerate();
    let mine: Vec<FoundVideo> = mine
        .filter(|(index, _)| *index as u64 % jobs == job)
        .map(|(_, video)| video)
        .collect();
    let store = Store::open(config)?;
    let worked = store.work_through(&mine, listener)?;
    if worked.was_stopped {
        return Ok(PreprocessSummary {
            was_stopped: true,
            people: 0,
            clips: 0,
            frames: 0,
            rejects: BTreeMap::new(),
            realtime: worked.realtime,
            report: None,
        });
    }
    let (index, rejects) = store.pack(&mine)?;
    let report = write_report(&config.output, &store.name(), &index, &rejects)?;
    let mut counts = BTreeMap::new();
    for reject in &rejects {
        *counts.entry(reject.reason).or_insert(0) += 1;
    }
    let people: BTreeSet<&str> = index
        .clips
        .iter()
        .map(|clip| clip.identity.as_str())
        .collect();
    Ok(PreprocessSummary {
        was_stopped: false,
        people: people.len(),
        clips: index.clips.len(),
        frames: index
            .clips
            .iter()
            .map(|clip| clip.frames.len() as u64)
            .sum(),
        rejects: counts,
        realtime: worked.realtime,
        report: Some(report),
    })
}

/// The output folder.
struct Store<'a> {
    config: &'a PreprocessConfig,
    work: PathBuf,
}

/// How the videos went.
struct Worked {
    was_stopped: bool,
    realtime: f64,
}

/// What a worker says of a video.
struct Done {
    seconds: f64,
    rejects: Vec<Reject>,
    failure: Option<PreprocessError>,
}

impl<'a> Store<'a> {
    fn open(config: &'a PreprocessConfig) -> Result<Self, PreprocessError> {
        let work = config.output.join(WORK);
        fs::create_dir_all(&work).map_err(|source| io_error(&work, source))?;
        let path = work.join(SETTINGS);
        let wanted = config.fingerprint();
        match fs::read_to_string(&path) {
            Ok(was) if was == wanted => {}
            Ok(was) => {
                return Err(PreprocessError::OtherSettings {
                    folder: config.output.clone(),
                    was,
                });
            }
            Err(_) => write_whole(&path, wanted.as_bytes())?,
        }
        Ok(Self { config, work })
    }

    /// Part of the output files' names that tells jobs apart.
    fn name(&self) -> String {
        match self.config.job {
            [_, 1] => String::new(),
            [job, jobs] => format!("-part-{job}-of-{jobs}"),
        }
    }

    fn finished(&self, video: &FoundVideo) -> PathBuf {
        self.work.join(FinishedVideo::file_name(&video.name))
    }

    /// Work through the videos that are not finished.
    fn work_through(
        &self,
        videos: &[FoundVideo],
        listener: &mut Listen<'_>,
    ) -> Result<Worked, PreprocessError> {
        let open: Vec<&FoundVideo> = videos
            .iter()
            .filter(|video| !self.finished(video).exists())
            .collect();
        let found = PreprocessEvent::Found {
            videos: videos.len(),
            done_before: videos.len() - open.len(),
        };
        let wants_end = AtomicBool::new(listener(found).is_break());
        let next = AtomicUsize::new(0);
        let (sender, receiver) = channel();
        let start = Instant::now();
        let mut done = 0;
        let mut seconds = 0.0;
        let mut failure = None;
        std::thread::scope(|scope| {
            for _ in 0..self.config.threads.min(open.len()) {
                let sender = sender.clone();
                let (open, next, wants_end) = (&open, &next, &wants_end);
                scope.spawn(move || self.work(open, next, wants_end, &sender));
            }
            drop(sender);
            for video in receiver {
                done += 1;
                seconds += video.seconds;
                for reject in video.rejects {
                    if listener(PreprocessEvent::Warning(reject)).is_break() {
                        wants_end.store(true, Ordering::Relaxed);
                    }
                }
                if video.failure.is_some() {
                    wants_end.store(true, Ordering::Relaxed);
                    failure = video.failure;
                }
                let spent = start.elapsed().as_secs_f64();
                let event = PreprocessEvent::Progress {
                    done: videos.len() - open.len() + done,
                    total: videos.len(),
                    realtime: seconds / spent,
                    left_s: spent / done as f64 * (open.len() - done) as f64,
                };
                if listener(event).is_break() {
                    wants_end.store(true, Ordering::Relaxed);
                }
            }
        });
        match failure {
            Some(failure) => Err(failure),
            None => Ok(Worked {
                was_stopped: done < open.len(),
                realtime: seconds / start.elapsed().as_secs_f64().max(1e-9),
            }),
        }
    }

    /// Take videos until there are none or the end is wanted.
    fn work(
        &self,
        open: &[&FoundVideo],
        next: &AtomicUsize,
        wants_end: &AtomicBool,
        sender: &Sender<Done>,
    ) {
        while !wants_end.load(Ordering::Relaxed) {
            let Some(video) = open.get(next.fetch_add(1, Ordering::Relaxed)) else {
                return;
            };
            let finished = look_through(video, self.config);
            let done = finished.and_then(|finished| {
                write_whole(&self.finished(video), &finished.to_bytes())?;
                Ok(finished)
            });
            let done = match done {
                Ok(finished) => Done {
                    seconds: finished.seconds,
                    rejects: finished.rejects,
                    failure: None,
                },
                Err(failure) => Done {
                    seconds: 0.0,
                    rejects: Vec::new(),
                    failure: Some(failure),
                },
            };
            if sender.send(done).is_err() {
                return;
            }
        }
    }

    /// Pack the finished videos into shards, without duplicates.
    fn pack(&self, videos: &[FoundVideo]) -> Result<(ShardIndex, Vec<Reject>), ShardError> {
        let config = self.config;
        let mut writer = ShardWriter::create(
            &config.output,
            &self.name(),
            config.side_px,
            config.shard_bytes,
        )?;
        let mut rejects = Vec::new();
        let mut known = BTreeMap::new();
        for video in videos {
            let path = self.finished(video);
            let finished = FinishedVideo::read(&path)?;
            rejects.extend(finished.rejects);
            for (part, frames) in finished.parts.into_iter().enumerate() {
                let digest = pictures_digest(&frames);
                let clip = StoredClip {
                    identity: video.identity.clone(),
                    video: video.name.clone(),
                    part: part as u32,
                    frames,
                };
                if let Some(other) = known.get(&digest) {
                    rejects.push(Reject {
                        video: video.name.clone(),
                        first_frame: clip.frames[0].facts.frame,
                        frames: clip.frames.len() as u64,
                        reason: RejectReason::Duplicate,
                        detail: format!("of {other}"),
                    });
                    continue;
                }
                known.insert(digest, video.name.clone());
                writer.add(&clip)?;
            }
        }
        let text = serde_json::to_vec_pretty(&rejects).expect("rejects are plain values");
        write_whole(
            &config.output.join(format!("rejects{}.json", self.name())),
            &text,
        )?;
        Ok((writer.finish()?, rejects))
    }
}

/// Digest of a part's pictures.
fn pictures_digest(frames: &[crate::shard_writer::StoredFrame]) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    for frame in frames {
        hash.update(&frame.jpeg);
    }
    hash.finalize().to_vec()
}

/// Everything that is to be had from one video.
fn look_through(
    video: &FoundVideo,
    config: &PreprocessConfig,
) -> Result<FinishedVideo, PreprocessError> {
    let one = std::num::NonZeroUsize::MIN;
    // A damaged model is our failure, not the video's.
    drop(FaceFinder::built_in(Some(one))?);
    let look = || -> Result<FinishedVideo, Box<dyn std::error::Error + Send + Sync>> {
        let finder = || FaceFinder::built_in(Some(one));
        let parts = find_parts(VideoReader::open(&video.path)?, &finder, config)?;
        let (cut, blurred) = if parts.good.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            cut_parts(VideoReader::open(&video.path)?, &parts.good, config)?
        };
        let rejects = parts.bad.into_iter().chain(blurred);
        Ok(FinishedVideo {
            seconds: parts.seconds,
            rejects: rejects.map(|bad| rejected(video, bad)).collect(),
            parts: cut,
        })
    };
    Ok(look().unwrap_or_else(|error| FinishedVideo {
        seconds: 0.0,
        rejects: vec![Reject {
            video: video.name.clone(),
            first_frame: 0,
            frames: 0,
            reason: RejectReason::Unreadable,
            detail: error.to_string(),
        }],
        parts: Vec::new(),
    }))
}

fn rejected(video: &FoundVideo, bad: BadPart) -> Reject {
    Reject {
        video: video.name.clone(),
        first_frame: bad.first_frame,
        frames: bad.frames,
        reason: bad.reason,
        detail: bad.detail,
    }
}
