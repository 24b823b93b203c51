//! Pictures that were made to harm: small files that declare or unfold to gigabytes.
#![allow(clippy::unwrap_used)] // also outside of the test functions

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use media::*;

/// How long anything here may take; all of it is done in a second or two where nothing else runs.
const SOON: Duration = Duration::from_secs(60);

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn reads_soon(path: &Path) -> Result<Image, MediaError> {
    let begun = Instant::now();
    let result = read_picture(path);
    drop(sniff(path));
    assert!(
        begun.elapsed() < SOON,
        "{} took {:?}",
        path.display(),
        begun.elapsed()
    );
    result
}

/// A PNG chunk with its checksum.
fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let table: Vec<u32> = (0..256)
        .map(|byte: u32| {
            (0..8).fold(byte, |crc, _| {
                crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 }
            })
        })
        .collect();
    let named = [kind.as_slice(), content].concat();
    let crc = named.iter().fold(u32::MAX, |crc, byte| {
        crc >> 8 ^ table[((crc ^ u32::from(*byte)) & 0xFF) as usize]
    });
    [
        &(content.len() as u32).to_be_bytes(),
        named.as_slice(),
        &(!crc).to_be_bytes(),
    ]
    .concat()
}

/// Deflated zeros: about `unfolded` bytes, in a file a hundred and sixtieth of that.
fn zeros(unfolded: usize) -> Vec<u8> {
    // One fixed block: a literal zero, then "the last byte 258 times" in 13 bits, again and again.
    let mut bits: Vec<bool> = Vec::new();
    let mut put = |value: u32, count: u32| {
        bits.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
    };
    put(0b110, 3); // last block, fixed codes, lowest bit first
    put(0b0011_0000, 8);
    for _ in 0..16 {
        put(0b1100_0101, 8);
        put(0, 5);
    }
    let bytes: Vec<u8> = bits
        .chunks_exact(8)
        .map(|bits| (0..8).fold(0, |byte, bit| byte | u8::from(bits[bit]) << bit))
        .collect();
    // eight repetitions fill thirteen bytes, so what begins at the second byte goes on and on
    let mut stream = vec![0x78, 0x01];
    stream.extend(&bytes[..2]);
    let period = &bytes[2..15];
    stream.extend(period.repeat(unfolded / (8 * 258)));
    stream
}

fn png(side: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut header = [side.to_be_bytes(), side.to_be_bytes()].concat();
    header.extend([8, 0, 0, 0, 0]); // grey
    let parts = [
        b"\x89PNG\r\n\x1A\n".to_vec(),
        chunk(b"IHDR", &header),
        chunks.concat(),
    ];
    parts.concat()
}

/// Memory of this process, bytes.
#[cfg(target_os = "linux")]
fn most_resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib << 10
}

#[test]
fn a_png_that_unfolds_to_ten_gigabytes_takes_neither_time_nor_memory() {
    let folder = tempfile::tempdir().unwrap();
    let bomb = zeros(10_000_000_000);
    let named = [b"x\0\0".as_slice(), &bomb].concat();
    let end = chunk(b"IEND", &[]);
    let small = chunk(b"IDAT", &[0x78, 1, 1, 2, 0, 0xFD, 0xFF, 0, 0, 0, 2, 0, 1]);
    for (name, bytes) in [
        ("pixels.png", png(1, &[chunk(b"IDAT", &bomb), end.clone()])),
        (
            "profile.png",
            png(1, &[chunk(b"iCCP", &named), small.clone(), end.clone()]),
        ),
        ("text.png", png(1, &[chunk(b"zTXt", &named), small, end])),
    ] {
        // an error or one pixel: both are fine
        let path = write(folder.path(), name, &bytes);
        if let Ok(picture) = reads_soon(&path) {
            assert_eq!([picture.width(), picture.height()], [1, 1], "{name}");
        }
    }
    #[cfg(target_os = "linux")]
    assert!(
        most_resident_bytes() < 2 << 30,
        "{} MB",
        most_resident_bytes() >> 20
    );
}

#[test]
fn a_png_of_more_pixels_than_are_read_is_refused_by_its_header() {
    let folder = tempfile::tempdir().unwrap();
    for side in [10_001, 60_000, u32::MAX / 2, u32::MAX] {
        let bytes = png(side, &[chunk(b"IDAT", &zeros(1 << 20))]);
        let error = reads_soon(&write(folder.path(), "wide.png", &bytes)).unwrap_err();
        let is_refused = matches!(
            error,
            MediaError::TooLarge { .. } | MediaError::BadPicture { .. }
        );
        assert!(is_refused, "{side}: {error}");
    }
}

/// A JPEG header of this size, baseline (0xC0) or progressive (0xC2), grey.
fn jpeg_start(kind: u8, width: u16, height: u16) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    bytes.extend([1; 64]);
    bytes.extend([0xFF, kind, 0, 11, 8]);
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([1, 1, 0x11, 0]);
    for class in [0x00, 0x10] {
        // one code of one bit, for zero
        bytes.extend([0xFF, 0xC4, 0, 20, class, 1]);
        bytes.extend([0; 16]);
    }
    bytes
}

#[test]
fn a_jpeg_of_four_thousand_million_pixels_is_refused_by_its_header() {
    let folder = tempfile::tempdir().unwrap();
    for kind in [0xC0, 0xC2] {
        let mut bytes = jpeg_start(kind, u16::MAX, u16::MAX);
        bytes.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]);
        bytes.extend([0; 1000]);
        let path = write(folder.path(), "wide.jpg", &bytes);
        let error = reads_soon(&path).unwrap_err();
        let is_refused = matches!(
            error,
            MediaError::TooLarge { .. } | MediaError::BadPicture { .. }
        );
        assert!(is_refused, "{error}");
        let error = decode_jpeg(&bytes, Path::new("wide.jpg")).unwrap_err();
        assert!(error.to_string().contains("wide.jpg"), "{error}");
    }
}

#[test]
fn a_jpeg_of_thousands_of_empty_scans_ends_soon() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = jpeg_start(0xC2, 4000, 4000);
    for _ in 0..5000 {
        bytes.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0]);
    }
    bytes.extend([0xFF, 0xD9]);
    drop(reads_soon(&write(folder.path(), "scans.jpg", &bytes)));
}

/// A GIF of this size with so many frames of one pixel.
fn gif(side: u16, frames: usize) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend([side.to_le_bytes(), side.to_le_bytes()].concat());
    bytes.extend(b"\x80\0\0\xff\xff\xff\0\0\0");
    for _ in 0..frames {
        bytes.extend(b"\x21\xf9\x04\0\x05\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    bytes.push(0x3B);
    bytes
}

#[test]
fn a_gif_larger_than_its_file_could_ever_need_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "wide.gif", &gif(u16::MAX, 2));
    assert!(matches!(
        reads_soon(&path),
        Err(MediaError::TooLarge { .. })
    ));
    assert!(VideoReader::open_with(&Tools::none(), &path).is_err());
}

#[test]
fn a_zip_under_the_name_of_a_picture_is_told_what_it_is_and_never_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let mut zip = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0".to_vec();
    zip.extend([0; 12]);
    zip.extend(b"\x0f\0\0\0../../evil.png");
    zip.extend(zeros(1 << 24));
    let error = reads_soon(&write(folder.path(), "a.png", &zip)).unwrap_err();
    assert!(error.to_string().contains("ZIP archive"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
#[cfg(unix)]
fn an_output_that_is_a_link_replaces_the_link_and_not_what_it_points_at() {
    let folder = tempfile::tempdir().unwrap();
    let precious = write(folder.path(), "precious", b"mine");
    let output = folder.path().join("out.png");
    std::os::unix::fs::symlink(&precious, &output).unwrap();
    write_png(&output, &Image::new(4, 4)).unwrap();
    assert_eq!(std::fs::read(&precious).unwrap(), b"mine");
    assert!(!output.is_symlink());
    assert_eq!(read_picture(&output).unwrap(), Image::new(4, 4));
}

#[test]
#[cfg(unix)]
fn links_that_lead_nowhere_or_in_circles_and_pipes_are_named_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let [nowhere, circle, pipe] =
        ["nowhere", "circle", "pipe"].map(|name| folder.path().join(name));
    std::os::unix::fs::symlink(folder.path().join("absent"), &nowhere).unwrap();
    std::os::unix::fs::symlink(&circle, &circle).unwrap();
    let device = Path::new("/dev/zero");
    for path in [&nowhere, &circle, device] {
        let error = reads_soon(path).unwrap_err();
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
    // nobody writes into it: opening it as a file would wait for ever
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if made.is_ok_and(|status| status.success()) {
        assert!(reads_soon(&pipe).is_err());
    }
}
