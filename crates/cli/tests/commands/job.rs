//! `animate --job`: several faces of one picture, and what is wrong with a job told by its line.

use crate::inputs::portrait;
use crate::program::{Ended, Workplace};

fn run(place: &Workplace, job: &str) -> Ended {
    place.write("job.toml", job.as_bytes());
    place.vivant(["animate", "-q", "--job", "job.toml"]).run()
}

#[test]
fn a_job_with_one_face_gives_what_the_options_give() {
    let place = Workplace::new();
    portrait(&place);
    let job = "source = \"portrait.png\"\noutput = \"frames\"\nengine = \"warp\"\ncrop = true\n\n\
               [[face]]\ndriving = \"blink\"\nstrength = 0.5\n";
    run(&place, job).succeeded();
    assert!(place.path("frames/frame_000000.png").exists());
}

#[test]
fn a_wrong_field_or_value_is_named_with_its_line() {
    let place = Workplace::new();
    portrait(&place);
    let start = "source = \"portrait.png\"\noutput = \"frames\"\n\n[[face]]\n";
    for (rest, named) in [
        ("driving = \"blink\"\nstrength = 5\n", "line 6"),
        ("driving = \"blink\"\nregoin = \"lips\"\n", "regoin"),
        ("region = \"lips\"\n", "--driving"),
    ] {
        let ended = run(&place, &format!("{start}{rest}"));
        ended.failed_naming(&["job.toml", named]);
    }
    run(&place, "source = \"portrait.png\"\n").failed_naming(&["line 1", "[[face]]"]);
    run(
        &place,
        &format!("driving-frames = \"stop\"\n{start}driving = \"blink\"\n"),
    )
    .failed_naming(&["line 1", "rest, hold, loop or mirror"]);
}

#[test]
fn a_job_and_a_source_on_the_command_line_are_wrong_use() {
    let place = Workplace::new();
    let ended = place.vivant(["animate", "--job", "job.toml", "-s", "a.png"]);
    ended.run().refused_naming(&["--job"]);
}

#[test]
fn a_format_without_transparency_is_refused_with_those_that_have_it() {
    let place = Workplace::new();
    portrait(&place);
    let start = [
        "animate",
        "-s",
        "portrait.png",
        "-d",
        "blink",
        "-o",
        "out.mp4",
    ];
    let ended = place.vivant(start.iter().chain(&["--background", "alpha"]));
    ended.run().refused_naming(&["out.mp4", ".webm", ".mov"]);
    let ended = place.vivant(start.iter().chain(&["--background", "greenish"]));
    ended.run().refused_naming(&["--background", "#00ff00"]);
}
