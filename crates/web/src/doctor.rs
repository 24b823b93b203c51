//! What the studio can do on this machine, and the motions that come with it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use media::Tools;
use reenactment::BuiltInMotion;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::error::Refusal;
use crate::studio::Studio;
use crate::upload_routes::MOST_UPLOAD_BYTES;

/// `GET /api/motions`: the built-in motions with their lengths.
pub(crate) async fn motions() -> Json<Value> {
    let motions = BuiltInMotion::ALL
        .map(|motion| json!({"name": motion.name(), "length_s": motion.length_s()}));
    Json(json!(motions))
}

/// `GET /api/about`: what the page has to know before it offers anything.
pub(crate) async fn about(State(studio): State<Arc<Studio>>) -> Json<Value> {
    let ffmpeg = Tools::find().ffmpeg();
    let has = |encoder: &str| ffmpeg.is_some_and(|ffmpeg| ffmpeg.has_encoder(encoder));
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "has_ffmpeg": ffmpeg.is_some(),
        "can_write": {"mp4": true, "png": true, "gif": has("gif"), "webm": has("libvpx-vp9")},
        "is_built_to_train": studio.config.can_train,
        "can_train": studio.config.can_train && studio.config.model.is_some(),
        "most_upload_bytes": MOST_UPLOAD_BYTES,
        "folder": studio.config.folder.display().to_string(),
    }))
}

/// `GET /api/doctor`: what `vivant doctor` prints, which measures for some seconds.
pub(crate) async fn doctor(State(studio): State<Arc<Studio>>) -> Result<Json<Value>, Refusal> {
    let mut command = Command::new(&studio.config.program);
    command.args(&studio.config.program_arguments).arg("doctor");
    command
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true);
    let output = command.output().await;
    let output =
        output.map_err(|error| Refusal::internal(format!("doctor could not be run: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(Json(
        json!({"text": text, "complaints": complaints, "is_well": output.status.success()}),
    ))
}
