//! What happens when the disk is full: a small file system is filled for real where this user may
//! mount one.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // also outside of the test functions

mod clips;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clips::*;
use media::*;

/// A file system of 300 kB in memory, unmounted at the end.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=300k", "tmpfs"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { folder });
        }
        println!("skipped: this user may not mount a small file system");
        None
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.folder.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

/// Colours that no encoder makes small.
fn noise(seed: u32) -> Image {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as u8
    };
    let rgb = (0..256 * 256 * 3).map(|_| next()).collect();
    Image::from_rgb(256, 256, rgb)
}

fn fill(tools: &Tools, path: &Path, audio: &AudioPlan) -> MediaError {
    let mut config = OutputConfig::new(path, 256, 256, fraction(25, 1)).unwrap();
    config.audio = audio.clone();
    let run = || {
        let mut writer = VideoWriter::create_with(tools, &config)?;
        for pts in 0..40 {
            writer.write(&noise(pts as u32), pts)?;
        }
        writer.finish()
    };
    run().expect_err("the disk is too small for this")
}

/// Write a file as soon as the disk has room: the kernel frees what a confined child wrote a moment after its end.
fn write_once_free(path: &Path, text: &str) {
    let patience = Instant::now() + Duration::from_secs(30);
    while let Err(error) = std::fs::write(path, text) {
        assert!(Instant::now() < patience, "{error}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_full_disk_is_named_and_nothing_is_left_on_it() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let mut cases = vec![(Tools::none(), "a.mp4"), (Tools::none(), "frames")];
    if has_ffmpeg() {
        let found = Tools::find();
        cases.extend([
            (found.clone(), "b.mp4"),
            (found.clone(), "b.webm"),
            (found.clone(), "b.gif"),
        ]);
    }
    for (tools, name) in cases {
        let path = disk.path().join(name);
        let error = fill(&tools, &path, &AudioPlan::None);
        assert!(
            matches!(error, MediaError::DiskFull { .. }),
            "{name}: {error:?}"
        );
        assert!(error.to_string().contains(name), "{error}");
        assert!(names(&disk.path()).is_empty(), "{:?}", names(&disk.path()));
    }
    let path = disk.path().join("still.png");
    write_once_free(&path, "earlier");
    let wide = Image::from_rgb(512, 256, [noise(1).rgb(), noise(2).rgb()].concat());
    let error = write_png(&path, &wide).unwrap_err();
    assert!(matches!(error, MediaError::DiskFull { .. }), "{error:?}");
    assert_eq!(std::fs::read(&path).unwrap(), b"earlier");
    assert_eq!(names(&disk.path()), ["still.png"]);
}

#[test]
fn a_disk_that_fills_up_while_sound_is_added_is_named() {
    if !has_ffmpeg() {
        return;
    }
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let elsewhere = tempfile::tempdir().unwrap();
    let sound = make(
        elsewhere.path(),
        "s.wav",
        "-f lavfi -i anoisesrc=d=5:r=48000 {out}",
    );
    let path = disk.path().join("a.mp4");
    let mut config = OutputConfig::new(&path, 256, 256, fraction(25, 1)).unwrap();
    config.audio = AudioPlan::File(sound);
    config.quality = Quality::Small;
    let mut writer = VideoWriter::create(&config).unwrap();
    // the frames alone fit, but not a second time with the sound beside them
    for pts in 0..100 {
        writer.write(&waves(256, 256, pts as u32 * 3), pts).unwrap();
    }
    std::fs::write(disk.path().join("filler"), vec![7; 250_000]).unwrap();
    let error = writer.finish().unwrap_err();
    assert!(matches!(error, MediaError::DiskFull { .. }), "{error:?}");
    assert_eq!(names(&disk.path()), ["filler"]);
}
