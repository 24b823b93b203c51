//! Works through the videos of a run on several threads.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use landmarks::FaceFinder;
use media::VideoReader;

use crate::clip_crops::cut_parts;
use crate::clip_parts::{BadPart, find_parts};
use crate::finished_video::FinishedVideo;
use crate::preprocess_config::{
    PreprocessConfig, PreprocessError, PreprocessEvent, Reject, RejectReason,
};
use crate::preprocess_store::Store;
use crate::still_work::cut_still;
use crate::video_search::{FoundVideo, is_still};

pub(crate) type Listen<'a> = dyn FnMut(PreprocessEvent) -> ControlFlow<()> + 'a;

/// How the videos went.
pub(crate) struct Worked {
    /// Whether the listener asked for the end before all were done.
    pub(crate) was_stopped: bool,
    /// Seconds of video a second.
    pub(crate) realtime: f64,
}

/// What a worker says of a video.
struct Done {
    seconds: f64,
    rejects: Vec<Reject>,
    failure: Option<PreprocessError>,
}

/// Videos to do, and how many are taken.
struct Queue<'a> {
    open: Vec<&'a FoundVideo>,
    done_before: usize,
    next: AtomicUsize,
    wants_end: AtomicBool,
}

/// Work through the videos that are not finished.
pub(crate) fn work_through(
    store: &Store<'_>,
    config: &PreprocessConfig,
    videos: &[FoundVideo],
    listener: &mut Listen<'_>,
) -> Result<Worked, PreprocessError> {
    let open: Vec<&FoundVideo> = videos
        .iter()
        .filter(|video| !store.is_finished(video))
        .collect();
    let done_before = videos.len() - open.len();
    let found = PreprocessEvent::Found {
        videos: videos.len(),
        done_before,
    };
    let queue = Queue {
        wants_end: AtomicBool::new(listener(found).is_break()),
        open,
        done_before,
        next: AtomicUsize::new(0),
    };
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        for _ in 0..config.threads.min(queue.open.len()) {
            let sender = sender.clone();
            let queue = &queue;
            scope.spawn(move || queue.work(store, config, &sender));
        }
        drop(sender);
        queue.tell(&receiver, listener)
    })
}

impl Queue<'_> {
    /// Tell the listener of every video that a worker finishes.
    fn tell(
        &self,
        receiver: &Receiver<Done>,
        listener: &mut Listen<'_>,
    ) -> Result<Worked, PreprocessError> {
        let start = Instant::now();
        let (mut done, mut seconds, mut failure) = (0, 0.0, None);
        for video in receiver {
            done += 1;
            seconds += video.seconds;
            let spent = start.elapsed().as_secs_f64();
            let progress = PreprocessEvent::Progress {
                done: self.done_before + done,
                total: self.done_before + self.open.len(),
                realtime: seconds / spent,
                left_s: spent / done as f64 * (self.open.len() - done) as f64,
            };
            let warnings = video.rejects.into_iter().map(PreprocessEvent::Warning);
            for event in warnings.chain([progress]) {
                if listener(event).is_break() {
                    self.wants_end.store(true, Ordering::Relaxed);
                }
            }
            if video.failure.is_some() {
                self.wants_end.store(true, Ordering::Relaxed);
                failure = video.failure;
            }
        }
        match failure {
            Some(failure) => Err(failure),
            None => Ok(Worked {
                was_stopped: done < self.open.len(),
                realtime: seconds / start.elapsed().as_secs_f64().max(1e-9),
            }),
        }
    }

    /// Take videos until there are none or the end is wanted.
    fn work(&self, store: &Store<'_>, config: &PreprocessConfig, sender: &Sender<Done>) {
        while !self.wants_end.load(Ordering::Relaxed) {
            let Some(video) = self.open.get(self.next.fetch_add(1, Ordering::Relaxed)) else {
                return;
            };
            let kept = look_through(video, config).and_then(|finished| {
                store.keep(video, &finished)?;
                Ok(finished)
            });
            let done = match kept {
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
        if is_still(&video.path) {
            let (parts, rejects) = match cut_still(&video.path, &finder()?, config)? {
                Ok(frame) => (vec![vec![frame]], Vec::new()),
                Err(bad) => (Vec::new(), vec![rejected(video, bad)]),
            };
            return Ok(FinishedVideo {
                seconds: 0.0,
                rejects,
                parts,
            });
        }
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
