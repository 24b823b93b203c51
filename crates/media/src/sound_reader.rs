//! Reads the sound of a file as samples of one channel, a block at a time.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Stdio};

use crate::error::MediaError;
use crate::ffmpeg_process::FfmpegProcess;
use crate::limits::Limits;
use crate::probe::{add_input, probe};
use crate::sniff::{FileFormat, file_format};
use crate::tools::Tools;

/// Bytes of a sample.
const SAMPLE_BYTES: usize = 4;
/// Processor time that decoding a sound may take, seconds.
const DECODING_S: u64 = 3600;

/// Reads the sound of a sound or video file, mixed to one channel at a chosen rate.
///
/// Memory does not grow with the length. Dropping the reader stops the decoder.
#[derive(Debug)]
pub struct SoundReader {
    path: PathBuf,
    process: Option<FfmpegProcess>,
    samples: ChildStdout,
    bytes: Vec<u8>,
}

impl SoundReader {
    /// Open a file's sound at `rate` samples a second.
    ///
    /// # Errors
    /// If the file is missing or holds no sound, or ffmpeg is absent.
    pub fn open(path: &Path, rate: u32) -> Result<Self, MediaError> {
        Self::open_with(Tools::find(), path, rate)
    }

    /// As [`SoundReader::open`], with the given programs.
    ///
    /// # Errors
    /// As [`SoundReader::open`].
    pub fn open_with(tools: &Tools, path: &Path, rate: u32) -> Result<Self, MediaError> {
        let silent = || MediaError::NoSound {
            path: path.to_owned(),
        };
        let format = file_format(path)?;
        if matches!(
            format,
            FileFormat::Picture(_) | FileFormat::MaybeAnimated(_)
        ) {
            return Err(silent());
        }
        let ffmpeg = tools.need(format!("reading the sound of {}", path.display()))?;
        let probe = probe(ffmpeg, path, format)?;
        let stream = probe.audio().ok_or_else(silent)?.index;
        let mut command = ffmpeg.command();
        command.args(["-max_alloc", &Limits::current().allocation().to_string()]);
        command.processor_time(DECODING_S);
        add_input(&mut command, path, format);
        command.args(["-map", &format!("0:{stream}"), "-ac", "1"]);
        // Gaps in the time stamps become silence, so that samples keep their place in time.
        command.args(["-af", "aresample=async=1", "-ar", &rate.to_string()]);
        command.args(["-c:a", "pcm_f32le", "-f", "f32le", "pipe:1"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = FfmpegProcess::start(&mut command)?;
        let samples = process.take_stdout().expect("standard output is piped");
        Ok(Self {
            path: path.to_owned(),
            process: Some(process),
            samples,
            bytes: Vec::new(),
        })
    }

    /// Fill `block` with the next samples, about -1 to 1; fewer than its length come at the end alone.
    ///
    /// # Errors
    /// If the decoder fails.
    pub fn read(&mut self, block: &mut [f32]) -> Result<usize, MediaError> {
        self.bytes.resize(block.len() * SAMPLE_BYTES, 0);
        let mut filled = 0;
        while filled < self.bytes.len() {
            let count = self
                .samples
                .read(&mut self.bytes[filled..])
                .map_err(|source| MediaError::from_read(&self.path, source))?;
            if count == 0 {
                break;
            }
            filled += count;
        }
        if filled < self.bytes.len()
            && let Some(process) = self.process.take()
        {
            process.wait_for_success(&self.path)?;
        }
        let words = self.bytes[..filled].chunks_exact(SAMPLE_BYTES);
        let count = words.len();
        for (sample, word) in block.iter_mut().zip(words) {
            let value = f32::from_le_bytes(word.try_into().expect("four bytes"));
            *sample = if value.is_finite() { value } else { 0.0 };
        }
        Ok(count)
    }
}
