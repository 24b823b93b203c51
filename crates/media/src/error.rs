//! Why a picture, a video or its sound could not be read or written.

use std::io;
use std::path::{Path, PathBuf};

/// Why media could not be read or written. Every variant names the file and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// There is no such file or folder.
    #[error("no such file or folder: {}", path.display())]
    NotFound {
        /// What was asked for.
        path: PathBuf,
    },
    /// The operating system refused to read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The operating system refused to write.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file that was wanted.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk, or the quota, is used up.
    #[error("no space left while writing {}: free some space or choose another folder", path.display())]
    DiskFull {
        /// The file that was wanted.
        path: PathBuf,
    },
    /// The file has no bytes.
    #[error("{} is empty (zero bytes)", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The first bytes belong to no format that is read here.
    #[error("{} is neither a picture nor a video in a known format", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// A known format that is not read.
    #[error("{} is {format}, which is not read: {advice}", path.display())]
    UnsupportedFormat {
        /// The file.
        path: PathBuf,
        /// Its format, with an article.
        format: &'static str,
        /// What to convert it to.
        advice: &'static str,
    },
    /// A playlist, or a file that hides one: it could make the decoder open other files.
    #[error(
        "{} is or contains a playlist, which may name other files: give the video file itself",
        path.display()
    )]
    Playlist {
        /// The file.
        path: PathBuf,
    },
    /// The picture's bytes do not make sense.
    #[error("cannot decode the picture {}: {message}", path.display())]
    BadPicture {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        message: String,
    },
    /// The header declares more pixels than are ever decoded.
    #[error(
        "{} declares {width} x {height} pixels; at most {max_side} a side and {max_pixels} in all are read",
        path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Declared width.
        width: u64,
        /// Declared height.
        height: u64,
        /// Longest side that is read.
        max_side: u64,
        /// Most pixels that are read.
        max_pixels: u64,
    },
    /// The file is larger than is ever read.
    #[error(
        "{} has {bytes} bytes; at most {limit} are read: raise the limit `bytes` if you trust it",
        path.display()
    )]
    TooManyBytes {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// Largest size that is read.
        limit: u64,
    },
    /// The file holds, or declares, more frames or edits than are ever read.
    #[error(
        "{} has {frames} frames or more; at most {limit} are read: raise the limit `frames` if you trust it",
        path.display()
    )]
    TooManyFrames {
        /// The file.
        path: PathBuf,
        /// Its frames, as far as they were counted.
        frames: u64,
        /// Most frames that are read.
        limit: u64,
    },
    /// The file is, or declares to be, longer than is ever read.
    #[error(
        "{} is {seconds:.0} s long; at most {limit_s} s are read: raise the limit `duration` if you trust it",
        path.display()
    )]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Its length.
        seconds: f64,
        /// Longest length that is read.
        limit_s: u64,
    },
    /// The decoder has worked for long without a result.
    #[error(
        "{} gave no frame for {stall_s} s, so it was given up: raise the limit `stall` if you trust it",
        path.display()
    )]
    Stalled {
        /// The file.
        path: PathBuf,
        /// How long was waited.
        stall_s: u64,
    },
    /// The folder holds no picture.
    #[error("the folder {} holds no pictures", path.display())]
    NoPictures {
        /// The folder.
        path: PathBuf,
    },
    /// A picture of a folder has another size than the first.
    #[error(
        "{} is {width} x {height}, but the first picture of its folder is {first_width} x {first_height}",
        path.display()
    )]
    FrameSize {
        /// The picture.
        path: PathBuf,
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// Width of the first picture.
        first_width: u32,
        /// Height of the first picture.
        first_height: u32,
    },
    /// The file has no moving pictures.
    #[error("{} has no video stream", path.display())]
    NoVideo {
        /// The file.
        path: PathBuf,
    },
    /// The file has no sound.
    #[error("{} has no sound", path.display())]
    NoSound {
        /// The file.
        path: PathBuf,
    },
    /// Not one frame could be decoded.
    #[error("no frame of {} could be decoded: {message}", path.display())]
    NoFrames {
        /// The file.
        path: PathBuf,
        /// What ffmpeg said.
        message: String,
    },
    /// A program that is needed for this is not installed.
    #[error(
        "{purpose} needs ffmpeg and ffprobe, which were not found: install ffmpeg, \
         or name the program in VIVANT_FFMPEG"
    )]
    FfmpegMissing {
        /// What they were needed for.
        purpose: String,
    },
    /// There is no device to show pictures on.
    #[error(
        "{} is no camera device: on Linux install v4l2loopback and make one with \
         `sudo modprobe v4l2loopback video_nr=10 exclusive_caps=1 card_label=Vivant`, then name /dev/video10; \
         elsewhere let OBS capture the clean view",
        device.display()
    )]
    NoVirtualCamera {
        /// What was named.
        device: PathBuf,
    },
    /// The installed ffmpeg cannot do what is needed.
    #[error("the installed ffmpeg has no encoder for {format}: install a complete build")]
    EncoderMissing {
        /// The wanted format.
        format: &'static str,
    },
    /// The program could not be started at all.
    #[error("cannot start {}", program.display())]
    CannotStart {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// ffmpeg or ffprobe ended with an error.
    #[error("ffmpeg failed on {}: {message}", path.display())]
    Ffmpeg {
        /// The file it worked on.
        path: PathBuf,
        /// What it said.
        message: String,
    },
    /// The ending of the output names no format that is written.
    #[error(
        "cannot tell the format of {}: end it in .mp4, .webm, .mov or .gif, or name a folder for PNG pictures",
        path.display()
    )]
    UnknownOutput {
        /// The wanted file.
        path: PathBuf,
    },
    /// The folder for the output does not exist.
    #[error("the folder {} does not exist", path.display())]
    NoOutputFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The output folder holds other things.
    #[error(
        "the folder {} is not empty: name a new or empty folder, or one that holds earlier frames alone",
        path.display()
    )]
    OutputFolderInUse {
        /// The folder.
        path: PathBuf,
    },
    /// A frame was handed over that does not fit the output.
    #[error("frame {index} does not fit the output: {reason}")]
    BadFrame {
        /// Which frame, counted from 0.
        index: u64,
        /// What is wrong.
        reason: String,
    },
    /// The settings contradict themselves.
    #[error("cannot write {}: {reason}", path.display())]
    BadSettings {
        /// The wanted file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The output cannot be marked as what it is, so it is not written.
    #[error("cannot mark {}", path.display())]
    Seal {
        /// The wanted file.
        path: PathBuf,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The built-in encoder refused.
    #[error("the built-in H.264 encoder failed on {}: {message}", path.display())]
    BuiltInEncoder {
        /// The wanted file.
        path: PathBuf,
        /// What it said.
        message: String,
    },
}

impl MediaError {
    /// Tell a missing file from one that cannot be read.
    pub fn from_read(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            _ => Self::Read { path, source },
        }
    }

    /// Tell a full disk from one that cannot be written.
    pub fn from_write(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull { path },
            _ => Self::Write { path, source },
        }
    }

    /// Name the output that a seal refused.
    pub(crate) fn from_seal(path: &Path, source: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self::Seal {
            path: path.to_owned(),
            source,
        }
    }

    /// Tell a full disk from ffmpeg's other failures.
    pub(crate) fn from_ffmpeg(path: &Path, message: String) -> Self {
        let path = path.to_owned();
        if message.contains("No space left") || message.contains("File too large") {
            return Self::DiskFull { path };
        }
        Self::Ffmpeg { path, message }
    }
}
