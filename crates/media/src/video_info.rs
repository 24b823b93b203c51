//! What is known about a video before its first frame is decoded.

use std::path::Path;

use crate::error::MediaError;
use crate::limits::check_size;
use crate::orientation::Orientation;
use crate::probe::{Probe, ProbedStream, seconds};
use crate::rational::Rational;
use crate::timing::Timing;

/// What is known about a video before its first frame is decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoInfo {
    /// Width as shown: turned upright, square pixels.
    pub width: u32,
    /// Height as shown: turned upright, square pixels.
    pub height: u32,
    /// Frames a second; the average where the rate varies.
    pub frame_rate: Rational,
    /// Seconds of one unit of [`crate::Frame::pts`].
    pub time_base: Rational,
    /// Number of frames, where the file says it. A damaged file may hold fewer.
    pub frame_count: Option<u64>,
    /// Length in seconds, where the file says it.
    pub duration_s: Option<f64>,
    /// Whether the file says that frames are shown for different lengths of time. The stamps of the
    /// frames are exact in any case.
    pub is_variable_rate: bool,
    /// Whether the video is high dynamic range, whose frames are tone-mapped.
    pub is_hdr: bool,
    /// The sound, where there is any.
    pub audio: Option<AudioInfo>,
}

/// The sound of a video.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioInfo {
    /// ffmpeg's name of the codec, such as `aac`.
    pub codec: String,
    /// Samples a second.
    pub sample_rate: u32,
    /// Channels, such as 2 or 6.
    pub channels: u32,
    /// When the sound begins, in seconds after the first frame; may be negative.
    pub start_s: f64,
}

/// Transfer functions of high dynamic range video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HdrTransfer {
    /// Perceptual quantizer, SMPTE ST 2084.
    Pq,
    /// Hybrid log-gamma, ARIB STD-B67.
    Hlg,
}

/// How the decoder has to treat the stream's frames.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FrameTreatment {
    /// Index of the stream in the file.
    pub(crate) stream: u32,
    pub(crate) orientation: Orientation,
    pub(crate) hdr: Option<HdrTransfer>,
    /// Whether the pixel format has an alpha channel.
    pub(crate) has_alpha: bool,
    /// Whether fields of two moments are woven into each frame.
    pub(crate) is_interlaced: bool,
    /// The matrix to assume where the stream names none, for luma and chroma formats.
    pub(crate) assumed_matrix: Option<&'static str>,
    pub(crate) timing: Timing,
}

/// Derive both from what ffprobe said.
pub(crate) fn describe(
    path: &Path,
    probe: &Probe,
) -> Result<(VideoInfo, FrameTreatment), MediaError> {
    let stream = probe.video().ok_or_else(|| MediaError::NoVideo {
        path: path.to_owned(),
    })?;
    let treatment = treatment(stream);
    let (width, height) = shown_size(path, stream, treatment.orientation)?;
    let timing = &treatment.timing;
    let info = VideoInfo {
        width,
        height,
        frame_rate: timing.frame_rate,
        time_base: timing.time_base,
        frame_count: stream.nb_frames.as_ref().and_then(|text| text.parse().ok()),
        duration_s: seconds(stream.duration.as_ref())
            .or_else(|| seconds(probe.format.duration.as_ref())),
        is_variable_rate: timing.is_variable_rate,
        is_hdr: treatment.hdr.is_some(),
        audio: probe.audio().map(|audio| audio_info(audio, stream)),
    };
    Ok((info, treatment))
}

fn audio_info(audio: &ProbedStream, video: &ProbedStream) -> AudioInfo {
    let start = |stream: &ProbedStream| seconds(stream.start_time.as_ref()).unwrap_or(0.0);
    AudioInfo {
        codec: audio.codec_name.clone(),
        sample_rate: audio
            .sample_rate
            .as_ref()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0),
        channels: audio.channels.unwrap_or(0),
        start_s: start(audio) - start(video),
    }
}

fn treatment(stream: &ProbedStream) -> FrameTreatment {
    let format = stream.pix_fmt.as_deref().unwrap_or_default();
    let matrices = stream.side_data_list.iter();
    let matrix = matrices
        .filter_map(|data| data.displaymatrix.as_ref())
        .next();
    FrameTreatment {
        stream: stream.index,
        orientation: matrix.map_or(Orientation::Upright, |text| {
            Orientation::from_display_matrix(text)
        }),
        hdr: match stream.color_transfer.as_deref() {
            Some("smpte2084") => Some(HdrTransfer::Pq),
            Some("arib-std-b67") => Some(HdrTransfer::Hlg),
            _ => None,
        },
        has_alpha: has_alpha(format),
        is_interlaced: matches!(
            stream.field_order.as_deref(),
            Some("tt" | "bb" | "tb" | "bt")
        ),
        assumed_matrix: assumed_matrix(stream, format),
        timing: Timing::of_stream(
            fraction(stream.time_base.as_ref()),
            fraction(stream.r_frame_rate.as_ref()),
            fraction(stream.avg_frame_rate.as_ref()),
        ),
    }
}

/// What players assume where a stream does not say: high definition is BT.709, the rest BT.601.
fn assumed_matrix(stream: &ProbedStream, format: &str) -> Option<&'static str> {
    let is_luma_chroma = ["yuv", "nv", "p0"]
        .iter()
        .any(|kind| format.starts_with(kind));
    let is_named = !matches!(
        stream.color_space.as_deref(),
        None | Some("unknown" | "reserved")
    );
    if is_named || !is_luma_chroma {
        return None;
    }
    let is_large = stream.width.unwrap_or(0) >= 1280 || stream.height.unwrap_or(0) > 576;
    Some(if is_large { "bt709" } else { "smpte170m" })
}

fn has_alpha(format: &str) -> bool {
    const PREFIXES: [&str; 9] = [
        "rgba", "bgra", "argb", "abgr", "yuva", "gbrap", "ya8", "ya16", "pal8",
    ];
    PREFIXES.iter().any(|prefix| format.starts_with(prefix))
}

/// Size with square pixels (the shorter side of a pixel is stretched, so nothing is lost), upright.
fn shown_size(
    path: &Path,
    stream: &ProbedStream,
    orientation: Orientation,
) -> Result<(u32, u32), MediaError> {
    let (width, height) = (stream.width.unwrap_or(0), stream.height.unwrap_or(0));
    check_size(path, width, height)?;
    let aspect = stream
        .sample_aspect_ratio
        .as_ref()
        .and_then(|text| text.split_once(':'))
        .and_then(|(across, down)| Rational::new(across.parse().ok()?, down.parse().ok()?))
        .map_or(1.0, Rational::to_f64);
    let stretch = |side: u64, by: f64| (side as f64 * by).round().max(1.0) as u64;
    let width = stretch(width, aspect.max(1.0));
    let height = stretch(height, aspect.recip().max(1.0));
    let (width, height) = check_size(path, width, height)?;
    Ok(if orientation.swaps_sides() {
        (height, width)
    } else {
        (width, height)
    })
}

fn fraction(text: Option<&String>) -> Option<Rational> {
    let (above, below) = text?.split_once('/')?;
    Rational::new(above.parse().ok()?, below.parse().ok()?)
}
