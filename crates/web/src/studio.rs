//! What the server holds while it runs: the stores, the queue, who is at work.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use landmarks::FaceFinder;
use tokio::sync::{Notify, Semaphore};

use crate::config::ServeConfig;
use crate::error::{Refusal, ServeError};
use crate::events::EventLog;
use crate::identifier::Identifier;
use crate::job::Job;
use crate::job_store::JobStore;
use crate::request::JobRequest;
use crate::upload::{UploadStore, remove_folder};

/// Uploads that come in at the same time.
const UPLOADS_AT_ONCE: usize = 12;

/// The studio of one folder.
pub(crate) struct Studio {
    pub(crate) config: ServeConfig,
    pub(crate) uploads: UploadStore,
    pub(crate) events: EventLog,
    /// Told when a job is queued.
    pub(crate) wake: Notify,
    pub(crate) upload_slots: Semaphore,
    /// One live view at a time: two would halve the rate of both.
    pub(crate) live_slot: Semaphore,
    jobs: Mutex<JobStore>,
    running: Mutex<Option<(Identifier, Arc<Notify>)>>,
    finder: Mutex<Option<Arc<Mutex<FaceFinder>>>>,
    /// Held as long as the studio runs, so that no other works in its folder.
    _lock: File,
}

impl Studio {
    /// Open the folder; says how many jobs an earlier run left unfinished.
    pub(crate) fn open(config: ServeConfig) -> Result<(Self, usize), ServeError> {
        let folder = config.folder.clone();
        let failed = |source| ServeError::Folder {
            path: folder.clone(),
            source,
        };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        keep_private(&folder).map_err(failed)?;
        let lock = File::create(folder.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ServeError::FolderInUse { folder }),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let (jobs, cut) = JobStore::open(&folder.join("jobs"))?;
        // what an earlier run did not come to delete
        remove_folder(&folder.join("verified")).map_err(failed)?;
        let studio = Self {
            uploads: UploadStore::open(folder.join("uploads")).map_err(failed)?,
            events: EventLog::new(),
            wake: Notify::new(),
            upload_slots: Semaphore::new(UPLOADS_AT_ONCE),
            live_slot: Semaphore::new(1),
            jobs: Mutex::new(jobs),
            running: Mutex::default(),
            finder: Mutex::default(),
            _lock: lock,
            config,
        };
        Ok((studio, cut))
    }

    /// The jobs; never held across a wait.
    pub(crate) fn jobs(&self) -> MutexGuard<'_, JobStore> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Folder of a job's results.
    pub(crate) fn results_of(&self, id: &Identifier) -> PathBuf {
        self.config.folder.join("results").join(id.as_str())
    }

    /// Folder of files whose marks are being read.
    pub(crate) fn verified_folder(&self) -> PathBuf {
        self.config.folder.join("verified")
    }

    /// Folder of the built-in model as a bundle, which avatars are made with.
    pub(crate) fn built_in_model(&self) -> PathBuf {
        self.config
            .folder
            .join(concat!("model-", env!("CARGO_PKG_VERSION")))
    }

    /// What has to be run once before a job: writing out the built-in model before the first avatar.
    pub(crate) fn needed_first(&self, job: &Job) -> Option<Vec<OsString>> {
        let model = self.built_in_model();
        let is_needed = matches!(job.request, JobRequest::FineTune(_))
            && self.config.model.is_none()
            && !model.exists();
        is_needed.then(|| {
            let mut output = OsString::from("--output=");
            output.push(model);
            vec!["export".into(), output]
        })
    }

    /// Change a job and tell everyone.
    pub(crate) fn change_job(
        &self,
        id: &Identifier,
        change: impl FnOnce(&mut Job),
    ) -> Result<Job, Refusal> {
        let changed = self.jobs().change(id, change);
        let job = changed
            .map_err(|error| Refusal::disk(&error))?
            .ok_or_else(|| Refusal::missing("job"))?;
        self.events.job_changed(&job);
        Ok(job)
    }

    /// Say which job runs, and how it is stopped; `None` when it ended.
    pub(crate) fn set_running(&self, running: Option<(Identifier, Arc<Notify>)>) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }

    /// Ask a running job to stop; false where it does not run.
    pub(crate) fn stop_running(&self, id: &Identifier) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match running.as_ref() {
            Some((running, stop)) if running == id => {
                stop.notify_one();
                true
            }
            _ => false,
        }
    }

    /// Do work that needs the face networks, one caller after the other, on a thread of its own.
    pub(crate) async fn with_finder<Output: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&FaceFinder) -> Result<Output, Refusal> + Send + 'static,
    ) -> Result<Output, Refusal> {
        let studio = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let finder = studio.finder()?;
            // A picture that broke it before does not spoil it: the networks hold no state.
            let finder = finder.lock().unwrap_or_else(PoisonError::into_inner);
            work(&finder)
        });
        done.await.unwrap_or_else(|_panic| {
            Err(Refusal::internal(
                "this file cannot be used: looking at it failed",
            ))
        })
    }

    fn finder(&self) -> Result<Arc<Mutex<FaceFinder>>, Refusal> {
        let mut slot = self.finder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(finder) = slot.as_ref() {
            return Ok(Arc::clone(finder));
        }
        let finder =
            FaceFinder::built_in(None).map_err(|error| Refusal::internal(error.to_string()))?;
        let finder = Arc::new(Mutex::new(finder));
        *slot = Some(Arc::clone(&finder));
        Ok(finder)
    }
}

/// Run file work on a thread where waiting for the disk holds up nobody.
pub(crate) async fn on_disk<Output: Send + 'static>(
    work: impl FnOnce() -> io::Result<Output> + Send + 'static,
) -> Result<Output, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|panic| Refusal::internal(panic.to_string()))?;
    done.map_err(|error| Refusal::disk(&error))
}

/// Let nobody but the owner look into the folder: it holds faces.
#[cfg(unix)]
fn keep_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn keep_private(_: &Path) -> io::Result<()> {
    Ok(())
}
