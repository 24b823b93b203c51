//! Tracks through both file formats, and what hostile files say.

use std::fs;
use std::path::Path;

use landmarks::{Landmarks, POINTS, Track, TrackFileError, TrackFrame};
use media::Rational;

fn track() -> Track {
    let mut points = [[0.0; 2]; POINTS];
    for (index, point) in points.iter_mut().enumerate() {
        *point = [10.5 + index as f32 * 3.125, 200.0 - index as f32];
    }
    let frame = |pts, is_seen: bool, confidence| TrackFrame {
        pts,
        landmarks: is_seen.then_some(Landmarks { points }),
        confidence,
    };
    Track {
        size: [1920, 1080],
        frame_rate: Rational::new(30000, 1001).expect("positive"),
        time_base: Rational::new(1, 30000).expect("positive"),
        frames: vec![
            frame(0, true, 0.75),
            frame(1001, false, 0.0),
            frame(2502, true, 1.0),
        ],
    }
}

fn reason(path: &Path) -> String {
    match Track::read(path) {
        Err(TrackFileError::Invalid { reason, .. }) => reason,
        other => panic!("expected an invalid file, got {other:?}"),
    }
}

#[test]
fn both_formats_give_back_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.json", "a.motion.safetensors", "B.JSON"] {
        let path = folder.path().join(name);
        track().write(&path).unwrap();
        assert_eq!(Track::read(&path).unwrap(), track(), "{name}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn an_empty_track_goes_through_both_formats() {
    let folder = tempfile::tempdir().unwrap();
    let empty = Track {
        frames: Vec::new(),
        ..track()
    };
    for name in ["a.json", "a.motion.safetensors"] {
        let path = folder.path().join(name);
        empty.write(&path).unwrap();
        assert_eq!(Track::read(&path).unwrap(), empty);
    }
}

#[test]
fn writing_twice_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |name: &str| {
        let path = folder.path().join(name);
        track().write(&path).unwrap();
        fs::read(path).unwrap()
    };
    assert_eq!(bytes("a.motion.safetensors"), bytes("b.motion.safetensors"));
}

#[test]
fn other_endings_and_missing_folders_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.safetensors", "a.csv", "a"] {
        let error = track().write(&folder.path().join(name)).unwrap_err();
        assert!(error.to_string().contains(".motion.safetensors"), "{error}");
    }
    let error = track()
        .write(&folder.path().join("no/such/a.json"))
        .unwrap_err();
    assert!(matches!(error, TrackFileError::Write { .. }));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_cut_off_anywhere_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.json", "a.motion.safetensors"] {
        let path = folder.path().join(name);
        track().write(&path).unwrap();
        let whole = fs::read(&path).unwrap();
        for length in (0..whole.len()).step_by(13) {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(Track::read(&path).is_err(), "{name} cut at {length}");
        }
    }
}

#[test]
fn hostile_json_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    track().write(&path).unwrap();
    let good = fs::read_to_string(&path).unwrap();
    let said = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        fs::write(&path, good.replacen(from, to, 1)).unwrap();
        reason(&path)
    };
    assert!(said("ibug68+pupils", "dlib").contains("dlib"));
    assert!(said("\"version\":1", "\"version\":2").contains("version 2"));
    assert!(said("[30000,1001]", "[30000,0]").contains("frame_rate"));
    assert!(said("[30000,1001]", "[-1,1]").contains("frame_rate"));
    assert!(said("\"width\":1920", "\"width\":0").contains("size"));
    assert!(said("[[10.5,200.0],", "[").contains("69 points"));
    assert!(said("10.5", "1e30").contains("frame 0"));
    assert!(said("1001,\"conf", "0,\"conf").contains("frame 1"));
    assert!(said("0.75", "7.5").contains("confidence"));
    assert!(said("\"width\"", "\"colour\":1,\"width\"").contains("colour"));
    said("10.5", "1e999");
    said("10.5", "NaN");
}

#[test]
fn hostile_safetensors_are_refused_with_their_reason() {
    use safetensors::{Dtype, tensor::TensorView};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.motion.safetensors");
    let header = "{\"version\":1,\"scheme\":\"ibug68+pupils\",\"width\":64,\"height\":64,\
                  \"frame_rate\":[25,1],\"time_base\":[1,25]}";
    let said =
        |header: &str, points: &[f32], shape: [usize; 3], confidence: &[f32], pts: &[i64]| {
            let bytes = |values: &[f32]| -> Vec<u8> {
                values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect()
            };
            let (points, confidence) = (bytes(points), bytes(confidence));
            let pts: Vec<u8> = pts.iter().flat_map(|value| value.to_le_bytes()).collect();
            let view =
                |dtype, shape: Vec<usize>, data| TensorView::new(dtype, shape, data).unwrap();
            let tensors = [
                ("points", view(Dtype::F32, shape.to_vec(), &points)),
                (
                    "confidence",
                    view(Dtype::F32, vec![confidence.len() / 4], &confidence),
                ),
                ("pts", view(Dtype::I64, vec![pts.len() / 8], &pts)),
            ];
            let metadata = [("motion".to_owned(), header.to_owned())].into();
            fs::write(
                &path,
                safetensors::serialize(tensors, Some(metadata)).unwrap(),
            )
            .unwrap();
            reason(&path)
        };
    let face = [5.0; 140];
    let mut broken = face;
    broken[77] = f32::NAN;
    assert!(said(header, &broken, [1, 70, 2], &[1.0], &[0]).contains("frame 0"));
    broken[77] = f32::INFINITY;
    assert!(said(header, &broken, [1, 70, 2], &[1.0], &[0]).contains("frame 0"));
    assert!(said(header, &face, [1, 70, 2], &[f32::NAN], &[0]).contains("confidence"));
    assert!(said(header, &face, [1, 70, 2], &[1.0, 1.0], &[0]).contains("confidence"));
    assert!(said(header, &face, [2, 35, 2], &[1.0], &[0]).contains("points"));
    assert!(said(header, &face, [1, 70, 2], &[1.0], &[0, 1]).contains("points"));
    assert!(said("{}", &face, [1, 70, 2], &[1.0], &[0]).contains("metadata"));
    let other = header.replace("ibug68+pupils", "ibug68");
    assert!(said(&other, &face, [1, 70, 2], &[1.0], &[0]).contains("ibug68"));

    // a header that claims to be larger than any memory
    fs::write(&path, u64::MAX.to_le_bytes()).unwrap();
    reason(&path);
    fs::write(&path, 90_000_000_u64.to_le_bytes()).unwrap();
    reason(&path);
}

/// A safetensors file with this header and so many bytes of zeros behind it.
fn tensors(header: &str, bytes: usize) -> Vec<u8> {
    let length = (header.len() as u64).to_le_bytes();
    [&length, header.as_bytes(), &vec![0; bytes]].concat()
}

/// The header of a track of one frame with tensors at these places.
fn header(points: [u64; 2], confidence: [u64; 2], pts: [u64; 2]) -> String {
    let words = r#"{\"version\":1,\"scheme\":\"ibug68+pupils\",\"width\":64,\"height\":64,\"frame_rate\":[25,1],\"time_base\":[1,25]}"#;
    format!(
        r#"{{"__metadata__":{{"motion":"{words}"}},
            "points":{{"dtype":"F32","shape":[1,70,2],"data_offsets":{points:?}}},
            "confidence":{{"dtype":"F32","shape":[1],"data_offsets":{confidence:?}}},
            "pts":{{"dtype":"I64","shape":[1],"data_offsets":{pts:?}}}}}"#
    )
}

#[test]
fn tensors_that_overlap_or_leave_holes_or_lie_outside_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.motion.safetensors");
    let whole = tensors(&header([0, 560], [560, 564], [564, 572]), 572);
    fs::write(&path, &whole).unwrap();
    assert_eq!(Track::read(&path).unwrap().frames.len(), 1);
    for (points, confidence, pts, bytes) in [
        ([0, 560], [0, 4], [560, 568], 568),     // overlap
        ([0, 560], [560, 564], [560, 568], 568), // overlap at the end
        ([0, 560], [570, 574], [574, 582], 582), // hole
        ([0, 560], [560, 564], [564, 572], 500), // cut off
        ([0, 560], [560, 564], [564, 572], 600), // more behind
        ([560, 0], [560, 564], [564, 572], 572), // backwards
        ([0, u64::MAX], [560, 564], [564, 572], 572),
        ([u64::MAX - 559, u64::MAX], [0, 4], [4, 12], 12),
    ] {
        fs::write(&path, tensors(&header(points, confidence, pts), bytes)).unwrap();
        assert!(
            !reason(&path).is_empty(),
            "{points:?} {confidence:?} {pts:?}"
        );
    }
    for length in [0, u64::MAX, 1 << 40, 200_000_000] {
        let mut bytes = whole.clone();
        bytes[..8].copy_from_slice(&length.to_le_bytes());
        fs::write(&path, bytes).unwrap();
        assert!(!reason(&path).is_empty(), "a header of {length} bytes");
    }
}

#[test]
fn numbers_that_are_none_are_refused_wherever_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.motion.safetensors");
    let head = header([0, 560], [560, 564], [564, 572]);
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30] {
        for place in [0, 280, 560] {
            let mut bytes = tensors(&head, 572);
            let at = 8 + head.len() + place;
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            fs::write(&path, bytes).unwrap();
            assert!(!reason(&path).is_empty(), "{value} at {place}");
        }
    }
}

#[test]
fn stamps_at_the_ends_of_the_range_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    track().write(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    for stamp in [
        "9223372036854775807",
        "-9223372036854775808",
        "4503599627370497",
        "1e30",
    ] {
        for (old, new) in [("\"pts\":0", stamp), ("\"pts\":2502", stamp)] {
            let changed = text.replace(old, &format!("\"pts\":{new}"));
            fs::write(&path, changed).unwrap();
            assert!(!reason(&path).is_empty(), "{old} {new}");
        }
    }
    for rate in [
        "[9223372036854775807,1]",
        "[1,9223372036854775807]",
        "[0,1]",
        "[-25,1]",
    ] {
        let changed = text.replace("[30000,1001]", rate);
        fs::write(&path, changed).unwrap();
        assert!(!reason(&path).is_empty(), "{rate}");
    }
}
