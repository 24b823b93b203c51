//! Every address that the server answers to.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use axum::{Json, Router, middleware};

use crate::error::Refusal;
use crate::gate::{Gate, guard};
use crate::studio::Studio;
use crate::{doctor, job_routes, live, page, upload_routes, verify_routes};

/// Most bytes of a request that is no upload.
const MOST_JSON_BYTES: usize = 64 * 1024;
/// The description of the addresses under `/api`.
const DESCRIPTION: &str = include_str!("openapi.json");

/// The routes, behind the gate.
pub(crate) fn routes(studio: Arc<Studio>, gate: Gate) -> Router {
    let uploads = Router::new()
        .route("/api/uploads", post(upload_routes::add))
        .route("/api/verify", post(verify_routes::verify))
        // counted piece by piece as they come in
        .layer(DefaultBodyLimit::disable());
    let others = Router::new()
        .route("/api/uploads", get(upload_routes::list))
        .route("/api/uploads/example", post(upload_routes::add_example))
        .route(
            "/api/uploads/{id}",
            get(upload_routes::show).delete(upload_routes::delete),
        )
        .route("/api/uploads/{id}/view", get(upload_routes::view))
        .route("/api/uploads/{id}/file", get(upload_routes::file))
        .route("/api/verdicts", post(upload_routes::judge))
        .route("/api/jobs", get(job_routes::list).post(job_routes::add))
        .route(
            "/api/jobs/{id}",
            get(job_routes::show)
                .put(job_routes::change)
                .delete(job_routes::delete),
        )
        .route("/api/jobs/{id}/submit", post(job_routes::submit))
        .route("/api/jobs/{id}/cancel", post(job_routes::cancel))
        .route("/api/jobs/{id}/result", get(job_routes::result))
        .route("/api/jobs/{id}/events", get(job_routes::events))
        .route("/api/live", get(live::live))
        .route("/api/events", get(job_routes::all_events))
        .route("/api/everything", delete(job_routes::delete_everything))
        .route("/api/motions", get(doctor::motions))
        .route("/api/about", get(doctor::about))
        .route("/api/doctor", get(doctor::doctor))
        .route("/api/openapi.json", get(describe))
        .layer(DefaultBodyLimit::max(MOST_JSON_BYTES));
    uploads
        .merge(others)
        .route("/", get(page::index))
        .route("/{*path}", get(page::asset))
        .fallback(nothing)
        .layer(middleware::from_fn_with_state(gate, guard))
        .with_state(studio)
}

/// `GET /api/openapi.json`: what stands here, for programs.
async fn describe() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION)
}

async fn nothing() -> (StatusCode, Json<serde_json::Value>) {
    let Refusal { code, message, .. } = Refusal::missing("address");
    let body = serde_json::json!({"error": {"code": code, "message": message}});
    (StatusCode::NOT_FOUND, Json(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_description_names_every_address_and_no_other() {
        let description: serde_json::Value = serde_json::from_str(DESCRIPTION).unwrap();
        let paths = description["paths"].as_object().unwrap();
        let described: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
        let source = include_str!("api.rs");
        let before_tests = source.split("#[cfg(test)]").next().unwrap();
        let quoted = before_tests.split('"').skip(1).step_by(2);
        let routed: BTreeSet<&str> = quoted.filter(|text| text.starts_with("/api/")).collect();
        assert_eq!(described, routed);
    }
}
