//! Sending a motion to a rig at the times of its frames, while it is found or afterwards.

use std::time::{Duration, Instant};

use landmarks::{Landmarks, TrackFrame};
use media::Rational;

use crate::blendshapes::BlendshapeReader;
use crate::calm_frame::find_calm;
use crate::error::AnimateError;
use crate::vmc::{VmcNames, VmcSender};

/// Length of the beginning that is watched before a live stream starts, to find a calm frame, seconds.
const WATCHED_S: f64 = 1.0;

/// What was streamed.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamReport {
    /// Receiver, as host and port.
    pub receiver: String,
    /// Frames sent.
    pub frames: u64,
    /// Longest that a frame came after its time, seconds.
    pub latest_s: f64,
}

/// A stream in the making.
#[derive(Debug)]
pub(crate) struct MotionStream {
    sender: VmcSender,
    time_base: Rational,
    reference_frame: Option<u64>,
    /// Frames that wait until a calm one is known: place in the video, time stamp and points.
    waiting: Vec<(u64, i64, Landmarks)>,
    seen: u64,
    reader: Option<BlendshapeReader>,
    /// When the first frame was sent, and its time stamp.
    start: Option<(Instant, i64)>,
    report: StreamReport,
}

impl MotionStream {
    /// Make ready to send to `address`; `mark` says where the motion comes from.
    pub(crate) fn open(
        (address, names, mark): (&str, VmcNames, String),
        time_base: Rational,
        reference_frame: Option<u64>,
    ) -> Result<Self, AnimateError> {
        let sender = VmcSender::open(address, names, mark);
        let sender = sender.map_err(|source| AnimateError::Stream {
            receiver: address.to_owned(),
            source,
        })?;
        Ok(Self {
            sender,
            time_base,
            reference_frame,
            waiting: Vec::new(),
            seen: 0,
            reader: None,
            start: None,
            report: StreamReport {
                receiver: address.to_owned(),
                frames: 0,
                latest_s: 0.0,
            },
        })
    }

    /// Measure from this frame.
    pub(crate) fn start_from(&mut self, calm: &Landmarks) {
        self.reader = Some(BlendshapeReader::new(calm));
    }

    /// Take the next frame of a video that is being tracked. Frames without the face are not sent: the
    /// receiver keeps what it has.
    pub(crate) fn see(&mut self, frame: &TrackFrame) -> Result<(), AnimateError> {
        let index = self.seen;
        self.seen += 1;
        let Some(face) = frame.landmarks else {
            return Ok(());
        };
        if self.reader.is_some() {
            return self.send(&face, frame.pts);
        }
        self.waiting.push((index, frame.pts, face));
        let watched = (frame.pts - self.waiting[0].1) as f64 * self.time_base.to_f64();
        let is_enough = match self.reference_frame {
            Some(wanted) => index >= wanted,
            None => watched >= WATCHED_S,
        };
        if is_enough { self.flush() } else { Ok(()) }
    }

    /// Find the calm frame among those that wait, and send them.
    pub(crate) fn flush(&mut self) -> Result<(), AnimateError> {
        let waiting = std::mem::take(&mut self.waiting);
        if self.reader.is_none() {
            let wanted = |(index, _, face): &(u64, i64, Landmarks)| {
                (Some(*index) == self.reference_frame).then_some(*face)
            };
            let faces: Vec<Landmarks> = waiting.iter().map(|(_, _, face)| *face).collect();
            let calm = waiting.iter().find_map(wanted);
            let calm = calm.or_else(|| find_calm(&faces).map(|calm| calm.landmarks));
            let Some(calm) = calm else {
                return Ok(());
            };
            self.start_from(&calm);
        }
        for (_, pts, face) in waiting {
            self.send(&face, pts)?;
        }
        Ok(())
    }

    /// Wait for a frame's time, then send it.
    pub(crate) fn send(&mut self, face: &Landmarks, pts: i64) -> Result<(), AnimateError> {
        let Some(reader) = &self.reader else {
            return Ok(());
        };
        let reading = reader.read(face);
        let (start, first_pts) = *self.start.get_or_insert_with(|| (Instant::now(), pts));
        let time_s = (pts - first_pts) as f64 * self.time_base.to_f64();
        let due = start + Duration::from_secs_f64(time_s.max(0.0));
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let sent = self.sender.send(&reading, time_s);
        sent.map_err(|source| AnimateError::Stream {
            receiver: self.report.receiver.clone(),
            source,
        })?;
        let late_s = Instant::now().saturating_duration_since(due).as_secs_f64();
        self.report.latest_s = self.report.latest_s.max(late_s);
        self.report.frames += 1;
        Ok(())
    }

    /// What was sent.
    pub(crate) fn report(self) -> StreamReport {
        self.report
    }
}
