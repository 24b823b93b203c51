//! H.264 in MP4 without ffmpeg, by the encoder that is built into the program. Video alone.

use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, Write};
use std::path::PathBuf;

use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, QpRange,
    RateControlMode, UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;

use crate::atomic::TemporaryFile;
use crate::error::MediaError;
use crate::mp4_file::{Sample, Track};
use crate::output::{OutputConfig, Quality};
use crate::rational::Rational;
use crate::yuv::Yuv420;

/// Longest side and shorter side that the encoder takes.
const LARGEST: (u32, u32) = (3840, 2160);
/// Shortest side that it takes.
const SMALLEST: u32 = 16;
/// Bits a pixel that are never reached, so that the quantiser alone decides.
const PLENTY_BITS_A_PIXEL: f64 = 2.0;

/// Encodes frames into a file beside the target.
pub(crate) struct BuiltInEncoder {
    config: OutputConfig,
    size: (u32, u32),
    encoder: Encoder,
    yuv: Yuv420,
    data: BufWriter<File>,
    // Removed with the encoder; `data` writes to it.
    data_file: TemporaryFile,
    samples: Vec<Sample>,
    pts: Vec<i64>,
    sequence: Vec<u8>,
    picture: Vec<u8>,
}

impl std::fmt::Debug for BuiltInEncoder {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "BuiltInEncoder with {} frames", self.samples.len())
    }
}

impl BuiltInEncoder {
    /// Make an encoder for frames of `size`, whose sides are even.
    pub(crate) fn create(config: &OutputConfig, size: (u32, u32)) -> Result<Self, MediaError> {
        let (long, short) = (size.0.max(size.1), size.0.min(size.1));
        if long > LARGEST.0 || short > LARGEST.1 || short < SMALLEST {
            return Err(MediaError::BadSettings {
                path: config.path.clone(),
                reason: format!(
                    "without ffmpeg a video is {SMALLEST} to {} x {} pixels large, not {} x {}",
                    LARGEST.0, LARGEST.1, size.0, size.1
                ),
            });
        }
        let api = OpenH264API::from_source();
        let encoder = Encoder::with_api_config(api, settings(config, size))
            .map_err(|error| refused(&config.path, &error))?;
        let mut data_file = TemporaryFile::with_extension(&config.path, "h264".as_ref())?;
        let data = data_file.file_mut().try_clone();
        let data = data.map_err(|source| MediaError::from_write(&config.path, source))?;
        Ok(Self {
            config: config.clone(),
            size,
            encoder,
            yuv: Yuv420::new(size.0, size.1),
            data: BufWriter::new(data),
            data_file,
            samples: Vec::new(),
            pts: Vec::new(),
            sequence: Vec::new(),
            picture: Vec::new(),
        })
    }

    /// Encode one frame.
    pub(crate) fn write(&mut self, pts: i64, rgb: &[u8]) -> Result<(), MediaError> {
        self.yuv.fill(rgb);
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let source = YUVSlices::new(
            self.yuv.planes(),
            (width, height),
            (width, width / 2, width / 2),
        );
        let encoded = self
            .encoder
            .encode(&source)
            .map_err(|error| refused(&self.config.path, &error))?;
        let is_key = matches!(encoded.frame_type(), FrameType::IDR | FrameType::I);
        let stream = encoded.to_vec();
        let mut bytes = 0;
        for unit in units(&stream) {
            match unit[0] & 0x1F {
                7 => self.sequence = unit.to_vec(),
                8 => self.picture = unit.to_vec(),
                _ => {
                    let length = (unit.len() as u32).to_be_bytes();
                    let written = self.data.write_all(&length);
                    written
                        .and_then(|()| self.data.write_all(unit))
                        .map_err(|source| MediaError::from_write(&self.config.path, source))?;
                    bytes += 4 + unit.len() as u32;
                }
            }
        }
        self.samples.push(Sample {
            bytes,
            duration: 0,
            is_key,
        });
        self.pts.push(pts);
        Ok(())
    }

    /// Complete the file, still under its temporary name.
    pub(crate) fn finish(mut self) -> Result<TemporaryFile, MediaError> {
        self.set_durations();
        let path = self.config.path.clone();
        let fail = |source| MediaError::from_write(&path, source);
        self.data.flush().map_err(fail)?;
        let data = self.data_file.file_mut();
        data.rewind().map_err(fail)?;
        let mut whole = TemporaryFile::beside(&path)?;
        let track = Track {
            width: self.size.0,
            height: self.size.1,
            time_base: self.config.time_base,
            parameter_sets: (&self.sequence, &self.picture),
            samples: &self.samples,
            metadata: &self.config.metadata,
        };
        let mut out = BufWriter::new(whole.file_mut());
        track
            .write_file(&mut out, &mut BufReader::new(data))
            .map_err(fail)?;
        drop(out);
        Ok(whole)
    }

    /// Each frame is shown until the next; the last one as long as the frame rate says.
    fn set_durations(&mut self) {
        let frame = self.config.frame_rate.inverse().to_f64();
        let last = (frame / self.config.time_base.to_f64()).round().max(1.0) as i64;
        let ends = self.pts.iter().skip(1).copied();
        let ends = ends.chain(self.pts.last().map(|pts| pts + last));
        for ((sample, start), end) in self.samples.iter_mut().zip(&self.pts).zip(ends) {
            sample.duration = u32::try_from(end - start).unwrap_or(u32::MAX);
        }
    }
}

fn settings(config: &OutputConfig, size: (u32, u32)) -> EncoderConfig {
    let quantiser = match config.quality {
        Quality::Small => 32,
        Quality::Good => 22,
        Quality::Best => 16,
        Quality::RateFactor(factor) => factor.min(51),
    };
    let rate = config.frame_rate.to_f64();
    let bits = f64::from(size.0) * f64::from(size.1) * rate * PLENTY_BITS_A_PIXEL;
    EncoderConfig::new()
        .rate_control_mode(RateControlMode::Bufferbased)
        .bitrate(BitRate::from_bps(bits.min(2e8) as u32))
        .qp(QpRange::new(quantiser, quantiser))
        .skip_frames(false)
        .max_frame_rate(FrameRate::from_hz(rate as f32))
        .usage_type(UsageType::CameraVideoRealTime)
        .complexity(Complexity::High)
        .scene_change_detect(false)
        .background_detection(false)
        .adaptive_quantization(false)
        .intra_frame_period(IntraFramePeriod::from_num_frames(whole_seconds(
            config.frame_rate,
        )))
        .vui(VuiConfig::bt709())
}

/// Frames in five seconds: how far apart the points are that players can jump to.
fn whole_seconds(rate: Rational) -> u32 {
    (5.0 * rate.to_f64()).ceil().clamp(1.0, 600.0) as u32
}

/// The units of a byte stream, without the start codes between them.
fn units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut starts: Vec<(usize, usize)> = Vec::new(); // where a start code begins and ends
    for (place, window) in stream.windows(3).enumerate() {
        if window == [0, 0, 1] {
            let long = place > 0 && stream[place - 1] == 0;
            starts.push((place - usize::from(long), place + 3));
        }
    }
    let ends: Vec<usize> = starts
        .iter()
        .skip(1)
        .map(|(begin, _)| *begin)
        .chain([stream.len()])
        .collect();
    starts
        .into_iter()
        .zip(ends)
        .map(|((_, start), end)| &stream[start..end])
        .filter(|unit| !unit.is_empty())
}

fn refused(path: &std::path::Path, error: &openh264::Error) -> MediaError {
    MediaError::BuiltInEncoder {
        path: PathBuf::from(path),
        message: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_cut_at_short_and_long_start_codes() {
        let stream = [
            0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 4, 5,
        ];
        let found: Vec<&[u8]> = units(&stream).collect();
        assert_eq!(found, [&[0x67, 1, 2][..], &[0x68, 3], &[0x65, 4, 5]]);
    }
}
