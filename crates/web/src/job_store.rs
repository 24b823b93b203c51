//! The jobs on disk: a JSON file each, moved from folder to folder as the job goes on.
//!
//! A file is written beside its place and renamed, and a change of state is one rename, so that a kill at any
//! moment leaves every job in exactly one state.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Refusal, ServeError};
use crate::identifier::Identifier;
use crate::job::{FailureReason, Job, JobFailure, JobState, now_ms};

/// All jobs, in memory as on disk.
#[derive(Debug)]
pub(crate) struct JobStore {
    folder: PathBuf,
    jobs: HashMap<Identifier, Job>,
}

impl JobStore {
    /// Read the jobs in `folder`, making it where it is missing. Jobs that were running are marked as cut; says
    /// how many those are.
    pub(crate) fn open(folder: &Path) -> Result<(Self, usize), ServeError> {
        let mut store = Self {
            folder: folder.to_owned(),
            jobs: HashMap::new(),
        };
        for state in JobState::ALL {
            let folder = folder.join(state.folder());
            let failed = |source| ServeError::Folder {
                path: folder.clone(),
                source,
            };
            std::fs::create_dir_all(&folder).map_err(failed)?;
            for entry in std::fs::read_dir(&folder).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                if let Some(mut job) = read_job(&path) {
                    job.state = state;
                    store.jobs.insert(job.id.clone(), job);
                }
            }
        }
        let is_cut = |job: &&Job| job.state == JobState::Running;
        let cut: Vec<Identifier> = store
            .jobs
            .values()
            .filter(is_cut)
            .map(|job| job.id.clone())
            .collect();
        for id in &cut {
            let marked = store.change(id, |job| {
                job.state = JobState::Failed;
                job.ended_ms = Some(now_ms());
                job.failure = Some(JobFailure {
                    reason: FailureReason::Cut,
                    message: "the studio was closed or killed while this ran; \
                              what was finished of it is kept, and trying again goes on from there"
                        .to_owned(),
                });
            });
            marked.map_err(|source| ServeError::Folder {
                path: folder.to_owned(),
                source,
            })?;
        }
        Ok((store, cut.len()))
    }

    /// A job by its name.
    pub(crate) fn get(&self, id: &Identifier) -> Result<&Job, Refusal> {
        self.jobs.get(id).ok_or_else(|| Refusal::missing("job"))
    }

    /// All jobs, the newest first.
    pub(crate) fn all(&self) -> Vec<Job> {
        let mut jobs: Vec<Job> = self.jobs.values().cloned().collect();
        jobs.sort_by(|a, b| (b.created_ms, &b.id).cmp(&(a.created_ms, &a.id)));
        jobs
    }

    /// The queued job that has waited longest.
    pub(crate) fn next_queued(&self) -> Option<Identifier> {
        let queued = self
            .jobs
            .values()
            .filter(|job| job.state == JobState::Queued);
        queued
            .min_by_key(|job| (job.queued_ms, job.id.clone()))
            .map(|job| job.id.clone())
    }

    /// How many jobs wait.
    pub(crate) fn queued(&self) -> usize {
        let jobs = self.jobs.values();
        jobs.filter(|job| job.state == JobState::Queued).count()
    }

    /// Take in a new job.
    pub(crate) fn add(&mut self, job: Job) -> io::Result<()> {
        self.write(&job)?;
        self.jobs.insert(job.id.clone(), job);
        Ok(())
    }

    /// Change a job on disk and then in memory; a new state moves its file.
    pub(crate) fn change(
        &mut self,
        id: &Identifier,
        change: impl FnOnce(&mut Job),
    ) -> io::Result<Option<Job>> {
        let Some(job) = self.jobs.get(id) else {
            return Ok(None);
        };
        let mut changed = job.clone();
        change(&mut changed);
        let before = self.path(id, job.state);
        let after = self.path(id, changed.state);
        // The content first, then the move: a kill between the two leaves the job where it was, and a file's
        // place is what counts.
        write_job(&before, &changed)?;
        if before != after {
            std::fs::rename(&before, &after)?;
        }
        self.jobs.insert(id.clone(), changed.clone());
        Ok(Some(changed))
    }

    /// Change in memory alone what is not kept on disk.
    pub(crate) fn touch(&mut self, id: &Identifier, change: impl FnOnce(&mut Job)) -> Option<Job> {
        let job = self.jobs.get_mut(id)?;
        change(job);
        Some(job.clone())
    }

    /// Forget a job.
    pub(crate) fn remove(&mut self, id: &Identifier) -> io::Result<()> {
        if let Some(job) = self.jobs.get(id) {
            std::fs::remove_file(self.path(id, job.state))?;
            self.jobs.remove(id);
        }
        Ok(())
    }

    fn write(&self, job: &Job) -> io::Result<()> {
        write_job(&self.path(&job.id, job.state), job)
    }

    fn path(&self, id: &Identifier, state: JobState) -> PathBuf {
        self.folder.join(state.folder()).join(format!("{id}.json"))
    }
}

/// Write whole or not at all; progress is no part of it.
fn write_job(path: &Path, job: &Job) -> io::Result<()> {
    let mut kept = job.clone();
    kept.progress = None;
    let text = serde_json::to_vec_pretty(&kept).map_err(io::Error::other)?;
    write_file(path, &text)
}

/// Write a small file beside its place, make sure that it is on the disk, and rename it.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("part");
    let mut file = std::fs::File::create(&temporary)?;
    io::Write::write_all(&mut file, bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}

/// A job's file; what is no job, such as a half-written one, is left alone.
fn read_job(path: &Path) -> Option<Job> {
    if path.extension().is_none_or(|ending| ending != "json") {
        return None;
    }
    let job: Job = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let is_named_so = path.file_stem().is_some_and(|stem| stem == job.id.as_str());
    is_named_so.then_some(job)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::JobRequest;

    fn job() -> Job {
        let request: JobRequest = serde_json::from_value(serde_json::json!({
            "task": "animate",
            "source": Identifier::new(),
            "driving": {"motion": "talk"},
        }))
        .unwrap();
        Job::new(request)
    }

    #[test]
    fn a_restart_finds_every_job_in_its_state_and_marks_the_running_one_as_cut() {
        let folder = tempfile::tempdir().unwrap();
        let (mut store, cut) = JobStore::open(folder.path()).unwrap();
        assert_eq!(cut, 0);
        let jobs: Vec<Job> = JobState::ALL.iter().map(|_| job()).collect();
        for (job, state) in jobs.iter().zip(JobState::ALL) {
            store.add(job.clone()).unwrap();
            store.change(&job.id, |job| job.state = state).unwrap();
        }
        std::fs::write(folder.path().join("queued/half.part"), "{").unwrap();
        std::fs::write(folder.path().join("queued/damaged.json"), "{").unwrap();
        drop(store);

        let (store, cut) = JobStore::open(folder.path()).unwrap();
        assert_eq!(cut, 1);
        let states: Vec<JobState> = jobs
            .iter()
            .map(|job| store.get(&job.id).unwrap().state)
            .collect();
        let expected = [
            JobState::Drafted,
            JobState::Queued,
            JobState::Failed,
            JobState::Completed,
            JobState::Failed,
        ];
        assert_eq!(states, expected);
        let failure = store.get(&jobs[2].id).unwrap().failure.clone().unwrap();
        assert_eq!(failure.reason, FailureReason::Cut);
        let running = std::fs::read_dir(folder.path().join("running")).unwrap();
        assert_eq!(running.count(), 0);
    }

    #[test]
    fn the_job_that_waited_longest_comes_first_and_a_removed_one_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let (mut store, _) = JobStore::open(folder.path()).unwrap();
        let jobs = [job(), job()];
        for (job, queued_ms) in jobs.iter().zip([20, 10]) {
            store.add(job.clone()).unwrap();
            let queue = |job: &mut Job| {
                job.state = JobState::Queued;
                job.queued_ms = Some(queued_ms);
            };
            store.change(&job.id, queue).unwrap();
        }
        assert_eq!(store.next_queued(), Some(jobs[1].id.clone()));
        store.remove(&jobs[1].id).unwrap();
        assert_eq!(store.next_queued(), Some(jobs[0].id.clone()));
        assert_eq!(
            std::fs::read_dir(folder.path().join("queued"))
                .unwrap()
                .count(),
            1
        );
    }
}
