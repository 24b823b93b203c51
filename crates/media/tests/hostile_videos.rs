//! Videos that were made to harm: each is refused with its reason or gives its frames, soon and in little memory,
//! and none gets at another file.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // also outside of the test functions

mod clips;

use std::path::Path;
use std::time::{Duration, Instant};

use clips::*;
use media::*;

/// How long anything here may take; all of it is done in a second or two where nothing else runs.
const SOON: Duration = Duration::from_secs(60);

/// Read to the end, or to the error; time stamps grow in any case.
fn reads_soon(path: &Path) -> Result<u64, MediaError> {
    let begun = Instant::now();
    let read = || {
        let mut reader = VideoReader::open(path)?;
        let (mut count, mut last) = (0, None);
        while let Some(frame) = reader.next_frame()? {
            assert!(Some(frame.pts) > last, "stamps of {}", path.display());
            (count, last) = (count + 1, Some(frame.pts));
        }
        Ok(count)
    };
    let result = read();
    assert!(begun.elapsed() < SOON, "{}", path.display());
    result
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32 + 8).to_be_bytes();
    [&length, kind.as_slice(), content].concat()
}

fn words(values: &[u32]) -> Vec<u8> {
    let bytes = values.iter().map(|value| value.to_be_bytes());
    bytes.collect::<Vec<_>>().concat()
}

/// An MP4 with one video track whose index declares so many samples of one byte each, and no data.
fn declaring(samples: u32, edits: u32) -> Vec<u8> {
    let entry = [
        &[0, 0, 0, 0, 0, 0, 0, 1][..],
        &[0; 16],
        &[0, 64, 0, 48],
        &words(&[0x48_0000, 0x48_0000, 0]),
        &[0, 1],
        &[0; 32],
        &[0, 24, 0xFF, 0xFF],
    ];
    let description = [words(&[0, 1]), boxed(b"mp4v", &entry.concat())].concat();
    let tables = [
        boxed(b"stsd", &description),
        boxed(b"stts", &words(&[0, 1, samples, 1])),
        boxed(b"stsc", &words(&[0, 1, 1, samples, 1])),
        boxed(b"stsz", &words(&[0, 1, samples])),
        boxed(b"stco", &words(&[0, 1, 0])),
    ];
    let header = boxed(b"mdhd", &words(&[0, 0, 0, 25, samples, 0x55C4_0000]));
    let handler = boxed(b"hdlr", &[&[0; 8][..], b"vide", &[0; 13]].concat());
    let information = boxed(b"minf", &boxed(b"stbl", &tables.concat()));
    let media = boxed(b"mdia", &[header, handler, information].concat());
    let list = [words(&[0, edits]), [0; 24].to_vec()].concat();
    let edits = boxed(b"edts", &boxed(b"elst", &list));
    let film = boxed(
        b"mvhd",
        &[words(&[0, 0, 0, 1000, 1000]), vec![0; 80]].concat(),
    );
    let place = boxed(b"tkhd", &[words(&[3, 0, 0, 1, 0, 0]), vec![0; 60]].concat());
    let track = boxed(b"trak", &[place, edits, media].concat());
    [
        boxed(b"ftyp", b"isom\0\0\0\0"),
        boxed(b"moov", &[film, track].concat()),
    ]
    .concat()
}

#[test]
fn ten_million_samples_are_refused_by_the_index_before_ffmpeg_sees_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.mp4");
    std::fs::write(&path, declaring(10_000_000, 0)).unwrap();
    if has_ffmpeg() {
        let error = reads_soon(&path).unwrap_err();
        let MediaError::TooManyFrames { frames, limit, .. } = error else {
            panic!("{error}");
        };
        assert_eq!([frames, limit], [10_000_000, 2_000_000]);
        let text = VideoReader::open(&path).unwrap_err().to_string();
        assert!(text.contains("raise the limit `frames`"), "{text}");
        // four thousand million, with ten million edits
        std::fs::write(&path, declaring(u32::MAX, 10_000_000)).unwrap();
        let error = reads_soon(&path).unwrap_err();
        assert!(matches!(error, MediaError::TooManyFrames { .. }), "{error}");
        // as many as are read, without a byte of data
        std::fs::write(&path, declaring(1_900_000, 1)).unwrap();
        reads_soon(&path).unwrap_err();
    }
}

/// Where a box of this kind has its content.
fn content_of(bytes: &[u8], kind: &[u8; 4]) -> usize {
    let at = bytes.windows(4).position(|window| window == kind);
    at.unwrap_or_else(|| panic!("no {}", String::from_utf8_lossy(kind))) + 4
}

#[test]
fn edits_with_impossible_places_give_frames_or_an_error() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(plain_clip(folder.path(), "whole.mp4", 1)).unwrap();
    let list = content_of(&whole, b"elst");
    for (duration, start) in [
        (0, 0),
        (1, u32::MAX),
        (u32::MAX, 0),
        (u32::MAX, 0x7FFF_FFFF),
        (0x8000_0000, 0x8000_0000),
        (5, 0xFFFF_FF00),
    ] {
        let mut bytes = whole.clone();
        bytes[list + 8..list + 12].copy_from_slice(&duration.to_be_bytes());
        bytes[list + 12..list + 16].copy_from_slice(&u32::to_be_bytes(start));
        let path = folder.path().join("edited.mp4");
        std::fs::write(&path, bytes).unwrap();
        if let Ok(count) = reads_soon(&path) {
            assert!(count <= 25, "{duration} {start}: {count} frames");
        }
    }
}

#[test]
fn durations_and_stamps_of_centuries_give_frames_or_an_error() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(plain_clip(folder.path(), "whole.mp4", 1)).unwrap();
    let durations = content_of(&whole, b"stts");
    for duration in [0, 1, 0x7FFF_FFFF, 0x8000_0000, u32::MAX] {
        let mut bytes = whole.clone();
        bytes[durations + 12..durations + 16].copy_from_slice(&u32::to_be_bytes(duration));
        let path = folder.path().join("slow.mp4");
        std::fs::write(&path, bytes).unwrap();
        if let Ok(count) = reads_soon(&path) {
            assert!(count <= 25, "{duration}: {count} frames");
        }
    }
    for (name, offset) in [
        ("late.mkv", "9000000"),
        ("early.mkv", "-5000"),
        ("late.ts", "90000"),
    ] {
        let arguments = format!(
            "-f lavfi -i testsrc2=s=64x48:r=25:d=1 -c:v mpeg4 -avoid_negative_ts disabled -output_ts_offset {offset} {{out}}"
        );
        let path = make(folder.path(), name, &arguments);
        match reads_soon(&path) {
            Ok(count) => assert!((1..=25).contains(&count), "{name}: {count}"),
            Err(error) => assert!(error.to_string().contains(name), "{error}"),
        }
    }
}

#[test]
fn a_video_that_claims_to_be_longer_than_a_day_is_refused() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = std::fs::read(plain_clip(folder.path(), "whole.mp4", 1)).unwrap();
    let film = content_of(&bytes, b"mvhd");
    // a thousand units a second, 1000 hours of them
    bytes[film + 16..film + 20].copy_from_slice(&3_600_000_000_u32.to_be_bytes());
    let path = folder.path().join("long.mp4");
    std::fs::write(&path, bytes).unwrap();
    let error = reads_soon(&path).unwrap_err();
    assert!(matches!(error, MediaError::TooLong { .. }), "{error}");
    assert!(
        error.to_string().contains("raise the limit `duration`"),
        "{error}"
    );
}

#[test]
fn a_playlist_hidden_deep_in_an_avi_opens_nothing() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let secret = plain_clip(folder.path(), "secret.ts", 1);
    let list = format!(
        "#EXTM3U\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n",
        secret.display()
    );
    let clip = make(
        folder.path(),
        "plain.avi",
        "-f lavfi -i testsrc2=s=320x240:r=25:d=4 -c:v rawvideo -pix_fmt yuv420p {out}",
    );
    let plain = reads_soon(&clip).unwrap();
    let mut bytes = std::fs::read(&clip).unwrap();
    assert!(bytes.len() > 4 << 20, "it lies behind what is looked at");
    bytes.extend(b"00tx");
    bytes.extend((list.len() as u32 + 17).to_le_bytes());
    bytes.extend(b"GAB2\0\x02\0\0\0\0\0\0\0\0\0\0\0");
    bytes.extend(list.as_bytes());
    let path = folder.path().join("deep.avi");
    std::fs::write(&path, bytes).unwrap();
    match reads_soon(&path) {
        Ok(count) => assert_eq!(count, plain, "the frames of the AVI alone"),
        Err(error) => assert!(matches!(error, MediaError::Playlist { .. }), "{error}"),
    }
}

#[test]
fn a_film_whose_samples_lie_in_another_file_gives_none_of_them() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let whole = plain_clip(folder.path(), "secret.mov", 1);
    let mut bytes = std::fs::read(&whole).unwrap();
    // the reference "in this file" becomes one to a file of that name
    let references = content_of(&bytes, b"dref");
    assert_eq!(&bytes[references + 12..references + 16], b"url ");
    bytes[references + 16..references + 20].copy_from_slice(&0_u32.to_be_bytes());
    let data = content_of(&bytes, b"mdat");
    let end = bytes.len().min(data + 2000);
    bytes[data..end].fill(0);
    let path = folder.path().join("empty.mov");
    std::fs::write(&path, bytes).unwrap();
    if let Ok(count) = reads_soon(&path) {
        assert!(count <= 25);
    }
}

#[test]
fn a_vanished_file_is_named() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = plain_clip(folder.path(), "gone.mp4", 1);
    std::fs::remove_file(&path).unwrap();
    let error = reads_soon(&path).unwrap_err();
    assert!(matches!(error, MediaError::NotFound { .. }), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn on_linux_ffmpeg_is_kept_from_other_files_and_the_network() {
    let Some(ffmpeg) = Tools::find().ffmpeg() else {
        println!("skipped: ffmpeg is not installed");
        return;
    };
    let way = ffmpeg.confinement();
    println!("{way:?}");
    assert!(way.resources, "limits need nothing of the system");
}
