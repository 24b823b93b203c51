//! Wrong use: exit code 2 and a sentence that says what was wrong.

use crate::inputs::portrait;
use crate::program::{Ended, Workplace};

fn animate(place: &Workplace, more: &[&str]) -> Ended {
    let start = ["animate", "-s", "portrait.png", "-o", "out.mp4"];
    place.vivant(start.iter().chain(more)).run()
}

#[test]
fn an_unknown_command_is_wrong_use() {
    Workplace::new()
        .vivant(["animat"])
        .run()
        .refused_naming(&["animat"]);
}

#[test]
fn a_missing_option_is_named() {
    animate(&Workplace::new(), &[]).refused_naming(&["--driving"]);
}

#[test]
fn values_out_of_range_are_wrong_use_and_name_the_option() {
    let place = Workplace::new();
    for (option, value) in [
        ("--smoothing", "1.5"),
        ("--face", "0"),
        ("--face-box", "1,2,3"),
        ("--driving-face", "-1"),
        ("--driving-face-box", "0,0,0,0"),
        ("--duration", "0"),
        ("--engine", "magic"),
    ] {
        let argument = format!("{option}={value}");
        animate(&place, &["-d", "talk", &argument]).refused_naming(&[option]);
    }
}

#[test]
fn options_that_contradict_each_other_are_wrong_use() {
    let place = Workplace::new();
    let face = ["-d", "talk", "--face", "1", "--face-box", "1,2,3,4"];
    animate(&place, &face).refused_naming(&["--face"]);
    animate(&place, &["-d", "clip.mp4", "--duration", "3"]).refused_naming(&["--duration"]);
}

#[test]
fn an_output_that_would_replace_its_own_input_is_wrong_use_even_when_replacing_is_allowed() {
    let place = Workplace::new();
    portrait(&place);
    let ended = place
        .vivant([
            "animate",
            "-y",
            "-s",
            "portrait.png",
            "-d",
            "talk",
            "-o",
            "./portrait.png",
        ])
        .run();
    ended.refused_naming(&["portrait.png", "source"]);
}

#[cfg(not(feature = "train"))]
#[test]
fn training_without_its_feature_says_how_to_build_it() {
    Workplace::new()
        .vivant([
            "train-landmarks",
            "--network",
            "detector",
            "--data",
            ".",
            "-o",
            "run",
        ])
        .run()
        .failed_naming(&["--features train", "cargo xtask setup"]);
}
