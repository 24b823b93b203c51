//! Asks ffprobe what streams a file has.

use serde::Deserialize;
use std::path::Path;

use crate::error::MediaError;
use crate::ffmpeg_process::{failure, readable_errors};
use crate::limits::{Limits, check_duration, check_frames, check_mp4};
use crate::sniff::{FileFormat, UNSNIFFED};
use crate::tool_call::ToolCall;
use crate::tools::Ffmpeg;

/// What ffprobe says about a file.
#[derive(Debug, Deserialize)]
pub(crate) struct Probe {
    #[serde(default)]
    pub(crate) streams: Vec<ProbedStream>,
    #[serde(default)]
    pub(crate) format: ProbedFormat,
}

/// The file as a whole.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ProbedFormat {
    pub(crate) start_time: Option<String>,
    pub(crate) duration: Option<String>,
}

/// One stream, as ffprobe names things.
#[derive(Debug, Deserialize)]
pub(crate) struct ProbedStream {
    pub(crate) index: u32,
    #[serde(default)]
    pub(crate) codec_type: String,
    #[serde(default)]
    pub(crate) codec_name: String,
    pub(crate) width: Option<u64>,
    pub(crate) height: Option<u64>,
    pub(crate) sample_aspect_ratio: Option<String>,
    pub(crate) pix_fmt: Option<String>,
    pub(crate) color_space: Option<String>,
    pub(crate) color_transfer: Option<String>,
    pub(crate) field_order: Option<String>,
    pub(crate) r_frame_rate: Option<String>,
    pub(crate) avg_frame_rate: Option<String>,
    pub(crate) time_base: Option<String>,
    pub(crate) start_time: Option<String>,
    pub(crate) duration: Option<String>,
    pub(crate) nb_frames: Option<String>,
    pub(crate) sample_rate: Option<String>,
    pub(crate) channels: Option<u32>,
    #[serde(default)]
    pub(crate) disposition: Disposition,
    #[serde(default)]
    pub(crate) side_data_list: Vec<SideData>,
}

/// Roles of a stream.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Disposition {
    #[serde(default)]
    pub(crate) attached_pic: u8,
    #[serde(default)]
    pub(crate) default: u8,
}

/// Extra facts about a stream.
#[derive(Debug, Deserialize)]
pub(crate) struct SideData {
    pub(crate) displaymatrix: Option<String>,
}

impl Probe {
    /// The moving pictures to read: the default stream, else the first; cover art does not count.
    pub(crate) fn video(&self) -> Option<&ProbedStream> {
        let moving = || {
            self.streams.iter().filter(|stream| {
                stream.codec_type == "video" && stream.disposition.attached_pic == 0
            })
        };
        let chosen = moving().find(|stream| stream.disposition.default == 1);
        chosen.or_else(|| moving().next())
    }

    /// The sound to use: the default stream, else the first.
    pub(crate) fn audio(&self) -> Option<&ProbedStream> {
        let sounding = || {
            self.streams
                .iter()
                .filter(|stream| stream.codec_type == "audio" && stream.channels != Some(0))
        };
        let chosen = sounding().find(|stream| stream.disposition.default == 1);
        chosen.or_else(|| sounding().next())
    }
}

impl Probe {
    /// Refuse what declares more than is read.
    pub(crate) fn check(&self, path: &Path) -> Result<(), MediaError> {
        for stream in &self.streams {
            check_duration(path, seconds(stream.duration.as_ref()).unwrap_or(0.0))?;
            let frames = stream.nb_frames.as_ref().and_then(|text| text.parse().ok());
            if stream.codec_type == "video" {
                check_frames(path, frames.unwrap_or(0))?;
            }
        }
        check_duration(path, seconds(self.format.duration.as_ref()).unwrap_or(0.0))
    }
}

/// Read a number of seconds that ffprobe wrote as text.
pub(crate) fn seconds(text: Option<&String>) -> Option<f64> {
    text?.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Ask for all streams of the file, unless its own index declares more than is read.
///
/// # Errors
/// If it is damaged, in no known format, or beyond the limits.
pub(crate) fn probe(ffmpeg: &Ffmpeg, path: &Path, format: FileFormat) -> Result<Probe, MediaError> {
    if format == FileFormat::Video("mov") {
        check_mp4(path)?;
    }
    let mut command = ffmpeg.probe_command();
    command.args(["-show_streams", "-show_format", "-of", "json"]);
    add_input(&mut command, path, format);
    command.processor_time(Limits::current().stall_s);
    let output = command.output()?;
    let parsed = serde_json::from_slice::<Probe>(&output.stdout);
    match parsed {
        Ok(probe) if output.status.success() => {
            probe.check(path)?;
            Ok(probe)
        }
        _ if format == FileFormat::Unknown => Err(MediaError::UnknownFormat {
            path: path.to_owned(),
        }),
        _ => {
            let messages = readable_errors(&String::from_utf8_lossy(&output.stderr));
            let message = failure(output.status, &messages);
            Err(MediaError::from_ffmpeg(path, message))
        }
    }
}

/// Name an input file: this file alone, read by the demuxer that its first bytes call for.
pub(crate) fn add_input(command: &mut ToolCall, path: &Path, format: FileFormat) {
    command.args(["-protocol_whitelist", "file,pipe", "-format_whitelist"]);
    match format {
        FileFormat::Video(demuxer) | FileFormat::Sound(demuxer) => {
            command.args([demuxer, "-f", demuxer]);
        }
        _ => {
            command.arg(UNSNIFFED);
        }
    }
    command.arg("-i").input(path);
}
