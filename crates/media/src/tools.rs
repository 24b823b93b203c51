//! Finds ffmpeg and ffprobe and learns what the installed build can do.
//!
//! That they are absent is a normal state: pictures, animated pictures and MP4 output work
//! without them.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::confinement::Confinement;
use crate::error::MediaError;
use crate::rational::Rational;
use crate::tool_call::ToolCall;

/// Environment variable that names the ffmpeg program to use instead of the one on the PATH.
const OVERRIDE: &str = "VIVANT_FFMPEG";

/// libavcodec version that came with ffmpeg 5.1, the first one that knows `-fps_mode`.
const FPS_MODE_SINCE: (u32, u32) = (59, 37);

/// The programs that read and write video, as far as they are installed.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    ffmpeg: Option<Ffmpeg>,
}

/// An ffmpeg that was found and answered.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    program: PathBuf,
    probe: PathBuf,
    /// What both need beside the system's libraries.
    program_files: Vec<PathBuf>,
    confinement: Confinement,
    version: String,
    codec_library: (u32, u32),
    encoders: HashSet<String>,
}

impl Tools {
    /// Look for ffmpeg on the PATH, or where `VIVANT_FFMPEG` says, once per process.
    pub fn find() -> &'static Self {
        static FOUND: OnceLock<Tools> = OnceLock::new();
        FOUND.get_or_init(|| {
            let named = std::env::var_os(OVERRIDE).filter(|value| !value.is_empty());
            let program = named.map_or_else(|| PathBuf::from("ffmpeg"), PathBuf::from);
            Self::at(&program)
        })
    }

    /// Use this ffmpeg, and the ffprobe beside it.
    ///
    /// A program that does not exist or does not answer counts as absent.
    pub fn at(program: &Path) -> Self {
        Self {
            ffmpeg: Ffmpeg::ask(program),
        }
    }

    /// Do without ffmpeg even where it is installed.
    pub fn none() -> Self {
        Self::default()
    }

    /// The ffmpeg that was found.
    pub fn ffmpeg(&self) -> Option<&Ffmpeg> {
        self.ffmpeg.as_ref()
    }

    /// The ffmpeg that was found, or an error that says what it is needed for.
    pub(crate) fn need(&self, purpose: impl Into<String>) -> Result<&Ffmpeg, MediaError> {
        self.ffmpeg
            .as_ref()
            .ok_or_else(|| MediaError::FfmpegMissing {
                purpose: purpose.into(),
            })
    }
}

impl Ffmpeg {
    /// Version as the program prints it, such as `5.1.9-0+deb12u1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Where the program lies, or its bare name where the PATH finds it.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// How far its runs are shut in.
    pub fn confinement(&self) -> Confinement {
        self.confinement
    }

    /// Whether this build has an encoder of that name.
    pub fn has_encoder(&self, name: &str) -> bool {
        self.encoders.contains(name)
    }

    /// The option that hands every frame on with its own time stamp, which changed its name.
    pub(crate) fn passthrough_option(&self) -> &'static str {
        if self.codec_library >= FPS_MODE_SINCE {
            "-fps_mode"
        } else {
            "-vsync"
        }
    }

    /// A call of ffmpeg with the options that every call of ours carries.
    pub(crate) fn command(&self) -> ToolCall {
        let mut command = self.call(&self.program);
        command.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"]);
        command
    }

    /// A call of ffprobe with the options that every call of ours carries.
    pub(crate) fn probe_command(&self) -> ToolCall {
        let mut command = self.call(&self.probe);
        command.args(["-hide_banner", "-loglevel", "error"]);
        command
    }

    fn call(&self, program: &Path) -> ToolCall {
        ToolCall::new(program, self.confinement, self.program_files.clone())
    }

    /// Ask as strictly shut in as the system and this build allow.
    fn ask(program: &Path) -> Option<Self> {
        let probe = beside(program);
        let program_files = program_files([program, &probe])?;
        let ways = Confinement::ways().into_iter();
        ways.filter_map(|way| Self::ask_as(way, program, &probe, &program_files))
            .next()
    }

    fn ask_as(way: Confinement, program: &Path, probe: &Path, files: &[PathBuf]) -> Option<Self> {
        let answer = |program: &Path, arguments: &[&str]| {
            let mut call = ToolCall::new(program, way, files.to_vec());
            let output = call.args(arguments).output().ok()?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            output.status.success().then_some(text)
        };
        let text = answer(program, &["-version"])?;
        answer(probe, &["-version"])?;
        let first = text.lines().next()?;
        let version = first.strip_prefix("ffmpeg version ")?;
        Some(Self {
            program: program.to_owned(),
            probe: probe.to_owned(),
            program_files: files.to_vec(),
            confinement: way,
            version: version.split_whitespace().next()?.to_owned(),
            codec_library: codec_library(&text)?,
            encoders: encoder_names(&answer(program, &["-hide_banner", "-encoders"])?),
        })
    }
}

/// The programs where they really lie, and the libraries beside them; `None` where one is not there.
fn program_files(programs: [&Path; 2]) -> Option<Vec<PathBuf>> {
    let mut files = Vec::new();
    for program in programs {
        let Some(found) = locate(program) else {
            // Elsewhere the system looks in more places than the PATH.
            return if cfg!(unix) { None } else { Some(Vec::new()) };
        };
        let real = found.canonicalize().unwrap_or_else(|_| found.clone());
        for place in [found, real] {
            let folder = place.parent().and_then(Path::parent);
            let libraries =
                folder.map(|folder| ["lib", "lib64", "libexec"].map(|n| folder.join(n)));
            files.extend(libraries.into_iter().flatten());
            files.push(place);
        }
    }
    let more = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    files.extend(std::env::split_paths(&more).filter(|path| path.is_absolute()));
    files.sort();
    files.dedup();
    Some(files)
}

/// Where a program lies: as named, or on the PATH where the name is bare.
fn locate(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return program.exists().then(|| program.to_owned());
    }
    let path = std::env::var_os("PATH")?;
    let candidates = std::env::split_paths(&path).map(|folder| folder.join(program));
    candidates.into_iter().find(|candidate| candidate.is_file())
}

/// The ffprobe that belongs to an ffmpeg: same folder, same suffix.
fn beside(program: &Path) -> PathBuf {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let probe = match name.rfind("ffmpeg") {
        Some(at) => format!("{}ffprobe{}", &name[..at], &name[at + "ffmpeg".len()..]),
        None => "ffprobe".to_owned(),
    };
    program.with_file_name(probe)
}

/// Major and minor version of libavcodec. Builds from git have no usable version of their own.
fn codec_library(text: &str) -> Option<(u32, u32)> {
    let line = text.lines().find(|line| line.starts_with("libavcodec"))?;
    let built_with = line.trim_start_matches("libavcodec").split('/').next()?;
    let mut parts = built_with.split('.').map(|part| part.trim().parse().ok());
    Some((parts.next()??, parts.next()??))
}

/// Names from `ffmpeg -encoders`: after the line of dashes, the second word of each line.
fn encoder_names(text: &str) -> HashSet<String> {
    text.lines()
        .skip_while(|line| !line.trim_start().starts_with("------"))
        .filter_map(|line| line.split_whitespace().nth(1))
        .map(str::to_owned)
        .collect()
}

/// A fraction as ffmpeg reads it without going through a float.
pub(crate) fn ratio(fraction: Rational) -> String {
    format!("{}:{}", fraction.numerator(), fraction.denominator())
}

/// The name under which ffmpeg opens exactly this file, whatever characters the path holds.
pub(crate) fn file_url(path: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(path);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codec_library_version_is_read_from_releases_and_git_builds_alike() {
        let text = "ffmpeg version N-109542-g1bf1c64 Copyright\nlibavutil      57. 44.100 / 57. 44.100\n\
                    libavcodec     59. 54.100 / 59. 54.100\n";
        assert_eq!(codec_library(text), Some((59, 54)));
    }

    #[test]
    fn ffprobe_is_looked_for_beside_ffmpeg_under_the_same_suffix() {
        let probe = beside(Path::new("/opt/x/ffmpeg-7.exe"));
        assert_eq!(probe, Path::new("/opt/x/ffprobe-7.exe"));
        assert_eq!(beside(Path::new("ffmpeg")), Path::new("ffprobe"));
    }

    #[test]
    fn a_program_that_does_not_exist_counts_as_absent() {
        assert!(Tools::at(Path::new("/no/such/ffmpeg")).ffmpeg().is_none());
    }

    #[test]
    fn encoder_names_are_the_second_column() {
        let text = "Encoders:\n V..... = Video\n ------\n V....D libx264   H.264 (codec h264)\n";
        assert_eq!(encoder_names(text), HashSet::from(["libx264".to_owned()]));
    }
}
