//! What a face does in the names that every VRM rig has: eyes, vowels, looks and moods.
//!
//! VRM 0 names its expressions so (VRM 0.x specification, blendShapeMaster), and receivers of VMC streams take those
//! names for rigs of VRM 1 too. Rigs without ARKit's 52 shapes know only these.

use crate::blendshapes::names::{BLENDSHAPES, NAMES};

/// Expressions that are sent.
pub const PRESETS: usize = 16;

/// A smile from which on it shows as joy rather than fun.
const JOYFUL: f32 = 0.5;
/// How much of `jawOpen` a mouth that says A opens.
const OPEN_A: f32 = 0.6;

/// The presets and their shares, 0 to 1, of coefficients in the order of [`NAMES`]. Left and right are the person's
/// own. `Blink`, which is both eyes, is left out: with `Blink_L` and `Blink_R` lids would close twice.
pub fn presets(coefficients: &[f32; BLENDSHAPES]) -> [(&'static str, f32); PRESETS] {
    let value = |name: &str| -> f32 {
        let index = NAMES.iter().position(|known| *known == name);
        index.map_or(0.0, |index| coefficients[index])
    };
    let mean = |one: &str, other: &str| f32::midpoint(value(one), value(other));
    let smile = mean("mouthSmileLeft", "mouthSmileRight");
    let joy = ((smile - JOYFUL) / (1.0 - JOYFUL)).max(0.0);
    let open = (value("jawOpen") / OPEN_A).min(1.0);
    let round = value("mouthFunnel").max(value("mouthPucker"));
    let wide = mean("mouthStretchLeft", "mouthStretchRight") * (1.0 - round);
    let raised = mean("browOuterUpLeft", "browOuterUpRight").max(value("browInnerUp"));
    let staring = mean("eyeWideLeft", "eyeWideRight");
    let frown = mean("mouthFrownLeft", "mouthFrownRight");
    [
        ("Blink_L", value("eyeBlinkLeft")),
        ("Blink_R", value("eyeBlinkRight")),
        ("A", open * (1.0 - round) * (1.0 - wide)),
        ("I", (1.0 - open) * wide),
        ("U", (1.0 - open) * round),
        ("E", open * wide),
        ("O", open * round),
        ("LookUp", mean("eyeLookUpLeft", "eyeLookUpRight")),
        ("LookDown", mean("eyeLookDownLeft", "eyeLookDownRight")),
        ("LookLeft", mean("eyeLookOutLeft", "eyeLookInRight")),
        ("LookRight", mean("eyeLookInLeft", "eyeLookOutRight")),
        ("Joy", joy),
        ("Fun", smile - smile * joy),
        (
            "Angry",
            mean("browDownLeft", "browDownRight") * (1.0 - smile),
        ),
        ("Sorrow", (frown * value("browInnerUp")).sqrt()),
        ("Surprised", (raised * staring).sqrt()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preset(moved: &[(&str, f32)], name: &str) -> f32 {
        let mut coefficients = [0.0; BLENDSHAPES];
        for (moved, value) in moved {
            let index = NAMES.iter().position(|known| known == moved).unwrap();
            coefficients[index] = *value;
        }
        let all = presets(&coefficients);
        all.into_iter().find(|(known, _)| *known == name).unwrap().1
    }

    #[test]
    fn a_calm_face_is_nothing_and_every_coefficient_at_once_passes_no_limit() {
        assert!(
            presets(&[0.0; BLENDSHAPES])
                .iter()
                .all(|(_, value)| *value == 0.0)
        );
        let all = presets(&[1.0; BLENDSHAPES]);
        assert!(
            all.iter().all(|(_, value)| (0.0..=1.0).contains(value)),
            "{all:?}"
        );
    }

    #[test]
    fn an_open_mouth_says_a_a_round_one_o_and_round_lips_alone_u() {
        let open = [("jawOpen", 0.6)];
        assert_eq!(preset(&open, "A"), 1.0);
        let round = [("jawOpen", 0.6), ("mouthFunnel", 1.0)];
        assert_eq!([preset(&round, "O"), preset(&round, "A")], [1.0, 0.0]);
        assert_eq!(preset(&[("mouthPucker", 0.8)], "U"), 0.8);
        let wide = [("mouthStretchLeft", 0.7), ("mouthStretchRight", 0.7)];
        assert!((preset(&wide, "I") - 0.7).abs() < 1e-6);
    }

    #[test]
    fn a_wink_closes_the_persons_own_eye_and_a_glance_goes_to_the_persons_own_side() {
        assert_eq!(preset(&[("eyeBlinkLeft", 0.9)], "Blink_L"), 0.9);
        assert_eq!(preset(&[("eyeBlinkLeft", 0.9)], "Blink_R"), 0.0);
        let left = [("eyeLookOutLeft", 0.6), ("eyeLookInRight", 0.6)];
        assert!(preset(&left, "LookLeft") > 0.5 && preset(&left, "LookRight") == 0.0);
    }

    #[test]
    fn a_small_smile_is_fun_and_a_broad_one_joy() {
        let smile = |value| [("mouthSmileLeft", value), ("mouthSmileRight", value)];
        assert_eq!(
            [preset(&smile(0.4), "Fun"), preset(&smile(0.4), "Joy")],
            [0.4, 0.0]
        );
        assert_eq!(
            [preset(&smile(1.0), "Fun"), preset(&smile(1.0), "Joy")],
            [0.0, 1.0]
        );
    }
}
