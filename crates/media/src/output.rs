//! What is to be written, and what came out.

use std::path::{Path, PathBuf};

use crate::error::MediaError;
use crate::metadata::Metadata;
use crate::rational::Rational;
use crate::seal::SharedSeal;

/// Everything a [`crate::VideoWriter`] needs to know before the first frame.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputConfig {
    /// The wanted file, or folder for PNG pictures.
    pub path: PathBuf,
    /// Width of every frame.
    pub width: u32,
    /// Height of every frame.
    pub height: u32,
    /// Frames a second; the average where the rate varies. The last frame is shown this long.
    pub frame_rate: Rational,
    /// Seconds of one unit of the time stamps.
    pub time_base: Rational,
    /// How it is stored.
    pub format: OutputFormat,
    /// Closeness to the frames against size of the file.
    pub quality: Quality,
    /// Where the sound comes from.
    pub audio: AudioPlan,
    /// Second of the sound that is heard with the first frame.
    pub audio_from_s: f64,
    /// Words that are stored in the file.
    pub metadata: Metadata,
    /// Whether transparency is stored; else transparent pictures stand before white. PNG pictures
    /// always keep it.
    pub has_alpha: bool,
    /// Who marks the finished file, if anybody.
    pub seal: Option<SharedSeal>,
}

impl OutputConfig {
    /// A silent output of constant rate in the format that the path names.
    ///
    /// # Errors
    /// If the path names no known format.
    pub fn new(
        path: &Path,
        width: u32,
        height: u32,
        frame_rate: Rational,
    ) -> Result<Self, MediaError> {
        Ok(Self {
            path: path.to_owned(),
            width,
            height,
            frame_rate,
            time_base: frame_rate.inverse(),
            format: OutputFormat::from_path(path)?,
            quality: Quality::default(),
            audio: AudioPlan::None,
            audio_from_s: 0.0,
            metadata: Metadata::default(),
            has_alpha: false,
            seal: None,
        })
    }
}

/// How a moving picture is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// H.264 in MP4: 4:2:0, BT.709, playable while it loads. Sizes are made even by repeating the
    /// last column or row.
    Mp4,
    /// VP9 in WebM, with transparency where asked for.
    WebM,
    /// Apple ProRes in QuickTime, for further work: 4444 with transparency where asked for, else 422
    /// HQ.
    Mov,
    /// Animated GIF: 256 colours chosen for the whole clip, no sound, at most 50 frames a second.
    Gif,
    /// A folder of numbered PNG pictures, with alpha; no sound, no time stamps.
    PngSequence,
}

impl OutputFormat {
    /// Whether transparency can be stored.
    pub fn holds_alpha(self) -> bool {
        matches!(self, Self::WebM | Self::Mov | Self::PngSequence)
    }

    /// The format's media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Mp4 => "video/mp4",
            Self::WebM => "video/webm",
            Self::Mov => "video/quicktime",
            Self::Gif => "image/gif",
            Self::PngSequence => "image/png",
        }
    }

    /// Tell the format from the ending; no ending, or a folder that exists, means PNG pictures.
    ///
    /// # Errors
    /// If the ending is none of `.mp4`, `.m4v`, `.webm`, `.mov` and `.gif`.
    pub fn from_path(path: &Path) -> Result<Self, MediaError> {
        let extension = path.extension().map(|text| text.to_string_lossy());
        match extension.map(|text| text.to_ascii_lowercase()).as_deref() {
            _ if path.is_dir() => Ok(Self::PngSequence),
            None if path.file_name().is_some() => Ok(Self::PngSequence),
            Some("mp4" | "m4v") => Ok(Self::Mp4),
            Some("webm") => Ok(Self::WebM),
            Some("mov") => Ok(Self::Mov),
            Some("gif") => Ok(Self::Gif),
            _ => Err(MediaError::UnknownOutput {
                path: path.to_owned(),
            }),
        }
    }
}

/// Closeness to the frames against size of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quality {
    /// Small files; losses can be seen.
    Small,
    /// Losses can hardly be seen.
    #[default]
    Good,
    /// Large files for further work.
    Best,
    /// The constant rate factor of the encoder, for measuring what coding does: 0 (best) to 51 of H.264;
    /// VP9 takes 12 more.
    RateFactor(u8),
}

/// Where the sound of an output comes from.
///
/// The sound never outlasts the video, and ends within one frame of it: what is longer is cut at
/// the end of the video, what is shorter is followed by silence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AudioPlan {
    /// No sound.
    #[default]
    None,
    /// The sound of this video, which keeps its place in time against that video's first frame. A
    /// video without sound gives a silent output and a note.
    CopyFrom(PathBuf),
    /// The sounds of these videos at once, each as [`AudioPlan::CopyFrom`] has it. Those without sound are left
    /// out.
    Mix(Vec<PathBuf>),
    /// This file from its beginning. A file without sound is an error.
    File(PathBuf),
}

/// What happened to the sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoundOutcome {
    /// There is none.
    Silent,
    /// Stored as it was.
    Copied,
    /// Encoded anew.
    Encoded,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputInfo {
    /// The file or folder.
    pub path: PathBuf,
    /// Frames written.
    pub frames: u64,
    /// Width as stored.
    pub width: u32,
    /// Height as stored.
    pub height: u32,
    /// What happened to the sound.
    pub sound: SoundOutcome,
    /// What the user should know, in sentences, such as why there is no sound.
    pub notes: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_decides_the_format_and_no_ending_means_pictures() {
        let format = |path: &str| OutputFormat::from_path(Path::new(path)).ok();
        assert_eq!(format("a/b.MP4"), Some(OutputFormat::Mp4));
        assert_eq!(format("b.webm"), Some(OutputFormat::WebM));
        assert_eq!(format("b.MOV"), Some(OutputFormat::Mov));
        assert_eq!(format("b.gif"), Some(OutputFormat::Gif));
        assert_eq!(format("frames"), Some(OutputFormat::PngSequence));
        assert_eq!(format("b.xyz"), None);
        assert_eq!(format(""), None);
    }
}
