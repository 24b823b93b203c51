//! A request's body to disk, piece by piece: never whole in memory, never larger or slower than allowed.

use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;

use crate::error::Refusal;

/// Longest wait for the next piece.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// Least speed over the whole upload once [`GRACE`] is over, bytes a second.
const LEAST_SPEED: f64 = 2_000.0;
/// Time that an upload may take in any case.
const GRACE: Duration = Duration::from_secs(30);
/// First bytes that tell what a file is.
pub(crate) const HEAD: usize = 4096;

/// What came in.
pub(crate) struct Received {
    pub(crate) bytes: u64,
    /// The first bytes.
    pub(crate) head: Vec<u8>,
}

/// Refuse what says beforehand that it is too large.
pub(crate) fn check_length(headers: &HeaderMap, most_bytes: u64) -> Result<(), Refusal> {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match length {
        Some(length) if length > most_bytes => Err(too_large(most_bytes)),
        _ => Ok(()),
    }
}

/// Write a body to a new file.
pub(crate) async fn receive(body: Body, path: &Path, most_bytes: u64) -> Result<Received, Refusal> {
    let disk = |error: std::io::Error| Refusal::disk(&error);
    let mut file = tokio::fs::File::create_new(path).await.map_err(disk)?;
    let mut pieces = body.into_data_stream();
    let mut received = Received {
        bytes: 0,
        head: Vec::new(),
    };
    let start = tokio::time::Instant::now();
    loop {
        let piece = tokio::time::timeout(LONGEST_PAUSE, pieces.next()).await;
        let Some(piece) = piece.map_err(|_elapsed| too_slow())? else {
            break;
        };
        let piece = piece
            .map_err(|_broken| Refusal::bad("upload-cut", "the upload broke off; send it again"))?;
        received.bytes += piece.len() as u64;
        if received.bytes > most_bytes {
            return Err(too_large(most_bytes));
        }
        let taken = start.elapsed();
        if taken > GRACE && received.bytes as f64 / taken.as_secs_f64() < LEAST_SPEED {
            return Err(too_slow());
        }
        let wanted = HEAD.saturating_sub(received.head.len()).min(piece.len());
        received.head.extend_from_slice(&piece[..wanted]);
        file.write_all(&piece).await.map_err(disk)?;
    }
    file.sync_all().await.map_err(disk)?;
    if received.bytes == 0 {
        return Err(Refusal::bad("empty", "the file is empty"));
    }
    Ok(received)
}

fn too_large(most_bytes: u64) -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-large",
        format!(
            "files of at most {} MB are taken here",
            most_bytes / 1_000_000
        ),
    )
}

fn too_slow() -> Refusal {
    Refusal::new(
        StatusCode::REQUEST_TIMEOUT,
        "too-slow",
        "the upload came too slowly; send it again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    #[test]
    fn a_body_that_does_not_say_how_long_it_is_is_cut_at_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![7_u8; 1000]));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let taken = runtime.block_on(receive(Body::from_stream(endless), &path, 4500));
        assert_eq!(taken.err().unwrap().code, "too-large");
        assert!(std::fs::metadata(&path).unwrap().len() <= 4500);
    }
}
