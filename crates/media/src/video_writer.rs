//! Writes moving pictures with exact time stamps and sound.
//!
//! Nothing appears under the wanted name before everything is there, and nothing stays behind
//! where a run is given up.

use std::fmt;

use crate::audio::{Sound, find_sound};
use crate::built_in_encoder::BuiltInEncoder;
use crate::error::MediaError;
use crate::ffmpeg_encoder::{FfmpegEncoder, can_encode};
use crate::finishing::{GIF_RATE, add_sound, make_gif};
use crate::frame_fitting::{stored_pixels, stored_size, with_alpha};
use crate::image::Image;
use crate::output::{AudioPlan, OutputConfig, OutputFormat, OutputInfo, SoundOutcome};
use crate::png_folder::PngFolder;
use crate::seal::{FrameMarker, rename_with, sealed};
use crate::tools::Tools;

/// Longest side that is written, pixels.
const MAX_SIDE: u32 = 16_384;
/// Finest unit of time that every format takes, as units a second.
const FINEST_TICKS_A_SECOND: i64 = 1 << 30;

/// Writes a moving picture frame by frame.
///
/// [`VideoWriter::finish`] makes the file; dropping the writer before leaves nothing behind.
#[derive(Debug)]
pub struct VideoWriter {
    config: OutputConfig,
    tools: Tools,
    size: (u32, u32),
    sound: Option<Sound>,
    notes: Vec<String>,
    target: Target,
    frames: u64,
    first_pts: i64,
    last_pts: i64,
    room: Vec<u8>,
    marker: Option<HidingMark>,
}

/// What hides the mark in the frames.
struct HidingMark(Box<dyn FrameMarker>);

impl fmt::Debug for HidingMark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HidingMark")
    }
}

/// Who stores the frames.
#[derive(Debug)]
enum Target {
    Pictures(PngFolder),
    Ffmpeg(FfmpegEncoder),
    BuiltIn(Box<BuiltInEncoder>),
}

impl VideoWriter {
    /// Check the settings, find the sound and start the encoder.
    ///
    /// # Errors
    /// If the folder is missing or read-only, the sound cannot be read, or ffmpeg is needed and
    /// absent.
    pub fn create(config: &OutputConfig) -> Result<Self, MediaError> {
        Self::create_with(Tools::find(), config)
    }

    /// As [`VideoWriter::create`], with the given programs.
    ///
    /// # Errors
    /// As [`VideoWriter::create`].
    pub fn create_with(tools: &Tools, config: &OutputConfig) -> Result<Self, MediaError> {
        check(config)?;
        let size = stored_size(config.format, config.width, config.height);
        let mut notes = Vec::new();
        let marker = match &config.seal {
            Some(seal) => seal
                .frame_marker(config.width, config.height)
                .map_err(|source| MediaError::from_seal(&config.path, source))?,
            None => None,
        };
        let marker = marker.map(HidingMark);
        let sound = plan_sound(tools, config, &mut notes)?;
        let target = Target::start(tools, config, size, sound.is_none(), &mut notes)?;
        Ok(Self {
            config: config.clone(),
            tools: tools.clone(),
            size,
            sound,
            notes,
            target,
            frames: 0,
            first_pts: 0,
            last_pts: 0,
            room: Vec::new(),
            marker,
        })
    }

    /// Add a frame that is shown from `pts` on, in units of the time base. The first frame is
    /// shown from the start, whatever its stamp is.
    ///
    /// Unless transparency is stored, it stands before white.
    ///
    /// # Errors
    /// If the size is another, the stamp does not grow, or the frame cannot be written.
    pub fn write(&mut self, image: &Image, pts: i64) -> Result<(), MediaError> {
        self.check_frame(image, pts)?;
        if self.frames == 0 {
            self.first_pts = pts;
        }
        let shown = pts - self.first_pts;
        let mut marked = None;
        if let Some(marker) = &mut self.marker {
            let frame = marked.insert(image.clone());
            let hidden = marker.0.hide(frame);
            hidden.map_err(|source| MediaError::from_seal(&self.config.path, source))?;
        }
        let image = marked.as_ref().unwrap_or(image);
        match &mut self.target {
            Target::Pictures(folder) => folder.write(self.frames, image)?,
            Target::Ffmpeg(encoder) => {
                let pixels = if self.config.has_alpha {
                    with_alpha(image, &mut self.room)
                } else {
                    stored_pixels(image, self.size, &mut self.room)
                };
                encoder.write(shown, pixels)?;
            }
            Target::BuiltIn(encoder) => {
                encoder.write(shown, stored_pixels(image, self.size, &mut self.room))?;
            }
        }
        self.last_pts = pts;
        self.frames += 1;
        Ok(())
    }

    /// Complete the file, with its sound, and give it its wanted name.
    ///
    /// # Errors
    /// If there was no frame, or something cannot be written.
    pub fn finish(self) -> Result<OutputInfo, MediaError> {
        self.complete(true)
    }

    /// As [`VideoWriter::finish`], for a part of a file that is signed as a whole.
    pub(crate) fn finish_part(self) -> Result<OutputInfo, MediaError> {
        self.complete(false)
    }

    fn complete(self, is_whole: bool) -> Result<OutputInfo, MediaError> {
        if self.frames == 0 {
            return Err(MediaError::BadSettings {
                path: self.config.path,
                reason: "there is not a single frame".to_owned(),
            });
        }
        let end_s = self.end_s();
        let config = &self.config;
        let mut notes = self.notes;
        let encoded = match self.target {
            Target::Pictures(folder) => {
                folder.finish()?;
                None
            }
            Target::Ffmpeg(encoder) => Some(encoder.finish()?),
            Target::BuiltIn(encoder) => Some(encoder.finish()?),
        };
        let mut outcome = SoundOutcome::Silent;
        if let Some(mut file) = encoded {
            if config.format == OutputFormat::Gif {
                file = make_gif(self.tools.need("making a GIF")?, config, &file)?;
            } else if let Some(sound) = &self.sound {
                let ffmpeg = self.tools.need("adding sound")?;
                (file, outcome) = add_sound(ffmpeg, config, &file, sound, end_s)?;
            }
            let (file, sidecar) = if is_whole {
                sealed(config, file)?
            } else {
                (file, None)
            };
            notes.extend(rename_with(file, sidecar)?);
        }
        Ok(OutputInfo {
            path: self.config.path,
            frames: self.frames,
            width: self.size.0,
            height: self.size.1,
            sound: outcome,
            notes,
        })
    }

    /// When the last frame has been shown, in seconds.
    fn end_s(&self) -> f64 {
        let shown = (self.last_pts - self.first_pts) as f64 * self.config.time_base.to_f64();
        shown + self.config.frame_rate.inverse().to_f64()
    }

    fn check_frame(&self, image: &Image, pts: i64) -> Result<(), MediaError> {
        let (width, height) = (self.config.width, self.config.height);
        let reason = if (image.width(), image.height()) != (width, height) {
            let (found, high) = (image.width(), image.height());
            format!("it is {found} x {high}, the output is {width} x {height}")
        } else if self.frames > 0 && pts <= self.last_pts {
            let last = self.last_pts;
            format!("its time stamp {pts} does not come after {last}")
        } else {
            return Ok(());
        };
        let index = self.frames;
        Err(MediaError::BadFrame { index, reason })
    }
}

impl Target {
    /// Choose who stores the frames; `is_final` where no sound follows.
    fn start(
        tools: &Tools,
        config: &OutputConfig,
        size: (u32, u32),
        is_silent: bool,
        notes: &mut Vec<String>,
    ) -> Result<Self, MediaError> {
        if config.format == OutputFormat::PngSequence {
            let folder = PngFolder::create(config)?;
            return Ok(Self::Pictures(folder));
        }
        let ffmpeg = tools.ffmpeg();
        let can_encode = ffmpeg.is_some_and(|ffmpeg| can_encode(ffmpeg, config.format));
        if config.format == OutputFormat::Mp4 && !can_encode {
            notes.push("encoded by the built-in H.264 encoder".to_owned());
            let encoder = BuiltInEncoder::create(config, size)?;
            return Ok(Self::BuiltIn(Box::new(encoder)));
        }
        if config.format == OutputFormat::Gif && config.frame_rate.to_f64() > GIF_RATE as f64 {
            notes.push(format!(
                "a GIF shows at most {GIF_RATE} frames a second, so some were left out"
            ));
        }
        let ffmpeg = tools.need(format!("writing {}", config.path.display()))?;
        let is_final = is_silent && config.format != OutputFormat::Gif;
        let encoder = FfmpegEncoder::start(ffmpeg, config, size, is_final)?;
        Ok(Self::Ffmpeg(encoder))
    }
}

/// Refuse settings that no encoder could follow.
fn check(config: &OutputConfig) -> Result<(), MediaError> {
    let base = config.time_base;
    let reason = if config.width == 0 || config.height == 0 {
        "a frame has no pixels".to_owned()
    } else if config.width.max(config.height) > MAX_SIDE {
        format!("a side is longer than {MAX_SIDE} pixels")
    } else if config.format != OutputFormat::PngSequence && config.path.is_dir() {
        "it is a folder".to_owned()
    } else if base.numerator().max(base.denominator()) > FINEST_TICKS_A_SECOND {
        format!("the time base {base} is too fine")
    } else if config.has_alpha && !config.format.holds_alpha() {
        "this format holds no transparency: end the name in .webm or .mov, or name a folder for PNG \
         pictures"
            .to_owned()
    } else {
        return Ok(());
    };
    let path = config.path.clone();
    Err(MediaError::BadSettings { path, reason })
}

/// Find the sound, or note why there is none.
pub(crate) fn plan_sound(
    tools: &Tools,
    config: &OutputConfig,
    notes: &mut Vec<String>,
) -> Result<Option<Sound>, MediaError> {
    if matches!(config.format, OutputFormat::Gif | OutputFormat::PngSequence) {
        if config.audio != AudioPlan::None {
            notes.push("this format holds no sound".to_owned());
        }
        return Ok(None);
    }
    match find_sound(tools, &config.audio)? {
        Ok(sound) => Ok(Some(sound.beginning_at(config.audio_from_s))),
        Err(reason) => {
            notes.extend(reason.map(|reason| format!("the result is silent: {reason}")));
            Ok(None)
        }
    }
}
