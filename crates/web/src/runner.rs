//! The queue: one job after the other, from waiting to done.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Notify;

use crate::arguments::{CommandLine, command_line};
use crate::error::Refusal;
use crate::identifier::Identifier;
use crate::inspection::without_paths;
use crate::job::{FailureReason, Job, JobFailure, JobResult, JobState, Progress, now_ms};
use crate::studio::{Studio, on_disk};
use crate::upload::remove_folder;
use crate::worker;
use crate::zip_archive::zip_folder;

/// Most sentences that are kept of one job.
const MOST_MESSAGES: usize = 50;

/// Do queued jobs, one after the other, for ever.
pub(crate) async fn run_queue(studio: Arc<Studio>) {
    loop {
        let next = studio.jobs().next_queued();
        match next {
            Some(id) => run_one(&studio, &id).await,
            None => studio.wake.notified().await,
        }
    }
}

async fn run_one(studio: &Arc<Studio>, id: &Identifier) {
    let stop = Arc::new(Notify::new());
    studio.set_running(Some((id.clone(), Arc::clone(&stop))));
    let begun = studio.change_job(id, |job| {
        job.reset();
        job.state = JobState::Running;
        job.started_ms = Some(now_ms());
    });
    let outcome = match begun {
        Ok(job) => work(studio, &job, &stop).await,
        Err(refusal) => Err(failed(refusal.message)),
    };
    studio.set_running(None);
    let ended = studio.change_job(id, |job| {
        job.ended_ms = Some(now_ms());
        job.progress = None;
        match outcome {
            Ok(result) => {
                job.state = JobState::Completed;
                job.result = Some(result);
            }
            Err(failure) => {
                job.state = JobState::Failed;
                job.failure = Some(failure);
            }
        }
    });
    if ended.is_err() {
        // A full disk: the file stays where it is, and the next start finds the job cut.
        studio.jobs().touch(id, |job| job.state = JobState::Failed);
    }
}

/// Do a job's work; gives its result or why there is none.
async fn work(
    studio: &Arc<Studio>,
    job: &Job,
    stop: &Arc<Notify>,
) -> Result<JobResult, JobFailure> {
    let refused = |refusal: Refusal| failed(refusal.message);
    let folder = studio.results_of(&job.id);
    let line = command_line(studio, job, &folder).map_err(refused)?;
    let made = folder.clone();
    let file = line.file.clone();
    on_disk(move || {
        std::fs::create_dir_all(made)?;
        file.map_or(Ok(()), |(path, text)| std::fs::write(path, text))
    })
    .await
    .map_err(refused)?;
    if let Some(needed) = studio.needed_first(job) {
        let ended = worker::run(&studio.config, &needed, stop, |_| {}).await;
        ended.map_err(|error| failed(error.to_string()))?;
    }
    let shown = line
        .words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    studio
        .change_job(&job.id, |job| job.command = shown)
        .map_err(refused)?;
    let mut summary = Value::Null;
    let ended = worker::run(&studio.config, &line.words, stop, |told| {
        listen(studio, &job.id, told, &mut summary);
    });
    let ended = ended
        .await
        .map_err(|error| failed(format!("the job could not be started: {error}")))?;
    if ended.is_stopped {
        on_disk(move || remove_folder(&folder))
            .await
            .map_err(refused)?;
        return Err(JobFailure {
            reason: FailureReason::Cancelled,
            message: "stopped".to_owned(),
        });
    }
    if !ended.is_success {
        return Err(failed(reason(&ended.complaints)));
    }
    finish(line, summary).await.map_err(refused)
}

/// What came out, PNG pictures as one archive.
async fn finish(line: CommandLine, summary: Value) -> Result<JobResult, Refusal> {
    on_disk(move || {
        let mut output: PathBuf = line.output;
        if output.is_dir() {
            let archive = output.with_extension("zip");
            zip_folder(&output, &archive)?;
            remove_folder(&output)?;
            output = archive;
        }
        Ok(JobResult {
            bytes: std::fs::metadata(&output)?.len(),
            file: file_name(&output),
            summary,
        })
    })
    .await
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().map(OsString::from).unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Take a line that the job told of itself.
fn listen(studio: &Studio, id: &Identifier, told: Value, summary: &mut Value) {
    match told["event"].as_str() {
        Some("progress") => {
            let Ok(progress) = serde_json::from_value::<Progress>(told) else {
                return;
            };
            let job = studio.jobs().touch(id, |job| job.progress = Some(progress));
            if let Some(job) = job {
                studio.events.job_changed(&job);
            }
        }
        Some("message") => {
            let text = told["text"].as_str().unwrap_or_default();
            // verdicts by our file names; the page has shown its own
            if text.starts_with("original.") {
                return;
            }
            let text = without_paths(text);
            let job = studio.jobs().touch(id, |job| {
                if job.messages.len() < MOST_MESSAGES {
                    job.messages.push(text);
                }
            });
            if let Some(job) = job {
                studio.events.job_changed(&job);
            }
        }
        Some("finished") => *summary = told["summary"].clone(),
        _ => {}
    }
}

/// What a failed process complained of, as a sentence for the page.
fn reason(complaints: &str) -> String {
    let lines = complaints
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let from_error = lines.skip_while(|line| !line.starts_with("error:"));
    let text = from_error
        .map(|line| without_paths(line.trim_start_matches("error:").trim()))
        .collect::<Vec<_>>()
        .join(" ");
    if text.is_empty() {
        return "the work ended without saying why; the machine may be short of memory".to_owned();
    }
    text
}

fn failed(message: String) -> JobFailure {
    JobFailure {
        reason: FailureReason::Failed,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_job_tells_its_error_and_no_place_of_ours() {
        let complaints =
            "warning: x\nerror: no face found in /a/b/c/original.png: use another\n\nhint: try\n";
        assert_eq!(
            reason(complaints),
            "no face found in the file: use another hint: try"
        );
        assert!(reason("Killed").contains("memory"));
    }
}
