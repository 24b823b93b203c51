//! `vivant evaluate --people` on a drawn person, with a model whose result is known.

use std::path::{Path, PathBuf};

use crate::inputs::{nodding_clip, speaking_frames};
use crate::program::{Workplace, names_in};

/// A model that shows the landmark picture, half as bright, over the mean colour of the shots.
const MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/mean_colour_model"
);

/// `people/anna` with four pictures to learn from and three held out, one of them of nobody.
pub(crate) fn people(place: &Workplace) {
    let frames = speaking_frames(place, 8, &[7]);
    for (part, numbers) in [("learn", 0..4), ("held-out", 4..8)] {
        let folder = place.path("people/anna").join(part);
        std::fs::create_dir_all(&folder).expect("the folder is ours to write to");
        for number in numbers {
            let name = format!("{number:04}.png");
            std::fs::copy(frames.join(&name), folder.join(&name)).expect("the frame is there");
        }
    }
}

fn evaluate(place: &Workplace, more: &[&str]) -> crate::program::Ended {
    let start = ["evaluate", "--people", "people", "-o", "out"];
    place.vivant(start.iter().chain(more)).run()
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(path).expect("the file was written")
}

#[test]
fn every_method_makes_the_held_out_frames_and_a_second_run_makes_none_again() {
    let place = Workplace::new();
    people(&place);
    let run = || evaluate(&place, &["--shots", "1,4", "--model", MODEL]).succeeded();
    let ended = run();
    for word in [
        "nearest",
        "warp",
        "few-shot-feed-forward",
        "not measured: lpips, csim",
    ] {
        assert!(ended.stdout.contains(word), "{word}: {ended:#?}");
    }
    assert!(
        ended.stderr.contains("0007.png"),
        "the wall is named: {ended:#?}"
    );
    for row in [
        "nearest-1",
        "nearest-4",
        "warp-4",
        "few-shot-feed-forward-4",
    ] {
        let folder = place.path("out/frames").join(row).join("anna");
        assert_eq!(
            names_in(&folder),
            ["0004.png", "0005.png", "0006.png"],
            "{row}"
        );
    }
    let made = place.path("out/made/warp-4/anna.json");
    let first = read(made.clone());
    run();
    assert_eq!(first, read(made), "the times of the first run are kept");
}

#[test]
fn a_model_is_run_on_shots_and_landmarks_as_the_networks_take_them() {
    let place = Workplace::new();
    people(&place);
    evaluate(&place, &["--shots", "1", "--model", MODEL]).succeeded();
    let made = place.path("out/frames/few-shot-feed-forward-1/anna/0004.png");
    let made = media::read_picture(&made).expect("the frame was made");
    let learned =
        media::read_picture(&place.path("people/anna/learn/0002.png")).expect("the shot is there");
    assert_eq!(
        (made.width(), made.height()),
        (learned.width(), learned.height())
    );
    let (pixels, _) = learned.rgb().as_chunks::<3>();
    for channel in 0..3 {
        let sum: u64 = pixels.iter().map(|pixel| u64::from(pixel[channel])).sum();
        let mean = sum as f64 / pixels.len() as f64;
        // no line is drawn in the corner: black, -1, adds nothing to the mean colour
        let corner = f64::from(made.pixel(0, 0)[channel]);
        assert!(
            (corner - mean).abs() < 2.0,
            "channel {channel}: {corner}, {mean}"
        );
    }
    let brightest = |picture: &media::Image| picture.rgb().iter().copied().max();
    assert!(brightest(&made) > Some(200), "lines of the face are on it");
}

#[test]
fn answers_of_the_page_become_a_column() {
    let place = Workplace::new();
    people(&place);
    evaluate(&place, &["--shots", "1"]).succeeded();
    let page = read(place.path("out/user-test/index.html"));
    let test = page
        .split("\"test\":\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let test = test.expect("the page names its test");
    let text = format!(r#"{{"test":"{test}","answers":[{{"question":0,"picked":1}}]}}"#);
    place.write("answers.json", text);
    place.write("others.json", r#"{"test":"other","answers":[]}"#);
    let files = ["--answers", "answers.json", "--answers", "others.json"];
    let ended = evaluate(&place, &[&["--shots", "1"], &files[..]].concat()).succeeded();
    assert!(ended.stdout.contains("user"), "{ended:#?}");
    assert!(ended.stderr.contains("others.json"), "{ended:#?}");
    assert!(Path::new(&place.path("out/sheet.png")).is_file());
}

#[test]
fn options_of_the_other_mode_and_halves_of_pairs_are_refused_all_at_once() {
    let place = Workplace::new();
    place
        .vivant(["evaluate"])
        .run()
        .refused_naming(&["--people", "--data"]);
    evaluate(&place, &["--data", "x"]).refused_naming(&["--people", "--data"]);
    evaluate(
        &place,
        &["--faceless", "x", "--lpips-net", "x.onnx", "--fine-tune"],
    )
    .refused_naming(&[
        "--faceless",
        "--lpips-heads",
        "--fine-tune",
        "people is no folder",
    ]);
    let landmarks = ["evaluate", "--data", "x", "--shots", "1", "--model", "m"];
    place
        .vivant(landmarks)
        .run()
        .refused_naming(&["--shots", "--model"]);
}

#[test]
fn too_few_pictures_name_the_person_and_what_to_do() {
    let place = Workplace::new();
    people(&place);
    evaluate(&place, &["--shots", "5"]).failed_naming(&["anna", "--shots"]);
}

#[test]
fn a_clip_is_cut_into_pictures_that_are_kept_and_whoever_has_no_clip_any_more_is_gone() {
    let place = Workplace::new();
    std::fs::create_dir(place.path("people")).expect("the folder is ours to write to");
    nodding_clip(&place, "people/anna__nod.gif");
    std::fs::copy(
        place.path("people/anna__nod.gif"),
        place.path("people/berta.gif"),
    )
    .expect("the clip was made");
    let run = || {
        evaluate(
            &place,
            &["--shots", "1,2", "--held-out-count", "3", "--side", "128"],
        )
    };
    assert!(run().succeeded().stdout.contains("2 people, 6 frames"));
    let held_out = place.path("out/people/anna/held-out");
    let first = names_in(&held_out);
    assert_eq!(first.len(), 3);
    let picture = media::read_picture(&held_out.join(&first[0])).expect("it was cut");
    assert_eq!((picture.width(), picture.height()), (128, 128));
    let frames = place.path("out/frames/warp-2/anna");
    assert_eq!(names_in(&frames), first, "the same names");
    std::fs::remove_file(place.path("people/berta.gif")).expect("it is ours to remove");
    assert!(run().succeeded().stdout.contains("1 people, 3 frames"));
}
