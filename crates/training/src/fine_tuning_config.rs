//! Settings of few-shot fine-tuning, what it tells its listener, and why it may fail.

use std::collections::BTreeMap;
use std::path::PathBuf;

use evaluation::{IdentityFiles, LEAST_LIKENESS, MetricError};
use networks::checkpoint::CheckpointError;
use provenance::ConsentRecord;
use reenactment::few_shot::{AvatarError, JudgedPhoto};
use serde::{Deserialize, Serialize};

use crate::collapse::Collapse;
use crate::device::{DeviceChoice, DeviceError};
use crate::landmark_training_config::Precision;
use crate::meta_training_config::LossWeights;
use crate::meta_training_event::MetaTrainingError;
use crate::optimisation::Optimisation;
use crate::portrait_person::suit_portrait;

/// Settings, all resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FineTuningConfig {
    /// Pictures, folders of pictures, or videos of one person.
    pub sources: Vec<PathBuf>,
    /// Weights that `meta-train` left: `weights.safetensors`, or a checkpoint.
    pub weights: PathBuf,
    /// The `.avatar` to write.
    pub output: PathBuf,
    /// What was declared about the person's consent; it is kept in the avatar.
    pub consent: Option<ConsentRecord>,
    /// Sheet of the pictures with a verdict on each; `None` writes none.
    pub sheet: Option<PathBuf>,
    /// Network that finds pictures of somebody else; `None` trusts that there are none.
    pub identity: Option<IdentityFiles>,
    /// Least cosine of two embeddings of one person by that network, -1 to 1.
    pub least_likeness: f32,
    /// Most pictures that are learned from.
    pub shots: usize,
    /// Whether the person is learned by the embedder alone, without training.
    pub is_feed_forward: bool,
    /// Most steps.
    pub steps: u64,
    /// Pictures a step.
    pub batch: usize,
    /// Losses; those of meta-training but the match loss.
    pub losses: LossWeights,
    /// Optimisation.
    pub optimisation: Optimisation,
    /// Number format of the layers.
    pub precision: Precision,
    /// Every how-many-th picture is held out to tell when to stop; 0, or fewer pictures than twice
    /// that, hold out none.
    pub held_out_every: usize,
    /// Steps between two looks at the pictures that are held out.
    pub measure_every: u64,
    /// Looks without a gain after which training stops.
    pub patience: u64,
    /// Where to compute.
    pub device: DeviceChoice,
    /// Threads that compute.
    pub threads: u64,
    /// Seed of the order of the pictures.
    pub seed: u64,
}

/// What fine-tuning takes over from meta-training.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainedWith {
    /// Losses and their networks.
    pub losses: LossWeights,
    /// Number format of the layers.
    pub precision: Precision,
    /// Rates, decays and steps of the discriminator.
    pub optimisation: Optimisation,
    /// Whether the weights are a portrait model's.
    pub is_portrait: bool,
}

impl FineTuningConfig {
    /// The usual settings for so many pictures, with the rates of the meta-training: about 125 steps for one, 230 for 30, as later work
    /// by an author of the paper found best.
    pub fn new(
        sources: Vec<PathBuf>,
        weights: PathBuf,
        output: PathBuf,
        shots: usize,
        trained_with: TrainedWith,
    ) -> Self {
        let is_portrait = trained_with.is_portrait;
        let mut config = Self {
            sources,
            weights,
            output,
            consent: None,
            sheet: None,
            identity: None,
            least_likeness: LEAST_LIKENESS,
            shots,
            is_feed_forward: false,
            steps: usual_steps(shots),
            batch: 4,
            losses: LossWeights {
                picture: 1.0,
                embedding_match: 0.0,
                ..trained_with.losses
            },
            optimisation: Optimisation {
                warm_up: 0,
                decay_from: 1.0,
                adversarial_from: 0,
                ema_decay: 0.0,
                trained: Vec::new(),
                ..trained_with.optimisation
            },
            precision: trained_with.precision,
            held_out_every: 4,
            measure_every: 20,
            patience: 4,
            device: DeviceChoice::Cpu,
            threads: std::thread::available_parallelism().map_or(1, |count| count.get() as u64),
            seed: 1,
        };
        if is_portrait {
            suit_portrait(&mut config);
        }
        config
    }

    /// Problems with the settings, all at once; empty where there are none.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let counts = [
            ("shots", self.shots as u64),
            ("batch", self.batch as u64),
            ("steps", self.steps),
            ("measure_every", self.measure_every),
            ("patience", self.patience),
            ("threads", self.threads),
        ];
        for (name, count) in counts {
            if count == 0 {
                problems.push(format!("{name} must be at least 1"));
            }
        }
        problems.extend(self.optimisation.problems());
        problems.extend(self.losses.problems());
        if !(-1.0..=1.0).contains(&self.least_likeness) {
            problems.push(format!(
                "least_likeness must lie between -1 and 1, not {}",
                self.least_likeness
            ));
        }
        if self.sources.is_empty() {
            problems.push("no source is given".into());
        }
        if self
            .output
            .extension()
            .is_none_or(|ending| ending != "avatar")
        {
            problems.push(format!(
                "the output must end in .avatar, not {}",
                self.output.display()
            ));
        }
        problems
    }
}

/// Most steps for so many pictures.
pub fn usual_steps(shots: usize) -> u64 {
    let share = (shots.max(1) as f64).ln() / 30_f64.ln();
    (125.0 + 105.0 * share).round() as u64
}

/// What happens.
#[derive(Debug, Clone, PartialEq)]
pub enum FineTuningEvent {
    /// The pictures were judged.
    Judged {
        /// Each with its verdict.
        photos: Vec<JudgedPhoto>,
        /// How many are learned from, and how many of these are held out.
        taken: [usize; 2],
    },
    /// A step was taken.
    Progress {
        /// Steps done.
        step: u64,
        /// Most steps.
        steps: u64,
        /// Steps a second.
        steps_per_second: f64,
        /// Each loss by name.
        losses: BTreeMap<String, f64>,
    },
    /// The pictures that are held out were looked at.
    Measured {
        /// Steps done.
        step: u64,
        /// Content loss on them.
        content: f64,
        /// Error of the made pictures' landmarks, percent of the distance between the eyes.
        landmark_error: f64,
    },
}

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub struct FineTuningSummary {
    /// The avatar.
    pub output: PathBuf,
    /// Pictures that were learned from.
    pub shots: usize,
    /// Steps that the avatar has had; fewer than were taken where later ones were worse.
    pub steps: u64,
    /// Steps that were taken.
    pub steps_taken: u64,
    /// Seconds in all.
    pub wall_s: f64,
}

/// Why no avatar could be made.
#[derive(Debug, thiserror::Error)]
pub enum FineTuningError {
    /// Settings that make no sense.
    #[error("the settings cannot be used: {}", problems.join("; "))]
    Settings {
        /// All that is wrong.
        problems: Vec<String>,
    },
    /// None of the pictures can be used.
    #[error("none of {} pictures can be used: {}", verdicts.len(), verdicts.join("; "))]
    NoPicture {
        /// Each picture's name and verdict.
        verdicts: Vec<String>,
    },
    /// The identity network cannot be used.
    #[error(transparent)]
    Identity(#[from] MetricError),
    /// The weights do not say how large their networks are.
    #[error("{} is no result of `vivant meta-train`: it holds no settings", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
    },
    /// A checkpoint could not be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The device is not there.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A network of the content loss cannot be used.
    #[error(transparent)]
    Content(Box<MetaTrainingError>),
    /// A picture could not be read, or the landmark networks failed.
    #[error(transparent)]
    Sources(Box<reenactment::AnimateError>),
    /// The landmark networks could not be loaded.
    #[error(transparent)]
    Landmarks(#[from] landmarks::LandmarksError),
    /// Training went wrong.
    #[error(transparent)]
    Collapse(#[from] Collapse),
    /// The avatar could not be written.
    #[error(transparent)]
    Avatar(#[from] AvatarError),
    /// The sheet could not be written.
    #[error("cannot write the sheet of the pictures")]
    Sheet(#[source] media::MediaError),
    /// The listener asked for a stop; nothing was written.
    #[error("stopped")]
    Stopped,
}

impl From<MetaTrainingError> for FineTuningError {
    fn from(error: MetaTrainingError) -> Self {
        Self::Content(Box::new(error))
    }
}

impl From<reenactment::AnimateError> for FineTuningError {
    fn from(error: reenactment::AnimateError) -> Self {
        Self::Sources(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_pictures_take_more_steps_but_not_as_many_more() {
        assert_eq!(usual_steps(1), 125);
        assert_eq!(usual_steps(30), 230);
        assert!(usual_steps(8) > 125 && usual_steps(8) < 230);
    }
}
