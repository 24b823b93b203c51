//! Everything that is wrong with what users bring: an error that says so, or the frames that can
//! be had and a warning. Never a panic, never another file's content.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // also outside of the test functions

mod clips;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clips::*;
use media::*;

#[test]
fn what_does_not_exist_or_is_empty_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.mp4");
    let empty = folder.path().join("empty.mp4");
    std::fs::write(&empty, b"").unwrap();
    for path in [&missing, &empty] {
        let expected = if path == &missing {
            "no such file"
        } else {
            "is empty"
        };
        let errors = [
            read_picture(path).unwrap_err(),
            VideoReader::open(path).unwrap_err(),
            sniff(path).unwrap_err(),
        ];
        for error in errors {
            let text = error.to_string();
            assert!(text.contains(expected), "{text}");
            assert!(text.contains(path.to_str().unwrap()), "{text}");
        }
    }
}

#[test]
fn text_and_noise_are_neither_picture_nor_video() {
    let folder = tempfile::tempdir().unwrap();
    let noise: Vec<u8> = (0..50_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for (name, bytes) in [("a.mp4", b"hello, I am a text".to_vec()), ("b.png", noise)] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        for error in [
            read_picture(&path).unwrap_err(),
            VideoReader::open(&path).unwrap_err(),
        ] {
            let is_missing = matches!(error, MediaError::FfmpegMissing { .. });
            let is_named = error.to_string().contains("neither a picture nor a video");
            assert!(is_named || is_missing, "{error}");
        }
    }
}

#[test]
fn a_folder_without_pictures_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "none here").unwrap();
    let error = VideoReader::open(folder.path()).unwrap_err();
    assert!(matches!(error, MediaError::NoPictures { .. }), "{error}");
}

#[test]
fn a_video_is_no_picture_and_a_picture_no_video() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("p.png");
    write_png(&picture, &flat(4, 4, [1, 2, 3])).unwrap();
    let error = VideoReader::open(&picture).unwrap_err();
    assert!(error.to_string().contains("no video"), "{error}");
    if has_ffmpeg() {
        let video = folder.path().join("v.png");
        std::fs::rename(plain_clip(folder.path(), "v.mp4", 1), &video).unwrap();
        let error = read_picture(&video).unwrap_err();
        assert!(error.to_string().contains("a picture is needed"), "{error}");
        assert_eq!(sniff(&video).unwrap(), InputKind::Video);
    }
}

#[test]
fn a_video_cut_off_anywhere_gives_its_frames_and_a_warning_or_an_error() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let sources = [
        (
            "a.mp4",
            "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -movflags +faststart",
        ),
        ("b.mp4", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"),
        ("c.mkv", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"),
        ("d.mpg", "-c:v mpeg2video"),
        ("e.gif", ""),
        ("f.avi", "-c:v mpeg4"),
    ];
    for (name, codec) in sources {
        let arguments = format!("-f lavfi -i testsrc2=s=64x48:r=25:d=2 {codec} {{out}}");
        let bytes = std::fs::read(make(folder.path(), name, &arguments)).unwrap();
        let path = folder.path().join(format!("cut-{name}"));
        let mut partial = 0;
        for step in [1, 3, 7, 16, 29, 40, 55, 71, 86, 97, 99] {
            std::fs::write(&path, &bytes[..bytes.len() * step / 100]).unwrap();
            match read_all(&path) {
                Ok((count, warning)) => {
                    assert!((1..=50).contains(&count), "{name} at {step} %: {count}");
                    let is_told = warning.is_some() || count >= 49 || name.ends_with("mpg");
                    assert!(is_told, "{name} at {step} %: {count} frames, no warning");
                    partial += u32::from(count < 50);
                }
                Err(error) => assert!(error.to_string().contains("cut-"), "{error}"),
            }
        }
        let keeps_its_index_at_the_end = name == "b.mp4";
        assert_eq!(partial == 0, keeps_its_index_at_the_end, "{name}");
    }
}

#[test]
fn a_video_with_flipped_bytes_never_panics() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(plain_clip(folder.path(), "a.mp4", 1)).unwrap();
    let path = folder.path().join("damaged.mp4");
    for seed in 1..=12_usize {
        let mut damaged = bytes.clone();
        for hit in 0..8 {
            let place = (seed * 7919 + hit * 104_729) % damaged.len();
            damaged[place] ^= (seed * 37 + hit) as u8 | 1;
        }
        std::fs::write(&path, damaged).unwrap();
        if let Err(error) = read_all(&path) {
            assert!(error.to_string().contains("damaged.mp4"), "{error}");
        }
    }
}

/// A folder with a secret, and files that try to make the decoder read it.
fn smuggling(folder: &Path) -> Vec<PathBuf> {
    let secret = plain_clip(folder, "secret.ts", 1);
    let secret = secret.to_str().unwrap();
    let list = format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n");
    let plain_avi = make(
        folder,
        "plain.avi",
        "-f lavfi -i testsrc2=s=64x48:r=25:d=1 -c:v mpeg4 {out}",
    );
    let mut avi = std::fs::read(plain_avi).unwrap();
    let end = avi.len();
    avi.extend(b"00tx");
    avi.extend((list.len() as u32 + 17).to_le_bytes());
    avi.extend(b"GAB2\0\x02\0\0\0\0\0\0\0\0\0\0\0");
    avi.extend(list.as_bytes());
    let avi_early = {
        let mut early = avi[..end.min(4096)].to_vec();
        early.extend(&avi[end..]);
        early
    };
    let files = [
        ("list.m3u8", list.clone().into_bytes()),
        ("list.mp4", format!("\u{FEFF}\n{list}").into_bytes()),
        ("list.avi", avi),
        ("early.avi", avi_early),
        (
            "concat.mp4",
            format!("ffconcat version 1.0\nfile '{secret}'\n").into_bytes(),
        ),
        ("bare.mp4", format!("file '{secret}'\n").into_bytes()),
        (
            "session.sdp",
            b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 1234 RTP/AVP 96\n".to_vec(),
        ),
        (
            "manifest.mpd",
            format!("<?xml version=\"1.0\"?><MPD><BaseURL>{secret}</BaseURL></MPD>").into_bytes(),
        ),
    ];
    files
        .into_iter()
        .map(|(name, bytes)| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        })
        .collect()
}

#[test]
fn playlists_are_refused_under_every_name_and_inside_avi() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for path in smuggling(folder.path()) {
        let error = VideoReader::open(&path).unwrap_err();
        assert!(matches!(error, MediaError::Playlist { .. }), "{error}");
        let mut config =
            OutputConfig::new(&folder.path().join("out.mp4"), 64, 48, fraction(25, 1)).unwrap();
        config.audio = AudioPlan::File(path);
        let error = VideoWriter::create(&config).unwrap_err();
        assert!(matches!(error, MediaError::Playlist { .. }), "{error}");
    }
}

#[test]
fn a_list_behind_the_bytes_of_an_unknown_format_opens_nothing() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let secret = plain_clip(folder.path(), "secret.ts", 1);
    // no known start, so ffprobe may guess: but among demuxers that read one file alone
    let text = format!("\nmade up\n#EXTM3U\n#EXTINF:1,\n{}\n", secret.display());
    for name in ["x.m3u8", "x.concat", "x%03d.png", "x.txt"] {
        let path = folder.path().join(name);
        std::fs::write(&path, &text).unwrap();
        let error = VideoReader::open(&path).unwrap_err();
        assert!(
            matches!(error, MediaError::UnknownFormat { .. }),
            "{name}: {error}"
        );
    }
}

#[test]
fn paths_are_never_taken_for_options_patterns_or_addresses() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let clip = plain_clip(folder.path(), "clip.mp4", 1);
    let names = [
        "-i.mp4",
        "100%.mp4",
        "%03d.mp4",
        "a:b.mp4",
        "http:x.mp4",
        "pipe:0",
        "it's \"here\".mp4",
        "a b.mp4",
        "concat:a|b.mp4",
        "-",
        "ümlaut.mp4",
    ];
    for name in names {
        let path = folder.path().join(name);
        std::fs::copy(&clip, &path).unwrap();
        assert_eq!(read_all(&path).unwrap().0, 25, "{name}");
    }
    // and the same for what is written
    for name in ["-y.mp4", "%03d.mp4", "http:x.mp4"] {
        let path = folder.path().join(name);
        let mut config = OutputConfig::new(&path, 64, 48, fraction(25, 1)).unwrap();
        config.audio = AudioPlan::CopyFrom(folder.path().join("-i.mp4"));
        let mut writer = VideoWriter::create(&config).unwrap();
        for frame in 0..25 {
            writer.write(&flat(64, 48, [90; 3]), frame).unwrap();
        }
        writer.finish().unwrap();
        assert_eq!(read_all(&path).unwrap().0, 25, "{name}");
    }
}

#[test]
fn a_path_that_begins_with_a_dash_is_read_from_the_current_folder() {
    if !has_ffmpeg() {
        return;
    }
    // the current folder of a test is that of the crate
    let name = format!("-loglevel-{}.mp4", std::process::id());
    let path = Path::new(&name);
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(plain_clip(folder.path(), "clip.mp4", 1), path).unwrap();
    let read = read_all(path);
    std::fs::remove_file(path).unwrap();
    assert_eq!(read.unwrap().0, 25);
}

#[test]
fn a_video_that_declares_a_huge_size_is_refused() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.y4m");
    std::fs::write(&path, "YUV4MPEG2 W60000 H60000 F25:1 C420\nFRAME\n").unwrap();
    let start = Instant::now();
    let error = VideoReader::open(&path).unwrap_err();
    assert!(
        matches!(
            error,
            MediaError::TooLarge { .. } | MediaError::Ffmpeg { .. }
        ),
        "{error}"
    );
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn without_ffmpeg_a_video_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.mp4");
    std::fs::write(&path, b"\0\0\0\x20ftypisom").unwrap();
    let error = VideoReader::open_with(&Tools::none(), &path).unwrap_err();
    assert!(matches!(error, MediaError::FfmpegMissing { .. }), "{error}");
    assert!(error.to_string().contains("VIVANT_FFMPEG"), "{error}");
}

/// An ffmpeg that answers questions as the real one does, but fails at work.
#[cfg(unix)]
fn failing_ffmpeg(folder: &Path) -> Tools {
    use std::os::unix::fs::PermissionsExt;
    let real = std::process::Command::new("sh")
        .args(["-c", "command -v ffprobe"])
        .output()
        .unwrap();
    let real = PathBuf::from(String::from_utf8(real.stdout).unwrap().trim());
    std::os::unix::fs::symlink(real, folder.join("ffprobe")).unwrap();
    let script = "#!/bin/sh\ncase \"$*\" in -version|*-encoders) exec ffmpeg \"$@\";; esac\n\
                  echo 'Cannot allocate the codec of the day' >&2\nexit 69\n";
    let path = folder.join("ffmpeg");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    Tools::at(&path)
}

#[test]
#[cfg(unix)]
fn when_ffmpeg_fails_its_words_are_in_the_error() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let tools = failing_ffmpeg(folder.path());
    let clip = plain_clip(folder.path(), "clip.mp4", 1);
    let mut reader = VideoReader::open_with(&tools, &clip).unwrap();
    let error = reader.next_frame().unwrap_err();
    assert!(error.to_string().contains("codec of the day"), "{error}");

    let path = folder.path().join("out.mp4");
    let config = OutputConfig::new(&path, 64, 48, fraction(25, 1)).unwrap();
    let write = || {
        let mut writer = VideoWriter::create_with(&tools, &config)?;
        for frame in 0..200 {
            writer.write(&flat(64, 48, [90; 3]), frame)?;
        }
        writer.finish()
    };
    let error = write().unwrap_err();
    assert!(error.to_string().contains("codec of the day"), "{error}");
    assert_eq!(names(folder.path()), ["clip.mp4", "ffmpeg", "ffprobe"]);
}

/// Children of this process whose command line names the path.
#[cfg(target_os = "linux")]
fn children_on(path: &Path) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        count += usize::from(line.contains("ffmpeg") && line.contains(path.to_str().unwrap()));
    }
    count
}

/// A process shows its command line a moment after it was started.
#[cfg(target_os = "linux")]
fn has_one_child_on(path: &Path) -> bool {
    let deadline = Instant::now() + Duration::from_secs(5);
    while children_on(path) != 1 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    children_on(path) == 1
}

#[test]
#[cfg(target_os = "linux")]
fn dropping_a_reader_or_a_writer_ends_its_ffmpeg() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let clip = plain_clip(folder.path(), "long.mp4", 60);
    let mut reader = VideoReader::open(&clip).unwrap();
    reader.next_frame().unwrap();
    assert!(has_one_child_on(&clip));
    drop(reader);
    assert_eq!(children_on(&clip), 0);

    let path = folder.path().join("out.mp4");
    let config = OutputConfig::new(&path, 64, 48, fraction(25, 1)).unwrap();
    let mut writer = VideoWriter::create(&config).unwrap();
    writer.write(&flat(64, 48, [0; 3]), 0).unwrap();
    assert!(has_one_child_on(folder.path()));
    assert_eq!(names(folder.path()).len(), 2);
    drop(writer);
    assert_eq!(children_on(folder.path()), 0);
    assert_eq!(names(folder.path()), ["long.mp4"]);
}

/// Memory of this process, bytes.
#[cfg(target_os = "linux")]
fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = text.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_length_of_a_clip() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // 1500 frames of 320 x 240 are 345 MB of pixels
    let arguments = "-f lavfi -i testsrc=s=320x240:r=25:d=60 -c:v libx264 -preset ultrafast {out}";
    let clip = make(folder.path(), "long.mp4", arguments);
    let path = folder.path().join("copy.mp4");
    let config = OutputConfig::new(&path, 320, 240, fraction(25, 1)).unwrap();
    let mut reader = VideoReader::open(&clip).unwrap();
    let mut writer = VideoWriter::create_with(&Tools::none(), &config).unwrap();
    let mut after_start = 0;
    while let Some(frame) = reader.next_frame().unwrap() {
        writer.write(&frame.image, frame.index as i64).unwrap();
        if frame.index == 100 {
            after_start = resident_bytes();
        }
    }
    let grown = resident_bytes().saturating_sub(after_start);
    writer.finish().unwrap();
    // other tests of this file run in the same process, so some room is left to them
    assert!(grown < 64 << 20, "grown by {} MB", grown >> 20);
}
