//! Entry point that turns videos into shards of cropped clips with landmarks.
//!
//! Every video becomes one finished file in the folder `.videos` beside the shards, written whole
//! or not at all; a run that was killed anywhere goes on with the videos that have none. The
//! shards are packed from these files in the order of the videos' names, so that they are the same
//! whatever the number of threads and of interruptions.

use std::collections::{BTreeMap, BTreeSet};

use crate::preprocess_config::{PreprocessConfig, PreprocessError, PreprocessSummary, Reject};
use crate::preprocess_report::write_report;
use crate::preprocess_store::Store;
use crate::shard_format::ShardIndex;
use crate::video_search::{FoundVideo, find_videos};
use crate::video_work::{Listen, work_through};

/// Turn videos into shards; goes on where an earlier run was stopped or killed.
///
/// # Errors
/// Where settings, inputs or the output cannot be used. A video that cannot be used is no error:
/// it is rejected with a reason.
pub fn preprocess(
    config: &PreprocessConfig,
    listener: &mut Listen<'_>,
) -> Result<PreprocessSummary, PreprocessError> {
    let problems = config.problems();
    if !problems.is_empty() {
        return Err(PreprocessError::Settings { problems });
    }
    let videos = videos_of_job(config)?;
    let store = Store::open(config)?;
    let worked = work_through(&store, config, &videos, listener)?;
    let mut summary = PreprocessSummary {
        was_stopped: worked.was_stopped,
        people: 0,
        clips: 0,
        frames: 0,
        rejects: BTreeMap::new(),
        realtime: worked.realtime,
        report: None,
    };
    if !worked.was_stopped {
        let (index, rejects) = store.pack(&videos)?;
        let report = write_report(&config.output, &store.name(), &index, &rejects)?;
        store.publish(&index)?;
        summary.count(&index, &rejects);
        summary.report = Some(format!("{}/{report}", config.place()));
    }
    Ok(summary)
}

/// The videos that this job looks at: every so many-th.
fn videos_of_job(config: &PreprocessConfig) -> Result<Vec<FoundVideo>, PreprocessError> {
    let mut videos = find_videos(&config.inputs, config.has_stills)?;
    if videos.is_empty() {
        return Err(PreprocessError::NoVideos {
            inputs: config.inputs.clone(),
        });
    }
    if let Some(pair) = videos.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(PreprocessError::SameName {
            first: pair[0].path.clone(),
            second: pair[1].path.clone(),
        });
    }
    if let Some(selection) = &config.selection {
        videos = selection.choose(videos)?;
    }
    let [job, jobs] = config.job;
    let mine = videos.into_iter().zip(0..);
    let mine = mine.filter(|(_, index): &(_, u64)| index % jobs == job);
    Ok(mine.map(|(video, _)| video).collect())
}

impl PreprocessSummary {
    fn count(&mut self, index: &ShardIndex, rejects: &[Reject]) {
        let people = index.clips.iter().map(|clip| clip.identity.as_str());
        self.people = people.collect::<BTreeSet<&str>>().len();
        self.clips = index.clips.len();
        let frames = index.clips.iter().map(|clip| clip.frames.len() as u64);
        self.frames = frames.sum();
        for reject in rejects {
            *self.rejects.entry(reject.reason).or_insert(0) += 1;
        }
    }
}
