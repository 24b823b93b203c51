//! What any file says about itself: taken in, read, and deleted again at once.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::body::{check_length, receive};
use crate::error::Refusal;
use crate::identifier::Identifier;
use crate::inspection::without_paths;
use crate::studio::{Studio, on_disk};
use crate::upload::{file_type, label_of, remove_folder};
use crate::upload_routes::{MOST_UPLOAD_BYTES, UploadQuery};

/// `POST /api/verify`: the body is the file.
pub(crate) async fn verify(
    State(studio): State<Arc<Studio>>,
    Query(query): Query<UploadQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Refusal> {
    check_length(&headers, MOST_UPLOAD_BYTES)?;
    let slot = studio.upload_slots.try_acquire();
    let _slot = slot.map_err(|_full| {
        Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "busy",
            "too many files come in at once",
        )
    })?;
    let folder = studio.verified_folder().join(Identifier::new().as_str());
    let read = read_marks(folder.clone(), label_of(&query.label), body).await;
    on_disk(move || remove_folder(&folder)).await?;
    read.map(Json)
}

async fn read_marks(folder: PathBuf, label: String, body: Body) -> Result<Value, Refusal> {
    let new_folder = folder.clone();
    on_disk(move || std::fs::create_dir_all(new_folder)).await?;
    let part = folder.join("file.part");
    let received = receive(body, &part, MOST_UPLOAD_BYTES).await?;
    // the readers go by the ending, which is ours and told from the content
    let path = folder.join(format!("file.{}", file_type(&received.head).0));
    tokio::fs::rename(&part, &path)
        .await
        .map_err(|error| Refusal::disk(&error))?;
    let read = tokio::task::spawn_blocking(move || provenance::verify(&path)).await;
    let report = read
        .map_err(|_panic| refused("reading its marks failed"))?
        .map_err(|error| refused(&error.to_string()))?;
    // the first line names our file and repeats the state
    let lines: Vec<String> = report
        .words()
        .lines()
        .skip(1)
        .map(|line| without_paths(line.trim()))
        .collect();
    let sentences = |all: &[String]| all.iter().map(|one| without_paths(one)).collect::<Vec<_>>();
    Ok(json!({
        "label": label,
        "state": report.state,
        "lines": lines,
        "manifest": report.manifest,
        "watermark": report.watermark,
        "problems": sentences(&report.problems),
        "notes": sentences(&report.notes),
    }))
}

fn refused(reason: &str) -> Refusal {
    let message = format!("this file cannot be read: {}", without_paths(reason));
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "unusable", message)
}
