//! Outputs that cannot be written, and runs that are stopped: nothing is left behind.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::inputs::portrait;
use crate::program::{Ended, Invocation, Workplace, names_in};

/// Make the drawn person blink, into `output`.
fn blink_to(place: &Workplace, output: &str) -> Ended {
    blink(place).also(["-o", output]).run()
}

fn blink(place: &Workplace) -> Invocation {
    portrait(place);
    let words = ["animate", "-s", "portrait.png", "-d", "blink"];
    place.vivant(words).also(["--duration", "0.4"])
}

#[test]
fn a_missing_output_folder_is_named() {
    let place = Workplace::new();
    blink_to(&place, "absent/out.mp4").failed_naming(&["absent"]);
    assert_eq!(place.names(), ["portrait.png"]);
}

#[test]
fn an_output_below_a_file_is_refused_by_name() {
    let place = Workplace::new();
    place.write("file", "in the way");
    blink_to(&place, "file/out.mp4").failed_naming(&["the folder file"]);
    assert_eq!(place.names(), ["file", "portrait.png"]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_to_is_named() {
    use std::os::unix::fs::PermissionsExt as Mode;
    let place = Workplace::new();
    let locked = place.path("locked");
    std::fs::create_dir(&locked).expect("the folder is ours");
    std::fs::set_permissions(&locked, Mode::from_mode(0o555)).expect("it is ours");
    if std::fs::write(locked.join("probe"), "").is_ok() {
        println!("skipped with this folder: the user may write everywhere; /proc stands in for it");
        blink_to(&place, "/proc/out.mp4").failed_naming(&["/proc"]);
        return;
    }
    blink_to(&place, "locked/out.mp4").failed_naming(&["locked"]);
    assert!(names_in(&locked).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_no_part_of_the_result_stays() {
    let place = Workplace::new();
    let disk = place.path("disk");
    std::fs::create_dir(&disk).expect("the folder is ours");
    let Some(mounted) = SmallDisk::mount(&disk) else {
        println!("skipped: only root may mount the small disk that this test fills");
        return;
    };
    for output in ["disk/out.mp4", "disk/out.gif", "disk/pictures/"] {
        blink_to(&place, output).failed_naming(&["disk"]);
        assert!(names_in(&disk).is_empty(), "{:?}", names_in(&disk));
    }
    drop(mounted);
}

/// A disk of 8 kB in memory, gone when dropped.
#[cfg(target_os = "linux")]
struct SmallDisk<'a> {
    folder: &'a Path,
}

#[cfg(target_os = "linux")]
impl<'a> SmallDisk<'a> {
    fn mount(folder: &'a Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=8k", "tmpfs"])
            .arg(folder);
        let output = mount.output().ok()?;
        output.status.success().then_some(Self { folder })
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let ended = Command::new("umount").arg(self.folder).status();
        assert!(
            ended.is_ok_and(|status| status.success()),
            "the disk is unmounted"
        );
    }
}

#[test]
fn an_output_that_is_there_is_kept_unless_replacing_is_allowed() {
    let place = Workplace::new();
    place.write("out.mp4", "precious");
    blink_to(&place, "out.mp4").failed_naming(&["out.mp4", "--overwrite"]);
    let kept = std::fs::read(place.path("out.mp4")).expect("it is still there");
    assert_eq!(kept, b"precious");
    blink(&place)
        .also(["-y", "-o", "out.mp4"])
        .run()
        .succeeded();
    let replaced = std::fs::read(place.path("out.mp4")).expect("it was just written");
    assert_eq!(&replaced[4..8], b"ftyp");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_run_with_code_130_and_leaves_nothing() {
    let place = Workplace::new();
    let source = portrait(&place);
    let mut child = place
        .vivant([
            "animate",
            "-d",
            "talk",
            "--duration",
            "3000",
            "-o",
            "out.mp4",
            "-s",
        ])
        .also([source.to_str().expect("the path is UTF-8")])
        .start();
    let begun = Instant::now();
    while place.names().len() < 2 {
        let is_running = child.try_wait().expect("it can be asked").is_none();
        assert!(is_running, "the program ended before it could be stopped");
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the output was begun"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    // Ctrl-C reaches every process of the group, ffmpeg too.
    let group = format!("-{}", child.id());
    let sent = Command::new("kill").args(["-INT", "--", &group]).status();
    assert!(sent.is_ok_and(|status| status.success()));
    let ended = Ended::of(
        child
            .wait_with_output()
            .expect("the program can be waited for"),
    );
    assert_eq!(ended.code, Some(130), "{ended:#?}");
    assert!(ended.stderr.contains("stopped"), "{ended:#?}");
    assert_eq!(place.names(), ["portrait.png"]);
}
