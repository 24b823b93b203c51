//! Inputs and outputs that cannot work: exit code 1, a sentence that names the file and what to
//! do, no panic, and nothing left behind.

use std::path::{Path, PathBuf};

use crate::inputs::{nodding_clip, portrait, speaking_frames, two_people, wall};
use crate::program::{Ended, Workplace};

/// Animate `source` with a short built-in motion.
fn blink(place: &Workplace, source: &Path) -> Ended {
    let source = source.to_str().expect("the path is UTF-8");
    let arguments = [
        "animate",
        "-s",
        source,
        "-d",
        "blink",
        "--duration",
        "0.2",
        "-o",
        "out.mp4",
    ];
    place.vivant(arguments).run()
}

/// Animate the portrait with `driving`.
fn drive(place: &Workplace, driving: &Path) -> Ended {
    let source = portrait(place);
    let words = ["animate", "-o", "out.mp4", "-s"].map(Into::into);
    let paths = [source, PathBuf::from("-d"), driving.to_owned()];
    place.vivant(words.into_iter().chain(paths)).run()
}

#[track_caller]
fn nothing_was_written(place: &Workplace) {
    let names = place.names();
    assert!(!names.iter().any(|name| name.contains("out")), "{names:?}");
}

#[test]
fn a_file_that_does_not_exist_is_named() {
    let place = Workplace::new();
    blink(&place, &place.path("nobody.jpg")).failed_naming(&["nobody.jpg"]);
    drive(&place, &place.path("nothing.mp4")).failed_naming(&["nothing.mp4"]);
    nothing_was_written(&place);
}

#[test]
fn a_file_that_is_neither_picture_nor_video_is_named_whatever_it_is_called() {
    let place = Workplace::new();
    let text = place.write("letter.jpg", "Dear reader, this is no picture.");
    blink(&place, &text).failed_naming(&["letter.jpg"]);
    drive(&place, &text).failed_naming(&["letter.jpg"]);
    nothing_was_written(&place);
}

#[test]
fn an_empty_file_is_named_as_empty() {
    let place = Workplace::new();
    let empty = place.write("empty.png", "");
    blink(&place, &empty).failed_naming(&["empty.png", "empty (zero bytes)"]);
    drive(&place, &empty).failed_naming(&["empty.png", "empty (zero bytes)"]);
    nothing_was_written(&place);
}

#[test]
fn a_picture_cut_off_anywhere_fails_without_a_panic() {
    let place = Workplace::new();
    let bytes = std::fs::read(portrait(&place)).expect("it was just written");
    for part in [
        1,
        7,
        8,
        20,
        33,
        100,
        bytes.len() / 3,
        bytes.len() / 2,
        bytes.len() - 20,
    ] {
        let cut = place.write("cut.png", &bytes[..part]);
        blink(&place, &cut).failed_naming(&["cut.png"]);
    }
    nothing_was_written(&place);
}

#[test]
fn a_clip_cut_off_anywhere_ends_without_a_panic_and_without_half_a_result() {
    let place = Workplace::new();
    let whole = nodding_clip(&place, "whole.mp4");
    let bytes = std::fs::read(whole).expect("it was just written");
    for part in [10, 40, 1000, bytes.len() / 3, bytes.len() - 1] {
        let cut = place.write("cut.mp4", &bytes[..part]);
        let ended = drive(&place, &cut);
        if ended.code == Some(0) {
            std::fs::remove_file(place.path("out.mp4")).expect("success means a result");
        } else {
            ended.failed_naming(&["cut.mp4"]);
        }
        nothing_was_written(&place);
    }
}

#[test]
fn a_picture_that_claims_100_000_pixels_a_side_is_refused_at_once() {
    let place = Workplace::new();
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0, 8, 2, 0, 0, 0]);
    png.extend(CRC_OF_HUGE_HEADER);
    png.extend(b"\0\0\0\0IDAT");
    let huge = place.write("huge.png", &png);
    blink(&place, &huge).failed_naming(&["huge.png", "100000"]);
    nothing_was_written(&place);
}

/// CRC-32 of the chunk IHDR with width and height 100,000, 8 bits, RGB.
const CRC_OF_HUGE_HEADER: [u8; 4] = [0x27, 0x30, 0x9c, 0x9f];

#[test]
fn a_clip_of_one_frame_gives_one_frame_and_says_that_nothing_moves() {
    let place = Workplace::new();
    let frames = speaking_frames(&place, 1, &[]);
    let ended = drive(&place, &frames).succeeded();
    assert!(ended.stderr.contains("single frame"), "{ended:#?}");
    assert!(ended.stdout.contains("1 frame "), "{ended:#?}");
}

#[test]
fn a_source_without_a_face_is_named_with_what_to_do() {
    let place = Workplace::new();
    blink(&place, &wall(&place)).failed_naming(&["no face", "wall.png", "use a picture"]);
    nothing_was_written(&place);
}

#[test]
fn frames_without_a_face_are_named_and_the_result_keeps_its_length() {
    let place = Workplace::new();
    let frames = speaking_frames(&place, 12, &[5, 6, 7]);
    let ended = drive(&place, &frames).succeeded();
    assert!(ended.stderr.contains("no face in 3 of 12"), "{ended:#?}");
    assert!(ended.stderr.contains("5 to 7"), "{ended:#?}");
    assert!(ended.stdout.contains("12 frames"), "{ended:#?}");
}

#[test]
fn a_driving_without_any_face_fails_naming_its_frames() {
    let place = Workplace::new();
    let frames = speaking_frames(&place, 4, &[0, 1, 2, 3]);
    drive(&place, &frames).failed_naming(&["no face", "frames 0 to 3"]);
    nothing_was_written(&place);
}

#[test]
fn of_two_faces_one_is_taken_with_a_warning_or_chosen_without() {
    let place = Workplace::new();
    let two = two_people(&place);
    let ended = blink(&place, &two).succeeded();
    assert!(ended.stderr.contains("2 faces"), "{ended:#?}");
    for (face, code) in [("1", 0), ("2", 0), ("3", 1)] {
        let ended = place
            .vivant([
                "animate",
                "-s",
                "two.png",
                "-d",
                "blink",
                "--duration",
                "0.2",
            ])
            .also(["--face", face, "-y", "-o", "out.mp4"])
            .run();
        assert_eq!(ended.code, Some(code), "{ended:#?}");
        assert!(!ended.stderr.contains("warning"), "{ended:#?}");
    }
}

#[test]
fn a_folder_without_pictures_is_named() {
    let place = Workplace::new();
    let folder = place.path("nothing");
    std::fs::create_dir(&folder).expect("the folder is ours to write to");
    std::fs::write(folder.join("notes.txt"), "no picture").expect("the folder is ours");
    drive(&place, &folder).failed_naming(&["nothing", "no pictures"]);
    nothing_was_written(&place);
}
