//! Tells what a file is from its first bytes. Its name is never believed.
//!
//! Every demuxer that ffmpeg may use is named here; what could make it open other files
//! (playlists, lists of pictures, devices, filter graphs) is not among them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::MediaError;
use crate::limits::check_bytes;
use crate::probe::probe;
use crate::tools::Tools;

/// How much of a file is looked at: playlists hidden in AVI files lie near the start.
const HEAD_BYTES: u64 = 1 << 20;

/// What kind of input a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// A single picture.
    Picture,
    /// A video, or an animated picture.
    Video,
    /// A folder, whose pictures are frames.
    PictureFolder,
    /// Sound alone.
    Sound,
}

/// What a file holds, in terms of who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileFormat {
    /// A still picture, read by the picture crate.
    Picture(image::ImageFormat),
    /// A picture that may hold several frames, read by the picture crate as well.
    MaybeAnimated(image::ImageFormat),
    /// A container with video in it, read by the ffmpeg demuxer of that name.
    Video(&'static str),
    /// A container with sound alone.
    Sound(&'static str),
    /// None of the known ones; one of [`UNSNIFFED`] may still know it.
    Unknown,
}

/// Demuxers of containers that have no first bytes to tell them by. Each reads one file alone.
pub(crate) const UNSNIFFED: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,\
    m4v,h264,hevc,vc1,av1,obu,ivf,flv,ogg,asf,rm,dv,mxf,nut,yuv4mpegpipe,mjpeg,gxf,wtv,nsv,nuv,roq,\
    bink,smk,flic,4xm,cdxl,thp,vivo,swf,mp3,aac,ac3,eac3,dts,amr,aiff,au,caf,flac,wav,w64,ape,tta,wv";

/// Tell what kind of input lies at `path`, from its content.
///
/// # Errors
/// If it cannot be read, is empty, or is in no known format.
pub fn sniff(path: &Path) -> Result<InputKind, MediaError> {
    if path.is_dir() {
        return Ok(InputKind::PictureFolder);
    }
    match file_format(path)? {
        FileFormat::Picture(_) => Ok(InputKind::Picture),
        FileFormat::MaybeAnimated(format) => {
            Ok(if crate::animation::has_several_frames(path, format) {
                InputKind::Video
            } else {
                InputKind::Picture
            })
        }
        FileFormat::Video(_) => Ok(InputKind::Video),
        FileFormat::Sound(_) => Ok(InputKind::Sound),
        FileFormat::Unknown => sniff_by_ffprobe(path),
    }
}

/// Formats without a start to tell them by: ffprobe may know them, where it is installed.
fn sniff_by_ffprobe(path: &Path) -> Result<InputKind, MediaError> {
    let unknown = || MediaError::UnknownFormat {
        path: path.to_owned(),
    };
    let ffmpeg = Tools::find().ffmpeg().ok_or_else(unknown)?;
    let probe = probe(ffmpeg, path, FileFormat::Unknown)?;
    match (probe.video(), probe.audio()) {
        (Some(_), _) => Ok(InputKind::Video),
        (None, Some(_)) => Ok(InputKind::Sound),
        (None, None) => Err(unknown()),
    }
}

/// Look at the first bytes of a file.
pub(crate) fn file_format(path: &Path) -> Result<FileFormat, MediaError> {
    let head = read_head(path)?;
    if head.is_empty() {
        return Err(MediaError::Empty {
            path: path.to_owned(),
        });
    }
    if is_playlist(&head) {
        return Err(MediaError::Playlist {
            path: path.to_owned(),
        });
    }
    if let Some((format, advice)) = unread_format(&head) {
        return Err(MediaError::UnsupportedFormat {
            path: path.to_owned(),
            format,
            advice,
        });
    }
    Ok(format_of(&head))
}

fn read_head(path: &Path) -> Result<Vec<u8>, MediaError> {
    let fail = |source| MediaError::from_read(path, source);
    // Opening a pipe that nobody writes to would wait for ever.
    let about = std::fs::metadata(path).map_err(fail)?;
    if !about.is_file() {
        return Err(MediaError::UnknownFormat {
            path: path.to_owned(),
        });
    }
    check_bytes(path, about.len())?;
    let file = File::open(path).map_err(fail)?;
    let mut head = Vec::new();
    file.take(HEAD_BYTES).read_to_end(&mut head).map_err(fail)?;
    Ok(head)
}

/// Texts that make ffmpeg open other files, and AVI files with one of them inside.
fn is_playlist(head: &[u8]) -> bool {
    const TEXTS: [&[u8]; 12] = [
        b"#extm3u",
        b"ffconcat",
        b"[playlist]",
        b"v=0",
        b"<smil",
        b"<asx",
        b"<mpd",
        b"[reference]",
        b"rtsptext",
        b"smptext",
        b";ffmetadata",
        b"asf ",
    ];
    let start = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let start = start.trim_ascii_start();
    let begins_with = |text: &[u8]| {
        start
            .get(..text.len())
            .is_some_and(|s| s.eq_ignore_ascii_case(text))
    };
    if TEXTS.iter().any(|text| begins_with(text)) {
        return true;
    }
    if begins_with(b"<?xml") {
        let text = start[..start.len().min(4096)].to_ascii_lowercase();
        return [b"<mpd".as_slice(), b"<smil", b"<smooth"]
            .iter()
            .any(|tag| find(&text, tag));
    }
    // an honest text-only list: `file 'name'` is what the concat demuxer reads
    if begins_with(b"file ") || begins_with(b"file\t") {
        return true;
    }
    begins_with(b"RIFF") && find(head, b"#EXTM3U")
}

/// Formats that are recognised in order to say what to do with them.
fn unread_format(head: &[u8]) -> Option<(&'static str, &'static str)> {
    if head.get(4..8) == Some(b"ftyp".as_slice()) {
        let brand = head.get(8..12)?;
        if [b"avif", b"avis"].iter().any(|known| brand == *known) {
            return Some(("an AVIF picture", "convert it to JPEG or PNG"));
        }
        let heif: [&[u8]; 8] = [
            b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1",
        ];
        if heif.contains(&brand) {
            return Some((
                "a HEIC picture",
                "convert it to JPEG or PNG (phones can be set to save JPEG)",
            ));
        }
    }
    let known: [(&[u8], &str, &str); 7] = [
        (
            b"\0\0\0\x0CJXL \r\n\x87\n",
            "a JPEG XL picture",
            "convert it to JPEG or PNG",
        ),
        (
            b"\xFF\x0A",
            "a JPEG XL picture",
            "convert it to JPEG or PNG",
        ),
        (
            b"\0\0\0\x0CjP  ",
            "a JPEG 2000 picture",
            "convert it to JPEG or PNG",
        ),
        (b"8BPS", "a Photoshop document", "export it as PNG"),
        (b"%PDF", "a PDF document", "export the page as PNG"),
        (b"<svg", "an SVG drawing", "export it as PNG"),
        (b"PK\x03\x04", "a ZIP archive", "unpack it"),
    ];
    let hit = known
        .into_iter()
        .find(|(magic, ..)| head.starts_with(magic))?;
    Some((hit.1, hit.2))
}

fn format_of(head: &[u8]) -> FileFormat {
    picture_format(head)
        .or_else(|| riff_format(head))
        .or_else(|| iso_media_format(head))
        .or_else(|| prefixed_format(head))
        .or_else(|| transport_stream(head))
        .unwrap_or(FileFormat::Unknown)
}

fn picture_format(head: &[u8]) -> Option<FileFormat> {
    use image::ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff};
    let format = if head.starts_with(b"\x89PNG\r\n\x1A\n") {
        FileFormat::MaybeAnimated(Png)
    } else if head.starts_with(b"GIF8") {
        FileFormat::MaybeAnimated(Gif)
    } else if head.starts_with(b"\xFF\xD8\xFF") {
        FileFormat::Picture(Jpeg)
    } else if head.starts_with(b"BM") && head.get(6..10) == Some(&[0; 4]) {
        FileFormat::Picture(Bmp)
    } else if head.starts_with(b"II*\0") || head.starts_with(b"MM\0*") {
        FileFormat::Picture(Tiff)
    } else {
        return None;
    };
    Some(format)
}

fn riff_format(head: &[u8]) -> Option<FileFormat> {
    if !head.starts_with(b"RIFF") {
        return None;
    }
    match head.get(8..12)? {
        b"WEBP" => Some(FileFormat::MaybeAnimated(image::ImageFormat::WebP)),
        b"AVI " | b"AVIX" | b"AVI\x19" | b"AMV " => Some(FileFormat::Video("avi")),
        b"WAVE" => Some(FileFormat::Sound("wav")),
        _ => None,
    }
}

fn iso_media_format(head: &[u8]) -> Option<FileFormat> {
    let kind = head.get(4..8)?;
    let known: [&[u8]; 7] = [
        b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot",
    ];
    known.contains(&kind).then_some(FileFormat::Video("mov"))
}

fn prefixed_format(head: &[u8]) -> Option<FileFormat> {
    use FileFormat::{Sound, Video};
    let known: [(&[u8], FileFormat); 26] = [
        (b"\x1A\x45\xDF\xA3", Video("matroska")),
        (b"\0\0\x01\xBA", Video("mpeg")),
        (b"\0\0\x01\xB3", Video("mpegvideo")),
        (b"\0\0\0\x01\x67", Video("h264")),
        (b"\0\0\x01\x67", Video("h264")),
        (b"\0\0\0\x01\x09", Video("h264")),
        (b"\0\0\0\x01\x40\x01", Video("hevc")),
        (b"FLV", Video("flv")),
        (b"OggS", Video("ogg")),
        (b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", Video("asf")),
        (b".RMF", Video("rm")),
        (b"YUV4MPEG2 ", Video("yuv4mpegpipe")),
        (b"DKIF", Video("ivf")),
        (b"nut/multimedia container\0", Video("nut")),
        (
            b"\x06\x0E\x2B\x34\x02\x05\x01\x01\x0D\x01\x02\x01",
            Video("mxf"),
        ),
        (b"\x1F\x07\0", Video("dv")),
        (b"ID3", Sound("mp3")),
        (b"fLaC", Sound("flac")),
        (b"caff", Sound("caf")),
        (b"#!AMR", Sound("amr")),
        (b".snd", Sound("au")),
        (b"MAC ", Sound("ape")),
        (b"wvpk", Sound("wv")),
        (b"TTA1", Sound("tta")),
        (b"\x0B\x77", Sound("ac3")),
        (b"riff\x2E\x91\xCF\x11", Sound("w64")),
    ];
    if let Some((_, format)) = known.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(*format);
    }
    if head.starts_with(b"FORM") && matches!(head.get(8..12), Some(b"AIFF" | b"AIFC")) {
        return Some(Sound("aiff"));
    }
    match head.get(..2)? {
        [0xFF, 0xF1 | 0xF9] => Some(Sound("aac")),
        [0xFF, 0xFB | 0xFA | 0xF3 | 0xF2] => Some(Sound("mp3")),
        _ => None,
    }
}

/// Packets of 188 bytes that begin with a sync byte, possibly after a 4-byte time code each.
fn transport_stream(head: &[u8]) -> Option<FileFormat> {
    let synced = |first: usize, length: usize| {
        (0..4).all(|packet| head.get(first + packet * length) == Some(&0x47))
    };
    (synced(0, 188) || synced(4, 192)).then_some(FileFormat::Video("mpegts"))
}

fn find(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_told_by_their_first_bytes() {
        assert_eq!(format_of(b"\0\0\0\x20ftypisom"), FileFormat::Video("mov"));
        assert_eq!(format_of(b"RIFF\0\0\0\0AVI LIST"), FileFormat::Video("avi"));
        let mut packets = vec![0; 800];
        for packet in 0..4 {
            packets[packet * 188] = 0x47;
        }
        assert_eq!(format_of(&packets), FileFormat::Video("mpegts"));
        assert_eq!(format_of(b"just some text"), FileFormat::Unknown);
    }

    #[test]
    fn every_text_that_names_other_files_counts_as_a_playlist() {
        for text in [
            "#EXTM3U\n/etc/hosts",
            "\u{FEFF}#EXTM3U\n",
            "  \n#extm3u\n",
            "ffconcat version 1.0\nfile x",
            "file '/etc/hosts'\n",
            "v=0\no=- 0 0 IN IP4 127.0.0.1",
            "<?xml version=\"1.0\"?>\n<MPD xmlns=\"\">",
        ] {
            assert!(is_playlist(text.as_bytes()), "{text}");
        }
        assert!(is_playlist(b"RIFF\0\0\0\0AVI LIST...GAB2...#EXTM3U\n"));
        assert!(!is_playlist(b"RIFF\0\0\0\0AVI LIST...idx1"));
    }

    #[test]
    fn the_demuxers_that_may_guess_open_one_file_alone() {
        for banned in [
            "hls",
            "concat",
            "concatf",
            "image2",
            "image2pipe",
            "lavfi",
            "sdp",
            "rtsp",
            "dash",
            "imf",
            "tty",
            "txt",
            "tedcaptions",
            "v4l2",
            "x11grab",
            "vapoursynth",
            "avisynth",
            "webm_dash_manifest",
        ] {
            assert!(UNSNIFFED.split(',').all(|name| name != banned), "{banned}");
        }
    }
}
