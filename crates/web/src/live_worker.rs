//! The thread behind a live view: decodes, follows, paints, labels, encodes, and shows and records on the way.

use std::path::Path;

use axum::extract::ws::Message;
use bytes::Bytes;
use media::{Image, VirtualCamera, decode_jpeg, encode_jpeg};
use reenactment::{
    Engine, FaceChoice, LiveConfig, LiveFrame, LiveSession, MotionChoice, PaintedBy, Region, Source,
};
use serde_json::json;
use tokio::sync::mpsc::{Receiver, Sender};

use crate::arguments::source_file;
use crate::error::Refusal;
use crate::inspection::without_paths;
use crate::live::{LiveRequest, words};
use crate::live_recording::LiveRecording;
use crate::request::{EngineRequest, RegionRequest};
use crate::studio::Studio;

/// Longest side of a camera's frame, pixels.
const MOST_CAMERA_SIDE: u32 = 1280;
/// Quality of the pictures sent back.
const QUALITY: u8 = 88;
/// Rate that a virtual camera is said to have.
const CAMERA_RATE: u32 = 25;

/// What the worker is told.
#[derive(Debug)]
pub(crate) enum ToWorker {
    Frame {
        number: u32,
        time_s: f64,
        jpeg: Bytes,
    },
    Calibrate,
    Record,
    StopRecording,
}

/// Work until nothing more comes.
pub(crate) fn work(
    studio: &Studio,
    request: &LiveRequest,
    mut from_client: Receiver<ToWorker>,
    to_client: &Sender<Message>,
) -> Result<(), Refusal> {
    let session = LiveSession::open(&config(studio, request)?).map_err(refused)?;
    let mut view = View {
        studio,
        request,
        camera: open_camera(studio, session.side_px(), to_client),
        session,
        recording: None,
    };
    let painter = match view.session.painted_by() {
        PaintedBy::Warp => "warp",
        PaintedBy::Avatar => "avatar",
        PaintedBy::Portrait { .. } => "portrait",
    };
    let ready = json!({"ready": {
        "painter": painter,
        "side_px": view.session.side_px(),
        "virtual_camera": view.camera.as_ref().and(studio.config.virtual_camera.as_ref()),
    }});
    let mut is_listened_to = to_client.blocking_send(words(&ready)).is_ok();
    while is_listened_to {
        let Some(mut told) = from_client.blocking_recv() else {
            break;
        };
        // Of frames that have gathered the last one counts: an old one would only be late.
        while let (ToWorker::Frame { .. }, Ok(newer)) = (&told, from_client.try_recv()) {
            if !matches!(newer, ToWorker::Frame { .. }) {
                is_listened_to &= view.answer(told, to_client)?;
            }
            told = newer;
        }
        is_listened_to &= view.answer(told, to_client)?;
    }
    view.stop_recording(to_client)?;
    Ok(())
}

/// A live view at work.
struct View<'a> {
    studio: &'a Studio,
    request: &'a LiveRequest,
    session: LiveSession,
    camera: Option<VirtualCamera>,
    recording: Option<LiveRecording>,
}

impl View<'_> {
    /// Do what was told; false where nobody listens any more.
    fn answer(&mut self, told: ToWorker, to_client: &Sender<Message>) -> Result<bool, Refusal> {
        match told {
            ToWorker::Calibrate => self.session.calibrate(),
            ToWorker::Record if self.recording.is_none() => {
                let side_px = self.session.side_px();
                let recording = LiveRecording::start(
                    self.studio,
                    &self.request.source,
                    self.request.consent,
                    side_px,
                )?;
                self.recording = Some(recording);
            }
            ToWorker::Record => {}
            ToWorker::StopRecording => self.stop_recording(to_client)?,
            ToWorker::Frame {
                number,
                time_s,
                jpeg,
            } => return self.frame(number, time_s, &jpeg, to_client),
        }
        Ok(true)
    }

    fn frame(
        &mut self,
        number: u32,
        time_s: f64,
        jpeg: &[u8],
        to_client: &Sender<Message>,
    ) -> Result<bool, Refusal> {
        let seen = decode_jpeg(jpeg, Path::new("the camera's frame")).map_err(refused)?;
        if seen.width().max(seen.height()) > MOST_CAMERA_SIDE {
            return Err(Refusal::bad(
                "request",
                "a camera's frame has at most 1280 pixels a side",
            ));
        }
        let mut frame = self.session.next_frame(&seen, time_s).map_err(refused)?;
        provenance::draw_corner(&mut frame.picture);
        if let Some(recording) = &mut self.recording {
            recording.write(&frame.picture)?;
        }
        if let Some(camera) = &mut self.camera
            && let Err(error) = camera.show(&frame.picture)
        {
            self.camera = None;
            warn(&error, to_client);
        }
        let message = Message::Binary(to_bytes(number, &frame).into());
        Ok(to_client.blocking_send(message).is_ok())
    }

    fn stop_recording(&mut self, to_client: &Sender<Message>) -> Result<(), Refusal> {
        if let Some(recording) = self.recording.take() {
            let job = recording.finish(self.studio)?;
            // the film is kept whether anybody hears of it or not
            drop(to_client.blocking_send(words(&json!({"recorded": job}))));
        }
        Ok(())
    }
}

fn open_camera(
    studio: &Studio,
    side_px: u32,
    to_client: &Sender<Message>,
) -> Option<VirtualCamera> {
    let device = studio.config.virtual_camera.as_ref()?;
    match VirtualCamera::open(device, [side_px; 2], CAMERA_RATE) {
        Ok(camera) => Some(camera),
        Err(error) => {
            warn(&error, to_client);
            None
        }
    }
}

fn warn(error: &media::MediaError, to_client: &Sender<Message>) {
    drop(to_client.blocking_send(words(&json!({"warning": error.to_string()}))));
}

fn config(studio: &Studio, request: &LiveRequest) -> Result<LiveConfig, Refusal> {
    let region = |name: &RegionRequest| match name {
        RegionRequest::Expression => Region::Expression,
        RegionRequest::Pose => Region::Pose,
        RegionRequest::Lips => Region::Lips,
        RegionRequest::Eyes => Region::Eyes,
    };
    Ok(LiveConfig {
        source: Source::File(source_file(studio, &request.source)?),
        source_face: request.face.map_or(FaceChoice::Largest, FaceChoice::Number),
        engine: match request.engine {
            EngineRequest::Auto => Engine::Automatic,
            EngineRequest::Warp => Engine::Warp,
        },
        side_px: request.side_px,
        smoothing: request.smoothing,
        motion: MotionChoice {
            regions: request.regions.iter().map(region).collect(),
            strength: request.strength,
            ..MotionChoice::default()
        },
    })
}

/// Number of the frame, flags (1: a face was seen, 2: calibrated), milliseconds of tracking and of painting in
/// tenths (16 bits each), then the JPEG; all little endian.
fn to_bytes(number: u32, frame: &LiveFrame) -> Vec<u8> {
    let flags = u8::from(frame.landmarks.is_some()) | u8::from(frame.is_calibrated) << 1;
    let tenths = |seconds: f64| (seconds * 1e4).clamp(0.0, f64::from(u16::MAX)) as u16;
    let mut bytes = number.to_le_bytes().to_vec();
    bytes.push(flags);
    bytes.extend(tenths(frame.tracking_s).to_le_bytes());
    bytes.extend(tenths(frame.painting_s).to_le_bytes());
    bytes.extend(encoded(&frame.picture));
    bytes
}

fn encoded(picture: &Image) -> Vec<u8> {
    encode_jpeg(picture, QUALITY)
}

fn refused(error: impl std::error::Error) -> Refusal {
    Refusal::bad("live", without_paths(&error.to_string()))
}
