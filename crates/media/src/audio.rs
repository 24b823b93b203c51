//! Finds the sound for an output and says how ffmpeg has to add it.
//!
//! Sound is copied where the container can hold it and nothing but its end has to be cut;
//! otherwise it is encoded: where silence is needed before or after it, where its start lies
//! before the video's, and where its packets are too long to cut it near the video's end. Several
//! sounds are mixed: added up, with a limiter against what would be too loud.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::error::MediaError;
use crate::output::{AudioPlan, OutputFormat};
use crate::probe::{Probe, add_input, probe, seconds};
use crate::sniff::{FileFormat, file_format};
use crate::tool_call::ToolCall;
use crate::tools::{Ffmpeg, Tools};

/// How far copied sound may be moved to begin where a WebM file can: far below what anyone hears.
const WEBM_NUDGE_S: f64 = 0.010;
/// Processor time that walking through a file may take, seconds.
const SCAN_S: u64 = 3600;

/// Sound that was found, with its place in time.
#[derive(Debug, Clone)]
pub(crate) struct Sound {
    path: PathBuf,
    format: FileFormat,
    stream: u32,
    codec: String,
    channels: u32,
    /// What to add to the stamps as ffmpeg hands them on, to count from the output's first frame.
    shift_s: f64,
    /// First and last moment of the sound, in the output's time.
    start_s: f64,
    end_s: f64,
    /// Longest packet.
    packet_s: f64,
    /// Sounds that play at the same time.
    beside: Vec<Sound>,
}

/// What is done with the sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    Copy,
    Encode,
}

/// Find the sound that the plan asks for; `None` where there is none to be had, with the reason.
pub(crate) fn find_sound(
    tools: &Tools,
    plan: &AudioPlan,
) -> Result<Result<Sound, Option<String>>, MediaError> {
    match plan {
        AudioPlan::None => Ok(Err(None)),
        AudioPlan::CopyFrom(path) => find_one(tools, path, true),
        AudioPlan::File(path) => find_one(tools, path, false),
        AudioPlan::Mix(paths) => {
            let mut found: Option<Sound> = None;
            let mut reason = None;
            for path in paths {
                match (find_one(tools, path, true)?, &mut found) {
                    (Ok(sound), Some(first)) => first.beside.push(sound),
                    (Ok(sound), None) => found = Some(sound),
                    (Err(why), _) => reason = why,
                }
            }
            Ok(found.ok_or(reason))
        }
    }
}

/// Find the sound of one file; `keeps_its_place` against the file's own video.
fn find_one(
    tools: &Tools,
    path: &Path,
    keeps_its_place: bool,
) -> Result<Result<Sound, Option<String>>, MediaError> {
    if path.is_dir() && keeps_its_place {
        return Ok(Err(Some("a folder of pictures has no sound".to_owned())));
    }
    let format = file_format(path)?;
    let is_picture = matches!(
        format,
        FileFormat::Picture(_) | FileFormat::MaybeAnimated(_)
    );
    let silent = || MediaError::NoSound {
        path: path.to_owned(),
    };
    if is_picture {
        return missing(keeps_its_place, silent());
    }
    let Some(ffmpeg) = tools.ffmpeg() else {
        return missing(
            keeps_its_place,
            MediaError::FfmpegMissing {
                purpose: format!("adding the sound of {}", path.display()),
            },
        );
    };
    let probe = probe(ffmpeg, path, format)?;
    match locate(ffmpeg, path, format, &probe, keeps_its_place)? {
        Some(sound) => Ok(Ok(sound)),
        None => missing(keeps_its_place, silent()),
    }
}

/// A driver without sound is normal; a sound file without sound is a mistake.
fn missing(
    is_normal: bool,
    error: MediaError,
) -> Result<Result<Sound, Option<String>>, MediaError> {
    if is_normal {
        Ok(Err(Some(error.to_string())))
    } else {
        Err(error)
    }
}

fn locate(
    ffmpeg: &Ffmpeg,
    path: &Path,
    format: FileFormat,
    probe: &Probe,
    keeps_its_place: bool,
) -> Result<Option<Sound>, MediaError> {
    let Some(stream) = probe.audio() else {
        return Ok(None);
    };
    let Some(packets) = scan_packets(ffmpeg, path, format, stream.index)? else {
        return Ok(None);
    };
    let file_start = seconds(probe.format.start_time.as_ref()).unwrap_or(0.0);
    let audio_start = seconds(stream.start_time.as_ref()).unwrap_or(packets.start_s);
    let video_start = probe
        .video()
        .map(|video| seconds(video.start_time.as_ref()).unwrap_or(0.0));
    let zero = match video_start {
        Some(start) if keeps_its_place => start,
        _ => audio_start,
    };
    Ok(Some(Sound {
        path: path.to_owned(),
        format,
        stream: stream.index,
        codec: stream.codec_name.clone(),
        channels: stream.channels.unwrap_or(2),
        shift_s: file_start - zero,
        start_s: packets.start_s - zero,
        end_s: packets.end_s - zero,
        packet_s: packets.longest_s,
        beside: Vec::new(),
    }))
}

/// When the packets of a stream play, in the file's own time.
struct Packets {
    start_s: f64,
    end_s: f64,
    longest_s: f64,
}

/// Walk through the packets without decoding them. Memory does not depend on their number.
fn scan_packets(
    ffmpeg: &Ffmpeg,
    path: &Path,
    format: FileFormat,
    stream: u32,
) -> Result<Option<Packets>, MediaError> {
    let mut command = ffmpeg.probe_command();
    command.args(["-select_streams", &stream.to_string(), "-of", "csv=p=0"]);
    command.args(["-show_entries", "packet=pts_time,dts_time,duration_time"]);
    add_input(&mut command, path, format);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command.processor_time(SCAN_S);
    let mut child = command.spawn()?;
    let stdout = child.stdout.take().expect("standard output is piped");
    let mut found: Option<Packets> = None;
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let mut fields = line.split(',').map(|field| field.parse::<f64>().ok());
        let mut next = || fields.next().flatten();
        let (pts, dts, duration) = (next(), next(), next());
        let (Some(start), duration) = (pts.or(dts), duration.unwrap_or(0.0)) else {
            continue;
        };
        let packets = found.get_or_insert(Packets {
            start_s: start,
            end_s: start,
            longest_s: 0.0,
        });
        packets.start_s = packets.start_s.min(start);
        packets.end_s = packets.end_s.max(start + duration);
        packets.longest_s = packets.longest_s.max(duration);
    }
    child
        .wait()
        .map_err(|source| MediaError::from_read(path, source))?;
    Ok(found)
}

impl Sound {
    /// The same sound, so that this second of it is heard with the first frame.
    pub(crate) fn beginning_at(mut self, from_s: f64) -> Self {
        self.shift_s -= from_s;
        self.start_s -= from_s;
        self.end_s -= from_s;
        let beside = self.beside.into_iter();
        self.beside = beside.map(|sound| sound.beginning_at(from_s)).collect();
        self
    }

    /// Whether it can be copied beside a video that ends at `end_s` and shows a frame for `frame_s`.
    pub(crate) fn treatment(&self, format: OutputFormat, end_s: f64, frame_s: f64) -> Treatment {
        let fits = match format {
            OutputFormat::WebM => ["opus", "vorbis"].contains(&self.codec.as_str()),
            OutputFormat::Mov => ["aac", "mp3"].contains(&self.codec.as_str()),
            _ => ["aac", "mp3", "opus"].contains(&self.codec.as_str()),
        };
        let starts_in_time = match format {
            // An edit list hides what lies before the first frame.
            OutputFormat::Mp4 | OutputFormat::Mov => self.start_s > -1.5 * self.packet_s,
            _ => self.start_s > -self.hidden_in_webm_s() - WEBM_NUDGE_S,
        };
        let reaches_the_end = self.end_s >= end_s - frame_s;
        // Cut at the packet boundary nearest to the end, the sound is off by half a packet.
        let can_be_cut = self.packet_s > 0.0 && self.packet_s / 2.0 <= frame_s;
        let is_alone = self.beside.is_empty();
        if is_alone && fits && starts_in_time && reaches_the_end && can_be_cut {
            Treatment::Copy
        } else {
            Treatment::Encode
        }
    }

    /// How much of the start WebM itself leaves out: it has no edit lists and no stamps below zero.
    fn hidden_in_webm_s(&self) -> f64 {
        if self.codec == "opus" { 0.007 } else { 0.0 }
    }

    /// Add the sound as an input.
    pub(crate) fn add_input(
        &self,
        command: &mut ToolCall,
        format: OutputFormat,
        treatment: Treatment,
        end_s: f64,
    ) {
        if treatment == Treatment::Copy {
            let cut = (end_s - self.packet_s / 2.0).max(0.0);
            command.args(["-t", &format!("{cut:.6}")]);
        }
        let mut shift_s = self.shift_s;
        if treatment == Treatment::Copy && format == OutputFormat::WebM {
            shift_s += (-self.hidden_in_webm_s() - self.start_s).max(0.0);
        }
        command.args(["-itsoffset", &format!("{shift_s:.6}")]);
        add_input(command, &self.path, self.format);
        for sound in &self.beside {
            command.args(["-itsoffset", &format!("{:.6}", sound.shift_s)]);
            add_input(command, &sound.path, sound.format);
        }
    }

    /// Choose the stream and say how it is stored.
    pub(crate) fn add_output(
        &self,
        command: &mut ToolCall,
        ffmpeg: &Ffmpeg,
        format: OutputFormat,
        treatment: Treatment,
        end_s: f64,
    ) -> Result<(), MediaError> {
        let encoder = match treatment {
            Treatment::Copy => "copy",
            Treatment::Encode => sound_encoder(ffmpeg, format)?,
        };
        if !self.beside.is_empty() {
            command.args(["-filter_complex", &self.mixing(end_s), "-map", "[mixed]"]);
            command.args(["-c:a", encoder, "-b:a", "160000"]);
            return Ok(());
        }
        command.args(["-map", &format!("1:{}", self.stream)]);
        if treatment == Treatment::Copy {
            command.args(["-c:a", encoder]);
            return Ok(());
        }
        // Surround sound in the order that players expect; more than stereo needs more bits.
        let filters = format!(
            "aresample=async=1:first_pts=0,aformat=channel_layouts=mono|stereo|5.1|7.1,\
             apad,atrim=end={end_s:.6}"
        );
        let bits_a_second = 64_000 + 48_000 * self.channels.clamp(1, 8);
        command.args(["-c:a", encoder, "-af", &filters]);
        command.args(["-b:a", &bits_a_second.to_string()]);
        Ok(())
    }
}

impl Sound {
    /// The filters that add up this sound and those beside it, in stereo, until `end_s`.
    fn mixing(&self, end_s: f64) -> String {
        let streams = std::iter::once(self).chain(&self.beside).enumerate();
        let mut filters = String::new();
        let mut labels = String::new();
        for (index, sound) in streams {
            // each goes on in silence, for a mix in which one ends would change its loudness
            let stereo = match sound.channels {
                // as loud on both sides as it was alone
                1 => "pan=stereo|c0=c0|c1=c0",
                _ => "aformat=channel_layouts=stereo",
            };
            filters += &format!(
                "[{}:{}]aresample=48000:async=1:first_pts=0,{stereo},apad[s{index}];",
                index + 1,
                sound.stream
            );
            labels += &format!("[s{index}]");
        }
        let count = 1 + self.beside.len();
        // amix divides by the number of its inputs
        filters
            + &labels
            + &format!(
                "amix=inputs={count}:duration=first,volume={count},alimiter=level=0,\
                 atrim=end={end_s:.6}[mixed]"
            )
    }
}

fn sound_encoder(ffmpeg: &Ffmpeg, format: OutputFormat) -> Result<&'static str, MediaError> {
    let (wanted, name): (&[&str], _) = match format {
        OutputFormat::WebM => (&["libopus", "libvorbis"], "Opus or Vorbis sound"),
        _ => (&["aac"], "AAC sound"),
    };
    let found = wanted.iter().find(|name| ffmpeg.has_encoder(name));
    found
        .copied()
        .ok_or(MediaError::EncoderMissing { format: name })
}
