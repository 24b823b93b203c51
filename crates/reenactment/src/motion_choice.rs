//! Which parts of the driver's motion reach the source, how much of it, and what it is measured from.

use landmarks::JAW;

/// A part of the face, or of what it does, that the driver may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Region {
    /// Everything.
    All,
    /// Mouth, jaw, lids, pupils and brows, but not the head.
    Expression,
    /// How the head turns, moves and grows.
    Pose,
    /// Mouth and jaw.
    Lips,
    /// Lids and pupils.
    Eyes,
}

/// What the driver's motion is measured from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MotionReference {
    /// The driver's calm frame: what changed since then is added to the source.
    #[default]
    Relative,
    /// The camera: the source turns where the driver is turned, looks where the driver looks, and opens
    /// mouth and eyes as far as the driver does, whatever it did in its picture.
    Absolute,
}

/// Which of the driver's motion reaches the source.
#[derive(Debug, Clone, PartialEq)]
pub struct MotionChoice {
    /// What moves; the rest stays as it is in the source. Empty is everything.
    pub regions: Vec<Region>,
    /// How much of the motion, 0 to 2: 0 stays still, 1 moves as the driver does.
    pub strength: f32,
    /// What it is measured from.
    pub reference: MotionReference,
    /// Driving frame, counted from 0, that counts as calm; `None` finds the calmest.
    pub reference_frame: Option<u64>,
}

impl Default for MotionChoice {
    fn default() -> Self {
        Self {
            regions: Vec::new(),
            strength: 1.0,
            reference: MotionReference::Relative,
            reference_frame: None,
        }
    }
}

/// How much of each part's motion reaches the source, 0 to 2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Amounts {
    pub(crate) pose: f32,
    /// Mouth and jaw.
    pub(crate) lips: f32,
    /// Lids and pupils.
    pub(crate) eyes: f32,
    /// Brows and nose.
    pub(crate) brows: f32,
}

impl Amounts {
    /// What a choice says of each part.
    pub(crate) fn of(choice: &MotionChoice) -> Self {
        let is_among = |wanted: &[Region]| {
            choice.regions.is_empty() || choice.regions.iter().any(|region| wanted.contains(region))
        };
        let amount = |wanted: &[Region]| {
            if is_among(wanted) {
                choice.strength
            } else {
                0.0
            }
        };
        Self {
            pose: amount(&[Region::All, Region::Pose]),
            lips: amount(&[Region::All, Region::Expression, Region::Lips]),
            eyes: amount(&[Region::All, Region::Expression, Region::Eyes]),
            brows: amount(&[Region::All, Region::Expression]),
        }
    }

    /// How much of the driver's step a point takes over.
    pub(crate) fn of_point(&self, index: usize) -> f32 {
        match index {
            _ if JAW.contains(&index) => self.lips,
            17..=35 => self.brows,
            48.. => self.lips,
            _ => self.eyes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_add_up_and_none_is_all() {
        let amounts = |regions: &[Region]| {
            let choice = MotionChoice {
                regions: regions.to_vec(),
                strength: 0.5,
                ..MotionChoice::default()
            };
            let Amounts {
                pose,
                lips,
                eyes,
                brows,
            } = Amounts::of(&choice);
            [pose, lips, eyes, brows].map(|amount| amount > 0.0)
        };
        assert_eq!(amounts(&[]), [true; 4]);
        assert_eq!(amounts(&[Region::All]), [true; 4]);
        assert_eq!(amounts(&[Region::Expression]), [false, true, true, true]);
        assert_eq!(
            amounts(&[Region::Pose, Region::Lips]),
            [true, true, false, false]
        );
        assert_eq!(amounts(&[Region::Eyes]), [false, false, true, false]);
    }
}
