//! Avatars that were made to harm: archives that leave their folder, unfold to gigabytes or hold what no painter
//! can paint with.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use inference::sha256_hex;
use landmarks::{Landmarks, POINTS};
use media::{Image, encode_jpeg};
use reenactment::few_shot::{Avatar, AvatarPainter};

/// A graph of a few-shot model over the mean colour of the shots: its pictures are 64 pixels a side.
const GENERATOR: &[u8] =
    include_bytes!("../../cli/tests/fixtures/mean_colour_model/generator.onnx");

/// One member of an archive: name, kind, declared size, content.
struct Member<'a> {
    name: &'a str,
    kind: u8,
    size: u64,
    content: &'a [u8],
}

impl<'a> Member<'a> {
    fn file(name: &'a str, content: &'a [u8]) -> Self {
        Self {
            name,
            kind: b'0',
            size: content.len() as u64,
            content,
        }
    }

    /// As a tar archive has it, written by hand so that it can lie.
    fn bytes(&self) -> Vec<u8> {
        let mut header = vec![0; 512];
        header[..self.name.len()].copy_from_slice(self.name.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        let size = format!("{:011o}", self.size);
        header[124..135].copy_from_slice(size.as_bytes());
        header[148..156].fill(b' ');
        header[156] = self.kind;
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let mut bytes = [header, self.content.to_vec()].concat();
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }
}

fn archive(folder: &Path, members: &[Member<'_>]) -> PathBuf {
    let mut bytes: Vec<u8> = members.iter().flat_map(Member::bytes).collect();
    bytes.extend([0; 1024]);
    let path = folder.join("a.avatar");
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A manifest of these parts, with their true hashes.
fn manifest(preset: &str, side: &str, rest: &str, parts: &[(&str, &[u8])]) -> String {
    let points = vec![rest; POINTS].join(", ");
    let mut text = format!(
        "format_version = 1\npreset = \"{preset}\"\nresolution_px = {side}\n\
         landmark_scheme = \"ibug68+pupils\"\nmodel = \"m\"\nkind = \"fine-tuned\"\nsteps = 1\n\
         photos = []\nconsent = \"not stated\"\nrest = [{points}]\n"
    );
    for (name, bytes) in parts {
        text += &format!("[parts.\"{name}\"]\nsha256 = \"{}\"\n", sha256_hex(bytes));
    }
    text
}

fn few_shot(generator: &[u8], style: &[u8], side: &str, rest: &str) -> Vec<(String, Vec<u8>)> {
    let parts = [("generator.onnx", generator), ("style.f32", style)];
    let text = manifest("few-shot", side, rest, &parts);
    vec![
        ("avatar.toml".to_owned(), text.into_bytes()),
        ("generator.onnx".to_owned(), generator.to_vec()),
        ("style.f32".to_owned(), style.to_vec()),
    ]
}

/// Open the avatar and paint with it, as far as that goes.
fn paint(members: &[(String, Vec<u8>)]) -> Result<Image, String> {
    let folder = tempfile::tempdir().unwrap();
    let members: Vec<Member<'_>> = members
        .iter()
        .map(|(name, bytes)| Member::file(name, bytes))
        .collect();
    let path = archive(folder.path(), &members);
    let avatar = Avatar::open(&path).map_err(|error| error.to_string())?;
    let painter = AvatarPainter::new(&avatar).map_err(|error| error.to_string())?;
    let picture = painter.paint(avatar.rest());
    picture.map_err(|error| error.to_string())
}

const STYLE: [u8; 12] = [0; 12];

#[test]
fn the_parts_of_these_tests_make_an_avatar_that_paints() {
    let picture = paint(&few_shot(GENERATOR, &STYLE, "64", "[1.0, 2.0]")).unwrap();
    assert_eq!([picture.width(), picture.height()], [64, 64]);
}

#[test]
fn sizes_that_the_networks_do_not_give_are_an_error() {
    for side in ["0", "1", "7", "4294967295", "1000000", "65536"] {
        let error = paint(&few_shot(GENERATOR, &STYLE, side, "[1.0, 2.0]")).unwrap_err();
        assert!(error.contains("a side"), "{side}: {error}");
    }
    // sizes that are possible, but another graph's
    paint(&few_shot(GENERATOR, &STYLE, "1024", "[1.0, 2.0]")).ok();
    for style in [&[][..], &[0; 3], &[0; 4000]] {
        assert!(paint(&few_shot(GENERATOR, style, "64", "[1.0, 2.0]")).is_err());
    }
    assert!(paint(&few_shot(b"no graph", &STYLE, "64", "[1.0, 2.0]")).is_err());
}

#[test]
fn points_that_lie_nowhere_are_an_error() {
    for rest in ["[nan, 1.0]", "[inf, 1.0]", "[1e30, 0.0]", "[0.0, -1e12]"] {
        let error = paint(&few_shot(GENERATOR, &STYLE, "64", rest)).unwrap_err();
        assert!(error.contains("nowhere"), "{rest}: {error}");
    }
    // on the border or far outside of the picture they are drawn, or not
    for rest in ["[-5000.0, 99999.0]", "[0.0, 0.0]", "[15.99, 15.99]"] {
        assert!(
            paint(&few_shot(GENERATOR, &STYLE, "64", rest)).is_ok(),
            "{rest}"
        );
    }
}

#[test]
fn a_portrait_avatar_whose_faces_do_not_fit_is_an_error() {
    let wide = encode_jpeg(&Image::new(64, 16), 80);
    let none: &[u8] = &[];
    let one: Vec<u8> = std::iter::repeat_n(1.0_f32.to_le_bytes(), 140)
        .flatten()
        .collect();
    let nowhere: Vec<u8> = std::iter::repeat_n(f32::NAN.to_le_bytes(), 140)
        .flatten()
        .collect();
    let square = encode_jpeg(&Image::new(64, 64), 80);
    let open = |points: &[u8], shot: &[u8]| {
        let parts = [("landmarks.f32", points), ("shot-00.jpg", shot)];
        let text = manifest("portrait", "64", "[1.0, 2.0]", &parts);
        let folder = tempfile::tempdir().unwrap();
        let members = [
            Member::file("avatar.toml", text.as_bytes()),
            Member::file("landmarks.f32", points),
            Member::file("shot-00.jpg", shot),
        ];
        let avatar = Avatar::open(&archive(folder.path(), &members)).unwrap();
        assert!(AvatarPainter::new(&avatar).is_err(), "it has no graphs");
        avatar.shots().map(|shots| shots.len())
    };
    assert_eq!(open(&one, &square).unwrap(), 1);
    assert!(open(&one, &wide).is_err());
    assert!(open(&one, b"no picture").is_err());
    assert!(open(&nowhere, &square).is_err());
    assert!(open(none, &square).is_err());
}

#[test]
fn names_that_leave_the_archive_write_nothing_and_links_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let text = manifest("few-shot", "64", "[1.0, 2.0]", &[("../evil", b"x")]);
    for name in ["../evil", "/tmp/vivant-evil", "a/../../evil"] {
        let members = [
            Member::file(name, b"x"),
            Member::file("avatar.toml", text.as_bytes()),
        ];
        let path = archive(&inner, &members);
        assert!(Avatar::open(&path).is_err(), "{name}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(!Path::new("/tmp/vivant-evil").exists());
    }
    for kind in [b'1', b'2', b'3', b'5', b'6'] {
        let link = Member {
            name: "avatar.toml",
            kind,
            size: 0,
            content: &[],
        };
        let error = Avatar::open(&archive(&inner, &[link])).unwrap_err();
        assert!(
            error.to_string().contains("something else than files"),
            "{error}"
        );
    }
}

#[test]
fn archives_that_unfold_to_gigabytes_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    // declared, and not there
    let declared = Member {
        name: "generator.onnx",
        kind: b'0',
        size: 7 << 30,
        content: b"short",
    };
    assert!(Avatar::open(&archive(folder.path(), &[declared])).is_err());
    // made of holes: an old GNU sparse member of ten gigabytes in 512 bytes
    let mut sparse = Member {
        name: "generator.onnx",
        kind: b'S',
        size: 512,
        content: &[7; 512],
    }
    .bytes();
    sparse[257..265].copy_from_slice(b"ustar  \0");
    let hole = |number: u64| format!("{number:011o}\0").into_bytes();
    sparse[386..398].copy_from_slice(&hole(7 << 30));
    sparse[398..410].copy_from_slice(&hole(512));
    sparse[483..495].copy_from_slice(&hole((7 << 30) + 512 - 1));
    sparse[148..156].fill(b' ');
    let sum: u32 = sparse[..512].iter().map(|byte| u32::from(*byte)).sum();
    sparse[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let path = folder.path().join("holes.avatar");
    std::fs::write(&path, [sparse, vec![0; 1024]].concat()).unwrap();
    assert!(Avatar::open(&path).is_err());
    // a thousand members, and two of one name
    let many: Vec<String> = (0..1000).map(|index| format!("m{index}")).collect();
    let many: Vec<Member<'_>> = many.iter().map(|name| Member::file(name, b"x")).collect();
    let error = Avatar::open(&archive(folder.path(), &many)).unwrap_err();
    assert!(
        error.to_string().contains("more than an avatar does"),
        "{error}"
    );
    let twice = [
        Member::file("style.f32", b"x"),
        Member::file("style.f32", b"y"),
    ];
    let error = Avatar::open(&archive(folder.path(), &twice)).unwrap_err();
    assert!(
        error.to_string().contains("two files of one name"),
        "{error}"
    );
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
#[cfg(unix)]
fn a_link_under_the_temporary_name_is_not_written_through() {
    let folder = tempfile::tempdir().unwrap();
    let precious = folder.path().join("precious");
    std::fs::write(&precious, b"mine").unwrap();
    let members = few_shot(GENERATOR, &STYLE, "64", "[1.0, 2.0]");
    let members: Vec<Member<'_>> = members
        .iter()
        .map(|(name, bytes)| Member::file(name, bytes))
        .collect();
    let avatar = Avatar::open(&archive(folder.path(), &members)).unwrap();
    let output = folder.path().join("me.avatar");
    std::os::unix::fs::symlink(&precious, folder.path().join("me.avatar.part")).unwrap();
    avatar.write(&output).unwrap();
    assert_eq!(std::fs::read(&precious).unwrap(), b"mine");
    assert_eq!(Avatar::open(&output).unwrap(), avatar);
    let _points: &Landmarks = avatar.rest();
}
