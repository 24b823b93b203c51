//! Which of the driver's motion reaches the source, as options.

use clap::{Args, ValueEnum};
use reenactment::{MotionChoice, MotionReference, Region};

use crate::commands::number_options::strength;

/// Which of the motion, and how much of it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Motion")]
pub(crate) struct MotionOptions {
    /// What moves; the rest stays as it is in the source. Can be repeated: --region lips --region eyes.
    #[arg(long, value_enum, value_name = "PART")]
    region: Vec<RegionName>,
    /// How much of the motion reaches the source: 0 stays still, 1 moves as the driver does, up to 2.
    #[arg(long, default_value_t = 1.0, value_parser = strength)]
    strength: f32,
    /// What the motion is measured from.
    #[arg(long, value_enum, default_value = "relative")]
    motion: ReferenceName,
    /// Driving frame, counted from 0, in which the driver is calm; without it the calmest is found.
    #[arg(long, value_name = "N")]
    reference_frame: Option<u64>,
}

/// The regions by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RegionName {
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

/// The references by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReferenceName {
    /// The driver's calm frame: what changes from there is added to the source.
    Relative,
    /// The camera: the source turns, looks and opens mouth and eyes as the driver does.
    Absolute,
}

impl MotionOptions {
    /// As the library takes it.
    pub(crate) fn choice(&self) -> MotionChoice {
        let region = |name: &RegionName| match name {
            RegionName::All => Region::All,
            RegionName::Expression => Region::Expression,
            RegionName::Pose => Region::Pose,
            RegionName::Lips => Region::Lips,
            RegionName::Eyes => Region::Eyes,
        };
        MotionChoice {
            regions: self.region.iter().map(region).collect(),
            strength: self.strength,
            reference: match self.motion {
                ReferenceName::Relative => MotionReference::Relative,
                ReferenceName::Absolute => MotionReference::Absolute,
            },
            reference_frame: self.reference_frame,
        }
    }
}
