//! Every file that a command writes, and how it says what it is: a new output belongs into the list, or a test fails.

use std::collections::BTreeSet;
use std::path::Path;

use crate::evaluate::people;
use crate::inputs::{portrait, speaking_frames};
use crate::killed::MODEL;
use crate::program::{Ended, Workplace};

/// How a file says what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It is read, not written.
    Read,
    /// A signed manifest says that it is synthetic.
    Synthetic,
    /// A signed manifest says that lines were drawn onto what was given.
    Drawn,
    /// A field of the file says which program measured it; no picture.
    Field,
    /// Pictures that were given, laid side by side; a comment says so.
    Copies,
    /// No picture and no motion of a person: weights, graphs, avatars with their own record of consent, shards of crops.
    Bare,
}
use Says::*;

/// Every option of every command that takes a file or folder.
const LIST: &[(&str, &str, Says)] = &[
    ("animate", "--source", Read),
    ("animate", "--output", Synthetic),
    ("animate", "--driving", Read),
    ("animate", "--audio", Read),
    ("animate", "--job", Read),
    ("animate", "--model", Read),
    ("animate", "--consent-clip", Read),
    ("animate", "--signer-cert", Read),
    ("animate", "--signer-key", Read),
    ("landmarks", "--output", Field),
    ("landmarks", "--overlay", Drawn),
    ("motion", "--driving", Read),
    ("motion", "--output", Field),
    ("motion", "--blendshapes", Field),
    ("motion", "--audio", Read),
    ("demo", "--output", Synthetic),
    ("evaluate", "--people", Read),
    ("evaluate", "--output", Synthetic), // its frames and sheet
    ("evaluate", "--model", Read),
    ("evaluate", "--lpips-net", Read),
    ("evaluate", "--lpips-heads", Read),
    ("evaluate", "--identity-net", Read),
    ("evaluate", "--frechet-net", Read),
    ("evaluate", "--answers", Read),
    ("evaluate", "--data", Read),
    ("evaluate", "--held-out", Read),
    ("evaluate", "--faceless", Read),
    ("evaluate", "--still-clip", Read),
    ("fine-tune", "--source", Read),
    ("fine-tune", "--output", Bare),
    ("fine-tune", "--model", Read),
    ("fine-tune", "--identity-net", Read),
    ("fine-tune", "--sheet", Copies),
    ("fine-tune", "--consent-clip", Read),
    ("preprocess", "--split", Read),
    ("preprocess", "--output", Copies), // its contact sheet
    ("preprocess", "--work-folder", Bare),
    ("meta-train", "--config", Read),
    ("meta-train", "--data", Read),
    ("meta-train", "--output", Synthetic), // its sheets of samples
    ("meta-train", "--content-net", Read),
    ("meta-train", "--lpips-net", Read),
    ("meta-train", "--lpips-heads", Read),
    ("meta-train", "--stills", Read),
    ("meta-train", "--validation", Read),
    ("meta-train", "--start-from", Read),
    ("export", "--model", Read),
    ("export", "--output", Bare),
    ("train-landmarks", "--config", Read),
    ("train-landmarks", "--data", Read),
    ("train-landmarks", "--output", Copies), // its sheet of samples
    ("train-landmarks", "--export", Bare),
    ("train-landmarks", "--held-out", Read),
    ("train-landmarks", "--skip", Read),
    ("train-landmarks", "--faceless", Read),
    ("train-landmarks", "--start-from", Read),
    ("train-watermark", "--config", Read),
    ("train-watermark", "--data", Read),
    ("train-watermark", "--output", Bare),
    ("train-watermark", "--export", Bare),
    ("train-watermark", "--held-out", Read),
    ("train-watermark", "--start-from", Read),
    ("verify", "--trust", Read),
    ("serve", "--folder", Synthetic), // results of `animate` and of the live view
    ("serve", "--model", Read),
];

/// Commands without such an option.
const WITHOUT: [&str; 2] = ["bench", "doctor"];

/// The commands that the program lists.
fn commands(place: &Workplace) -> Vec<String> {
    let help = place.vivant(["--help"]).run().succeeded().stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let named = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = named.filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The options of a command that take a file or folder.
fn paths_of(place: &Workplace, command: &str) -> BTreeSet<String> {
    let help = place.vivant([command, "--help"]).run().succeeded().stdout;
    let options = help
        .lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with('-'));
    let mut found = BTreeSet::new();
    for line in options {
        let Some((_, rest)) = line.split_once("--") else {
            continue;
        };
        let (name, rest) = rest.split_once([' ', '[']).unwrap_or((rest, ""));
        let value = rest.trim_start_matches('<').split('>').next().unwrap_or("");
        let is_path = ["FILE", "FOLDER", "PATH"]
            .iter()
            .any(|word| value.contains(word));
        if is_path && rest.starts_with('<') {
            found.insert(format!("--{name}"));
        }
    }
    found
}

#[test]
fn the_list_holds_every_file_that_a_command_reads_or_writes() {
    let place = Workplace::new();
    let commands = commands(&place);
    assert!(commands.len() > 12, "{commands:?}");
    for command in commands {
        let listed = LIST.iter().filter(|(name, _, _)| *name == command);
        let listed: BTreeSet<String> = listed.map(|(_, option, _)| (*option).to_owned()).collect();
        assert_eq!(
            listed.is_empty(),
            WITHOUT.contains(&command.as_str()),
            "{command}: say in this list how its outputs say what they are"
        );
        assert_eq!(
            paths_of(&place, &command),
            listed,
            "{command}: an output that is not in this list may lack its marks (docs/marks.md)"
        );
    }
}

fn says(command: &str, option: &str) -> Says {
    let found = LIST
        .iter()
        .find(|(name, other, _)| *name == command && *other == option);
    found.expect("it is in the list").2
}

fn verify(place: &Workplace, file: &str) -> Ended {
    place.vivant(["verify", file]).run()
}

/// What `verify` says of a marked file.
#[track_caller]
fn marked(place: &Workplace, file: &str, kind: Says) {
    let told = verify(place, file).succeeded().stdout;
    let words: &[&str] = match kind {
        Synthetic => &[
            "marked",
            "signed by Vivant installation",
            "it says that it is synthetic",
        ],
        Drawn => &[
            "marked",
            "landmarks of a face were drawn onto it",
            "does not say how it came about",
        ],
        other => panic!("{other:?} is not signed"),
    };
    for words in words {
        assert!(told.contains(words), "{file}: no {words:?} in {told}");
    }
}

fn contains(path: &Path, words: &str) -> bool {
    let bytes = std::fs::read(path).expect("it was written");
    bytes
        .windows(words.len())
        .any(|part| part == words.as_bytes())
}

#[test]
fn films_of_every_format_bear_their_manifest() {
    let place = Workplace::new();
    portrait(&place);
    let mut outputs = vec!["out.mp4", "frames"];
    if media::Tools::find().ffmpeg().is_some() {
        outputs.extend(["out.webm", "out.mov", "out.gif"]);
    }
    for output in outputs {
        let start = [
            "animate",
            "-s",
            "portrait.png",
            "-d",
            "nod",
            "--duration",
            "0.1",
        ];
        let animated = place.vivant(start).also(["--engine", "warp", "-o", output]);
        animated.run().succeeded();
        marked(&place, output, says("animate", "--output"));
    }
}

#[test]
fn overlays_are_signed_as_drawn_onto_and_stay_what_they_were() {
    let place = Workplace::new();
    let frames = speaking_frames(&place, 3, &[]);
    let picture = frames.join("0000.png").to_string_lossy().into_owned();
    for (input, overlay) in [
        (picture.as_str(), "over.png"),
        ("frames", "over.mp4"),
        ("frames", "over"),
    ] {
        let track = format!("{}.json", overlay.replace('.', "-"));
        let drawn = place.vivant(["landmarks", input, "-o", &track, "--overlay", overlay]);
        drawn.run().succeeded();
        marked(&place, overlay, says("landmarks", "--overlay"));
        let told = verify(&place, overlay).stdout;
        assert!(told.contains("no watermark was found"), "{told}");
        assert!(!told.contains("consent"), "{told}");
    }
    // what was synthetic stays so
    portrait(&place);
    let start = [
        "animate",
        "-s",
        "portrait.png",
        "-d",
        "nod",
        "--duration",
        "0.1",
    ];
    let made = place.vivant(start).also(["--engine", "warp", "-o", "made"]);
    made.run().succeeded();
    let drawn = [
        "landmarks",
        "made/frame_000000.png",
        "-o",
        "made.json",
        "--overlay",
        "again.png",
    ];
    place.vivant(drawn).run().succeeded();
    let told = verify(&place, "again.png").succeeded().stdout;
    for words in [
        "with the manifest that it bore itself",
        "it says that it is synthetic",
    ] {
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn measured_heads_and_sheets_say_that_they_are_synthetic_and_hide_nothing_that_is_measured() {
    let place = Workplace::new();
    people(&place);
    let start = [
        "evaluate", "--people", "people", "-o", "out", "--shots", "1", "--model", MODEL,
    ];
    place.vivant(start).run().succeeded();
    for method in ["nearest-1", "warp-1", "few-shot-feed-forward-1"] {
        marked(
            &place,
            &format!("out/frames/{method}/anna"),
            says("evaluate", "--output"),
        );
    }
    marked(&place, "out/sheet.png", says("evaluate", "--output"));
    let told = verify(&place, "out/sheet.png").stdout;
    assert!(told.contains("watermark: found"), "{told}");
    let frame = "out/frames/warp-1/anna/0004.png";
    let told = verify(&place, frame).stdout;
    assert!(told.contains("no watermark was found"), "{told}");
    assert!(contains(&place.path(frame), "Synthetic"), "nor a comment");
}

#[test]
fn motions_name_their_maker_and_sheets_of_copies_say_that_they_are_copies() {
    let place = Workplace::new();
    speaking_frames(&place, 3, &[]);
    let start = ["motion", "-d", "frames", "-o", "a.motion.safetensors"];
    let motion = place
        .vivant(start)
        .also(["--blendshapes", "a.csv", "--blendshapes", "a.json"]);
    motion.run().succeeded();
    let track = place.vivant(["landmarks", "frames", "-o", "track.json"]);
    track.run().succeeded();
    for (file, words) in [
        ("a.csv", "MadeWithVivant"),
        ("a.json", "Vivant"),
        ("a.motion.safetensors", "with Vivant"),
        ("track.json", "vivant-track"),
    ] {
        assert!(contains(&place.path(file), words), "{file}");
        // it is no picture: nothing is found in it, and that is no failure
        assert_eq!(verify(&place, file).code, Some(3), "{file}");
    }
    let start = [
        "fine-tune",
        "--consent",
        "character",
        "--feed-forward",
        "--model",
        MODEL,
    ];
    let rest = ["-s", "frames", "-o", "me.avatar", "--sheet", "sheet.png"];
    place.vivant(start.iter().chain(&rest)).run().succeeded();
    assert_eq!(says("fine-tune", "--sheet"), Copies);
    assert!(contains(
        &place.path("sheet.png"),
        "None of them was made by it"
    ));
    assert_eq!(verify(&place, "sheet.png").code, Some(3));
    assert_eq!(verify(&place, "me.avatar").code, Some(3));
}

#[cfg(feature = "train")]
#[test]
fn sheets_of_a_training_run_say_that_they_are_synthetic() {
    let place = Workplace::new();
    crate::killed_training::write_shards(&place.path("shards"));
    let start = [
        "meta-train",
        "--data",
        "shards",
        "-o",
        "run",
        "--preset",
        "tiny",
        "--steps",
        "2",
    ];
    let brief = [
        "--batch",
        "2",
        "--set",
        "measured_episodes=4",
        "--set",
        "held_out_people=1",
    ];
    place.vivant(start.iter().chain(&brief)).run().succeeded();
    let names = crate::program::names_in(&place.path("run"));
    let sheets: Vec<&String> = names
        .iter()
        .filter(|name| name.starts_with("samples-"))
        .collect();
    assert!(!sheets.is_empty(), "{names:?}");
    for sheet in sheets {
        marked(
            &place,
            &format!("run/{sheet}"),
            says("meta-train", "--output"),
        );
    }
}
