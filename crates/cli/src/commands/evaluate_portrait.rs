//! A portrait model as a way to show a person: their pictures bent and painted over.

use std::sync::Arc;

use evaluation::{Method, MethodError, Shot};
use inference::Bundle;
use landmarks::{Landmarks, resize_longer_side};
use media::Image;
use reenactment::few_shot::{self, AvatarError};
use reenactment::portrait::{PortraitModel, PortraitPerson};

/// A portrait model that learns a person by its encoder alone.
pub(crate) struct PortraitMethod {
    model: Arc<PortraitModel>,
    /// The person, and the side of the shots they were learned from.
    learned: Option<(PortraitPerson, u32)>,
}

impl PortraitMethod {
    /// Load a bundle.
    ///
    /// # Errors
    /// If it is damaged or of another kind.
    pub(crate) fn open(bundle: &Bundle) -> Result<Self, AvatarError> {
        Ok(Self {
            model: Arc::new(PortraitModel::from_bundle(bundle)?),
            learned: None,
        })
    }
}

impl Method for PortraitMethod {
    fn name(&self) -> String {
        "portrait-feed-forward".to_owned()
    }

    fn fingerprint(&self) -> String {
        self.model.digest().to_owned()
    }

    fn learn(&mut self, shots: &[Shot]) -> Result<(), MethodError> {
        let first = shots.first().ok_or(MethodError::NobodyLearned)?;
        let side_px = first.picture.width();
        let is_square = |shot: &Shot| [shot.picture.width(), shot.picture.height()] == [side_px; 2];
        if !shots.iter().all(is_square) {
            let reason = "the model takes square pictures of one size; crop them".to_owned();
            return Err(MethodError::Pictures { reason });
        }
        let own_px = self.model.side_px();
        let own: Vec<few_shot::Shot> = shots
            .iter()
            .map(|shot| few_shot::Shot {
                picture: resize_longer_side(&shot.picture, own_px).image,
                landmarks: shot.landmarks.resized([side_px; 2], [own_px; 2]),
            })
            .collect();
        let person = PortraitPerson::new(Arc::clone(&self.model), &own);
        self.learned = Some((person.map_err(MethodError::failed)?, side_px));
        Ok(())
    }

    fn render(&mut self, driving: &Landmarks) -> Result<Image, MethodError> {
        let (person, side_px) = self.learned.as_ref().ok_or(MethodError::NobodyLearned)?;
        let landmarks = driving.resized([*side_px; 2], [self.model.side_px(); 2]);
        let picture = person.paint(&landmarks).map_err(MethodError::failed)?;
        Ok(resize_longer_side(&picture, *side_px).image)
    }
}
