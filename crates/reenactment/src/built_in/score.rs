//! What each built-in motion does when: keys in seconds, as an animator would note them.

use crate::built_in::gesture::Gesture;
use crate::built_in::timeline::{Key, blinking, eased};

/// A motion as a function of the seconds since its start.
pub(crate) type Score = fn(f32) -> Gesture;

/// Length of `talk`, seconds.
pub(crate) const TALK_S: f32 = 4.8;
/// Opening of the mouth through "Hello! I am alive. Nice to meet you."
const TALK_OPEN: [Key; 29] = [
    (0.20, 0.00),
    (0.36, 0.15),
    (0.47, 0.08),
    (0.62, 0.17),
    (0.80, 0.06),
    (0.94, 0.00),
    (1.12, 0.00),
    (1.26, 0.20),
    (1.40, 0.07),
    (1.49, 0.00),
    (1.60, 0.11),
    (1.68, 0.05),
    (1.84, 0.19),
    (2.00, 0.09),
    (2.10, 0.02),
    (2.22, 0.00),
    (2.60, 0.00),
    (2.68, 0.05),
    (2.82, 0.18),
    (2.96, 0.06),
    (3.05, 0.03),
    (3.15, 0.06),
    (3.26, 0.00),
    (3.40, 0.09),
    (3.52, 0.04),
    (3.66, 0.07),
    (3.80, 0.05),
    (3.98, 0.00),
    (4.80, 0.00),
];
/// Breadth of the mouth through the same words.
const TALK_BROAD: [Key; 19] = [
    (0.20, 0.00),
    (0.36, 0.08),
    (0.62, -0.14),
    (0.80, -0.22),
    (1.00, 0.00),
    (1.26, 0.02),
    (1.40, 0.12),
    (1.55, 0.00),
    (1.84, 0.02),
    (2.00, 0.12),
    (2.22, 0.00),
    (2.60, 0.00),
    (2.82, 0.04),
    (2.96, 0.10),
    (3.15, -0.18),
    (3.28, 0.00),
    (3.42, 0.13),
    (3.70, -0.22),
    (4.05, 0.00),
];

/// A few spoken words, with nods on the stressed ones.
pub(crate) fn talk(time_s: f32) -> Gesture {
    let nod = [
        (0.15, 0.0),
        (0.36, -2.0),
        (0.66, 3.5),
        (1.05, 0.5),
        (1.30, 2.5),
        (1.60, -1.0),
        (1.90, 4.0),
        (2.40, 0.0),
        (2.85, 3.5),
        (3.20, 0.5),
        (3.45, 2.5),
        (4.00, 0.0),
    ];
    let turn = [
        (0.1, 0.0),
        (0.8, 4.0),
        (1.5, -3.0),
        (2.3, -4.5),
        (3.3, 4.0),
        (4.6, 0.0),
    ];
    let tilt = [(0.3, 0.0), (1.0, -1.8), (2.1, 1.5), (3.2, -1.2), (4.5, 0.0)];
    let brows = [
        (0.20, 0.0),
        (0.45, 0.055),
        (1.00, 0.0),
        (1.65, 0.01),
        (1.90, 0.05),
        (2.50, 0.0),
        (2.80, 0.03),
        (3.40, 0.0),
    ];
    let smile = [
        (2.0, 0.0),
        (2.5, 0.25),
        (3.2, 0.15),
        (4.0, 0.45),
        (4.7, 0.0),
    ];
    Gesture {
        turn: [
            eased(&turn, time_s),
            eased(&nod, time_s),
            eased(&tilt, time_s),
        ],
        step: [0.006 * eased(&turn, time_s), 0.0],
        open: eased(&TALK_OPEN, time_s),
        broad: eased(&TALK_BROAD, time_s),
        smile: eased(&smile, time_s),
        brows: eased(&brows, time_s),
        lids: blinking(&[0.98, 2.30, 4.15], time_s),
        gaze: [0.0; 2],
    }
}

/// Length of `nod`, seconds.
pub(crate) const NOD_S: f32 = 2.6;

/// Nodding yes, twice and a half.
pub(crate) fn nod(time_s: f32) -> Gesture {
    let nod = [
        (0.10, 0.0),
        (0.30, -3.0),
        (0.58, 12.0),
        (0.90, -5.0),
        (1.20, 10.0),
        (1.52, -3.0),
        (1.80, 5.0),
        (2.20, 0.0),
    ];
    let smile = [(0.3, 0.0), (0.9, 0.30), (1.8, 0.25), (2.5, 0.0)];
    Gesture {
        turn: [0.0, eased(&nod, time_s), 0.0],
        smile: eased(&smile, time_s),
        lids: blinking(&[0.52, 2.0], time_s),
        // The eyes stay on the viewer while the head nods.
        gaze: [0.0, -0.0018 * eased(&nod, time_s)],
        ..Gesture::default()
    }
}

/// Length of `look-around`, seconds.
pub(crate) const LOOK_AROUND_S: f32 = 5.2;

/// Looking to one side, to the other, up, and back; the eyes lead.
pub(crate) fn look_around(time_s: f32) -> Gesture {
    let turn = [
        (0.25, 0.0),
        (0.95, -17.0),
        (1.75, -16.0),
        (2.75, 17.0),
        (3.45, 16.0),
        (4.40, 0.0),
    ];
    let nod = [
        (0.3, 0.0),
        (1.0, -2.0),
        (2.2, 3.0),
        (3.2, -6.0),
        (3.7, -5.0),
        (4.5, 0.0),
    ];
    let tilt = [
        (0.4, 0.0),
        (1.1, -3.0),
        (2.0, -2.0),
        (2.9, 3.0),
        (3.6, 2.0),
        (4.5, 0.0),
    ];
    let aside = [
        (0.15, 0.0),
        (0.35, -0.055),
        (1.05, -0.020),
        (1.75, -0.015),
        (2.00, 0.055),
        (2.85, 0.020),
        (3.45, 0.015),
        (3.70, -0.040),
        (4.40, 0.0),
    ];
    let brows = [(2.8, 0.0), (3.2, 0.05), (3.8, 0.0)];
    Gesture {
        turn: [
            eased(&turn, time_s),
            eased(&nod, time_s),
            eased(&tilt, time_s),
        ],
        step: [0.004 * eased(&turn, time_s), 0.0],
        brows: eased(&brows, time_s),
        lids: blinking(&[0.22, 1.86, 3.55], time_s),
        gaze: [eased(&aside, time_s), 0.0],
        ..Gesture::default()
    }
}

/// Length of `smile`, seconds.
pub(crate) const SMILE_S: f32 = 4.2;

/// A smile that comes, opens a little and goes.
pub(crate) fn smile(time_s: f32) -> Gesture {
    let smile = [
        (0.3, 0.0),
        (1.1, 0.85),
        (1.6, 0.95),
        (2.6, 0.85),
        (3.8, 0.0),
    ];
    let open = [(0.7, 0.0), (1.4, 0.055), (2.4, 0.045), (3.1, 0.0)];
    let tilt = [(0.3, 0.0), (1.4, 4.0), (2.6, 3.0), (3.9, 0.0)];
    let turn = [(0.3, 0.0), (1.5, -4.0), (2.8, -2.0), (3.9, 0.0)];
    let nod = [(0.3, 0.0), (1.3, -3.0), (2.4, 1.0), (3.8, 0.0)];
    let brows = [(0.4, 0.0), (1.2, 0.035), (2.6, 0.02), (3.6, 0.0)];
    Gesture {
        turn: [
            eased(&turn, time_s),
            eased(&nod, time_s),
            eased(&tilt, time_s),
        ],
        open: eased(&open, time_s),
        smile: eased(&smile, time_s),
        brows: eased(&brows, time_s),
        lids: blinking(&[0.62, 3.20], time_s),
        ..Gesture::default()
    }
}

/// Length of `blink`, seconds.
pub(crate) const BLINK_S: f32 = 3.0;

/// Blinking twice, breathing.
pub(crate) fn blink(time_s: f32) -> Gesture {
    let breath = [(0.2, 0.0), (1.4, -1.2), (2.8, 0.0)];
    let tilt = [(0.4, 0.0), (1.6, 1.0), (2.8, 0.0)];
    Gesture {
        turn: [0.0, eased(&breath, time_s), eased(&tilt, time_s)],
        lids: blinking(&[0.70, 1.90], time_s),
        ..Gesture::default()
    }
}
