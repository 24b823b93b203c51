//! Files of ours over HTTP, in ranges where the browser seeks.

use std::path::Path;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tower_http::services::ServeFile;

use crate::error::Refusal;

/// What a served file of a user may do in the browser: nothing but be seen.
const LOCKED: &str = "default-src 'none'; sandbox";

/// Serve a file whose place and type we chose; with a name, as a download.
pub(crate) async fn serve_file(
    path: &Path,
    content_type: &str,
    download: Option<&str>,
    request: Request,
) -> Result<Response, Refusal> {
    if !path.is_file() {
        return Err(Refusal::missing("file"));
    }
    let (head, _) = request.into_parts();
    let request = Request::from_parts(head, Body::empty());
    let served = ServeFile::new(path).try_call(request).await;
    let mut response = served
        .map_err(|error| Refusal::disk(&error))?
        .map(Body::new)
        .into_response();
    let value =
        |text: &str| HeaderValue::from_str(text).map_err(|_bad| Refusal::internal("a bad header"));
    let is_file = matches!(
        response.status(),
        StatusCode::OK | StatusCode::PARTIAL_CONTENT
    );
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(LOCKED),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    if is_file {
        headers.insert(header::CONTENT_TYPE, value(content_type)?);
        if let Some(name) = download {
            let disposition = format!("attachment; filename=\"{name}\"");
            headers.insert(header::CONTENT_DISPOSITION, value(&disposition)?);
        }
    }
    Ok(response)
}
