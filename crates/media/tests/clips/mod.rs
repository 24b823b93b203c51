//! Makes the clips that the tests read, and looks at the files they write.
#![allow(dead_code)] // every test file uses its own part of this

use std::path::{Path, PathBuf};
use std::process::Command;

use media::{Frame, Image, MediaError, Rational, Tools, VideoReader};

/// Whether the tests that need ffmpeg can run; prints a line where they cannot.
pub(crate) fn has_ffmpeg() -> bool {
    let found = Tools::find().ffmpeg().is_some();
    if !found {
        println!("skipped: ffmpeg is not installed");
    }
    found
}

/// Run ffmpeg with arguments that are separated by blanks; `{out}` stands for the new file.
pub(crate) fn make(folder: &Path, name: &str, arguments: &str) -> PathBuf {
    let path = folder.join(name);
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y"]);
    for argument in arguments.split_whitespace() {
        match argument {
            "{out}" => command.arg(&path),
            "{folder}" => command.arg(folder),
            _ => command.arg(argument),
        };
    }
    let output = command.output().expect("ffmpeg starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments}: {said}");
    path
}

/// A moving test card of `seconds` at 25 frames a second, 64 x 48, with a tone.
pub(crate) fn plain_clip(folder: &Path, name: &str, seconds: u32) -> PathBuf {
    make(
        folder,
        name,
        &format!(
            "-f lavfi -i testsrc2=s=64x48:r=25:d={seconds} -f lavfi -i sine=d={seconds}:r=48000 \
             -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac {{out}}"
        ),
    )
}

/// All frames of a video.
pub(crate) fn frames(path: &Path) -> Vec<Frame> {
    let mut reader = VideoReader::open(path).expect("the clip opens");
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame().expect("the clip decodes") {
        frames.push(frame);
    }
    frames
}

/// How far reading goes: the number of frames and the warning, or the error.
pub(crate) fn read_all(path: &Path) -> Result<(u64, Option<String>), MediaError> {
    let mut reader = VideoReader::open(path)?;
    let mut count = 0;
    while reader.next_frame()?.is_some() {
        count += 1;
    }
    Ok((count, reader.warning().map(str::to_owned)))
}

/// A picture of one colour.
pub(crate) fn flat(width: u32, height: u32, colour: [u8; 3]) -> Image {
    Image::from_rgb(
        width,
        height,
        colour.repeat(width as usize * height as usize),
    )
}

/// Smooth colours that move with the frame number.
pub(crate) fn waves(width: u32, height: u32, frame: u32) -> Image {
    let mut image = Image::new(width, height);
    for y in 0..height {
        for x in 0..width {
            let wave = |a: u32, b: u32| {
                let angle = f64::from(a * x + b * y + 4 * frame) * 0.05;
                (128.0 + 100.0 * angle.sin()) as u8
            };
            image.set_pixel(x, y, [wave(1, 0), wave(0, 1), wave(1, 1)]);
        }
    }
    image
}

/// The filter that paints one colour in limited-range luma and chroma, exactly.
///
/// `weights` are those of red and blue in luma: BT.709 has 0.2126 and 0.0722, BT.601 0.299 and 0.114.
pub(crate) fn paint(colour: [u8; 3], weights: (f64, f64), bits: u32) -> String {
    let [red, green, blue] = colour.map(f64::from);
    let luma = weights.0 * red + (1.0 - weights.0 - weights.1) * green + weights.1 * blue;
    let unit = f64::from(1 << (bits - 8)) / 255.0;
    let code = |start: f64, value: f64| (start * unit * 255.0 + value * unit).round();
    let y = code(16.0, luma * 219.0);
    let cb = code(128.0, (blue - luma) / (1.0 - weights.1) / 2.0 * 224.0);
    let cr = code(128.0, (red - luma) / (1.0 - weights.0) / 2.0 * 224.0);
    let format = if bits == 10 { "yuv420p10le" } else { "yuv420p" };
    format!("format={format},geq=lum={y}:cb={cb}:cr={cr}")
}

/// BT.709 weights of red and blue in luma.
pub(crate) const BT709: (f64, f64) = (0.2126, 0.0722);
/// BT.601 weights of red and blue in luma.
pub(crate) const BT601: (f64, f64) = (0.299, 0.114);

/// Largest difference of any channel between a picture's mean colour and the given one.
pub(crate) fn distance_to(image: &Image, colour: [u8; 3]) -> f64 {
    let pixels = image.rgb().len() as f64 / 3.0;
    let mut largest = 0.0_f64;
    for (channel, wanted) in colour.into_iter().enumerate() {
        let values = image.rgb().iter().skip(channel).step_by(3);
        let mean = values.map(|value| f64::from(*value)).sum::<f64>() / pixels;
        largest = largest.max((mean - f64::from(wanted)).abs());
    }
    largest
}

/// Peak signal-to-noise ratio of two pictures of one size, dB.
pub(crate) fn psnr(a: &Image, b: &Image) -> f64 {
    let pairs = a.rgb().iter().zip(b.rgb());
    let squares = pairs.map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
    let mean = squares.sum::<f64>() / a.rgb().len() as f64;
    10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
}

/// What ffprobe says: one line per stream, `key=value` pairs separated by `|`.
pub(crate) fn ask(path: &Path, entries: &str) -> String {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", entries, "-of", "compact"])
        .arg(path)
        .output()
        .expect("ffprobe starts");
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The values of one key, in the order of the streams.
pub(crate) fn values(path: &Path, entries: &str, key: &str) -> Vec<String> {
    let text = ask(path, entries);
    let pairs = text.lines().flat_map(|line| line.split('|'));
    pairs
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| *name == key)
        .map(|(_, value)| value.to_owned())
        .collect()
}

/// Time stamps of the video's frames in the container's units, as ffprobe reads them.
pub(crate) fn stamps(path: &Path) -> Vec<i64> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-of", "csv=p=0"])
        .args(["-show_entries", "frame=pts"])
        .arg(path)
        .output()
        .expect("ffprobe starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers = text.lines().map(|line| line.trim_end_matches(','));
    let numbers = numbers.filter(|line| !line.is_empty()); // side data make empty lines
    numbers.map(|line| line.parse().expect("a stamp")).collect()
}

/// The sound as mono samples at 48 kHz, from the video's first frame on.
pub(crate) fn samples(path: &Path) -> Vec<i16> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(path)
        .args(["-map", "0:a:0", "-af", "aresample=async=1:first_pts=0"])
        .args(["-ac", "1", "-ar", "48000", "-f", "s16le", "-"])
        .output()
        .expect("ffmpeg starts");
    let pairs = output.stdout.chunks_exact(2);
    pairs
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect()
}

/// When the sound first becomes loud, in seconds.
pub(crate) fn first_loud(samples: &[i16]) -> f64 {
    let place = samples.iter().position(|value| value.unsigned_abs() > 3000);
    place.map_or(f64::INFINITY, |place| place as f64 / 48000.0)
}

/// A fraction.
pub(crate) fn fraction(above: i64, below: i64) -> Rational {
    Rational::new(above, below).expect("both are positive")
}

/// What lies in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder can be listed");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}
