//! `vivant landmarks` and what `animate` makes of its files.

use crate::inputs::{SIDE, portrait, speaking_frames, two_people, wall};
use crate::program::{Workplace, names_in};
use test_support::DrawnHead;

#[test]
fn the_points_of_a_picture_lie_where_the_drawn_face_has_them() {
    let place = Workplace::new();
    portrait(&place);
    let ended = place
        .vivant(["landmarks", "portrait.png", "-o", "track.json"])
        .also(["--overlay", "seen.png"])
        .run()
        .succeeded();
    assert!(
        ended.stdout.contains("a face in 1 of 1 frames"),
        "{ended:#?}"
    );

    let text = std::fs::read_to_string(place.path("track.json")).expect("it was written");
    let track: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!([&track["width"], &track["height"]], [SIDE, SIDE]);
    let points = track["frames"][0]["points"]
        .as_array()
        .expect("it has a face");
    let drawn = DrawnHead::frontal(SIDE).points();
    let distance = |index: usize| {
        let [x, y] = [0, 1].map(|axis| points[index][axis].as_f64().expect("a number") as f32);
        (x - drawn[index][0]).hypot(y - drawn[index][1])
    };
    let mean = (0..70).map(distance).sum::<f32>() / 70.0;
    let inter_ocular = 0.235 * SIDE as f32;
    assert!(mean < 0.1 * inter_ocular, "{mean} px of {inter_ocular}");

    let seen = media::read_picture(&place.path("seen.png")).expect("it was written");
    assert_eq!([seen.width(), seen.height()], [SIDE, SIDE]);
}

#[test]
fn a_recorded_motion_drives_as_the_frames_it_was_taken_from() {
    let place = Workplace::new();
    speaking_frames(&place, 6, &[]);
    portrait(&place);
    place
        .vivant(["landmarks", "frames", "-o", "a.motion.safetensors"])
        .run()
        .succeeded();
    for (driving, output) in [("a.motion.safetensors", "recorded"), ("frames", "direct")] {
        place
            .vivant(["animate", "-s", "portrait.png", "-d", driving, "-o", output])
            .run()
            .succeeded();
    }
    let names = names_in(&place.path("recorded"));
    assert_eq!(names.len(), 6);
    assert_eq!(names, names_in(&place.path("direct")));
    let picture = |folder: &str, name: &str| {
        media::read_picture(&place.path(folder).join(name)).expect("it was written")
    };
    for name in &names {
        let [recorded, direct] = ["recorded", "direct"].map(|folder| picture(folder, name));
        let pairs = recorded.rgb().iter().zip(direct.rgb());
        let apart: f64 = pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
        // each output hides a number of its own
        let apart = apart / recorded.rgb().len() as f64;
        assert!(apart < 3.0, "{name}: {apart} levels apart");
    }
}

#[test]
fn an_overlay_of_frames_has_as_many_frames_and_shows_points() {
    let place = Workplace::new();
    speaking_frames(&place, 4, &[2]);
    let ended = place
        .vivant(["landmarks", "frames", "-o", "track.json"])
        .also(["--overlay", "seen"])
        .run()
        .succeeded();
    assert!(
        ended.stdout.contains("a face in 3 of 4 frames"),
        "{ended:#?}"
    );
    assert!(
        ended.stderr.contains("no face in 1 of 4 frames (2)"),
        "{ended:#?}"
    );
    let names = names_in(&place.path("seen"));
    assert_eq!(names.len(), 4);
    let is_drawn_on = |index: usize| {
        let input = place.path("frames").join(format!("{index:04}.png"));
        let seen = media::read_picture(&place.path("seen").join(&names[index]));
        media::read_picture(&input).expect("it is there") != seen.expect("it was written")
    };
    assert!(is_drawn_on(0) && !is_drawn_on(2));
}

#[test]
fn a_picture_without_a_face_fails_and_leaves_nothing() {
    let place = Workplace::new();
    wall(&place);
    place
        .vivant(["landmarks", "wall.png", "-o", "track.json"])
        .also(["--overlay", "seen.png"])
        .run()
        .failed_naming(&["no face", "wall.png"]);
    assert_eq!(place.names(), ["wall.png"]);
}

#[test]
fn of_two_faces_one_is_taken_with_a_warning_or_chosen_by_number_or_box() {
    let place = Workplace::new();
    two_people(&place);
    let centre_of = |options: &[&str]| {
        let start = ["landmarks", "two.png", "-y", "-o", "track.json"];
        let ended = place.vivant(start.iter().chain(options)).run().succeeded();
        let text = std::fs::read_to_string(place.path("track.json")).expect("it was written");
        let track: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        let tip = track["frames"][0]["points"][30][0].as_f64();
        (tip.expect("the nose has a place"), ended.stderr)
    };
    let middle = f64::from(SIDE);
    assert!(centre_of(&[]).1.contains("2 faces"));
    assert!(centre_of(&["--face", "1"]).0 < middle);
    assert!(centre_of(&["--face", "2"]).0 > middle);
    assert!(centre_of(&["--face-box", "300,40,180,180"]).0 > middle);
    place
        .vivant([
            "landmarks",
            "two.png",
            "-y",
            "-o",
            "track.json",
            "--face",
            "3",
        ])
        .run()
        .failed_naming(&["face 3", "two.png", "choose 1 to 2"]);
}

#[test]
fn a_name_of_no_track_format_is_named() {
    let place = Workplace::new();
    portrait(&place);
    place
        .vivant(["landmarks", "portrait.png", "-o", "track.txt"])
        .run()
        .failed_naming(&["track.txt", ".json", ".motion.safetensors"]);
}
