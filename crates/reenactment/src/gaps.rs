//! Driving frames without a face: the last motion is held there, and left softly afterwards.

use landmarks::{Landmarks, Track};

use crate::clock::mixed;
use crate::softness::smooth_step;

/// Time in which the held motion gives way to the seen one, seconds.
const EASE_S: f64 = 0.25;

/// Landmarks for every frame of a track; `None` where it shows no face at all.
///
/// Before the first face that face's landmarks are held.
pub(crate) fn without_gaps(track: &Track) -> Option<Vec<Landmarks>> {
    let mut held = track.frames.iter().find_map(|frame| frame.landmarks)?;
    let mut gap_end_s = f64::NEG_INFINITY;
    let mut last = held;
    let whole = track.frames.iter().map(|frame| {
        let time_s = track.time_s(frame);
        let Some(seen) = frame.landmarks else {
            held = last;
            gap_end_s = time_s;
            return held;
        };
        let share = smooth_step(0.0, 1.0, ((time_s - gap_end_s) / EASE_S) as f32);
        last = if share < 1.0 {
            mixed(&held, &seen, share)
        } else {
            seen
        };
        last
    });
    Some(whole.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::{POINTS, TrackFrame};
    use media::Rational;

    fn track(places: &[Option<f32>]) -> Track {
        let rate = Rational::new(20, 1).unwrap();
        let frame = |(index, place): (usize, &Option<f32>)| TrackFrame {
            pts: index as i64,
            landmarks: place.map(|x| Landmarks {
                points: [[x, 0.0]; POINTS],
            }),
            confidence: 1.0,
        };
        Track {
            size: [100, 100],
            frame_rate: rate,
            time_base: rate.inverse(),
            frames: places.iter().enumerate().map(frame).collect(),
        }
    }

    fn places(track: &Track) -> Vec<f32> {
        let whole = without_gaps(track).unwrap();
        whole.iter().map(|face| face.points[0][0]).collect()
    }

    #[test]
    fn a_gap_holds_the_last_motion_and_is_left_softly() {
        let mut seen = vec![Some(10.0), Some(12.0), None, None];
        seen.extend([Some(50.0); 8]);
        let places = places(&track(&seen));
        assert_eq!(places[..4], [10.0, 12.0, 12.0, 12.0]);
        assert!(places[4] > 12.0 && places[4] < 25.0, "{places:?}");
        assert_eq!(places[9], 50.0);
        assert!(places.windows(2).all(|pair| pair[1] >= pair[0]));
    }

    #[test]
    fn before_the_first_face_its_motion_is_held() {
        assert_eq!(places(&track(&[None, None, Some(7.0)])), [7.0, 7.0, 7.0]);
    }

    #[test]
    fn without_gaps_nothing_changes_and_without_faces_there_is_nothing() {
        let seen = [Some(1.0), Some(90.0), Some(-5.0)];
        assert_eq!(places(&track(&seen)), [1.0, 90.0, -5.0]);
        assert!(without_gaps(&track(&[None, None])).is_none());
        assert!(without_gaps(&track(&[])).is_none());
    }
}
