//! Frames decoded by ffmpeg in a child process, handed over through a short queue.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::MediaError;
use crate::ffmpeg_process::{FfmpegProcess, failure};
use crate::image::Image;
use crate::limits::Limits;
use crate::nut::{NutFrame, NutReader, PixelLayout};
use crate::pictures::from_rgba;
use crate::probe::{add_input, probe};
use crate::rational::Rational;
use crate::sniff::FileFormat;
use crate::timing::Timing;
use crate::tone_map::ToneMap;
use crate::tool_call::ToolCall;
use crate::tools::{Ffmpeg, ratio};
use crate::video_info::{FrameTreatment, VideoInfo, describe};

/// Frames that may wait between the decoder and whoever uses them.
const QUEUED_FRAMES: usize = 3;

/// A running decoder.
#[derive(Debug)]
pub(crate) struct FfmpegFrames {
    path: PathBuf,
    size: (u32, u32),
    layout: PixelLayout,
    timing: Timing,
    tone_map: Option<ToneMap>,
    expected: Option<u64>,
    /// Whether fewer frames than expected mean damage. In MP4 an edit list may leave some out.
    must_be_complete: bool,
    delivered: u64,
    first_pts: Option<i64>,
    warning: Option<String>,
    // Dropped in this order: the queue closes, the process dies, then the thread has ended.
    queue: Option<Receiver<io::Result<NutFrame>>>,
    process: Option<FfmpegProcess>,
    thread: Option<JoinHandle<()>>,
}

impl FfmpegFrames {
    /// Look at the file, then start to decode it.
    pub(crate) fn start(
        ffmpeg: &Ffmpeg,
        path: &Path,
        format: FileFormat,
    ) -> Result<(Self, VideoInfo), MediaError> {
        let probe = probe(ffmpeg, path, format)?;
        let (info, treatment) = describe(path, &probe)?;
        let layout = match (treatment.hdr, treatment.has_alpha) {
            (Some(_), _) => PixelLayout::Rgb16,
            (None, true) => PixelLayout::Rgba8,
            (None, false) => PixelLayout::Rgb8,
        };
        let mut command = decode_command(ffmpeg, path, format, &info, &treatment, layout);
        command.stdout(Stdio::piped());
        let mut process = FfmpegProcess::start(&mut command)?;
        let stdout = process.take_stdout().expect("standard output is piped");
        let size = (info.width, info.height);
        let stream = FrameStream::new(stdout, size, layout, treatment.timing.container_base);
        let (queue, thread) = read_ahead(stream);
        let frames = Self {
            path: path.to_owned(),
            size,
            layout,
            tone_map: treatment.hdr.map(ToneMap::new),
            timing: treatment.timing,
            expected: info.frame_count,
            must_be_complete: format != FileFormat::Video("mov"),
            delivered: 0,
            first_pts: None,
            warning: None,
            queue: Some(queue),
            process: Some(process),
            thread: Some(thread),
        };
        Ok((frames, info))
    }

    /// The next picture and its time stamp.
    pub(crate) fn next(&mut self) -> Result<Option<(Image, i64)>, MediaError> {
        let Some(queue) = &self.queue else {
            return Ok(None);
        };
        let stall_s = Limits::current().stall_s;
        match queue.recv_timeout(Duration::from_secs(stall_s)) {
            Ok(Ok(frame)) => {
                self.delivered += 1;
                let first = *self.first_pts.get_or_insert(frame.pts);
                let pts = self.timing.exact_pts(frame.pts.saturating_sub(first));
                Ok(Some((self.to_image(frame.bytes), pts)))
            }
            Ok(Err(error)) => self.end(Some(error)).map(|()| None),
            Err(RecvTimeoutError::Disconnected) => self.end(None).map(|()| None),
            Err(RecvTimeoutError::Timeout) => {
                (self.queue, self.process) = (None, None); // ends it
                let path = self.path.clone();
                Err(MediaError::Stalled { path, stall_s })
            }
        }
    }

    /// What went wrong although frames came.
    pub(crate) fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    fn to_image(&self, bytes: Vec<u8>) -> Image {
        let (width, height) = self.size;
        match (&self.tone_map, self.layout) {
            (Some(tone_map), _) => Image::from_rgb(width, height, tone_map.apply(&bytes)),
            (None, PixelLayout::Rgba8) => from_rgba(width, height, &bytes),
            (None, _) => Image::from_rgb(width, height, bytes),
        }
    }

    /// Hear why the decoder stopped.
    fn end(&mut self, broken: Option<io::Error>) -> Result<(), MediaError> {
        self.queue = None;
        let Some(process) = self.process.take() else {
            return Ok(());
        };
        let (status, messages) = process.wait(&self.path)?;
        let mut reason = messages;
        if let Some(error) = broken.filter(|_| reason.is_empty()) {
            reason = error.to_string();
        }
        if self.delivered == 0 {
            let message = failure(status, &reason);
            let path = self.path.clone();
            return Err(MediaError::NoFrames { path, message });
        }
        let is_short = self.expected.is_some_and(|count| self.delivered < count);
        if !status.success() && reason.is_empty() {
            reason = failure(status, "");
        }
        if is_short && self.must_be_complete && reason.is_empty() {
            reason = "the file ends early".to_owned();
        }
        if !reason.is_empty() {
            let of = self.expected.filter(|_| is_short);
            let of = of.map_or_else(String::new, |count| format!(" of {count}"));
            let (delivered, path) = (self.delivered, self.path.display());
            self.warning = Some(format!(
                "{path} is damaged; {delivered}{of} frames were decoded: {reason}"
            ));
        }
        Ok(())
    }
}

impl Drop for FfmpegFrames {
    fn drop(&mut self) {
        self.queue = None;
        self.process = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join()); // a panic there has been printed already
        }
    }
}

/// Read frames on a thread of its own, a few ahead of whoever takes them from the queue.
fn read_ahead(stream: FrameStream) -> (Receiver<io::Result<NutFrame>>, JoinHandle<()>) {
    let (sender, queue) = sync_channel(QUEUED_FRAMES);
    let thread = std::thread::spawn(move || {
        for frame in stream {
            if sender.send(frame).is_err() {
                return; // nobody listens any more
            }
        }
    });
    (queue, thread)
}

/// Checks what comes out of the pipe.
struct FrameStream {
    input: Option<ChildStdout>,
    reader: Option<NutReader<ChildStdout>>,
    size: (u32, u32),
    frame_bytes: usize,
    time_base: (i64, i64),
}

impl FrameStream {
    fn new(input: ChildStdout, size: (u32, u32), layout: PixelLayout, time_base: Rational) -> Self {
        Self {
            input: Some(input),
            reader: None,
            size,
            frame_bytes: size.0 as usize * size.1 as usize * layout.bytes_per_pixel(),
            time_base: (time_base.numerator(), time_base.denominator()),
        }
    }

    fn read(&mut self) -> io::Result<Option<NutFrame>> {
        if let Some(input) = self.input.take() {
            self.reader = NutReader::open(input)?;
        }
        let Some(reader) = &mut self.reader else {
            return Ok(None);
        };
        if (reader.width(), reader.height()) != self.size {
            return Err(io::Error::other("the decoder's frames have another size"));
        }
        let Some(mut frame) = reader.next_frame()? else {
            return Ok(None);
        };
        if frame.bytes.len() != self.frame_bytes {
            return Err(io::Error::other("a frame has another size"));
        }
        let (above, below) = reader.time_base();
        frame.pts = in_units(frame.pts, (above as i64, below as i64), self.time_base);
        Ok(Some(frame))
    }
}

impl Iterator for FrameStream {
    type Item = io::Result<NutFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.read().transpose();
        if !matches!(item, Some(Ok(_))) {
            self.reader = None;
        }
        item
    }
}

/// Express a stamp in another unit, rounded to the nearest.
fn in_units(pts: i64, from: (i64, i64), to: (i64, i64)) -> i64 {
    if from == to {
        return pts;
    }
    // Parts of fractions are made small enough for this product; a decoder that exceeds them is not believed.
    let above = i128::from(pts)
        .saturating_mul(i128::from(from.0))
        .saturating_mul(i128::from(to.1));
    let below = (i128::from(from.1) * i128::from(to.0)).max(1);
    let units = above.saturating_add(below / 2).div_euclid(below);
    i64::try_from(units).unwrap_or(if units < 0 { i64::MIN } else { i64::MAX })
}

fn decode_command(
    ffmpeg: &Ffmpeg,
    path: &Path,
    format: FileFormat,
    info: &VideoInfo,
    treatment: &FrameTreatment,
    layout: PixelLayout,
) -> ToolCall {
    let mut command = ffmpeg.command();
    let limits = Limits::current();
    command.args(["-max_alloc", &limits.allocation().to_string()]);
    command.args(["-noautorotate", "-max_pixels"]);
    command.arg(limits.pixels.to_string());
    add_input(&mut command, path, format);
    command.args(["-map", &format!("0:{}", treatment.stream)]);
    command.args(["-vf", &filters(info, treatment)]);
    command.args([ffmpeg.passthrough_option(), "passthrough"]);
    let base = ratio(treatment.timing.container_base);
    command.args(["-enc_time_base", &base]);
    command.args(["-c:v", "rawvideo", "-pix_fmt", layout.ffmpeg_name()]);
    command.args(["-f", "nut", "-write_index", "0", "pipe:1"]);
    command
}

/// Weave, turn and stretch the frames as they are meant to be shown.
fn filters(info: &VideoInfo, treatment: &FrameTreatment) -> String {
    let mut filters = Vec::new();
    if treatment.is_interlaced {
        filters.push("yadif=mode=send_frame:deint=interlaced".to_owned());
    }
    if let Some(matrix) = treatment.assumed_matrix {
        filters.push(format!("setparams=colorspace={matrix}"));
    }
    filters.extend(treatment.orientation.filter().map(str::to_owned));
    let (width, height) = (info.width, info.height);
    filters.push(format!("scale={width}:{height}:flags=bicubic"));
    filters.push("setsar=1".to_owned());
    filters.join(",")
}
