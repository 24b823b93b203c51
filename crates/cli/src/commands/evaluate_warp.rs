//! The warp engine as a way to show a person: the shot nearest to the driving landmarks, bent to
//! them.

use evaluation::{Method, MethodError, Shot};
use landmarks::{Landmarks, RIGHT_PUPIL};
use media::Image;
use reenactment::{Retargeter, WarpEngine};

/// Bends the nearest shot. Source and driver are one person, so the shot itself is the driver at
/// rest, and its face goes to where the landmarks are.
#[derive(Debug, Default)]
pub(crate) struct WarpMethod {
    shots: Vec<LearnedShot>,
}

#[derive(Debug)]
struct LearnedShot {
    landmarks: Landmarks,
    engine: WarpEngine,
    retargeter: Retargeter,
}

impl Method for WarpMethod {
    fn name(&self) -> String {
        "warp".to_owned()
    }

    fn fingerprint(&self) -> String {
        "nearest shot of 68 points, bent".to_owned()
    }

    fn learn(&mut self, shots: &[Shot]) -> Result<(), MethodError> {
        let learned = |shot: &Shot| {
            let size = [shot.picture.width(), shot.picture.height()];
            LearnedShot {
                landmarks: shot.landmarks,
                engine: WarpEngine::new(&shot.picture, &shot.landmarks),
                retargeter: Retargeter::new(&shot.landmarks, size, &shot.landmarks),
            }
        };
        self.shots = shots.iter().map(learned).collect();
        Ok(())
    }

    fn render(&mut self, driving: &Landmarks) -> Result<Image, MethodError> {
        let nearest = self
            .shots
            .iter()
            .min_by(|a, b| distance(a, driving).total_cmp(&distance(b, driving)))
            .ok_or(MethodError::NobodyLearned)?;
        Ok(nearest.engine.paint(&nearest.retargeter.drive(driving)))
    }
}

/// Squared distance of the 68 points.
fn distance(shot: &LearnedShot, driving: &Landmarks) -> f64 {
    let pairs = shot
        .landmarks
        .points
        .iter()
        .zip(&driving.points)
        .take(RIGHT_PUPIL);
    pairs
        .map(|(a, b)| f64::from(a[0] - b[0]).powi(2) + f64::from(a[1] - b[1]).powi(2))
        .sum()
}
