//! Uploads over HTTP: taken in, looked at, shown, judged together, deleted.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use crate::body::{check_length, receive};
use crate::error::Refusal;
use crate::example::EXAMPLE;
use crate::files::serve_file;
use crate::identifier::Identifier;
use crate::inspection::{Inspection, inspect, judge_together, without_paths};
use crate::job::{JobState, now_ms};
use crate::studio::{Studio, on_disk};
use crate::upload::{Upload, UploadKind, UploadVerdict, file_type, label_of};

/// Most bytes of one upload.
pub(crate) const MOST_UPLOAD_BYTES: u64 = 2_000_000_000;
/// Most bytes of a picture.
const MOST_PICTURE_BYTES: u64 = 200_000_000;

/// What a client may say of a file besides its bytes.
#[derive(Debug, Deserialize)]
pub(crate) struct UploadQuery {
    #[serde(default)]
    pub(crate) label: String,
}

/// Uploads to be judged as pictures of one person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JudgeRequest {
    uploads: Vec<Identifier>,
    shots: usize,
}

/// Take a client's name for an upload or a job.
pub(crate) fn named(text: &str, what: &str) -> Result<Identifier, Refusal> {
    Identifier::parse(text).ok_or_else(|| Refusal::missing(what))
}

/// `POST /api/uploads`: the body is the file.
pub(crate) async fn add(
    State(studio): State<Arc<Studio>>,
    Query(query): Query<UploadQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Upload>), Refusal> {
    check_length(&headers, MOST_UPLOAD_BYTES)?;
    let slot = studio.upload_slots.try_acquire();
    let _slot = slot.map_err(|_full| {
        Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "busy",
            "too many files come in at once; send this one again in a moment",
        )
    })?;
    check_room(&studio).await?;
    let id = Identifier::new();
    let taken = take_in(&studio, &id, label_of(&query.label), body).await;
    if taken.is_err() {
        let (store, id) = (studio.uploads.clone(), id.clone());
        on_disk(move || store.delete(&id)).await?;
    }
    Ok((StatusCode::CREATED, Json(taken?)))
}

/// `POST /api/uploads/example`: the drawn portrait that comes with the program.
pub(crate) async fn add_example(
    State(studio): State<Arc<Studio>>,
) -> Result<(StatusCode, Json<Upload>), Refusal> {
    let id = Identifier::new();
    let upload = take_in(&studio, &id, String::new(), Body::from(EXAMPLE)).await?;
    Ok((StatusCode::CREATED, Json(upload)))
}

async fn take_in(
    studio: &Arc<Studio>,
    id: &Identifier,
    label: String,
    body: Body,
) -> Result<Upload, Refusal> {
    let folder = studio.uploads.folder_of(id);
    let new_folder = folder.clone();
    on_disk(move || std::fs::create_dir_all(new_folder)).await?;
    let part = folder.join("original.part");
    let received = receive(body, &part, MOST_UPLOAD_BYTES).await?;
    let (ending, content_type) = file_type(&received.head);
    let file = format!("original.{ending}");
    let path = folder.join(&file);
    tokio::fs::rename(&part, &path)
        .await
        .map_err(|error| Refusal::disk(&error))?;
    let inspection = studio
        .with_finder(move |finder| inspect(&path, finder))
        .await?;
    if inspection.kind == UploadKind::Picture && received.bytes > MOST_PICTURE_BYTES {
        return Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "pictures of at most 200 MB are taken here",
        ));
    }
    let Inspection {
        kind,
        size,
        duration_s,
        frames_per_second,
        has_sound,
        faces,
        verdict,
        view,
    } = inspection;
    let upload = Upload {
        id: id.clone(),
        kind,
        label,
        file,
        content_type: content_type.to_owned(),
        bytes: received.bytes,
        created_ms: now_ms(),
        size,
        duration_s,
        frames_per_second,
        has_sound,
        faces,
        verdict,
    };
    let (store, kept) = (studio.uploads.clone(), upload.clone());
    on_disk(move || {
        if let Some(view) = view {
            std::fs::write(store.view_of(&kept.id), view)?;
        }
        store.keep(&kept)
    })
    .await?;
    Ok(upload)
}

/// Refuse more than the folder shall hold.
async fn check_room(studio: &Studio) -> Result<(), Refusal> {
    let store = studio.uploads.clone();
    let uploads = on_disk(move || store.all()).await?;
    let stored: u64 = uploads.iter().map(|upload| upload.bytes).sum();
    if stored < studio.config.most_stored_bytes {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::INSUFFICIENT_STORAGE,
        "full",
        "the studio's folder is full: delete films or pictures that you no longer need",
    ))
}

/// `GET /api/uploads`: all of them.
pub(crate) async fn list(State(studio): State<Arc<Studio>>) -> Result<Json<Vec<Upload>>, Refusal> {
    let store = studio.uploads.clone();
    Ok(Json(on_disk(move || store.all()).await?))
}

/// `GET /api/uploads/{id}`: what is known of one.
pub(crate) async fn show(
    State(studio): State<Arc<Studio>>,
    Path(id): Path<String>,
) -> Result<Json<Upload>, Refusal> {
    studio.uploads.get(&named(&id, "upload")?).map(Json)
}

/// `GET /api/uploads/{id}/view`: the picture, or a frame of the video, as a JPEG of ours.
pub(crate) async fn view(
    State(studio): State<Arc<Studio>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let upload = studio.uploads.get(&named(&id, "upload")?)?;
    serve_file(
        &studio.uploads.view_of(&upload.id),
        "image/jpeg",
        None,
        request,
    )
    .await
}

/// `GET /api/uploads/{id}/file`: the file itself, for the page to play.
pub(crate) async fn file(
    State(studio): State<Arc<Studio>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let upload = studio.uploads.get(&named(&id, "upload")?)?;
    serve_file(
        &studio.uploads.file_of(&upload),
        &upload.content_type,
        None,
        request,
    )
    .await
}

/// `POST /api/verdicts`: what is said of several pictures of one person together.
pub(crate) async fn judge(
    State(studio): State<Arc<Studio>>,
    Json(request): Json<JudgeRequest>,
) -> Result<Json<Vec<UploadVerdict>>, Refusal> {
    if request.uploads.is_empty() || request.uploads.len() > 64 {
        return Err(Refusal::bad(
            "request",
            "1 to 64 pictures are judged together",
        ));
    }
    let store = studio.uploads.clone();
    let uploads = request.uploads.iter().map(|id| {
        let upload = store.get(id)?;
        let path = store.file_of(&upload);
        Ok((upload, path))
    });
    let uploads: Vec<_> = uploads.collect::<Result<_, Refusal>>()?;
    let shots = request.shots.clamp(1, 32);
    let verdicts = studio
        .with_finder(move |finder| judge_together(&uploads, shots, finder))
        .await;
    verdicts.map(Json).map_err(|mut refusal| {
        refusal.message = without_paths(&refusal.message);
        refusal
    })
}

/// `DELETE /api/uploads/{id}`: gone, with all that was made of it here but results.
pub(crate) async fn delete(
    State(studio): State<Arc<Studio>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let id = named(&id, "upload")?;
    studio.uploads.get(&id)?;
    if is_needed(&studio, &id) {
        return Err(Refusal::conflict(
            "in-use",
            "a waiting or running job needs this file: stop it first",
        ));
    }
    let store = studio.uploads.clone();
    on_disk(move || store.delete(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a job that is still to be done reads it.
pub(crate) fn is_needed(studio: &Studio, id: &Identifier) -> bool {
    let jobs = studio.jobs().all();
    jobs.iter().any(|job| {
        let is_waiting = matches!(job.state, JobState::Queued | JobState::Running);
        is_waiting && job.request.inputs().contains(&id)
    })
}
