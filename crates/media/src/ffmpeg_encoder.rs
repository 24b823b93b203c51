//! Frames encoded by ffmpeg in a child process.
//!
//! The frames are encoded first, into a temporary file; its exact length is known then. Sound and
//! colour palettes are added by a second call that does not touch them again.

use std::io::{self, BufWriter};
use std::path::PathBuf;
use std::process::{ChildStdin, Stdio};

use crate::atomic::TemporaryFile;
use crate::error::MediaError;
use crate::ffmpeg_process::FfmpegProcess;
use crate::nut::{NutWriter, PixelLayout};
use crate::output::{OutputConfig, OutputFormat, Quality};
use crate::tool_call::ToolCall;
use crate::tools::{Ffmpeg, ratio};

/// A running encoder and the file it fills.
#[derive(Debug)]
pub(crate) struct FfmpegEncoder {
    path: PathBuf,
    // Given up, it is killed first, then the pipe closes, then the file goes.
    process: Option<FfmpegProcess>,
    frames: Option<NutWriter<BufWriter<ChildStdin>>>,
    file: TemporaryFile,
}

impl FfmpegEncoder {
    /// Start to encode frames of `size`; `is_final` where no second call follows.
    pub(crate) fn start(
        ffmpeg: &Ffmpeg,
        config: &OutputConfig,
        size: (u32, u32),
        is_final: bool,
    ) -> Result<Self, MediaError> {
        let file = TemporaryFile::beside(&config.path)?;
        let mut command = ffmpeg.command();
        command.args(["-f", "nut", "-i", "pipe:0", "-map", "0:v:0"]);
        command.args([ffmpeg.passthrough_option(), "passthrough"]);
        command.args(["-enc_time_base", &ratio(config.time_base)]);
        add_encoder(&mut command, ffmpeg, config)?;
        if is_final {
            add_final_options(&mut command, config);
        }
        command.output_file(file.path());
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut process = FfmpegProcess::start(&mut command)?;
        let stdin = process.take_stdin().expect("standard input is piped");
        let started = NutWriter::start(
            BufWriter::new(stdin),
            size,
            layout(config),
            config.time_base,
            config.frame_rate,
        );
        let mut encoder = Self {
            path: config.path.clone(),
            frames: None,
            process: Some(process),
            file,
        };
        encoder.frames = Some(started.map_err(|error| encoder.broken(error))?);
        Ok(encoder)
    }

    /// Encode one frame.
    pub(crate) fn write(&mut self, pts: i64, rgb: &[u8]) -> Result<(), MediaError> {
        let written = match &mut self.frames {
            Some(frames) => frames.write(pts, rgb),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(|error| self.broken(error))
    }

    /// Wait until everything is in the file, which still has its temporary name.
    pub(crate) fn finish(mut self) -> Result<TemporaryFile, MediaError> {
        if let Some(frames) = self.frames.take() {
            frames.finish().map_err(|error| self.broken(error))?;
        }
        self.wait()?;
        Ok(self.file)
    }

    /// The pipe broke: ffmpeg's own words tell more than that.
    fn broken(&mut self, error: io::Error) -> MediaError {
        self.frames = None;
        match self.wait() {
            Err(reason) => reason,
            Ok(()) => MediaError::from_write(&self.path, error),
        }
    }

    fn wait(&mut self) -> Result<(), MediaError> {
        let Some(process) = self.process.take() else {
            return Ok(());
        };
        process.wait_for_success(&self.path)
    }
}

/// Whether this build can encode the format itself.
pub(crate) fn can_encode(ffmpeg: &Ffmpeg, format: OutputFormat) -> bool {
    match format {
        OutputFormat::Mp4 => ffmpeg.has_encoder("libx264"),
        OutputFormat::WebM => ffmpeg.has_encoder("libvpx-vp9"),
        OutputFormat::Mov => ffmpeg.has_encoder("prores_ks"),
        OutputFormat::Gif => ffmpeg.has_encoder("gif") && ffmpeg.has_encoder("ffv1"),
        OutputFormat::PngSequence => false,
    }
}

/// How frames are handed over.
fn layout(config: &OutputConfig) -> PixelLayout {
    if config.has_alpha {
        PixelLayout::Rgba8
    } else {
        PixelLayout::Rgb8
    }
}

fn add_encoder(
    command: &mut ToolCall,
    ffmpeg: &Ffmpeg,
    config: &OutputConfig,
) -> Result<(), MediaError> {
    let missing = |format| Err(MediaError::EncoderMissing { format });
    let (x264_crf, vp9_crf) = match config.quality {
        Quality::Small => (28, 40),
        Quality::Good => (18, 28),
        Quality::Best => (12, 18),
        Quality::RateFactor(factor) => (factor.min(51), factor.min(51) + 12),
    };
    let [x264_crf, vp9_crf] = [x264_crf, vp9_crf].map(|factor: u8| factor.to_string());
    match config.format {
        _ if can_encode(ffmpeg, config.format) => {}
        OutputFormat::WebM => return missing("WebM (VP9)"),
        OutputFormat::Mov => return missing("MOV (ProRes)"),
        OutputFormat::Gif => return missing("GIF"),
        _ => return missing("MP4 (H.264)"),
    }
    match config.format {
        OutputFormat::Gif => {
            command.args(["-c:v", "ffv1", "-f", "nut"]);
        }
        OutputFormat::WebM => {
            let pixels = if config.has_alpha {
                "yuva420p"
            } else {
                "yuv420p"
            };
            add_colour(command, pixels);
            command.args(["-c:v", "libvpx-vp9", "-crf", &vp9_crf, "-b:v", "0"]);
            command.args(["-deadline", "good", "-cpu-used", "4", "-row-mt", "1"]);
            command.args(["-f", "webm"]);
        }
        OutputFormat::Mov => {
            // 10 bits a channel; the profile is the one that holds these pixels
            let (pixels, profile) = if config.has_alpha {
                ("yuva444p10le", "4444")
            } else {
                ("yuv422p10le", "hq")
            };
            add_colour(command, pixels);
            command.args(["-c:v", "prores_ks", "-profile:v", profile]);
            command.args(["-vendor", "apl0", "-f", "mov"]);
        }
        _ => {
            add_colour(command, "yuv420p");
            command.args(["-c:v", "libx264", "-crf", &x264_crf, "-preset", "faster"]);
            command.args(["-f", "mp4"]);
        }
    }
    Ok(())
}

/// Convert to these pixels by the matrix that the tags name. Newer versions take the tags from the frames,
/// older ones from the options.
fn add_colour(command: &mut ToolCall, pixels: &str) {
    let scale =
        "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_inp";
    let tags = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709";
    command.args(["-vf", &format!("{scale},format={pixels},{tags}")]);
    command.args(["-color_range", "tv"]);
    for option in ["-colorspace", "-color_primaries", "-color_trc"] {
        command.args([option, "bt709"]);
    }
}

/// What the last call that writes a file adds: words, and the index in front.
pub(crate) fn add_final_options(command: &mut ToolCall, config: &OutputConfig) {
    command.args(["-map_metadata", "-1", "-map_chapters", "-1"]);
    for (name, text) in config.metadata.entries("title", "comment") {
        // A zero byte cannot stand in an argument, and no player shows control characters.
        let text: String = text.chars().filter(|char| !char.is_control()).collect();
        command.args(["-metadata", &format!("{name}={text}")]);
    }
    if config.format == OutputFormat::WebM && config.has_alpha {
        // browsers look for it; without the file's other words it would be gone
        command.args(["-metadata:s:v:0", "alpha_mode=1"]);
    }
    if matches!(config.format, OutputFormat::Mp4 | OutputFormat::Mov) {
        command.args(["-movflags", "+faststart"]);
    }
}
