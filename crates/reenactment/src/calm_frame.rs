//! Finding the driver's calmest frame: facing and looking at the camera, mouth closed, eyes open,
//! hardly moving.

use landmarks::{FaceShape, Landmarks, POINTS};

use crate::config::Driving;
use crate::error::AnimateError;
use crate::features::{EYES, gaze, lid_gap, lip_gaps, mouth_width};
use crate::lifted_face::LiftedFace;

/// Frames on either side of the calmest that may be averaged with it.
const NEIGHBOURS: usize = 2;
/// How much less calm than the calmest a neighbour may be and still be averaged.
const SLACK: f32 = 0.4;

/// The rest position that motion is measured from.
#[derive(Debug, Clone, PartialEq)]
pub struct Calm {
    /// Index of the calmest frame.
    pub frame: usize,
    /// Its landmarks, averaged with equally calm neighbours so that their noise does not become a
    /// lasting offset.
    pub landmarks: Landmarks,
}

/// What one frame says about calmness.
struct Reading {
    angles: [f32; 3],
    lips: f32,
    width: f32,
    lids: f32,
    /// How far aside the eyes look, in eye widths.
    gaze: f32,
    brows: f32,
    speed: f32,
}

/// What a driver's motion is measured from: the frame that was asked for, counted from 0, the rest that
/// built-in motions start at, or the calmest.
///
/// # Errors
/// Where the frame that was asked for does not exist.
pub(crate) fn choose_calm(
    driving: &Driving,
    asked: Option<u64>,
    faces: &[Landmarks],
) -> Result<Calm, AnimateError> {
    if let Some(asked) = asked {
        let frame = usize::try_from(asked).unwrap_or(usize::MAX);
        let landmarks = *faces.get(frame).ok_or(AnimateError::NoReferenceFrame {
            asked,
            frames: faces.len() as u64,
        })?;
        return Ok(Calm { frame, landmarks });
    }
    let calm = match driving {
        Driving::BuiltIn { .. } | Driving::Sound(_) => find_calm(&faces[..1]),
        Driving::File(_) => find_calm(faces),
    };
    Ok(calm.expect("there is at least one face"))
}

/// Find the calmest of `frames`; `None` without frames.
pub fn find_calm(frames: &[Landmarks]) -> Option<Calm> {
    let readings = readings(frames);
    let unrest = unrest(&readings);
    let frame = (0..frames.len()).min_by(|a, b| unrest[*a].total_cmp(&unrest[*b]))?;
    let first = frame.saturating_sub(NEIGHBOURS);
    let last = (frame + NEIGHBOURS).min(frames.len() - 1);
    let calm: Vec<&Landmarks> = (first..=last)
        .filter(|index| unrest[*index] <= unrest[frame] + SLACK)
        .map(|index| &frames[index])
        .collect();
    let mean = |point: usize, axis: usize| {
        calm.iter()
            .map(|face| face.points[point][axis])
            .sum::<f32>()
            / calm.len() as f32
    };
    let points = std::array::from_fn(|point| [mean(point, 0), mean(point, 1)]);
    Some(Calm {
        frame,
        landmarks: Landmarks { points },
    })
}

fn readings(frames: &[Landmarks]) -> Vec<Reading> {
    let mut before: Option<&Landmarks> = None;
    let reading = |landmarks: &Landmarks, speed: f32| {
        let face = LiftedFace::new(landmarks);
        let brow = (17..27).map(|index| face.shape[index][1]).sum::<f32>() / 10.0;
        Reading {
            angles: face.pose.rotation.yaw_pitch_roll(),
            lips: lip_gaps(&face.shape).iter().sum::<f32>() / 3.0,
            width: mouth_width(&face.shape),
            lids: EYES
                .iter()
                .map(|eye| lid_gap(eye, landmarks, face.pose.scale))
                .sum::<f32>()
                / 2.0,
            gaze: glance(landmarks, &face),
            brows: brow,
            speed: speed / face.pose.scale,
        }
    };
    frames
        .iter()
        .map(|landmarks| {
            let speed = before.map_or(0.0, |before| mean_step_px(before, landmarks));
            before = Some(landmarks);
            reading(landmarks, speed)
        })
        .collect()
}

/// How far both pupils stand aside of where the head's turn alone would show them.
fn glance(landmarks: &Landmarks, face: &LiftedFace) -> f32 {
    let ahead = FaceShape::built_in()
        .mean
        .map(|place| face.pose.project(place));
    let ahead = Landmarks { points: ahead };
    let aside = EYES.map(|eye| gaze(&eye, landmarks)[0] - gaze(&eye, &ahead)[0]);
    (aside[0] + aside[1]) / 2.0
}

fn mean_step_px(from: &Landmarks, to: &Landmarks) -> f32 {
    let pairs = from.points.iter().zip(&to.points);
    let sum: f32 = pairs.map(|(a, b)| (b[0] - a[0]).hypot(b[1] - a[1])).sum();
    sum / POINTS as f32
}

/// How far each frame is from calm; about 1 where one thing is clearly off.
fn unrest(readings: &[Reading]) -> Vec<f32> {
    let middle = |pick: fn(&Reading) -> f32| quantile(readings.iter().map(pick).collect(), 0.5);
    let [pitch, roll] = [middle(|r| r.angles[1]), middle(|r| r.angles[2])];
    let [width, brows] = [middle(|r| r.width), middle(|r| r.brows)];
    // Eyes are open most of the time, so a high quantile is the open eye even among many blinks.
    let lids = quantile(readings.iter().map(|r| r.lids).collect(), 0.7).max(0.01);
    let score = |r: &Reading| {
        let terms = [
            r.angles[0] / 0.20,
            (r.angles[1] - pitch) / 0.20,
            (r.angles[2] - roll) / 0.20,
            r.lips / 0.06,
            (r.width - width) / 0.12,
            ((lids - r.lids) / lids).max(0.0) / 0.25,
            ((r.lids - lids) / lids).max(0.0) / 0.50,
            r.gaze / 0.08,
            (r.brows - brows) / 0.06,
            r.speed / 0.03,
        ];
        terms.iter().map(|term| term * term).sum::<f32>().sqrt()
    };
    readings.iter().map(score).collect()
}

/// The value that a share `at` of all values lies below; 0 without values.
fn quantile(mut values: Vec<f32>, at: f32) -> f32 {
    values.sort_by(f32::total_cmp);
    let index = (at * values.len().saturating_sub(1) as f32).round() as usize;
    values.get(index).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::HeadPose;
    use landmarks::MEAN_HEAD;
    use landmarks::Rotation;

    fn frame(yaw: f32, mouth: f32, eyes: f32) -> Landmarks {
        let mut shape = MEAN_HEAD;
        for index in (55..60).chain(65..68).chain(5..12) {
            shape[index][1] += mouth;
        }
        for eye in &EYES {
            for (upper, lower) in eye.upper.into_iter().zip(eye.lower) {
                shape[upper][1] += (1.0 - eyes) * (shape[lower][1] - shape[upper][1]);
            }
        }
        let pose = HeadPose {
            rotation: Rotation::from_yaw_pitch_roll([yaw, 0.0, 0.0]),
            scale: 100.0,
            shift: [200.0, 200.0],
        };
        Landmarks {
            points: shape.map(|place| pose.project(place)),
        }
    }

    #[test]
    fn the_frame_that_looks_ahead_with_closed_mouth_and_open_eyes_is_calmest() {
        let frames: Vec<Landmarks> = [
            (0.5, 0.0, 1.0),
            (0.4, 0.0, 1.0),
            (0.0, 0.3, 1.0),
            (0.0, 0.2, 1.0),
            (0.0, 0.0, 0.1),
            (0.0, 0.0, 1.0),
            (0.0, 0.0, 1.0),
            (0.1, 0.2, 1.0),
        ]
        .map(|(yaw, mouth, eyes)| frame(yaw, mouth, eyes))
        .to_vec();
        assert_eq!(find_calm(&frames).unwrap().frame, 6, "frame 5 still moves");
    }

    #[test]
    fn a_frame_that_looks_aside_is_not_calm() {
        let mut frames = [frame(0.0, 0.0, 1.0); 6];
        for face in &mut frames[..4] {
            face.points[68][0] += 6.0;
            face.points[69][0] += 6.0;
        }
        assert!(find_calm(&frames).unwrap().frame >= 4);
    }

    #[test]
    fn one_frame_is_its_own_calm_and_none_has_none() {
        let only = frame(0.3, 0.2, 0.5);
        assert_eq!(find_calm(&[only]).unwrap().landmarks, only);
        assert!(find_calm(&[]).is_none());
    }
}
