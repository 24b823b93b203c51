//! The live view over a WebSocket: frames of the browser's camera in, the moving picture out.
//!
//! The client says first what moves, then sends frames; each is a number and a time (32 and 64 bits, little
//! endian, the time in seconds) and a JPEG. Each answer is the number of its frame, flags, two durations and a JPEG.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use provenance::Consent;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::error::Refusal;
use crate::identifier::Identifier;
use crate::live_worker::{ToWorker, work};
use crate::request::{EngineRequest, RegionRequest};
use crate::studio::Studio;

/// Most bytes of one message: a frame of a camera is much smaller.
const MOST_BYTES: usize = 1_000_000;
/// Messages that wait on either side; more hold up the sender.
const WAITING: usize = 4;
/// Bytes before a frame's JPEG.
const FRAME_HEAD: usize = 12;

/// What moves, and how.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LiveRequest {
    pub(crate) source: Identifier,
    pub(crate) face: Option<usize>,
    pub(crate) engine: EngineRequest,
    pub(crate) regions: Vec<RegionRequest>,
    pub(crate) strength: f32,
    pub(crate) smoothing: f32,
    /// Side of the picture, pixels.
    pub(crate) side_px: u32,
    /// On what ground the likeness is shown; stated in recordings.
    pub(crate) consent: Option<Consent>,
}

/// What a client asks for while the picture moves.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Wish {
    /// The next frames show the driver at rest.
    Calibrate,
    /// Begin to record.
    Record,
    /// End the recording.
    StopRecording,
}

/// `GET /api/live`: turned into a WebSocket.
pub(crate) async fn live(State(studio): State<Arc<Studio>>, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade
        .max_message_size(MOST_BYTES)
        .max_frame_size(MOST_BYTES);
    upgrade.on_upgrade(move |socket| converse(studio, socket))
}

async fn converse(studio: Arc<Studio>, mut socket: WebSocket) {
    if let Err(refusal) = hold(&studio, &mut socket).await {
        let told = json!({"error": {"code": refusal.code, "message": refusal.message}});
        // who is gone needs no explanation
        drop(socket.send(Message::Text(told.to_string().into())).await);
    }
    drop(socket.send(Message::Close(None)).await);
}

/// Serve one client until it goes.
async fn hold(studio: &Arc<Studio>, socket: &mut WebSocket) -> Result<(), Refusal> {
    let slot = studio.live_slot.try_acquire();
    let _slot = slot.map_err(|_taken| {
        Refusal::conflict(
            "live-taken",
            "the live view is open in another window: close it there",
        )
    })?;
    let request = first_words(socket).await?;
    let (to_worker, from_client) = mpsc::channel(WAITING);
    let (to_client, mut from_worker) = mpsc::channel(WAITING);
    let worker = {
        let studio = Arc::clone(studio);
        tokio::task::spawn_blocking(move || work(&studio, &request, from_client, &to_client))
    };
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(Ok(message)) = message else { break };
                if !pass_on(message, &to_worker).await? {
                    break;
                }
            }
            answer = from_worker.recv() => {
                let Some(answer) = answer else { break };
                if socket.send(answer).await.is_err() {
                    break;
                }
            }
        }
    }
    // the worker hears that nothing more comes, and may have a last word
    drop(to_worker);
    while let Some(answer) = from_worker.recv().await {
        drop(socket.send(answer).await);
    }
    let done = worker.await;
    done.unwrap_or_else(|_panic| Err(Refusal::internal("the live view broke off")))
}

async fn first_words(socket: &mut WebSocket) -> Result<LiveRequest, Refusal> {
    let bad = || Refusal::bad("request", "say first what shall move");
    let Some(Ok(Message::Text(text))) = socket.recv().await else {
        return Err(bad());
    };
    let request: LiveRequest = serde_json::from_str(&text).map_err(|_error| bad())?;
    let is_sane = (64..=512).contains(&request.side_px)
        && request.side_px.is_multiple_of(2)
        && (0.0..=2.0).contains(&request.strength)
        && (0.0..=1.0).contains(&request.smoothing);
    is_sane.then_some(request).ok_or_else(bad)
}

/// Hand a client's message to the worker; false where the client goes or the worker has ended.
async fn pass_on(message: Message, worker: &mpsc::Sender<ToWorker>) -> Result<bool, Refusal> {
    let passed = match message {
        Message::Binary(bytes) => {
            let Some((number, time_s)) = frame_head(&bytes) else {
                return Err(Refusal::bad(
                    "request",
                    "a frame is a number, a time and a JPEG",
                ));
            };
            ToWorker::Frame {
                number,
                time_s,
                jpeg: bytes.slice(FRAME_HEAD..),
            }
        }
        Message::Text(text) => match serde_json::from_str(&text) {
            Ok(Wish::Calibrate) => ToWorker::Calibrate,
            Ok(Wish::Record) => ToWorker::Record,
            Ok(Wish::StopRecording) => ToWorker::StopRecording,
            Err(_) => {
                return Err(Refusal::bad(
                    "request",
                    "calibrate, record or stop-recording",
                ));
            }
        },
        Message::Ping(_) | Message::Pong(_) => return Ok(true),
        Message::Close(_) => return Ok(false),
    };
    Ok(worker.send(passed).await.is_ok())
}

fn frame_head(bytes: &[u8]) -> Option<(u32, f64)> {
    let number = u32::from_le_bytes(*bytes.first_chunk()?);
    let time_s = f64::from_le_bytes(*bytes.get(4..)?.first_chunk()?);
    time_s.is_finite().then_some((number, time_s))
}

/// A message in words.
pub(crate) fn words(value: &Value) -> Message {
    Message::Text(value.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_without_a_whole_head_or_with_no_time_is_none() {
        let mut bytes = 7_u32.to_le_bytes().to_vec();
        assert_eq!(frame_head(&bytes), None);
        bytes.extend(1.5_f64.to_le_bytes());
        assert_eq!(frame_head(&bytes), Some((7, 1.5)));
        bytes.splice(4..12, f64::NAN.to_le_bytes());
        assert_eq!(frame_head(&bytes), None);
    }
}
