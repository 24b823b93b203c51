//! Files are signed, verified, changed, and verified again; files of other C2PA programs are read too.
#![allow(clippy::unwrap_used)] // also outside of the test functions

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use media::{Image, OutputConfig, Rational, SharedSeal, VideoWriter, encode_jpeg, write_png};
use provenance::{
    Consent, ConsentRecord, Input, InputRole, Making, MarkState, Marker, ModelMark, Report,
    SignerChoice, Statement, verify,
};
use tempfile::TempDir;

fn picture() -> Image {
    let mut picture = Image::new(64, 48);
    for (index, value) in picture.rgb_mut().iter_mut().enumerate() {
        *value = (index * 7 % 251) as u8;
    }
    picture
}

fn statement(inputs: Vec<Input>) -> Statement {
    Statement {
        description: "A still picture animated".to_owned(),
        making: Making::Painted,
        is_invented: false,
        model: Some(ModelMark {
            name: "portrait".to_owned(),
            sha256: Some("ab".repeat(32)),
        }),
        inputs,
        consent: Some(ConsentRecord::declare(Consent::Own)),
    }
}

fn marker(inputs: Vec<Input>) -> Marker {
    Marker::open(&statement(inputs), &SignerChoice::ThisRun, None).unwrap()
}

/// One small file in each format that is signed inside.
fn files(folder: &TempDir) -> Vec<PathBuf> {
    let path = |name: &str| folder.path().join(name);
    write_png(&path("a.png"), &picture()).unwrap();
    fs::write(path("b.jpg"), encode_jpeg(&picture(), 90)).unwrap();
    fs::write(path("c.wav"), wave()).unwrap();
    fs::write(path("d.gif"), gif()).unwrap();
    fs::write(path("e.webp"), webp()).unwrap();
    let rate = Rational::new(25, 1).unwrap();
    let config = OutputConfig::new(&path("f.mp4"), 64, 48, rate).unwrap();
    let mut writer = VideoWriter::create_with(&media::Tools::none(), &config).unwrap();
    for pts in 0..5 {
        writer.write(&picture(), pts).unwrap();
    }
    writer.finish().unwrap();
    let names = ["a.png", "b.jpg", "c.wav", "d.gif", "e.webp", "f.mp4"];
    names.into_iter().map(path).collect()
}

/// A tenth of a second of silence.
fn wave() -> Vec<u8> {
    let data = vec![0; 1600];
    let mut file = b"RIFF".to_vec();
    file.extend(36_u32.wrapping_add(1600).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend([1, 0, 1, 0]);
    file.extend(8000_u32.to_le_bytes());
    file.extend(16_000_u32.to_le_bytes());
    file.extend([2, 0, 16, 0]);
    file.extend(b"data");
    file.extend(1600_u32.to_le_bytes());
    file.extend(data);
    file
}

/// One pixel.
fn gif() -> Vec<u8> {
    let mut file = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff".to_vec();
    file.extend(b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b");
    file
}

/// One pixel, lossless.
fn webp() -> Vec<u8> {
    let mut file = b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00".to_vec();
    file.extend(b"\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00");
    file
}

fn report(path: &Path) -> Report {
    verify(path).unwrap()
}

#[test]
fn every_format_is_unmarked_then_marked_and_then_says_how_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let marker = marker(Vec::new());
    for path in files(&folder) {
        assert_eq!(report(&path).state, MarkState::NotMarked, "{path:?}");
        let before = fs::metadata(&path).unwrap().len();
        marker.sign_file(&path).unwrap();
        let found = report(&path);
        assert_eq!(found.state, MarkState::Marked, "{path:?}: {found:#?}");
        let added = fs::metadata(&path).unwrap().len() - before;
        assert!(added < 40_000, "{path:?} grew by {added} bytes");
        let manifest = found.manifest.unwrap();
        assert_eq!(manifest.is_synthetic, Some(true));
        let kinds = ["compositeWithTrainedAlgorithmicMedia"];
        assert_eq!(manifest.source_types, kinds);
        assert!(manifest.program.starts_with("Vivant "));
        assert_eq!(manifest.consent.unwrap()["consent"], "self");
        let id = marker.output_id().to_string();
        assert_eq!(manifest.generation.unwrap()["output_id"], id.as_str());
    }
}

#[test]
fn a_changed_byte_is_told_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let marker = marker(Vec::new());
    for path in files(&folder) {
        marker.sign_file(&path).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        let mp4 = path.extension().is_some_and(|ending| ending == "mp4");
        // the content: in MP4 the last box, elsewhere near the start or the end, by format
        let place = if mp4 {
            bytes.len() - 40
        } else {
            place_of_content(&path, &bytes)
        };
        bytes[place] ^= 0x10;
        fs::write(&path, bytes).unwrap();
        let found = report(&path);
        assert_eq!(found.state, MarkState::Damaged, "{path:?}: {found:#?}");
        let problems = found.problems.join(" ");
        assert!(
            problems.contains("changed") || problems.contains("taken apart"),
            "{problems}"
        );
    }
}

fn place_of_content(path: &Path, bytes: &[u8]) -> usize {
    let find = |word: &[u8]| {
        bytes
            .windows(word.len())
            .position(|one| one == word)
            .unwrap()
    };
    match path.extension().unwrap().to_str().unwrap() {
        "png" => find(b"IDAT") + 30,
        "jpg" => bytes.len() - 200,
        "wav" => find(b"data") + 100,
        "gif" => bytes.len() - 3,
        _ => find(b"VP8L") + 12,
    }
}

#[test]
fn an_input_stands_by_hash_and_keeps_its_own_manifest_but_not_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("jane-doe-secret.png");
    write_png(&source, &picture()).unwrap();
    marker(Vec::new()).sign_file(&source).unwrap();
    let sound = folder.path().join("bank-call.wav");
    fs::write(&sound, wave()).unwrap();
    let inputs = vec![
        Input {
            role: InputRole::Source,
            path: source.clone(),
        },
        Input {
            role: InputRole::Sound,
            path: sound,
        },
    ];
    let output = folder.path().join("out.png");
    write_png(&output, &picture()).unwrap();
    marker(inputs).sign_file(&output).unwrap();
    let found = report(&output);
    assert_eq!(found.state, MarkState::Marked, "{found:#?}");
    let manifest = found.manifest.unwrap();
    let own: Vec<bool> = manifest
        .ingredients
        .iter()
        .map(|one| one.has_manifest)
        .collect();
    assert_eq!(own, [true, false]);
    let hash = inference::sha256_hex(&fs::read(&source).unwrap());
    assert_eq!(
        manifest.generation.unwrap()["inputs"][0]["sha256"],
        hash.as_str()
    );
    let bytes = fs::read(&output).unwrap();
    for secret in ["jane", "bank-call", folder.path().to_str().unwrap()] {
        let is_there = bytes
            .windows(secret.len())
            .any(|one| one == secret.as_bytes());
        assert!(!is_there, "the output names {secret}");
    }
}

#[test]
fn a_webm_has_its_manifest_beside_it_and_moving_it_away_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.webm");
    let mut bytes = vec![0x1A, 0x45, 0xDF, 0xA3];
    bytes.extend((0..5000_u32).map(|value| (value % 253) as u8));
    fs::write(&path, &bytes).unwrap();
    marker(Vec::new()).sign_file(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes, "the file itself stays");
    let found = report(&path);
    assert_eq!(found.state, MarkState::Marked, "{found:#?}");
    assert!(found.notes.join(" ").contains("clip.c2pa"));
    bytes[2000] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(report(&path).state, MarkState::Damaged);
    fs::remove_file(folder.path().join("clip.c2pa")).unwrap();
    assert_eq!(report(&path).state, MarkState::NotMarked);
}

#[test]
fn files_of_other_programs_are_read_and_a_camera_is_not_called_synthetic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.jpg");
    let context = c2pa::Context::new()
        .with_signer(c2pa::EphemeralSigner::new("camera.example").unwrap())
        .into_shared();
    let mut builder = c2pa::Builder::from_shared_context(&context)
        .with_definition(r#"{"claim_generator_info": [{"name": "A camera", "version": "1"}]}"#)
        .unwrap();
    builder.set_intent(c2pa::BuilderIntent::Create(
        c2pa::DigitalSourceType::DigitalCapture,
    ));
    let mut signed = Cursor::new(Vec::new());
    let mut plain = Cursor::new(encode_jpeg(&picture(), 90));
    builder
        .save_to_stream("image/jpeg", &mut plain, &mut signed)
        .unwrap();
    fs::write(&path, signed.into_inner()).unwrap();
    let found = report(&path);
    assert_eq!(found.state, MarkState::Marked, "{found:#?}");
    let manifest = found.manifest.as_ref().unwrap();
    assert_eq!(manifest.is_synthetic, Some(false));
    assert_eq!(manifest.program, "A camera 1");
    assert!(!manifest.signer.is_trusted);
    assert!(found.words().contains("does not say that it is synthetic"));
}

#[test]
fn a_folder_is_as_its_worst_picture() {
    let folder = tempfile::tempdir().unwrap();
    let marker = Arc::new(marker(Vec::new()));
    let frames = folder.path().join("frames");
    let rate = Rational::new(25, 1).unwrap();
    let mut config = OutputConfig::new(&frames, 64, 48, rate).unwrap();
    config.seal = Some(SharedSeal::new(marker));
    let mut writer = VideoWriter::create_with(&media::Tools::none(), &config).unwrap();
    for pts in 0..3 {
        writer.write(&picture(), pts).unwrap();
    }
    writer.finish().unwrap();
    let found = report(&frames);
    assert_eq!((found.state, found.parts.len()), (MarkState::Marked, 3));
    write_png(&frames.join("frame_000001.png"), &picture()).unwrap();
    let found = report(&frames);
    assert_eq!(found.state, MarkState::NotMarked);
    assert!(found.words().contains("1 of 3 files"), "{}", found.words());
    assert!(verify(&frames.join("nothing.png")).is_err());
}

#[test]
fn a_certificate_of_the_users_own_signs_and_a_list_of_trust_vouches_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let home = SignerChoice::Installation {
        folder: Some(folder.path().join("home")),
    };
    Marker::open(&statement(Vec::new()), &home, None).unwrap();
    let text = fs::read_to_string(folder.path().join("home/signing-identity.pem")).unwrap();
    let (chain, key) = text.split_at(text.find("-----BEGIN PRIVATE").unwrap());
    let path = |name: &str| folder.path().join(name);
    fs::write(path("chain.pem"), chain).unwrap();
    fs::write(path("key.pem"), key).unwrap();
    let signer = SignerChoice::Files {
        certificate: path("chain.pem"),
        key: path("key.pem"),
    };
    let output = path("out.png");
    write_png(&output, &picture()).unwrap();
    let marker = Marker::open(&statement(Vec::new()), &signer, None).unwrap();
    marker.sign_file(&output).unwrap();
    let trusting = provenance::Verifier::new(Some(&path("chain.pem"))).unwrap();
    let found = trusting.verify(&output).unwrap();
    assert!(
        found.manifest.unwrap().signer.is_trusted,
        "{:?}",
        found.problems
    );
    let strange = SignerChoice::Files {
        certificate: path("key.pem"),
        key: path("key.pem"),
    };
    let error = Marker::open(&statement(Vec::new()), &strange, None).unwrap_err();
    assert!(error.to_string().contains("key.pem"), "{error}");
}

#[test]
fn an_installation_that_cannot_keep_a_key_signs_all_the_same_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, b"").unwrap();
    let signer = SignerChoice::Installation {
        folder: Some(in_the_way.join("vivant")),
    };
    let marker = Marker::open(&statement(Vec::new()), &signer, None).unwrap();
    assert!(marker.note().unwrap().contains("key of this run alone"));
}
