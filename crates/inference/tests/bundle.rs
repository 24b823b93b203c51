//! Bundles from a folder and from memory: whole, changed, incomplete and hostile ones.

use std::fs;
use std::path::Path;

use inference::{Bundle, BundleError, FORMAT_VERSION, Manifest, Part, sha256_hex};

const GRAPH: &[u8] = include_bytes!("golden/every_operator.onnx");

fn manifest() -> Manifest {
    let part = Part {
        file: "net.onnx".into(),
        sha256: sha256_hex(GRAPH),
    };
    Manifest {
        format_version: FORMAT_VERSION,
        preset: "test".into(),
        resolution_px: 32,
        landmark_scheme: "none".into(),
        licence: "MIT".into(),
        training_data: "random numbers".into(),
        parts: [("net".to_owned(), part)].into(),
    }
}

fn text(manifest: &Manifest) -> String {
    toml::to_string(manifest).expect("a manifest can be written")
}

fn write(folder: &Path, manifest: &str) {
    fs::write(folder.join("model.toml"), manifest).expect("the folder is there");
    fs::write(folder.join("net.onnx"), GRAPH).expect("the folder is there");
}

fn chain(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(chain).unwrap_or_default();
    format!("{error} {cause}")
}

#[test]
fn a_folder_and_embedded_bytes_give_the_same_bundle() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &text(&manifest()));
    let opened = Bundle::open(folder.path()).unwrap();
    let embedded =
        Bundle::embedded("built in", &text(&manifest()), &[("net.onnx", GRAPH)]).unwrap();
    assert_eq!(opened.manifest(), embedded.manifest());
    assert_eq!(opened.part("net").unwrap(), embedded.part("net").unwrap());
    assert!(opened.graph("net").is_ok());
    assert_eq!(opened.manifest().resolution_px, 32);
}

#[test]
fn one_changed_byte_is_found_and_both_digests_are_told() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &text(&manifest()));
    let mut bytes = GRAPH.to_vec();
    bytes[500] ^= 1;
    fs::write(folder.path().join("net.onnx"), &bytes).unwrap();
    let error = Bundle::open(folder.path()).unwrap_err();
    let said = error.to_string();
    assert!(matches!(error, BundleError::Checksum { .. }));
    assert!(
        said.contains("net.onnx") && said.contains(&sha256_hex(&bytes)),
        "{said}"
    );
}

#[test]
fn a_missing_file_and_a_missing_part_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = chain(&Bundle::open(folder.path()).unwrap_err());
    assert!(error.contains("model.toml"), "{error}");
    write(folder.path(), &text(&manifest()));
    let error = Bundle::open(folder.path())
        .unwrap()
        .graph("decoder")
        .unwrap_err();
    assert!(error.to_string().contains("decoder"));
    fs::remove_file(folder.path().join("net.onnx")).unwrap();
    let error = chain(&Bundle::open(folder.path()).unwrap_err());
    assert!(error.contains("net.onnx"), "{error}");
    let error = Bundle::embedded("built in", &text(&manifest()), &[]).unwrap_err();
    assert!(matches!(error, BundleError::MissingPart { .. }));
}

#[test]
fn another_version_is_told_even_where_its_fields_are_unknown() {
    let newer = "format_version = 9\nshards = 3\n";
    let error = Bundle::embedded("new.bundle", newer, &[]).unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("new.bundle") && said.contains('9') && said.contains('1'),
        "{said}"
    );
}

#[test]
fn unknown_missing_and_garbled_keys_are_errors_that_name_them() {
    let said = |manifest: &str| {
        let error = Bundle::embedded("x", manifest, &[("net.onnx", GRAPH)]).unwrap_err();
        assert!(matches!(error, BundleError::Manifest { .. }), "{error}");
        error.to_string()
    };
    assert!(said(&format!("colour = 1\n{}", text(&manifest()))).contains("colour"));
    assert!(said(&text(&manifest()).replace("licence", "license")).contains("licence"));
    said("= = =");
}

#[test]
fn a_part_cannot_lie_outside_the_bundle() {
    for file in ["../net.onnx", "/net.onnx", "sub/net.onnx", ".."] {
        let mut manifest = manifest();
        manifest.parts.get_mut("net").unwrap().file = file.into();
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &text(&manifest));
        let error = Bundle::open(folder.path()).unwrap_err();
        assert!(matches!(error, BundleError::Manifest { .. }), "{error}");
    }
}

#[test]
fn a_manifest_of_megabytes_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &"#".repeat(1 << 20));
    let error = Bundle::open(folder.path()).unwrap_err();
    assert!(matches!(error, BundleError::TooLarge { .. }), "{error}");
}

#[test]
fn a_part_that_is_no_graph_is_named_with_the_cause() {
    let mut manifest = manifest();
    manifest.parts.get_mut("net").unwrap().sha256 = sha256_hex(b"nonsense");
    let bundle = Bundle::embedded("x", &text(&manifest), &[("net.onnx", b"nonsense")]).unwrap();
    let error = chain(&bundle.graph("net").unwrap_err());
    assert!(
        error.contains("\"net\"") && error.contains("ONNX"),
        "{error}"
    );
}
