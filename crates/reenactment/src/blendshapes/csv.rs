//! Coefficients as the CSV that Live Link Face records, so that its importers take it.
//!
//! Behind its 61 values stand seven of ours, since its own angles are radians and it has no place.

use std::fmt::Write as _;

use crate::blendshapes::export::BlendshapeTrack;
use crate::blendshapes::names::{NAMES, capitalised};
use crate::blendshapes::timecode::timecode;

/// Values that Live Link Face counts: the blendshapes, and the angles of head and eyes.
const COUNT: usize = NAMES.len() + ANGLES.len();
/// Angles of Live Link Face, radians.
const ANGLES: [&str; 9] = [
    "HeadYaw",
    "HeadPitch",
    "HeadRoll",
    "LeftEyeYaw",
    "LeftEyePitch",
    "LeftEyeRoll",
    "RightEyeYaw",
    "RightEyePitch",
    "RightEyeRoll",
];
/// What we add.
const ADDED: [&str; 7] = [
    "HeadYawDegrees",
    "HeadPitchDegrees",
    "HeadRollDegrees",
    "HeadXCentimetres",
    "HeadYCentimetres",
    "HeadZCentimetres",
    MARK,
];
/// Name of the last column, always 1: the one place for a mark that no importer of numbers trips over.
const MARK: &str = "MadeWithVivant";

/// The whole file.
pub(super) fn text(track: &BlendshapeTrack) -> String {
    let mut text = String::from("Timecode,BlendShapeCount");
    for name in NAMES.iter().map(|name| capitalised(name)) {
        text.push(',');
        text.push_str(&name);
    }
    for name in ANGLES.iter().chain(&ADDED) {
        text.push(',');
        text.push_str(name);
    }
    text.push('\n');
    for frame in &track.frames {
        let head = &frame.face.head;
        let [left, right] = frame.face.eyes;
        let mut values = frame.face.coefficients.to_vec();
        values.extend(head.yaw_pitch_roll);
        values.extend([left[0], left[1], 0.0, right[0], right[1], 0.0]);
        values.extend(head.yaw_pitch_roll.map(f32::to_degrees));
        values.extend(head.place_cm);
        values.push(1.0);
        text.push_str(&timecode(frame.time_s, track.frame_rate));
        write!(text, ",{COUNT}").expect("writing to a string cannot fail");
        for value in values {
            write!(text, ",{value:.6}").expect("writing to a string cannot fail");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blendshapes::export::BlendshapeFrame;
    use crate::blendshapes::reader::BlendshapeReader;
    use crate::built_in::gesture::Gesture;
    use media::Rational;

    #[test]
    fn every_row_has_a_value_for_every_column_and_jaw_open_stands_under_its_name() {
        let reader = BlendshapeReader::new(&Gesture::default().landmarks());
        let open = Gesture {
            open: 0.3,
            turn: [10.0, 0.0, 0.0],
            ..Gesture::default()
        };
        let face = reader.read(&open.landmarks());
        let track = BlendshapeTrack {
            frame_rate: Rational::new(25, 1).unwrap(),
            calm_frame: 0,
            comment: String::new(),
            frames: vec![BlendshapeFrame {
                time_s: 0.04,
                is_seen: true,
                face,
            }],
        };
        let text = text(&track);
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].len(), 2 + 61 + 7);
        assert_eq!(rows[1].len(), rows[0].len());
        assert_eq!(&rows[1][..2], ["00:00:00:01.000", "61"]);
        let at = |name: &str| {
            let column = rows[0].iter().position(|known| *known == name).unwrap();
            rows[1][column].parse::<f32>().unwrap()
        };
        assert!(at("JawOpen") > 0.25);
        assert_eq!([at("TongueOut"), at(MARK)], [0.0, 1.0]);
        assert!((at("HeadYawDegrees") - 10.0).abs() < 1.0);
        assert!((at("HeadYaw").to_degrees() - at("HeadYawDegrees")).abs() < 1e-3);
    }
}
