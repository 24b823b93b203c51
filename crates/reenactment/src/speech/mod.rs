//! The driving `audio`: a face that moves its lips to the loudness and the bands of a sound, by rule.
//!
//! No speech is recognised and nothing was learned: the mouth opens with what is loud between 1 and
//! 4.5 kHz, closes in silence and hissing, and grows round or broad with the balance of two bands.
//! Head and lids move a little by formula.

mod idle;
mod lips;
mod spectrum;

use std::path::Path;

use landmarks::{Track, TrackFrame};
use media::{MediaError, Rational};

use crate::built_in::gesture::{Gesture, SIDE_PX};
use crate::speech::idle::Idle;
use crate::speech::lips::{Lips, lips};
use crate::speech::spectrum::spectra;

/// Frames a second.
const FRAME_RATE: i64 = 30;

/// The motion of an average face that speaks when the file sounds, as long as the sound; it starts
/// and ends at rest.
///
/// # Errors
/// If the file has no sound, or ffmpeg is absent.
pub(crate) fn speaking_track(path: &Path) -> Result<Track, MediaError> {
    let lips = lips(&spectra(path, FRAME_RATE as f64)?);
    let idle = Idle::new(&lips, FRAME_RATE as f64);
    let frame_rate = Rational::new(FRAME_RATE, 1).expect("the rate is positive");
    let frame = |(index, lips): (usize, &Lips)| TrackFrame {
        pts: index as i64,
        landmarks: Some(gesture(lips, &idle, index).landmarks()),
        confidence: 1.0,
    };
    Ok(Track {
        size: [SIDE_PX, SIDE_PX],
        frame_rate,
        time_base: frame_rate.inverse(),
        frames: lips.iter().enumerate().map(frame).collect(),
    })
}

fn gesture(lips: &Lips, idle: &Idle, index: usize) -> Gesture {
    let share = idle.share(index);
    let turn = idle.turn(index);
    Gesture {
        turn: turn.map(|angle| share * angle),
        step: [share * 0.004 * turn[0], 0.0],
        open: share * lips.open,
        broad: share * lips.broad,
        brows: share * idle.brows(index),
        lids: idle.lids(index),
        ..Gesture::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::lip_gaps;
    use crate::lifted_face::LiftedFace;
    use std::io::Write as _;

    /// A sound file of 16-bit samples at 16 kHz.
    fn wav(samples: &[f32]) -> tempfile::NamedTempFile {
        let mut file = tempfile::Builder::new().suffix(".wav").tempfile().unwrap();
        let bytes = 2 * samples.len() as u32;
        let mut put = |part: &[u8]| file.write_all(part).unwrap();
        put(b"RIFF");
        put(&(36 + bytes).to_le_bytes());
        put(b"WAVEfmt ");
        put(&16_u32.to_le_bytes());
        put(&[1, 0, 1, 0]);
        put(&16_000_u32.to_le_bytes());
        put(&32_000_u32.to_le_bytes());
        put(&[2, 0, 16, 0]);
        put(b"data");
        put(&bytes.to_le_bytes());
        for sample in samples {
            put(&((sample * 32_000.0) as i16).to_le_bytes());
        }
        file
    }

    /// Something like a vowel: a buzz of 120 Hz with overtones up to 4 kHz.
    fn vowel(second: f32) -> f32 {
        let tone = |n: u32| (std::f32::consts::TAU * 120.0 * n as f32 * second).sin() / n as f32;
        0.3 * (1..34).map(tone).sum::<f32>()
    }

    fn openings(track: &Track) -> Vec<f32> {
        let faces = track.frames.iter().filter_map(|frame| frame.landmarks);
        faces
            .map(|face| lip_gaps(&LiftedFace::new(&face).shape)[1])
            .collect()
    }

    #[test]
    fn the_mouth_opens_while_something_sounds_and_is_closed_in_silence() {
        if media::Tools::find().ffmpeg().is_none() {
            return;
        }
        let samples: Vec<f32> = (0..48_000)
            .map(|index| index as f32 / 16_000.0)
            .map(|second| {
                if (1.0..2.0).contains(&second) {
                    vowel(second)
                } else {
                    0.0
                }
            })
            .collect();
        let file = wav(&samples);
        let track = speaking_track(file.path()).unwrap();
        assert_eq!(track.frames.len(), 90);
        let open = openings(&track);
        assert!(open[..28].iter().all(|gap| *gap < 0.005), "{open:?}");
        assert!(open[36..58].iter().all(|gap| *gap > 0.05), "{open:?}");
        assert!(open[70..].iter().all(|gap| *gap < 0.005), "{open:?}");
    }

    #[test]
    fn a_sound_of_silence_alone_moves_no_lips_and_rest_begins_and_ends_it() {
        if media::Tools::find().ffmpeg().is_none() {
            return;
        }
        let file = wav(&[0.0; 80_000]);
        let track = speaking_track(file.path()).unwrap();
        assert!(openings(&track).iter().all(|gap| *gap < 0.005));
        let rest = Gesture::default().landmarks();
        for frame in [&track.frames[0], track.frames.last().unwrap()] {
            let face = frame.landmarks.unwrap();
            let step = |(a, b): (&[f32; 2], &[f32; 2])| (a[0] - b[0]).hypot(a[1] - b[1]);
            let pairs = face.points.iter().zip(&rest.points);
            assert!(pairs.map(step).fold(0.0, f32::max) < 0.5);
        }
    }
}
