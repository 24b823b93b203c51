//! Writes moving pictures with exact time stamps and sound.
//!
//! Nothing appears under the wanted name before everything is there, and nothing stays behind
//! where a run is given up.

use crate::atomic::TemporaryFile;
use crate::audio::{Sound, Treatment, find_sound};
use crate::error::MediaError;
use crate::ffmpeg_encoder::{FfmpegEncoder, add_final_options};
use crate::ffmpeg_process::FfmpegProcess;
use crate::image::Image;
use crate::output::{AudioPlan, OutputConfig, OutputFormat, OutputInfo, SoundOutcome};
use crate::png_folder::PngFolder;
use crate::probe::add_input;
use crate::sniff::FileFormat;
use crate::tools::{Tools, file_url};

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
    row: Vec<u8>,
}

/// Who stores the frames.
#[derive(Debug)]
enum Target {
    Pictures(PngFolder),
    Ffmpeg(Box<FfmpegEncoder>, TemporaryFile),
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
        let size = stored_size(config);
        let mut notes = Vec::new();
        let sound = plan_sound(tools, config, &mut notes)?;
        let target = if config.format == OutputFormat::PngSequence {
            Target::Pictures(PngFolder::create(&config.path, &config.metadata)?)
        } else {
            let file = TemporaryFile::beside(&config.path)?;
            let ffmpeg = tools.need(format!("writing {}", config.path.display()))?;
            let is_final = sound.is_none() && config.format != OutputFormat::Gif;
            let encoder = FfmpegEncoder::start(ffmpeg, config, size, file.path(), is_final)?;
            Target::Ffmpeg(Box::new(encoder), file)
        };
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
            row: Vec::new(),
        })
    }

    /// Add a frame that is shown from `pts` on, in units of the time base. The first frame is
    /// shown from the start, whatever its stamp is.
    ///
    /// Video has no alpha: where the picture is transparent, it stands before white.
    ///
    /// # Errors
    /// If the size is another, the stamp does not grow, or the frame cannot be written.
    pub fn write(&mut self, image: &Image, pts: i64) -> Result<(), MediaError> {
        self.check_frame(image, pts)?;
        if self.frames == 0 {
            self.first_pts = pts;
        }
        let path = &self.config.path;
        match &mut self.target {
            Target::Pictures(folder) => folder.write(self.frames, image)?,
            Target::Ffmpeg(encoder, _) => {
                let rgb = stored_pixels(image, self.size, &mut self.row);
                encoder.write(path, pts - self.first_pts, rgb)?;
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
        if self.frames == 0 {
            return Err(MediaError::BadSettings {
                path: self.config.path,
                reason: "there is not a single frame".to_owned(),
            });
        }
        let end_s = self.end_s();
        let Self {
            config,
            tools,
            size,
            sound,
            notes,
            target,
            frames,
            ..
        } = self;
        let outcome = match target {
            Target::Pictures(folder) => {
                folder.finish()?;
                SoundOutcome::Silent
            }
            Target::Ffmpeg(encoder, file) => {
                encoder.finish(&config.path)?;
                match sound {
                    Some(sound) => add_sound(&tools, &config, file, &sound, end_s)?,
                    None => {
                        file.rename_to_target()?;
                        SoundOutcome::Silent
                    }
                }
            }
        };
        Ok(OutputInfo {
            path: config.path,
            frames,
            width: size.0,
            height: size.1,
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
            format!("it is {found} x {high}, the others are {width} x {height}")
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

/// Refuse settings that no encoder could follow.
fn check(config: &OutputConfig) -> Result<(), MediaError> {
    let fail = |reason: &str| {
        Err(MediaError::BadSettings {
            path: config.path.clone(),
            reason: reason.to_owned(),
        })
    };
    if config.width == 0 || config.height == 0 {
        return fail("a frame has no pixels");
    }
    if config.width.max(config.height) > 16_384 {
        return fail("a side is longer than 16384 pixels");
    }
    if config.format != OutputFormat::PngSequence && config.path.is_dir() {
        return fail("it is a folder");
    }
    Ok(())
}

/// Find the sound and note why there is none.
fn plan_sound(
    tools: &Tools,
    config: &OutputConfig,
    notes: &mut Vec<String>,
) -> Result<Option<Sound>, MediaError> {
    let holds_sound = matches!(config.format, OutputFormat::Mp4 | OutputFormat::WebM);
    if !holds_sound {
        if config.audio != AudioPlan::None {
            notes.push("this format holds no sound".to_owned());
        }
        return Ok(None);
    }
    match find_sound(tools, &config.audio)? {
        Ok(sound) => Ok(Some(sound)),
        Err(reason) => {
            notes.extend(reason.map(|reason| format!("the result is silent: {reason}")));
            Ok(None)
        }
    }
}

/// Put the sound beside the encoded frames.
fn add_sound(
    tools: &Tools,
    config: &OutputConfig,
    video: TemporaryFile,
    sound: &Sound,
    end_s: f64,
) -> Result<SoundOutcome, MediaError> {
    let ffmpeg = tools.need("adding sound")?;
    let frame_s = config.frame_rate.inverse().to_f64();
    let treatment = sound.treatment(config.format, end_s, frame_s);
    let (demuxer, muxer) = match config.format {
        OutputFormat::WebM => ("matroska", "webm"),
        _ => ("mov", "mp4"),
    };
    let whole = TemporaryFile::beside(&config.path)?;
    let mut command = ffmpeg.command();
    add_input(&mut command, video.path(), FileFormat::Video(demuxer));
    sound.add_input(&mut command, treatment, end_s);
    command.args(["-map", "0:v:0", "-c:v", "copy"]);
    sound.add_output(&mut command, ffmpeg, config.format, treatment, end_s)?;
    add_final_options(&mut command, config);
    command.args(["-f", muxer]).arg(file_url(whole.path()));
    FfmpegProcess::run(&mut command, &config.path)?;
    whole.rename_to_target()?;
    Ok(match treatment {
        Treatment::Copy => SoundOutcome::Copied,
        Treatment::Encode => SoundOutcome::Encoded,
    })
}

/// Size as stored: H.264 in 4:2:0 has no odd sides.
fn stored_size(config: &OutputConfig) -> (u32, u32) {
    match config.format {
        OutputFormat::Mp4 => (
            config.width.next_multiple_of(2),
            config.height.next_multiple_of(2),
        ),
        _ => (config.width, config.height),
    }
}

/// The bytes to store: opaque, with the last column and row repeated where the size asks for it.
fn stored_pixels<'a>(image: &'a Image, size: (u32, u32), room: &'a mut Vec<u8>) -> &'a [u8] {
    let is_plain = image.alpha().is_none() && (image.width(), image.height()) == size;
    if is_plain {
        return image.rgb();
    }
    room.clear();
    for y in 0..size.1 {
        let y = y.min(image.height() - 1);
        for x in 0..size.0 {
            let x = x.min(image.width() - 1);
            let place = y as usize * image.width() as usize + x as usize;
            let alpha = image.alpha().map_or(255, |alpha| u32::from(alpha[place]));
            let pixel = image.pixel(x, y);
            room.extend(pixel.map(|value| before_white(value, alpha)));
        }
    }
    room
}

fn before_white(value: u8, alpha: u32) -> u8 {
    ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_sides_are_made_even_by_repeating_the_last_column_and_row() {
        let mut image = Image::new(3, 1);
        for x in 0..3 {
            image.set_pixel(x, 0, [x as u8 + 1; 3]);
        }
        let mut room = Vec::new();
        let row = [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3];
        assert_eq!(
            stored_pixels(&image, (4, 2), &mut room),
            [row, row].concat()
        );
    }

    #[test]
    fn transparent_pixels_stand_before_white() {
        let image = Image::new(2, 1).with_alpha(vec![0, 255]);
        let mut room = Vec::new();
        assert_eq!(
            stored_pixels(&image, (2, 1), &mut room),
            [255, 255, 255, 0, 0, 0]
        );
    }
}
