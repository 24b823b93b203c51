//! Reads videos, animated pictures and picture folders frame by frame.
//!
//! Memory does not grow with the length: a few frames are in flight at a time.

use std::path::{Path, PathBuf};

use crate::animation::Animation;
use crate::error::MediaError;
use crate::ffmpeg_frames::FfmpegFrames;
use crate::frame::Frame;
use crate::limits::{check_duration, check_frames};
use crate::picture_folder::PictureFolder;
use crate::rational::Rational;
use crate::sniff::{FileFormat, file_format};
use crate::tools::Tools;
use crate::video_info::VideoInfo;

/// Frames a second of a picture folder where nobody says otherwise.
const FOLDER_RATE: i64 = 25;

/// Reads a video, an animated picture or a picture folder frame by frame.
///
/// Dropping the reader stops the decoder.
#[derive(Debug)]
pub struct VideoReader {
    path: PathBuf,
    info: VideoInfo,
    frames: Frames,
    next_index: u64,
    last_pts: Option<i64>,
}

/// Who decodes.
#[derive(Debug)]
enum Frames {
    Ffmpeg(Box<FfmpegFrames>),
    Animation(Box<Animation>),
    Folder(PictureFolder),
}

impl VideoReader {
    /// Open a video or an animated picture; a folder is read at 25 frames a second.
    ///
    /// # Errors
    /// If the file is missing, empty, too large, no video, or damaged beyond its first frame, or
    /// if it needs ffmpeg and there is none.
    pub fn open(path: &Path) -> Result<Self, MediaError> {
        Self::open_with(Tools::find(), path)
    }

    /// As [`VideoReader::open`], with the given programs.
    ///
    /// # Errors
    /// As [`VideoReader::open`].
    pub fn open_with(tools: &Tools, path: &Path) -> Result<Self, MediaError> {
        if path.is_dir() {
            let rate = Rational::new(FOLDER_RATE, 1).expect("the rate is positive");
            return Self::open_folder(path, rate);
        }
        let format = file_format(path)?;
        let (frames, info) = match format {
            FileFormat::MaybeAnimated(format) => {
                let (animation, info) = Animation::open(path, format)?;
                (Frames::Animation(Box::new(animation)), info)
            }
            FileFormat::Picture(_) => {
                return Err(MediaError::NoVideo {
                    path: path.to_owned(),
                });
            }
            _ => {
                let ffmpeg = tools.need(format!("reading the video {}", path.display()))?;
                let (frames, info) = FfmpegFrames::start(ffmpeg, path, format)?;
                (Frames::Ffmpeg(Box::new(frames)), info)
            }
        };
        Ok(Self::new(path, info, frames))
    }

    /// Open a folder of pictures as a video of the given rate.
    ///
    /// # Errors
    /// If the folder is missing or holds no pictures.
    pub fn open_folder(folder: &Path, frame_rate: Rational) -> Result<Self, MediaError> {
        let (pictures, info) = PictureFolder::open(folder, frame_rate)?;
        Ok(Self::new(folder, info, Frames::Folder(pictures)))
    }

    /// What is known about the video.
    pub fn info(&self) -> &VideoInfo {
        &self.info
    }

    /// The next frame, or `None` at the end.
    ///
    /// Of a damaged file the frames that can be decoded come; then [`VideoReader::warning`] tells.
    ///
    /// # Errors
    /// If not a single frame can be decoded, or a picture of a folder cannot be used.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, MediaError> {
        let next = match &mut self.frames {
            Frames::Ffmpeg(frames) => frames.next()?,
            Frames::Animation(animation) => animation.next(),
            Frames::Folder(pictures) => pictures.next()?,
        };
        let Some((image, pts)) = next else {
            return Ok(None);
        };
        // Damaged files repeat stamps; later stages rely on their growing.
        let pts = self
            .last_pts
            .map_or(pts, |last| pts.max(last.saturating_add(1)));
        let index = self.next_index;
        // What the header declared was checked before, but it may have lied.
        check_frames(&self.path, index + 1)?;
        check_duration(&self.path, pts as f64 * self.info.time_base.to_f64())?;
        self.last_pts = Some(pts);
        self.next_index += 1;
        Ok(Some(Frame { image, pts, index }))
    }

    /// What went wrong so far although frames came, such as a file that was cut off.
    pub fn warning(&self) -> Option<&str> {
        match &self.frames {
            Frames::Ffmpeg(frames) => frames.warning(),
            Frames::Animation(animation) => animation.warning(),
            Frames::Folder(_) => None,
        }
    }

    fn new(path: &Path, info: VideoInfo, frames: Frames) -> Self {
        Self {
            path: path.to_owned(),
            info,
            frames,
            next_index: 0,
            last_pts: None,
        }
    }
}
