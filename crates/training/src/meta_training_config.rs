//! Settings of meta-training.

use std::path::PathBuf;

use networks::TalkingHeadConfig;
use networks::portrait::PortraitConfig;
use serde::{Deserialize, Serialize};

use crate::device::DeviceChoice;
use crate::guide_batch::GuideSizes;
use crate::landmark_training_config::Precision;
use crate::optimisation::Optimisation;

/// Sizes of the networks by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkSize {
    /// 256 px, Zakharov et al. 2019 to the letter.
    Paper,
    /// 128 px, the same layout with fewer channels.
    Small,
    /// 64 px, for trials on a laptop.
    Tiny,
    /// 256 px, bends the person's pictures and paints over them.
    Portrait,
    /// The same at 128 px.
    #[serde(rename = "portrait-128")]
    Portrait128,
}

/// Networks of a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Networks {
    /// They draw from landmarks and style alone.
    FewShot(TalkingHeadConfig),
    /// They bend the person's pictures and paint over them.
    Portrait(PortraitConfig),
}

impl NetworkSize {
    /// Side of the pictures, pixels.
    pub fn side_px(self) -> u32 {
        match self.networks() {
            Networks::FewShot(config) => config.side_px as u32,
            Networks::Portrait(config) => config.side_px as u32,
        }
    }

    /// Networks that bend pictures; `None` for those that draw from landmarks alone.
    pub fn portrait(self) -> Option<PortraitConfig> {
        match self.networks() {
            Networks::FewShot(_) => None,
            Networks::Portrait(config) => Some(config),
        }
    }

    /// Sizes of the guides that its networks take; `None` where they bend nothing.
    pub(crate) fn guides(self) -> Option<GuideSizes> {
        let config = self.portrait()?;
        Some(GuideSizes {
            side_px: config.side_px as u32,
            grid_px: config.grid_px as u32,
            patch_px: config.patch_px.map(|side| side as u32),
        })
    }

    /// Layers and widths.
    pub fn networks(self) -> Networks {
        match self {
            Self::Paper => Networks::FewShot(TalkingHeadConfig::paper()),
            Self::Small => Networks::FewShot(TalkingHeadConfig::small()),
            Self::Tiny => Networks::FewShot(TalkingHeadConfig::tiny()),
            Self::Portrait => Networks::Portrait(PortraitConfig::portrait()),
            Self::Portrait128 => Networks::Portrait(PortraitConfig::portrait_128()),
        }
    }
}

/// What the trained networks are for (Zakharov et al. 2019, Section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// A start for fine-tuning: with the match loss, which makes the embedding a good start for
    /// the discriminator's vector of a new person.
    FineTuned,
    /// Used as they are: without the match loss.
    FeedForward,
}

/// A network whose features the content loss compares, and the weight of its part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentPart {
    /// Kind of network: `vgg19`, `vggface`, `squeezenet`, `lpips`, `identity` or `landmarks`.
    pub net: String,
    /// File with its weights.
    pub file: PathBuf,
    /// Weight of the mean distances of its taps, summed; without it, what is usual for the kind.
    pub weight: Option<f64>,
}

/// Weights of the losses that are summed for embedder and generator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossWeights {
    /// Networks of the content loss.
    pub content: Vec<ContentPart>,
    /// L1 over a pyramid of pictures: colours, to which networks are nearly blind. 0 leaves it out;
    /// where no network is given either, it stands in with its usual weight.
    pub pyramid: f64,
    /// Weight of content networks and pyramid on the finished picture. 0, in portrait sizes alone,
    /// leaves the distances of their stages and parts, as suits a run that moves the patch networks.
    #[serde(default = "whole")]
    pub picture: f64,
    /// The score that the discriminator gives.
    pub adversarial: f64,
    /// L1 over the discriminator's features.
    pub feature_matching: f64,
    /// L1 between the embedding and the discriminator's vector of the video.
    pub embedding_match: f64,
}

/// Settings of a run, all resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaTrainingConfig {
    /// Layers and widths.
    pub size: NetworkSize,
    /// What the networks are for.
    pub variant: Variant,
    /// Folder of shards that `preprocess` wrote.
    pub data: PathBuf,
    /// Folder of shards of single pictures, of which further episodes are made.
    #[serde(default)]
    pub stills: Option<PathBuf>,
    /// Folder of shards of people to measure on; without it, `held_out_people` of `data`.
    pub validation: Option<PathBuf>,
    /// People of `data` that are kept for measuring.
    pub held_out_people: usize,
    /// Run folder.
    pub output: PathBuf,
    /// Weights of another run (a checkpoint or an export) that this one starts from.
    pub start_from: Option<PathBuf>,
    /// Steps in all, counted from the first start of the run.
    pub steps: u64,
    /// Episodes a step.
    pub batch: u64,
    /// Episodes computed at once; gradients of the parts are summed.
    pub micro_batch: u64,
    /// Frames that the embedder sees in an episode, K.
    pub shots: usize,
    /// Whether episodes are flipped, shifted, scaled and coloured at random.
    pub is_augmented: bool,
    /// Losses.
    pub losses: LossWeights,
    /// Optimisation.
    pub optimisation: Optimisation,
    /// Squeeze features (ONNX) and linear heads (npz) of LPIPS on held-out people.
    pub lpips: Option<[PathBuf; 2]>,
    /// Number format of the layers.
    pub precision: Precision,
    /// Where to compute.
    pub device: DeviceChoice,
    /// Threads that compute.
    pub threads: u64,
    /// Threads that make episodes.
    pub loader_threads: u64,
    /// Decoded frames are kept in memory up to this size, MiB.
    pub frame_cache_mib: u64,
    /// Seed of weights and episodes.
    pub seed: u64,
    /// Steps between reports.
    pub report_every: u64,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
    /// Steps between measurements on held-out people, with a sheet of samples.
    pub measure_every: u64,
    /// Minutes after which a sheet of samples is drawn between two measurements; 0 is never.
    #[serde(default)]
    pub sheet_minutes: u64,
    /// Episodes that are measured; the first twelve are on the sheet.
    pub measured_episodes: u64,
    /// Newest checkpoints that are kept, beside the best.
    pub kept_checkpoints: usize,
    /// Steps in a row that the discriminator may tell every picture apart before the run stops; 0
    /// is for ever.
    pub discriminator_patience: u64,
}

impl MetaTrainingConfig {
    /// Problems with the settings, all at once; empty where there are none.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let counts = [
            ("steps", self.steps),
            ("batch", self.batch),
            ("micro_batch", self.micro_batch),
            ("shots", self.shots as u64),
            ("threads", self.threads),
            ("loader_threads", self.loader_threads),
            ("report_every", self.report_every),
            ("checkpoint_every", self.checkpoint_every),
            ("measure_every", self.measure_every),
            ("measured_episodes", self.measured_episodes),
            ("kept_checkpoints", self.kept_checkpoints as u64),
        ];
        for (name, count) in counts {
            if count == 0 {
                problems.push(format!("{name} must be at least 1"));
            }
        }
        if self.micro_batch > 0 && !self.batch.is_multiple_of(self.micro_batch) {
            problems.push(format!(
                "batch {} is not a multiple of micro_batch {}",
                self.batch, self.micro_batch
            ));
        }
        problems.extend(self.optimisation.problems());
        problems.extend(self.losses.problems());
        if self.losses.picture == 0.0 && self.size.portrait().is_none() {
            problems
                .push("a picture weight of 0 leaves these networks nothing to learn from".into());
        }
        if !self.data.is_dir() {
            problems.push(format!("there is no folder {}", self.data.display()));
        }
        if self.validation.is_none() && self.held_out_people == 0 {
            problems.push("either validation or held_out_people is needed".into());
        }
        problems
    }

    /// First setting that makes a resumed run another one; where it writes, how long it runs and
    /// how often it reports do not.
    pub(crate) fn difference(&self, asked: &Self) -> Option<String> {
        let facts = |config: &Self| {
            [
                ("size", format!("{:?}", config.size)),
                ("variant", format!("{:?}", config.variant)),
                ("batch", config.batch.to_string()),
                ("micro_batch", config.micro_batch.to_string()),
                ("shots", config.shots.to_string()),
                ("seed", config.seed.to_string()),
                ("held_out_people", config.held_out_people.to_string()),
                ("trained", config.optimisation.trained.join(" ")),
            ]
        };
        let mut pairs = facts(self).into_iter().zip(facts(asked));
        pairs
            .find(|(was, is)| was.1 != is.1)
            .map(|(was, is)| format!("{} was {}, now {}", was.0, was.1, is.1))
    }
}

/// A weight that changes nothing.
fn whole() -> f64 {
    1.0
}

impl LossWeights {
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let weights = [
            ("pyramid", self.pyramid),
            ("picture", self.picture),
            ("adversarial", self.adversarial),
            ("feature_matching", self.feature_matching),
            ("embedding_match", self.embedding_match),
        ];
        for (name, weight) in weights {
            if !(weight >= 0.0 && weight.is_finite()) {
                problems.push(format!(
                    "the weight {name} must be at least 0, not {weight}"
                ));
            }
        }
        for part in &self.content {
            if !part.file.is_file() {
                problems.push(format!("there is no file {}", part.file.display()));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_have_no_problems_but_the_missing_data() {
        let paths = || (PathBuf::from("nowhere"), PathBuf::from("run"));
        for preset in [
            MetaTrainingConfig::paper,
            MetaTrainingConfig::small,
            MetaTrainingConfig::tiny,
            MetaTrainingConfig::portrait,
            MetaTrainingConfig::portrait_128,
        ] {
            let (data, output) = paths();
            let problems = preset(data, output).problems();
            assert_eq!(problems, ["there is no folder nowhere"]);
        }
    }

    #[test]
    fn settings_survive_their_file_and_unknown_keys_are_refused() {
        let config = MetaTrainingConfig::tiny(PathBuf::from("a"), PathBuf::from("b"));
        let text = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<MetaTrainingConfig>(&text).unwrap(), config);
        let wrong = format!("leraning_rate = 1\n{text}");
        assert!(toml::from_str::<MetaTrainingConfig>(&wrong).is_err());
    }

    #[test]
    fn the_rates_rise_then_stay_then_fall() {
        let optimisation = Optimisation {
            warm_up: 10,
            decay_from: 0.5,
            ..MetaTrainingConfig::paper(PathBuf::new(), PathBuf::new()).optimisation
        };
        let rates: Vec<f64> = (0..100).map(|s| optimisation.schedule(s, 100)).collect();
        assert!(rates[0] < 0.1 && rates[10] == 1.0 && rates[50] == 1.0);
        assert!(rates[50..].windows(2).all(|pair| pair[1] <= pair[0]));
        assert!(rates[99] < 0.11 && rates[99] >= 0.1);
    }
}
