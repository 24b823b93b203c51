//! Long moving pictures written in whole segments beside the output, so that a run that was killed
//! goes on from the last of them.
//!
//! A segment is a file (or folder of PNG pictures) that appears whole, named by its place, frames and
//! time stamps. Joining copies the encoded frames as they are; the segments stay until the output is
//! there.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::atomic::{TemporaryFile, write_whole};
use crate::error::MediaError;
use crate::ffmpeg_encoder::add_final_options;
use crate::ffmpeg_process::FfmpegProcess;
use crate::finishing::add_sound;
use crate::frame_fitting::stored_size;
use crate::image::Image;
use crate::output::{AudioPlan, OutputConfig, OutputFormat, OutputInfo, SoundOutcome};
use crate::png_folder::PngFolder;
use crate::seal::{rename_with, sealed};
use crate::segment_name::{Segment, whole_segments};
use crate::tools::Tools;
use crate::video_writer::{VideoWriter, plan_sound};

/// Name of the list that ffmpeg joins by.
const LIST: &str = "list.ffconcat";

/// A segment that is being written.
#[derive(Debug)]
struct Open {
    writer: VideoWriter,
    path: PathBuf,
    segment: Segment,
}

/// Writes a moving picture in segments, after those that are there already.
#[derive(Debug)]
pub struct SegmentWriter {
    config: OutputConfig,
    tools: Tools,
    folder: PathBuf,
    frames_each: u64,
    whole: Vec<Segment>,
    open: Option<Open>,
}

impl SegmentWriter {
    /// Look into `folder`, which exists, for segments of `frames_each` frames of the same output.
    ///
    /// # Errors
    /// If the format cannot be joined from segments, ffmpeg is needed and absent, or the folder cannot
    /// be read.
    pub fn open(
        config: &OutputConfig,
        folder: &Path,
        frames_each: u64,
    ) -> Result<Self, MediaError> {
        Self::open_with(Tools::find(), config, folder, frames_each)
    }

    /// As [`SegmentWriter::open`], with the given programs.
    ///
    /// # Errors
    /// As [`SegmentWriter::open`].
    pub fn open_with(
        tools: &Tools,
        config: &OutputConfig,
        folder: &Path,
        frames_each: u64,
    ) -> Result<Self, MediaError> {
        match config.format {
            OutputFormat::PngSequence => {}
            OutputFormat::Gif => {
                return Err(MediaError::BadSettings {
                    path: config.path.clone(),
                    reason:
                        "the colours of a GIF are chosen from all frames at once, so it cannot be \
                             written in segments; write .mp4, .webm or a folder of pictures"
                            .to_owned(),
                });
            }
            _ => {
                tools.need("joining segments")?;
            }
        }
        let writer = Self {
            config: config.clone(),
            tools: tools.clone(),
            folder: folder.to_owned(),
            frames_each: frames_each.max(1),
            whole: whole_segments(folder)?,
            open: None,
        };
        // An output that cannot be completed is told before the long work.
        plan_sound(tools, config, &mut Vec::new())?;
        Ok(writer)
    }

    /// Frames in whole segments: the next one to write has this number.
    pub fn frames_done(&self) -> u64 {
        self.whole.iter().map(|segment| segment.frames).sum()
    }

    /// Add a frame that is shown from `pts` on, in units of the time base.
    ///
    /// # Errors
    /// As [`VideoWriter::write`].
    pub fn write(&mut self, image: &Image, pts: i64) -> Result<(), MediaError> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.start(pts)?,
        };
        open.writer.write(image, pts)?;
        open.segment.frames += 1;
        open.segment.last_pts = pts;
        if open.segment.frames == self.frames_each {
            self.close(open)
        } else {
            self.open = Some(open);
            Ok(())
        }
    }

    /// Complete the last segment, join all, add the sound, and remove the segments.
    ///
    /// # Errors
    /// As [`VideoWriter::finish`].
    pub fn finish(mut self) -> Result<OutputInfo, MediaError> {
        if let Some(open) = self.open.take() {
            self.close(open)?;
        }
        if self.whole.is_empty() {
            return Err(MediaError::BadSettings {
                path: self.config.path,
                reason: "there is not a single frame".to_owned(),
            });
        }
        let mut notes = Vec::new();
        let sound = if self.config.format == OutputFormat::PngSequence {
            plan_sound(&self.tools, &self.config, &mut notes)?;
            self.join_pictures()?;
            SoundOutcome::Silent
        } else {
            self.join_video(&mut notes)?
        };
        // The output is there; segments that stay behind are only in the way.
        drop(fs::remove_dir_all(&self.folder));
        let (width, height) =
            stored_size(self.config.format, self.config.width, self.config.height);
        Ok(OutputInfo {
            frames: self.frames_done(),
            path: self.config.path,
            width,
            height,
            sound,
            notes,
        })
    }

    fn start(&self, pts: i64) -> Result<Open, MediaError> {
        let mut config = self.config.clone();
        config.audio = AudioPlan::None;
        // A name that no whole segment has, until it is one.
        config.path = self.folder.join(match config.path.extension() {
            Some(ending) if config.format != OutputFormat::PngSequence => {
                format!("open.{}", ending.to_string_lossy())
            }
            _ => "open".to_owned(),
        });
        Ok(Open {
            writer: VideoWriter::create_with(&self.tools, &config)?,
            path: config.path,
            segment: Segment {
                index: self.whole.len(),
                frames: 0,
                first_pts: pts,
                last_pts: pts,
            },
        })
    }

    fn close(&mut self, open: Open) -> Result<(), MediaError> {
        open.writer.finish_part()?;
        let place = self.place(&open.segment);
        fs::rename(&open.path, &place).map_err(|source| MediaError::from_write(&place, source))?;
        self.whole.push(open.segment);
        Ok(())
    }

    fn place(&self, segment: &Segment) -> PathBuf {
        self.folder.join(self.name(segment))
    }

    fn name(&self, segment: &Segment) -> String {
        match self.config.path.extension() {
            Some(ending) if self.config.format != OutputFormat::PngSequence => {
                format!("{}.{}", segment.stem(), ending.to_string_lossy())
            }
            _ => segment.stem(),
        }
    }

    /// Link every picture into one folder under its number in the whole.
    fn join_pictures(&self) -> Result<(), MediaError> {
        let mut folder = PngFolder::create(&self.config)?;
        let mut before = 0;
        for segment in &self.whole {
            for index in 0..segment.frames {
                let picture = self.place(segment).join(PngFolder::name(index));
                folder.adopt(before + index, &picture)?;
            }
            before += segment.frames;
        }
        folder.finish()
    }

    fn join_video(&self, notes: &mut Vec<String>) -> Result<SoundOutcome, MediaError> {
        let ffmpeg = self.tools.need("joining segments")?;
        let list = self.folder.join(LIST);
        write_whole(&list, self.list().as_bytes())?;
        let sound = plan_sound(&self.tools, &self.config, notes)?;
        let mut file = TemporaryFile::beside(&self.config.path)?;
        let mut command = ffmpeg.command();
        command.args(["-protocol_whitelist", "file,pipe", "-f", "concat", "-i"]);
        command.input(&list).may_read(&self.folder);
        command.args(["-map", "0:v:0", "-c", "copy"]);
        if sound.is_none() {
            add_final_options(&mut command, &self.config);
        }
        let muxer = match self.config.format {
            OutputFormat::WebM => "webm",
            OutputFormat::Mov => "mov",
            _ => "mp4",
        };
        command.args(["-f", muxer]).output_file(file.path());
        FfmpegProcess::run(&mut command, &self.config.path)?;
        let mut outcome = SoundOutcome::Silent;
        if let Some(sound) = &sound {
            let end_s = self.end_s();
            (file, outcome) = add_sound(ffmpeg, &self.config, &file, sound, end_s)?;
        }
        let (file, sidecar) = sealed(&self.config, file)?;
        notes.extend(rename_with(file, sidecar)?);
        Ok(outcome)
    }

    /// The segments in order, each as long as until the next begins.
    fn list(&self) -> String {
        let mut list = String::from("ffconcat version 1.0\n");
        for (index, segment) in self.whole.iter().enumerate() {
            writeln!(list, "file '{}'", self.name(segment)).expect("strings take all");
            if let Some(next) = self.whole.get(index + 1) {
                let length_s = self.seconds(next.first_pts - segment.first_pts);
                writeln!(list, "duration {length_s:.9}").expect("strings take all");
            }
        }
        list
    }

    fn seconds(&self, ticks: i64) -> f64 {
        ticks as f64 * self.config.time_base.to_f64()
    }

    /// When the last frame has been shown, in seconds.
    fn end_s(&self) -> f64 {
        let pts = |segment: Option<&Segment>, pick: fn(&Segment) -> i64| segment.map_or(0, pick);
        let first = pts(self.whole.first(), |segment| segment.first_pts);
        let last = pts(self.whole.last(), |segment| segment.last_pts);
        self.seconds(last - first) + self.config.frame_rate.inverse().to_f64()
    }
}
