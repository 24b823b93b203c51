//! Motions that come with the program: an average face, moved by formula.

pub(crate) mod gesture;
mod score;
pub(crate) mod timeline;

use landmarks::{Track, TrackFrame};
use media::Rational;

use crate::built_in::gesture::SIDE_PX;
use crate::built_in::score::Score;

/// Frames a second of every built-in motion.
const FRAME_RATE: i64 = 30;

/// A motion by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltInMotion {
    /// A few spoken words.
    Talk,
    /// Nodding yes.
    Nod,
    /// Looking to both sides.
    LookAround,
    /// A smile that comes and goes.
    Smile,
    /// Blinking twice.
    Blink,
}

impl BuiltInMotion {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Talk,
        Self::Nod,
        Self::LookAround,
        Self::Smile,
        Self::Blink,
    ];

    /// The name as a user types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::Nod => "nod",
            Self::LookAround => "look-around",
            Self::Smile => "smile",
            Self::Blink => "blink",
        }
    }

    /// The motion of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|motion| motion.name() == name)
    }

    /// Length of the motion when it runs once, seconds.
    pub fn length_s(self) -> f64 {
        f64::from(self.score().1)
    }

    /// The motion as a track of landmarks, once or repeated until `duration_s` is over.
    ///
    /// It starts and ends at rest, so that repeats join.
    pub fn track(self, duration_s: Option<f64>) -> Track {
        let (score, length_s) = self.score();
        let frame_rate = Rational::new(FRAME_RATE, 1).expect("the rate is positive");
        let wanted_s = duration_s.unwrap_or(f64::from(length_s));
        let count = (wanted_s * FRAME_RATE as f64).round().max(1.0) as i64;
        let frame = |pts: i64| TrackFrame {
            pts,
            landmarks: Some(score(pts as f32 / FRAME_RATE as f32 % length_s).landmarks()),
            confidence: 1.0,
        };
        Track {
            size: [SIDE_PX, SIDE_PX],
            frame_rate,
            time_base: frame_rate.inverse(),
            frames: (0..count).map(frame).collect(),
        }
    }

    fn score(self) -> (Score, f32) {
        match self {
            Self::Talk => (score::talk, score::TALK_S),
            Self::Nod => (score::nod, score::NOD_S),
            Self::LookAround => (score::look_around, score::LOOK_AROUND_S),
            Self::Smile => (score::smile, score::SMILE_S),
            Self::Blink => (score::blink, score::BLINK_S),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::gesture::Gesture;
    use crate::features::{EYES, lid_gap, lip_gaps};
    use crate::lifted_face::LiftedFace;
    use landmarks::Landmarks;

    fn faces(motion: BuiltInMotion) -> Vec<Landmarks> {
        let track = motion.track(None);
        track
            .frames
            .iter()
            .filter_map(|frame| frame.landmarks)
            .collect()
    }

    fn range(values: impl Iterator<Item = f32>) -> f32 {
        let (low, high) = values.fold((f32::MAX, f32::MIN), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        high - low
    }

    #[test]
    fn names_lead_to_their_motions() {
        for motion in BuiltInMotion::ALL {
            assert_eq!(BuiltInMotion::from_name(motion.name()), Some(motion));
        }
        assert_eq!(BuiltInMotion::from_name("dance"), None);
    }

    #[test]
    fn every_motion_starts_and_ends_at_rest_and_never_jumps() {
        let rest = Gesture::default().landmarks();
        for motion in BuiltInMotion::ALL {
            let faces = faces(motion);
            for end in [faces[0], faces[faces.len() - 1]] {
                let step = |(a, b): (&[f32; 2], &[f32; 2])| (a[0] - b[0]).hypot(a[1] - b[1]);
                let worst = end
                    .points
                    .iter()
                    .zip(&rest.points)
                    .map(step)
                    .fold(0.0, f32::max);
                assert!(worst < 1.0, "{} ends {worst} px from rest", motion.name());
            }
            for pair in faces.windows(2) {
                let step = |i: usize| {
                    let [a, b] = [pair[0].points[i], pair[1].points[i]];
                    (a[0] - b[0]).hypot(a[1] - b[1])
                };
                let worst = (0..70).map(step).fold(0.0, f32::max);
                assert!(worst < 9.0, "{} jumps {worst} px", motion.name());
            }
        }
    }

    #[test]
    fn each_motion_does_what_its_name_says() {
        let turns = |motion, axis: usize| {
            let faces = faces(motion);
            range(faces.iter().map(|face| {
                LiftedFace::new(face).pose.rotation.yaw_pitch_roll()[axis].to_degrees()
            }))
        };
        assert!(turns(BuiltInMotion::LookAround, 0) > 25.0);
        assert!(turns(BuiltInMotion::Nod, 1) > 12.0);
        let talking = faces(BuiltInMotion::Talk);
        let opening = |face: &Landmarks| lip_gaps(&LiftedFace::new(face).shape)[1];
        assert!(range(talking.iter().map(opening)) > 0.12);
        let blinking = faces(BuiltInMotion::Blink);
        let lids = |face: &Landmarks| lid_gap(&EYES[0], face, 110.0);
        assert!(blinking.iter().map(lids).fold(1.0, f32::min) < 0.005);
        let smiling = faces(BuiltInMotion::Smile);
        assert!(
            range(
                smiling
                    .iter()
                    .map(|face| face.points[54][0] - face.points[48][0])
            ) > 8.0
        );
    }

    #[test]
    fn a_motion_repeats_until_its_duration_is_over() {
        let long = BuiltInMotion::Blink.track(Some(10.0));
        assert_eq!(long.frames.len(), 300);
        assert_eq!(long.frames[5].landmarks, long.frames[95].landmarks);
        assert_eq!(BuiltInMotion::Blink.track(None).frames.len(), 90);
    }
}
