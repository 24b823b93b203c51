//! Coefficients as JSON, for scripts: every value with its name, unit and meaning in the file.

use serde::Serialize;

use crate::blendshapes::export::{BlendshapeFrame, BlendshapeTrack};
use crate::blendshapes::names::{NAMES, NOT_CARRIED};

/// Digits kept: a millionth.
const STEPS: f64 = 1e6;

#[derive(Serialize)]
struct File<'a> {
    format: &'static str,
    version: u32,
    comment: &'a str,
    frame_rate: [i64; 2],
    calm_frame: u64,
    /// Always 0, whatever the face does.
    not_carried: [&'static str; NOT_CARRIED.len()],
    head: &'static str,
    names: Vec<&'static str>,
    frames: Vec<Frame>,
}

#[derive(Serialize)]
struct Frame {
    time_s: f64,
    is_seen: bool,
    coefficients: Vec<f64>,
    head: Head,
}

#[derive(Serialize)]
struct Head {
    yaw: f64,
    pitch: f64,
    roll: f64,
    x: f64,
    y: f64,
    z: f64,
}

const HEAD: &str = "yaw, pitch, roll: degrees against the camera, positive with the nose to the right of the \
    picture, with the nose down, and clockwise as seen in the picture; x, y, z: centimetres from the calm \
    frame, to the right, down and away, for a head of average size 60 cm from the camera";

/// The whole file.
pub(super) fn text(track: &BlendshapeTrack) -> String {
    let file = File {
        format: "vivant-blendshapes",
        version: 1,
        comment: &track.comment,
        frame_rate: [track.frame_rate.numerator(), track.frame_rate.denominator()],
        calm_frame: track.calm_frame,
        not_carried: NOT_CARRIED,
        head: HEAD,
        names: NAMES.to_vec(),
        frames: track.frames.iter().map(frame).collect(),
    };
    serde_json::to_string(&file).expect("numbers and words always fit into JSON")
}

fn frame(frame: &BlendshapeFrame) -> Frame {
    let rounded = |value: f32| (f64::from(value) * STEPS).round() / STEPS;
    let [yaw, pitch, roll] = frame
        .face
        .head
        .yaw_pitch_roll
        .map(|angle| rounded(angle.to_degrees()));
    let [x, y, z] = frame.face.head.place_cm.map(rounded);
    Frame {
        time_s: (frame.time_s * STEPS).round() / STEPS,
        is_seen: frame.is_seen,
        coefficients: frame
            .face
            .coefficients
            .iter()
            .copied()
            .map(rounded)
            .collect(),
        head: Head {
            yaw,
            pitch,
            roll,
            x,
            y,
            z,
        },
    }
}
