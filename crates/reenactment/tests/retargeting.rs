//! What a driver may and may not change in a source, on drawn people whose truth is known.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use landmarks::{Landmarks, MEAN_HEAD};
use reenactment::{
    DrivenFace, HeadPose, MotionChoice, MotionReference, Region, Retargeter, find_calm,
};
use test_support::DrawnHead;

const SIDE_PX: u32 = 512;

fn points(head: &DrawnHead) -> Landmarks {
    Landmarks {
        points: head.points(),
    }
}

/// A face `wide` times as wide as it is.
fn widened(face: &Landmarks, wide: f32) -> Landmarks {
    let middle = face.points[27][0];
    face.map(|[x, y]| [middle + wide * (x - middle), y])
}

/// Two seconds of a person who turns, nods, talks, blinks and looks about.
fn clip() -> Vec<DrawnHead> {
    (0..50)
        .map(|frame| {
            let time = frame as f32 / 25.0;
            let wave = |hertz: f32| (std::f32::consts::TAU * hertz * time).sin();
            let mut head = DrawnHead::frontal(SIDE_PX);
            head.yaw = 7.0 * wave(0.5);
            head.pitch = 4.0 * wave(0.7);
            head.mouth_open = (0.6 * wave(2.0)).max(0.0);
            head.smile = 0.4 * wave(0.4).max(0.0);
            head.gaze = [0.7 * wave(1.0), 0.0];
            if (30..34).contains(&frame) {
                head.eyes_open = [0.0; 2];
            }
            head
        })
        .collect()
}

fn driven(source: &Landmarks, faces: &[Landmarks], choice: &MotionChoice) -> Vec<DrivenFace> {
    let calm = find_calm(faces).unwrap().landmarks;
    let retargeter = Retargeter::with_choice(source, [SIDE_PX; 2], &calm, choice).knowing(faces);
    faces.iter().map(|face| retargeter.drive(face)).collect()
}

fn width(face: &Landmarks) -> f32 {
    face.points[16][0] - face.points[0][0]
}

/// Mean distance of two faces' points, shares of the eye distance.
fn apart(one: &Landmarks, other: &Landmarks) -> f32 {
    let pairs = one.points.iter().zip(&other.points);
    let sum: f32 = pairs.map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum();
    sum / 70.0 / other.inter_ocular_px()
}

/// Mean second difference of all points over time, shares of the eye distance.
fn jitter(faces: &[Landmarks]) -> f32 {
    let bend = |three: &[Landmarks]| -> f32 {
        (0..70)
            .map(|point| {
                let [a, b, c] = [0, 1, 2].map(|frame| three[frame].points[point]);
                (a[0] - 2.0 * b[0] + c[0]).hypot(a[1] - 2.0 * b[1] + c[1])
            })
            .sum()
    };
    let sum: f32 = faces.windows(3).map(bend).sum();
    sum / (faces.len() - 2) as f32 / 70.0 / faces[0].inter_ocular_px()
}

/// Reproducible noise of up to half a pixel either way.
fn shaken(faces: &[Landmarks]) -> Vec<Landmarks> {
    let mut state = 7_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    faces
        .iter()
        .map(|face| face.map(|[x, y]| [x + random(), y + random()]))
        .collect()
}

#[test]
fn a_driver_of_a_wider_face_does_not_widen_the_source() {
    let source = points(&DrawnHead::frontal(SIDE_PX));
    let faces: Vec<Landmarks> = clip().iter().map(points).collect();
    let wide: Vec<Landmarks> = faces.iter().map(|face| widened(face, 1.25)).collect();
    for reference in [MotionReference::Relative, MotionReference::Absolute] {
        let choice = MotionChoice {
            reference,
            ..MotionChoice::default()
        };
        let [own, other] = [&faces, &wide].map(|faces| {
            let all = driven(&source, faces, &choice);
            let widths = all.iter().map(|face| width(&face.landmarks()));
            widths.sum::<f32>() / all.len() as f32
        });
        assert!(
            (other / own - 1.0).abs() < 0.04,
            "{reference:?}: {own} {other}"
        );
    }
}

#[test]
fn who_drives_himself_looks_as_he_did() {
    let faces: Vec<Landmarks> = clip().iter().map(points).collect();
    let calm = find_calm(&faces).unwrap();
    let all = driven(&faces[calm.frame], &faces, &MotionChoice::default());
    let errors = all.iter().zip(&faces);
    let errors: Vec<f32> = errors
        .map(|(got, face)| apart(&got.landmarks(), face))
        .collect();
    let mean = errors.iter().sum::<f32>() / errors.len() as f32;
    assert!(mean < 0.02, "{mean}");
}

#[test]
fn the_result_shakes_no_more_than_the_driver() {
    let still = vec![points(&DrawnHead::frontal(SIDE_PX)); 40];
    let faces = shaken(&still);
    let source = widened(&still[0], 1.1);
    let all = driven(&source, &faces, &MotionChoice::default());
    let got: Vec<Landmarks> = all.iter().map(DrivenFace::landmarks).collect();
    let [got, given] = [jitter(&got), jitter(&faces)];
    assert!(got < 1.1 * given, "{got} of {given}");
}

#[test]
fn a_glance_to_the_left_stays_to_the_left_and_within_the_eye() {
    let source = widened(&points(&DrawnHead::frontal(SIDE_PX)), 0.9);
    let mut head = DrawnHead::frontal(SIDE_PX);
    let calm = points(&head);
    for gaze in [-1.0, 1.0, -6.0, 6.0] {
        head.gaze = [gaze, 0.0];
        let retargeter = Retargeter::new(&source, [SIDE_PX; 2], &calm);
        let face = retargeter.drive(&points(&head)).landmarks();
        for (corners, pupil) in [([36, 39], 68), ([42, 45], 69)] {
            let [from, to] = corners.map(|corner| face.points[corner][0]);
            let place = (face.points[pupil][0] - from) / (to - from);
            let rest = (source.points[pupil][0] - source.points[corners[0]][0])
                / (source.points[corners[1]][0] - source.points[corners[0]][0]);
            assert!((place - rest) * gaze > 0.05, "{gaze}: {place} from {rest}");
            assert!((0.1..0.9).contains(&place), "{gaze}: {place}");
        }
    }
}

#[test]
fn without_the_region_pose_the_head_is_still_and_without_the_eyes_they_are_the_sources() {
    let source = points(&DrawnHead::frontal(SIDE_PX));
    let faces: Vec<Landmarks> = clip().iter().map(points).collect();
    let choice = |regions: &[Region]| MotionChoice {
        regions: regions.to_vec(),
        ..MotionChoice::default()
    };
    let rest = HeadPose::fit(&MEAN_HEAD, &source);
    for face in driven(&source, &faces, &choice(&[Region::Expression])) {
        let turn = face
            .pose
            .rotation
            .after(&rest.rotation.inverse())
            .to_vector();
        let first = Retargeter::new(&source, [SIDE_PX; 2], &source).source_pose();
        assert!(turn.iter().all(|angle| angle.abs() < 0.1));
        assert_eq!(
            (face.pose.scale, face.pose.shift),
            (first.scale, first.shift)
        );
    }
    for face in driven(&source, &faces, &choice(&[Region::Pose, Region::Lips])) {
        assert_eq!(face.lids, [1.0; 2]);
        assert_eq!(face.gaze, [[0.0; 2]; 2]);
    }
}

#[test]
fn a_mouth_that_is_closed_in_both_stays_closed_through_turns_and_blinks() {
    let source = points(&DrawnHead::frontal(SIDE_PX));
    let faces: Vec<Landmarks> = clip()
        .into_iter()
        .map(|mut head| {
            head.mouth_open = 0.0;
            points(&head)
        })
        .collect();
    let gap = |face: &Landmarks| {
        let gap = face.points[66][1] - face.points[62][1];
        gap / face.inter_ocular_px()
    };
    let rest = gap(&source);
    for face in driven(&source, &faces, &MotionChoice::default()) {
        assert!(gap(&face.landmarks()) < rest + 0.015);
    }
}
