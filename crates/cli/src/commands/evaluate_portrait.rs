//! A portrait model as a way to show a person: their pictures bent and painted over.

use std::sync::Arc;

use evaluation::{Method, MethodError, Shot};
use inference::Bundle;
use landmarks::{Landmarks, resize_longer_side};
use media::Image;
use reenactment::few_shot::AvatarError;
use reenactment::portrait::{PortraitModel, PortraitPerson};

use crate::commands::evaluate_few_shot::own_shots;

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
        let (own, side_px) = own_shots(shots, self.model.side_px())?;
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
