//! `vivant motion`, and `animate` driven by a sound or gone on with after a kill.

use std::time::{Duration, Instant};

use crate::inputs::{portrait, speaking_frames};
use crate::program::{Workplace, names_in};

#[test]
fn a_motion_is_recorded_and_exported_and_then_drives() {
    let place = Workplace::new();
    speaking_frames(&place, 6, &[]);
    let ended = place
        .vivant(["motion", "-d", "frames", "-o", "a.motion.safetensors"])
        .also(["--blendshapes", "a.csv", "--blendshapes", "a.json"])
        .run()
        .succeeded();
    assert!(
        ended.stdout.contains("a.motion.safetensors: 6 frames"),
        "{ended:#?}"
    );
    let csv = std::fs::read_to_string(place.path("a.csv")).expect("it was written");
    assert_eq!(csv.lines().count(), 7);
    assert!(csv.starts_with("Timecode,BlendShapeCount,EyeBlinkLeft,"));
    portrait(&place);
    place
        .vivant(["animate", "-s", "portrait.png", "-o", "out"])
        .also(["-d", "a.motion.safetensors", "--engine", "warp"])
        .run()
        .succeeded();
    assert_eq!(names_in(&place.path("out")).len(), 6);
}

#[test]
fn a_motion_that_goes_nowhere_and_a_sound_without_audio_driving_are_wrong_use() {
    let place = Workplace::new();
    place
        .vivant(["motion", "-d", "talk", "--audio", "a.wav"])
        .run()
        .refused_naming(&["nothing to do", "--vmc", "--audio is for --driving audio"]);
    place
        .vivant(["motion", "-d", "audio", "-o", "a.motion.safetensors"])
        .run()
        .refused_naming(&["--audio FILE"]);
    place
        .vivant(["motion", "-d", "talk", "-o", "a.txt"])
        .run()
        .failed_naming(&["a.txt", ".motion.safetensors"]);
    assert!(place.names().is_empty());
}

#[cfg(unix)]
#[test]
fn a_killed_run_goes_on_with_the_same_command() {
    let place = Workplace::new();
    portrait(&place);
    let command = || {
        let start = ["animate", "-s", "portrait.png", "-d", "nod"];
        let options = ["--engine", "warp", "--duration", "10", "--resume"];
        let command = place.vivant(start.into_iter().chain(options));
        command.also(["-o", "killed"])
    };
    let mut child = command().start();
    let segments = place.path("killed.segments");
    let is_whole = |name: &String| name.starts_with("00000_250_");
    let patience = Instant::now() + Duration::from_secs(120);
    while !(segments.is_dir() && names_in(&segments).iter().any(is_whole)) {
        assert!(Instant::now() < patience, "no segment in two minutes");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it has ended");
    assert!(!place.path("killed").exists());

    command().run().succeeded();
    assert!(!segments.exists());
    assert_eq!(names_in(&place.path("killed")).len(), 300);
}
