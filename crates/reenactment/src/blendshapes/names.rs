//! The names of the blendshapes, and which of them 70 points can carry.

/// Blendshapes of a frame.
pub const BLENDSHAPES: usize = 52;

/// Names as ARKit has them, in the order of Live Link Face. Left and right are the person's own.
pub const NAMES: [&str; BLENDSHAPES] = [
    "eyeBlinkLeft",
    "eyeLookDownLeft",
    "eyeLookInLeft",
    "eyeLookOutLeft",
    "eyeLookUpLeft",
    "eyeSquintLeft",
    "eyeWideLeft",
    "eyeBlinkRight",
    "eyeLookDownRight",
    "eyeLookInRight",
    "eyeLookOutRight",
    "eyeLookUpRight",
    "eyeSquintRight",
    "eyeWideRight",
    "jawForward",
    "jawRight",
    "jawLeft",
    "jawOpen",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthRight",
    "mouthLeft",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "noseSneerLeft",
    "noseSneerRight",
    "tongueOut",
];

/// Those that no point shows, or that the teacher never moved: they are always 0.
pub const NOT_CARRIED: [&str; 7] = [
    "jawForward",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "noseSneerLeft",
    "noseSneerRight",
    "tongueOut",
];

/// Whether 70 points carry the blendshape of that name.
pub fn is_carried(name: &str) -> bool {
    !NOT_CARRIED.contains(&name)
}

/// A name as Live Link Face and Perfect Sync write it, with a capital letter.
pub fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_twice_and_those_not_carried_are_among_them() {
        let mut names = NAMES.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), BLENDSHAPES);
        assert!(NOT_CARRIED.iter().all(|name| NAMES.contains(name)));
        assert_eq!(NAMES.iter().filter(|name| is_carried(name)).count(), 45);
        assert_eq!(capitalised("eyeBlinkLeft"), "EyeBlinkLeft");
    }
}
