//! Outputs bear marks, and `verify` reads them, as a user meets both.

use crate::inputs::portrait;
use crate::program::{Ended, Workplace};

/// A short nod of a drawn face.
fn animate(place: &Workplace, output: &str, more: &[&str]) -> Ended {
    portrait(place);
    let start = [
        "animate",
        "-s",
        "portrait.png",
        "-d",
        "nod",
        "--duration",
        "0.2",
    ];
    let rest = ["--engine", "warp", "-y", "-o", output];
    place.vivant(start.iter().chain(&rest).chain(more)).run()
}

fn verify(place: &Workplace, file: &str) -> Ended {
    place.vivant(["verify", file]).run()
}

#[test]
fn an_output_is_marked_a_changed_one_is_damaged_and_a_plain_picture_is_not_marked() {
    let place = Workplace::new();
    animate(&place, "out.mp4", &[]).succeeded();
    assert_eq!(
        place.names(),
        ["out.mp4", "portrait.png"],
        "nothing else is left"
    );
    let marked = verify(&place, "out.mp4").succeeded().stdout;
    for words in [
        "out.mp4: marked",
        "signed by Vivant installation",
        "it says that it is synthetic (compositeWithTrainedAlgorithmicMedia)",
        "consent: not declared",
        "made from: source picture",
    ] {
        assert!(marked.contains(words), "{marked}");
    }
    let mut bytes = std::fs::read(place.path("out.mp4")).expect("it was written");
    let last = bytes.len() - 100;
    bytes[last] ^= 1;
    place.write("changed.mp4", bytes);
    let changed = verify(&place, "changed.mp4");
    assert_eq!(changed.code, Some(4), "{changed:#?}");
    assert!(
        changed.stdout.contains("the content was changed"),
        "{changed:#?}"
    );
    let plain = verify(&place, "portrait.png");
    assert_eq!(plain.code, Some(3), "{plain:#?}");
    verify(&place, "nothing.mp4").failed_naming(&["nothing.mp4"]);
}

#[test]
fn what_was_declared_stands_in_the_manifest_and_names_do_not() {
    let place = Workplace::new();
    place.write("jane-agrees.mp4", b"a clip");
    let more = ["--consent", "agreed", "--consent-clip", "jane-agrees.mp4"];
    animate(&place, "frames", &more).succeeded();
    let told = place
        .vivant(["verify", "--json", "frames"])
        .run()
        .succeeded();
    let report: serde_json::Value = serde_json::from_str(&told.stdout).expect("it is JSON");
    assert_eq!(report["state"], "marked");
    assert_eq!(report["manifest"]["consent"]["consent"], "agreed");
    let clip = report["manifest"]["consent"]["clip_sha256"].as_str();
    assert_eq!(clip.map(str::len), Some(64));
    assert!(
        report["parts"]
            .as_array()
            .is_some_and(|parts| parts.len() > 3)
    );
    let frame = std::fs::read(place.path("frames/frame_000000.png")).expect("it was written");
    for name in ["jane", "portrait.png"] {
        let is_there = frame
            .windows(name.len())
            .any(|part| part == name.as_bytes());
        assert!(!is_there, "{name} stands in the picture's file");
    }
}

#[test]
fn labels_are_seen() {
    let place = Workplace::new();
    animate(&place, "plain", &[]).succeeded();
    animate(&place, "corner", &["--label", "corner"]).succeeded();
    animate(&place, "card", &["--label", "end-card"]).succeeded();
    let frames = |folder: &str| {
        let paths = media::pictures_in(&place.path(folder)).expect("frames were written");
        let read = |path: &std::path::PathBuf| media::read_picture(path).expect("a picture");
        paths.iter().map(read).collect::<Vec<_>>()
    };
    let (plain, corner, card) = (frames("plain"), frames("corner"), frames("card"));
    assert_eq!(card.len(), plain.len() + 60, "two seconds at 30 a second");
    let bright = |picture: &media::Image| {
        let [width, height] = [picture.width(), picture.height()];
        let rows = height * 9 / 10..height;
        let places = rows.flat_map(|y| (width * 4 / 5..width).map(move |x| (x, y)));
        places
            .filter(|(x, y)| picture.pixel(*x, *y).iter().all(|level| *level > 235))
            .count()
    };
    assert!(bright(&corner[0]) > bright(&plain[0]) + 20);
    let last = card.last().expect("there are frames");
    assert!(
        last.pixel(2, 2).iter().all(|level| *level < 40),
        "the card is dark"
    );
}

#[test]
fn nobody_is_learned_without_consent() {
    let place = Workplace::new();
    portrait(&place);
    let model = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/mean_colour_model"
    );
    let start = [
        "fine-tune",
        "--feed-forward",
        "--model",
        model,
        "-s",
        "portrait.png",
    ];
    let refused = place.vivant(start.iter().chain(&["-o", "me.avatar"])).run();
    refused.refused_naming(&["--consent", "historical"]);
    assert_eq!(place.names(), ["portrait.png"]);
    let more = ["--consent", "self", "-o", "me.avatar"];
    place.vivant(start.iter().chain(&more)).run().succeeded();
    let more = [
        "-s",
        "me.avatar",
        "-d",
        "nod",
        "--duration",
        "0.1",
        "-o",
        "me.mp4",
    ];
    place
        .vivant(["animate"].iter().chain(&more))
        .run()
        .succeeded();
    let told = verify(&place, "me.mp4").succeeded().stdout;
    assert!(
        told.contains("consent: self (I am the person shown, declared 20"),
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn a_program_of_the_users_signs() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Workplace::new();
    let bad = animate(&place, "out.mp4", &["--signer-cert", "chain.pem"]);
    bad.refused_naming(&["--signer-key"]);
    // the key of an installation stands in for a user's
    let home = place.path("home");
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
    let first = start.iter().chain(&["--engine", "warp", "-o", "first.mp4"]);
    place
        .vivant(first)
        .env("XDG_DATA_HOME", &home)
        .run()
        .succeeded();
    let identity = std::fs::read_to_string(home.join("vivant/signing-identity.pem"));
    let identity = identity.expect("the first output made a key");
    let (chain, _) = identity.split_at(identity.find("-----BEGIN PRIVATE").expect("a key"));
    place.write("chain.pem", chain);
    let program = place.write("sign.sh", "#!/bin/sh\ncat > /dev/null\necho no signature\n");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("ours");
    let path = program.to_string_lossy().into_owned();
    let more = ["--signer-cert", "chain.pem", "--signer-command", &path];
    let ended = animate(&place, "out.mp4", &more);
    assert_eq!(
        ended.code,
        Some(1),
        "a wrong signature is found out: {ended:#?}"
    );
    assert!(!place.path("out.mp4").exists());
}
