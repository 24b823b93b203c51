//! Animated GIF, PNG and WebP pictures as videos. They need no ffmpeg.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use image::codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder};
use image::{AnimationDecoder, Delay, Frames, ImageDecoder, ImageError, ImageFormat};

use crate::error::MediaError;
use crate::limits::{Limits, check_frames, check_size};
use crate::pictures::{from_rgba, limits};
use crate::rational::Rational;
use crate::video_info::VideoInfo;

/// Units of a time stamp in a second: whole for centiseconds, milliseconds and the usual rates.
const TICKS_A_SECOND: i64 = 90_000;
/// Longest time that a frame is shown, units.
const LONGEST_DELAY: i64 = 1 << 32;
/// GIF delays up to this many milliseconds mean "as fast as it was in 1995".
const IGNORED_DELAY_MS: u32 = 10;
/// Frames of the largest size that are walked through; of smaller ones as many more.
const MOST_LARGEST_FRAMES: u64 = 100;
/// What every player makes of them, in milliseconds.
const REPLACED_DELAY_MS: u32 = 100;

/// The frames of an animated picture, one by one; it is played once.
pub(crate) struct Animation {
    path: PathBuf,
    frames: Frames<'static>,
    format: ImageFormat,
    next_pts: i64,
    delivered: u64,
    warning: Option<String>,
}

impl std::fmt::Debug for Animation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "Animation of {} at {}",
            self.path.display(),
            self.next_pts
        )
    }
}

/// Whether the picture holds a second frame.
pub(crate) fn has_several_frames(path: &Path, format: ImageFormat) -> bool {
    let Ok((mut frames, ..)) = frames_of(path, format) else {
        return false;
    };
    matches!((frames.next(), frames.next()), (Some(Ok(_)), Some(Ok(_))))
}

impl Animation {
    /// Open the file and walk through it once to learn its length.
    pub(crate) fn open(path: &Path, format: ImageFormat) -> Result<(Self, VideoInfo), MediaError> {
        let (frames, width, height) = frames_of(path, format)?;
        let mut durations: Vec<i64> = Vec::new();
        for frame in frames.map_while(Result::ok) {
            durations.push(ticks(frame.delay(), format));
            check_work(path, durations.len() as u64, (width, height))?;
        }
        let Some(first) = durations.first() else {
            return Err(MediaError::NoFrames {
                path: path.to_owned(),
                message: "the first frame is damaged".to_owned(),
            });
        };
        let total: i64 = durations.iter().sum(); // a delay is below 2^32 units, and frames have a limit
        let frame_rate = Rational::new(durations.len() as i64 * TICKS_A_SECOND, total);
        let info = VideoInfo {
            width,
            height,
            frame_rate: frame_rate.expect("there is a frame, and every delay is positive"),
            time_base: Rational::new(1, TICKS_A_SECOND).expect("both are positive"),
            frame_count: Some(durations.len() as u64),
            duration_s: Some(total as f64 / TICKS_A_SECOND as f64),
            is_variable_rate: durations.iter().any(|duration| duration != first),
            is_hdr: false,
            audio: None,
        };
        let (frames, ..) = frames_of(path, format)?;
        let animation = Self {
            path: path.to_owned(),
            frames,
            format,
            next_pts: 0,
            delivered: 0,
            warning: None,
        };
        Ok((animation, info))
    }

    /// The next picture and its time stamp.
    pub(crate) fn next(&mut self) -> Option<(crate::Image, i64)> {
        if self.warning.is_some() {
            return None;
        }
        match self.frames.next()? {
            Ok(frame) => {
                let pts = self.next_pts;
                self.next_pts += ticks(frame.delay(), self.format);
                self.delivered += 1;
                let picture = frame.into_buffer();
                let (width, height) = picture.dimensions();
                Some((from_rgba(width, height, picture.as_raw()), pts))
            }
            Err(error) => {
                self.warning = Some(format!(
                    "only the first {} frames of {} could be decoded: {error}",
                    self.delivered,
                    self.path.display()
                ));
                None
            }
        }
    }

    /// What went wrong after the frames that came.
    pub(crate) fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }
}

/// Refuse an animation of more frames than any video may have, or of so many large ones that walking through them
/// takes minutes.
fn check_work(path: &Path, frames: u64, (width, height): (u32, u32)) -> Result<(), MediaError> {
    let most = Limits::current().pixels.saturating_mul(MOST_LARGEST_FRAMES);
    let pixels = u64::from(width) * u64::from(height);
    if frames > 1 && frames.saturating_mul(pixels) > most {
        return Err(MediaError::TooManyFrames {
            path: path.to_owned(),
            frames,
            limit: most / pixels.max(1),
        });
    }
    check_frames(path, frames)
}

fn frames_of(path: &Path, format: ImageFormat) -> Result<(Frames<'static>, u32, u32), MediaError> {
    let file = File::open(path).map_err(|source| MediaError::from_read(path, source))?;
    let input = BufReader::new(file);
    let bad = |error: ImageError| MediaError::BadPicture {
        path: path.to_owned(),
        message: error.to_string(),
    };
    let still = || MediaError::NoVideo {
        path: path.to_owned(),
    };
    let checked = |decoder: &mut dyn ImageDecoder| {
        let (width, height) = decoder.dimensions();
        check_size(path, width.into(), height.into())?;
        decoder.set_limits(limits()).map_err(bad)?;
        Ok((width, height))
    };
    let (frames, (width, height)) = match format {
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(input).map_err(bad)?;
            let size = checked(&mut decoder)?;
            (decoder.into_frames(), size)
        }
        ImageFormat::WebP => {
            let mut decoder = WebPDecoder::new(input).map_err(bad)?;
            let size = checked(&mut decoder)?;
            if !decoder.has_animation() {
                return Err(still());
            }
            (decoder.into_frames(), size)
        }
        _ => {
            // from the start: a colour profile unfolds while the header is read
            let mut decoder = PngDecoder::with_limits(input, limits()).map_err(bad)?;
            let size = checked(&mut decoder)?;
            if !decoder.is_apng().map_err(bad)? {
                return Err(still());
            }
            (decoder.apng().map_err(bad)?.into_frames(), size)
        }
    };
    Ok((frames, width, height))
}

/// How long a frame is shown, at least one unit.
fn ticks(delay: Delay, format: ImageFormat) -> i64 {
    let (mut above, mut below) = delay.numer_denom_ms();
    if above <= IGNORED_DELAY_MS.saturating_mul(below) && format == ImageFormat::Gif || above == 0 {
        (above, below) = (REPLACED_DELAY_MS, 1);
    }
    let milliseconds = f64::from(above) / f64::from(below.max(1));
    ((milliseconds * TICKS_A_SECOND as f64 / 1000.0).round() as i64).clamp(1, LONGEST_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_of_ten_milliseconds_and_less_are_shown_as_players_do() {
        let delay = |ms| Delay::from_numer_denom_ms(ms, 1);
        assert_eq!(ticks(delay(0), ImageFormat::Gif), TICKS_A_SECOND / 10);
        assert_eq!(ticks(delay(10), ImageFormat::Gif), TICKS_A_SECOND / 10);
        assert_eq!(ticks(delay(20), ImageFormat::Gif), TICKS_A_SECOND / 50);
        assert_eq!(ticks(delay(10), ImageFormat::WebP), TICKS_A_SECOND / 100);
    }
}
