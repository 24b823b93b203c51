//! Jobs over HTTP: made, changed, queued, stopped, tried again, deleted; their results downloaded.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::error::Refusal;
use crate::events::stream;
use crate::files::serve_file;
use crate::identifier::Identifier;
use crate::job::{Job, JobState, now_ms};
use crate::request::JobRequest;
use crate::studio::{Studio, on_disk};
use crate::upload::{file_type, remove_folder};
use crate::upload_routes::{is_needed, named};

/// Most jobs that wait.
const MOST_QUEUED: usize = 100;

/// How a job is made.
#[derive(Debug, Deserialize)]
pub(crate) struct AddQuery {
    /// Whether it is kept as a draft instead of queued.
    #[serde(default)]
    draft: bool,
}

/// How a job is deleted.
#[derive(Debug, Deserialize)]
pub(crate) struct DeleteQuery {
    /// Whether its uploads go too, unless another job has them.
    #[serde(default)]
    inputs: bool,
}

/// How a result is fetched.
#[derive(Debug, Deserialize)]
pub(crate) struct ResultQuery {
    /// Whether it is saved instead of shown.
    #[serde(default)]
    download: bool,
}

/// `GET /api/jobs`: all of them, the newest first.
pub(crate) async fn list(State(studio): State<Arc<Studio>>) -> Json<Vec<Job>> {
    Json(studio.jobs().all())
}

/// `GET /api/jobs/{id}`.
pub(crate) async fn show(
    State(studio): State<Arc<Studio>>,
    Path(id): Path<String>,
) -> Result<Json<Job>, Refusal> {
    let id = named(&id, "job")?;
    studio.jobs().get(&id).cloned().map(Json)
}

/// `POST /api/jobs`: make one, and queue it unless it is a draft.
pub(crate) async fn add(
    State(studio): State<Arc<Studio>>,
    Query(query): Query<AddQuery>,
    Json(request): Json<JobRequest>,
) -> Result<(StatusCode, Json<Job>), Refusal> {
    check_inputs(&studio, &request)?;
    let job = Job::new(request);
    let id = job.id.clone();
    studio
        .jobs()
        .add(job.clone())
        .map_err(|error| Refusal::disk(&error))?;
    studio.events.job_changed(&job);
    let job = if query.draft {
        job
    } else {
        queue(&studio, &id)?
    };
    Ok((StatusCode::CREATED, Json(job)))
}

/// `PUT /api/jobs/{id}`: change a draft.
pub(crate) async fn change(
    State(studio): State<Arc<Studio>>,
    Path(id): Path<String>,
    Json(request): Json<JobRequest>,
) -> Result<Json<Job>, Refusal> {
    let id = named(&id, "job")?;
    check_inputs(&studio, &request)?;
    if studio.jobs().get(&id)?.state != JobState::Drafted {
        return Err(Refusal::conflict(
            "not-a-draft",
            "only a draft can be changed",
        ));
    }
    studio
        .change_job(&id, |job| job.request = request)
        .map(Json)
}

/// `POST /api/jobs/{id}/submit`: queue a draft, or try a failed job again.
pub(crate) async fn submit(
    State(studio): State<Arc<Studio>>,
    Path(id): Path<String>,
) -> Result<Json<Job>, Refusal> {
    let id = named(&id, "job")?;
    let job = studio.jobs().get(&id)?.clone();
    if !matches!(job.state, JobState::Drafted | JobState::Failed) {
        return Err(Refusal::conflict(
            "not-idle",
            "the job waits, runs or is done already",
        ));
    }
    check_inputs(&studio, &job.request)?;
    queue(&studio, &id).map(Json)
}

/// `POST /api/jobs/{id}/cancel`: stop a running job, or take a waiting one out of the queue.
pub(crate) async fn cancel(
    State(studio): State<Arc<Studio>>,
    Path(id): Path<String>,
) -> Result<Json<Job>, Refusal> {
    let id = named(&id, "job")?;
    let state = studio.jobs().get(&id)?.state;
    match state {
        JobState::Queued => studio
            .change_job(&id, |job| job.state = JobState::Drafted)
            .map(Json),
        JobState::Running if studio.stop_running(&id) => studio.jobs().get(&id).cloned().map(Json),
        _ => Err(Refusal::conflict("not-running", "the job does not run")),
    }
}

/// `DELETE /api/jobs/{id}`: gone, with its results.
pub(crate) async fn delete(
    State(studio): State<Arc<Studio>>,
    Path(id): Path<String>,
    Query(query): Query<DeleteQuery>,
) -> Result<StatusCode, Refusal> {
    let id = named(&id, "job")?;
    let job = studio.jobs().get(&id)?.clone();
    if job.state == JobState::Running {
        return Err(Refusal::conflict("running", "the job runs: stop it first"));
    }
    let folder = studio.results_of(&id);
    on_disk(move || remove_folder(&folder)).await?;
    studio
        .jobs()
        .remove(&id)
        .map_err(|error| Refusal::disk(&error))?;
    studio.events.job_removed(&id);
    if query.inputs {
        delete_inputs(&studio, &job).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/everything`: all jobs that do not run, all results, all uploads.
pub(crate) async fn delete_everything(
    State(studio): State<Arc<Studio>>,
) -> Result<StatusCode, Refusal> {
    let jobs = studio.jobs().all();
    for job in jobs {
        if job.state == JobState::Running {
            continue;
        }
        let folder = studio.results_of(&job.id);
        on_disk(move || remove_folder(&folder)).await?;
        studio
            .jobs()
            .remove(&job.id)
            .map_err(|error| Refusal::disk(&error))?;
        studio.events.job_removed(&job.id);
    }
    let store = studio.uploads.clone();
    for upload in on_disk(move || store.all()).await? {
        if !is_needed(&studio, &upload.id) {
            let store = studio.uploads.clone();
            on_disk(move || store.delete(&upload.id)).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_inputs(studio: &Arc<Studio>, job: &Job) -> Result<(), Refusal> {
    let others = studio.jobs().all();
    let is_shared = |id| {
        others
            .iter()
            .any(|other| other.request.inputs().contains(&id))
    };
    for id in job.request.inputs() {
        if !is_shared(id) && studio.uploads.get(id).is_ok() {
            let (store, id) = (studio.uploads.clone(), id.clone());
            on_disk(move || store.delete(&id)).await?;
        }
    }
    Ok(())
}

/// `GET /api/jobs/{id}/result`: what came out.
pub(crate) async fn result(
    State(studio): State<Arc<Studio>>,
    Path(id): Path<String>,
    Query(query): Query<ResultQuery>,
    request: Request,
) -> Result<Response, Refusal> {
    let id = named(&id, "job")?;
    let job = studio.jobs().get(&id)?.clone();
    let result = job.result.ok_or_else(|| Refusal::missing("result"))?;
    let path = studio.results_of(&id).join(&result.file);
    let opened = path.clone();
    let head = on_disk(move || {
        let mut head = [0; 64];
        let count = std::io::Read::read(&mut std::fs::File::open(opened)?, &mut head)?;
        Ok(head[..count].to_vec())
    });
    let (_, content_type) = file_type(&head.await?);
    let ending = result.file.rsplit('.').next().unwrap_or_default();
    let name = format!("vivant-{}.{ending}", &id.as_str()[..8]);
    serve_file(
        &path,
        content_type,
        query.download.then_some(name.as_str()),
        request,
    )
    .await
}

/// `GET /api/events`: what happens to all jobs.
pub(crate) async fn all_events(
    State(studio): State<Arc<Studio>>,
    headers: HeaderMap,
) -> impl IntoResponse {
    stream(studio, &headers, None)
}

/// `GET /api/jobs/{id}/events`: what happens to one.
pub(crate) async fn events(
    State(studio): State<Arc<Studio>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refusal> {
    let id = named(&id, "job")?;
    studio.jobs().get(&id)?;
    Ok(stream(studio, &headers, Some(id)))
}

fn queue(studio: &Studio, id: &Identifier) -> Result<Job, Refusal> {
    if studio.jobs().queued() >= MOST_QUEUED {
        return Err(Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "busy",
            "a hundred jobs wait already",
        ));
    }
    let job = studio.change_job(id, |job| {
        job.state = JobState::Queued;
        job.queued_ms = Some(now_ms());
        job.failure = None;
    })?;
    studio.wake.notify_one();
    Ok(job)
}

/// Everything that the job reads is there.
fn check_inputs(studio: &Studio, request: &JobRequest) -> Result<(), Refusal> {
    request.check()?;
    for id in request.inputs() {
        if studio.uploads.get(id).is_err() {
            let jobs = studio.jobs();
            let is_avatar = jobs
                .get(id)
                .is_ok_and(|job| matches!(job.request, JobRequest::FineTune(_)));
            if !is_avatar {
                return Err(Refusal::bad(
                    "missing-input",
                    "a picture, video or sound of this job was deleted",
                ));
            }
        }
    }
    Ok(())
}
