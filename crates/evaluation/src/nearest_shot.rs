//! The baseline that makes nothing: the shot whose landmarks are nearest to the driving ones.
//!
//! It shows how much of a score comes from the pictures alone. A method that moves a face should
//! follow the landmarks better.

use landmarks::{Landmarks, RIGHT_PUPIL};
use media::Image;

use crate::method::{Method, MethodError, Shot};

/// Shows the nearest shot, unchanged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NearestShot {
    shots: Vec<Shot>,
}

impl Method for NearestShot {
    fn name(&self) -> String {
        "nearest".to_owned()
    }

    fn fingerprint(&self) -> String {
        "squared distance of 68 points".to_owned()
    }

    fn learn(&mut self, shots: &[Shot]) -> Result<(), MethodError> {
        self.shots = shots.to_vec();
        Ok(())
    }

    fn render(&mut self, driving: &Landmarks) -> Result<Image, MethodError> {
        let nearest = nearest_shot(&self.shots, driving).ok_or(MethodError::NobodyLearned)?;
        Ok(nearest.picture.clone())
    }
}

/// The shot whose 68 points have the least squared distance from `driving`, the first of equals.
pub fn nearest_shot<'a>(shots: &'a [Shot], driving: &Landmarks) -> Option<&'a Shot> {
    let distance = |shot: &Shot| -> f64 {
        let pairs = shot
            .landmarks
            .points
            .iter()
            .zip(&driving.points)
            .take(RIGHT_PUPIL);
        pairs
            .map(|(a, b)| f64::from(a[0] - b[0]).powi(2) + f64::from(a[1] - b[1]).powi(2))
            .sum()
    };
    shots
        .iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::POINTS;

    fn shot(place: f32) -> Shot {
        Shot {
            picture: Image::from_rgb(1, 1, vec![place as u8; 3]),
            landmarks: Landmarks {
                points: [[place; 2]; POINTS],
            },
        }
    }

    #[test]
    fn the_nearest_of_the_shots_is_shown_and_a_new_person_replaces_the_old() {
        let mut method = NearestShot::default();
        assert!(method.render(&shot(1.0).landmarks).is_err());
        method.learn(&[shot(10.0), shot(20.0), shot(30.0)]).unwrap();
        assert_eq!(
            method.render(&shot(22.0).landmarks).unwrap().pixel(0, 0),
            [20; 3]
        );
        method.learn(&[shot(90.0)]).unwrap();
        assert_eq!(
            method.render(&shot(22.0).landmarks).unwrap().pixel(0, 0),
            [90; 3]
        );
    }
}
