//! Frames into a camera device that other programs open: v4l2loopback on Linux, through ffmpeg.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Stdio};

use crate::error::MediaError;
use crate::ffmpeg_process::FfmpegProcess;
use crate::image::Image;
use crate::tool_call::ToolCall;
use crate::tools::Tools;

/// A camera of our own making.
#[derive(Debug)]
pub struct VirtualCamera {
    device: PathBuf,
    size: [u32; 2],
    input: ChildStdin,
    /// Killed when dropped; none after it has failed.
    process: Option<FfmpegProcess>,
}

impl VirtualCamera {
    /// Whether pictures could be sent to this device.
    ///
    /// # Errors
    /// Where it does not exist, or ffmpeg is absent; the error says what to do.
    pub fn check(device: &Path) -> Result<(), MediaError> {
        if !cfg!(target_os = "linux") || !is_device(device) {
            return Err(MediaError::NoVirtualCamera {
                device: device.to_owned(),
            });
        }
        Tools::find().need("a virtual camera").map(|_| ())
    }

    /// Open a device for pictures of this size (width and height, both even).
    ///
    /// # Errors
    /// As [`VirtualCamera::check`], or where ffmpeg does not start.
    pub fn open(device: &Path, size: [u32; 2], frames_per_second: u32) -> Result<Self, MediaError> {
        Self::check(device)?;
        let device =
            std::path::absolute(device).map_err(|source| MediaError::from_write(device, source))?;
        let mut process = FfmpegProcess::start(&mut call(&device, size, frames_per_second)?)?;
        let input = process.take_stdin().expect("standard input is piped");
        Ok(Self {
            device,
            size,
            input,
            process: Some(process),
        })
    }

    /// Show a picture.
    ///
    /// # Errors
    /// Where the device takes no more, as when it was removed or cannot show pictures; the error has ffmpeg's words.
    ///
    /// # Panics
    /// If the picture has another size: a wiring bug.
    pub fn show(&mut self, picture: &Image) -> Result<(), MediaError> {
        assert_eq!([picture.width(), picture.height()], self.size, "size");
        let Err(source) = self.input.write_all(picture.rgb()) else {
            return Ok(());
        };
        match self.process.take() {
            Some(process) => process.wait_for_success(&self.device),
            None => Err(MediaError::from_write(&self.device, source)),
        }
    }
}

/// The call that takes pictures and shows them on a device.
fn call(device: &Path, size: [u32; 2], frames_per_second: u32) -> Result<ToolCall, MediaError> {
    let ffmpeg = Tools::find().need("a virtual camera")?;
    let mut command = ffmpeg.command();
    command.args(arguments(size, frames_per_second));
    command.output_device(device);
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    Ok(command)
}

/// Raw pictures in, what video calls expect out.
fn arguments([width, height]: [u32; 2], frames_per_second: u32) -> Vec<String> {
    let size = format!("{width}x{height}");
    let rate = frames_per_second.to_string();
    let words = [
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-video_size",
        &size,
        "-framerate",
        &rate,
        "-i",
        "pipe:0",
        "-pix_fmt",
        "yuv420p",
        "-f",
        "v4l2",
    ];
    words.map(str::to_owned).to_vec()
}

#[cfg(unix)]
fn is_device(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_char_device())
}

#[cfg(not(unix))]
fn is_device(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_not_there_is_told_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("video10");
        std::fs::write(&file, "no device").unwrap();
        for path in [Path::new("/dev/video-that-is-not-there"), file.as_path()] {
            let error = VirtualCamera::open(path, [256, 256], 25)
                .unwrap_err()
                .to_string();
            assert!(error.contains("modprobe v4l2loopback"), "{error}");
        }
        assert_eq!(
            std::fs::read(&file).unwrap(),
            b"no device",
            "no file is overwritten"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_shut_in_ffmpeg_reaches_the_device_and_says_why_it_is_no_camera() {
        if Tools::find().ffmpeg().is_none() {
            return;
        }
        // a device that everyone may open and that shows no pictures
        let mut camera = VirtualCamera::open(Path::new("/dev/zero"), [64, 48], 25).unwrap();
        let picture = Image::new(64, 48);
        let shown = (0..1000).find_map(|_| camera.show(&picture).err());
        let error = shown.expect("it cannot be shown").to_string();
        assert!(!error.contains("denied"), "{error}");
        assert!(
            error.contains("/dev/zero") && error.contains("ioctl"),
            "{error}"
        );
    }

    #[test]
    fn pictures_go_in_raw_and_come_out_as_cameras_give_them() {
        let words = arguments([256, 192], 25).join(" ");
        assert!(
            words.contains("-video_size 256x192 -framerate 25 -i pipe:0"),
            "{words}"
        );
        assert!(words.ends_with("-pix_fmt yuv420p -f v4l2"), "{words}");
    }
}
