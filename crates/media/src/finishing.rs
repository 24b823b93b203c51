//! The second call of ffmpeg: adds sound to encoded frames, or turns them into a GIF.

use std::io::{Read, Seek, SeekFrom, Write};

use crate::atomic::TemporaryFile;
use crate::audio::{Sound, Treatment};
use crate::error::MediaError;
use crate::ffmpeg_encoder::add_final_options;
use crate::ffmpeg_process::FfmpegProcess;
use crate::output::{OutputConfig, OutputFormat, SoundOutcome};
use crate::probe::add_input;
use crate::sniff::FileFormat;
use crate::tool_call::ToolCall;
use crate::tools::Ffmpeg;

/// Most frames a second that browsers play a GIF at.
pub(crate) const GIF_RATE: i64 = 50;

/// Put the sound beside the encoded frames, which are not touched.
pub(crate) fn add_sound(
    ffmpeg: &Ffmpeg,
    config: &OutputConfig,
    video: &TemporaryFile,
    sound: &Sound,
    end_s: f64,
) -> Result<(TemporaryFile, SoundOutcome), MediaError> {
    let frame_s = config.frame_rate.inverse().to_f64();
    let treatment = sound.treatment(config.format, end_s, frame_s);
    let (demuxer, muxer) = match config.format {
        OutputFormat::WebM => ("matroska", "webm"),
        OutputFormat::Mov => ("mov", "mov"),
        _ => ("mov", "mp4"),
    };
    let whole = TemporaryFile::beside(&config.path)?;
    let mut command = ffmpeg.command();
    add_input(&mut command, video.path(), FileFormat::Video(demuxer));
    sound.add_input(&mut command, config.format, treatment, end_s);
    command.args(["-map", "0:v:0", "-c:v", "copy"]);
    sound.add_output(&mut command, ffmpeg, config.format, treatment, end_s)?;
    add_final_options(&mut command, config);
    if config.format == OutputFormat::WebM {
        // Opus begins a few milliseconds early, which the container says by other means than by
        // shifting the video.
        command.args(["-avoid_negative_ts", "disabled"]);
    }
    command.args(["-f", muxer]).output_file(whole.path());
    FfmpegProcess::run(&mut command, &config.path)?;
    let outcome = match treatment {
        Treatment::Copy => SoundOutcome::Copied,
        Treatment::Encode => SoundOutcome::Encoded,
    };
    Ok((whole, outcome))
}

/// Choose 256 colours for the whole clip, then draw every frame with them. Walking through the
/// frames twice keeps memory independent of their number.
pub(crate) fn make_gif(
    ffmpeg: &Ffmpeg,
    config: &OutputConfig,
    frames: &TemporaryFile,
) -> Result<TemporaryFile, MediaError> {
    let is_too_fast = config.frame_rate.to_f64() > GIF_RATE as f64;
    let thin = if is_too_fast { "fps=50," } else { "" };
    let add = |command: &mut ToolCall, file: &TemporaryFile| {
        add_input(command, file.path(), FileFormat::Video("nut"));
    };
    let palette = TemporaryFile::with_extension(&config.path, "nut".as_ref())?;
    let mut command = ffmpeg.command();
    add(&mut command, frames);
    command.args(["-vf", &format!("{thin}palettegen")]);
    command.args(["-c:v", "rawvideo", "-f", "nut"]);
    command.output_file(palette.path());
    FfmpegProcess::run(&mut command, &config.path)?;

    let mut whole = TemporaryFile::beside(&config.path)?;
    let mut command = ffmpeg.command();
    add(&mut command, frames);
    add(&mut command, &palette);
    let draw = format!("[0:v]{thin}null[v];[v][1:v]paletteuse=diff_mode=rectangle");
    command.args(["-lavfi", &draw]);
    command.args([ffmpeg.passthrough_option(), "passthrough", "-f", "gif"]);
    command.output_file(whole.path());
    FfmpegProcess::run(&mut command, &config.path)?;
    add_gif_comment(config, &mut whole)?;
    Ok(whole)
}

/// Put the words before the end of the file, which ffmpeg's GIF writer does not do.
fn add_gif_comment(config: &OutputConfig, gif: &mut TemporaryFile) -> Result<(), MediaError> {
    let words: Vec<&str> = config
        .metadata
        .entries("", "")
        .map(|(_, text)| text)
        .collect();
    if words.is_empty() {
        return Ok(());
    }
    let mut block = vec![0x21, 0xFE]; // comment extension
    for part in words.join("\n").as_bytes().chunks(255) {
        block.push(part.len() as u8);
        block.extend(part);
    }
    block.extend([0, 0x3B]); // end of the comment, end of the file
    let mut replace_end = || {
        let file = gif.file_mut();
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last == [0x3B] {
            file.seek(SeekFrom::End(-1))?;
        }
        file.write_all(&block)
    };
    replace_end().map_err(|source| MediaError::from_write(&config.path, source))
}
