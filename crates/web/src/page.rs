//! The page as it was built from `page/`: a few files, compiled into the program.

use axum::extract::Path;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// A file of the page.
struct Asset {
    path: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! asset {
    ($path:literal, $content_type:literal) => {
        Asset {
            path: $path,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../page/dist/", $path)),
        }
    };
}

/// All files of the page but its start.
const ASSETS: &[Asset] = &[
    asset!("studio.js", "text/javascript; charset=utf-8"),
    asset!("studio.css", "text/css; charset=utf-8"),
    asset!("icon.svg", "image/svg+xml"),
    asset!("manifest.webmanifest", "application/manifest+json"),
    asset!("motions/talk.mp4", "video/mp4"),
    asset!("motions/nod.mp4", "video/mp4"),
    asset!("motions/look-around.mp4", "video/mp4"),
    asset!("motions/smile.mp4", "video/mp4"),
    asset!("motions/blink.mp4", "video/mp4"),
];

const INDEX: &[u8] = include_bytes!("../page/dist/index.html");

/// `GET /`: the page.
pub(crate) async fn index() -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], INDEX).into_response()
}

/// Any other file of the page.
pub(crate) async fn asset(Path(path): Path<String>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.path == path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, asset.bytes).into_response()
}
