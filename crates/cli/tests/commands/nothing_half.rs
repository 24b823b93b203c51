//! A full disk and inputs that vanish, for every command that writes: named, and nothing half is left.
//!
//! A limit on the size of files stands in for a full disk, so that no test needs to mount one.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::inputs::{portrait, speaking_frames};
use crate::program::{Ended, Workplace, names_in};

/// A model over the mean colour of the shots.
const MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/mean_colour_model"
);

/// Run the program where no file may have more than a kilobyte.
fn run_on_a_full_disk(place: &Workplace, arguments: &[&str]) -> Ended {
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_vivant")]);
    command.args(arguments).current_dir(place.path("."));
    Ended::of(command.stdin(Stdio::null()).output().expect("sh starts"))
}

#[test]
fn every_command_names_a_full_disk_and_leaves_what_was_there() {
    let place = Workplace::new();
    portrait(&place);
    speaking_frames(&place, 3, &[]);
    let blink = [
        "animate",
        "-s",
        "portrait.png",
        "-d",
        "blink",
        "--duration",
        "0.3",
    ];
    let avatar = [
        "fine-tune",
        "--consent",
        "character",
        "--feed-forward",
        "--model",
        MODEL,
        "-s",
        "frames",
    ];
    let mut cases: Vec<(Vec<&str>, &str)> = vec![
        ([&blink[..], &["--engine", "warp"]].concat(), "out.mp4"),
        ([&blink[..], &["--engine", "warp"]].concat(), "frames-out"),
        (vec!["landmarks", "frames"], "track.json"),
        (vec!["motion", "-d", "frames"], "a.motion.safetensors"),
        (avatar.to_vec(), "me.avatar"),
        (vec!["export"], "model"),
    ];
    if media::Tools::find().ffmpeg().is_some() {
        for output in ["out.webm", "out.gif", "out.mov"] {
            cases.push(([&blink[..], &["--engine", "warp"]].concat(), output));
        }
    }
    for (arguments, output) in cases {
        let is_file = output.contains('.');
        if is_file {
            place.write(output, "an earlier result");
        }
        let before = place.names();
        let overwrite: &[&str] = if is_file { &["-y"] } else { &[] };
        let all = [&arguments, overwrite, &["-o", output]].concat();
        let ended = run_on_a_full_disk(&place, &all);
        ended.failed_naming(&[output]);
        assert_eq!(place.names(), before, "{output}");
        if is_file {
            let kept = std::fs::read(place.path(output)).expect("it is still there");
            assert_eq!(kept, b"an earlier result", "{output}");
        }
    }
}

#[test]
fn frames_that_vanish_while_they_are_read_are_named_and_no_track_is_left() {
    let place = Workplace::new();
    let frames = speaking_frames(&place, 40, &[]);
    let child = place
        .vivant(["landmarks", "frames", "-o", "track.json"])
        .start();
    std::thread::sleep(Duration::from_millis(400));
    for name in names_in(&frames) {
        std::fs::remove_file(frames.join(name)).expect("it is ours");
    }
    let ended = Ended::of(child.wait_with_output().expect("it ends"));
    if ended.code == Some(0) {
        return; // it was faster than that
    }
    ended.failed_naming(&["frames"]);
    assert_eq!(place.names(), ["frames"]);
}

#[test]
fn limits_are_taken_from_the_command_line_and_the_environment() {
    let place = Workplace::new();
    portrait(&place);
    let landmarks = || place.vivant(["landmarks", "portrait.png", "-o", "track.json"]);
    landmarks()
        .also(["--limit", "pixels=1000"])
        .run()
        .failed_naming(&["portrait.png", "at most", "1000 in all"]);
    landmarks()
        .env("VIVANT_LIMITS", "side=100, frames=5")
        .run()
        .failed_naming(&["portrait.png", "at most 100 a side"]);
    // what is typed wins
    landmarks()
        .env("VIVANT_LIMITS", "side=100")
        .also(["--limit", "side=1k"])
        .run()
        .succeeded();
    landmarks()
        .env("VIVANT_LIMITS", "colours=3")
        .also(["--limit", "pixels=many"])
        .run()
        .refused_naming(&[
            "VIVANT_LIMITS",
            "no limit \"colours\"",
            "--limit",
            "\"many\"",
        ]);
}
