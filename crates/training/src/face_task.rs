//! What the two face networks have in common for the training loop: samples, forward pass, losses.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use dataset::{
    FacePicture, Keep, LabelledSource, SourceKind, Split, find_sources, load_faceless, load_faces,
};
use media::Image;
use networks::blocks::Mode;
use networks::{FaceDetectorConfig, FaceDetectorNet, FaceLandmarksConfig, FaceLandmarksNet};
use tch::{Kind, Tensor, nn};

use crate::detector_samples::{DetectorSample, DetectorSampler};
use crate::detector_targets;
use crate::landmark_samples::{self, LandmarkSample, LandmarkSampler};
use crate::landmark_training::DEVICE;
use crate::landmark_training_config::{FaceNetwork, LandmarkTrainingConfig, Precision, Preset};
use crate::landmark_training_error::LandmarkTrainingError;
use crate::losses::{CentrePointTargets, LandmarkTargets, centre_point_loss, landmark_loss};
use crate::network_run_event::{Event, Listener};
use crate::sample_loader::SampleLoader;
use crate::sample_sheet::{SAMPLES_A_SIDE, sheet};

/// Longer side of the whole pictures kept in memory.
const WHOLE_PX: u32 = 320;

/// Losses of one batch, by name; all of them are summed.
#[derive(Debug)]
pub(crate) struct Losses {
    parts: Vec<(&'static str, Tensor)>,
    pub(crate) total: Tensor,
}

impl Losses {
    pub(crate) fn named(&self) -> Vec<(&'static str, f64)> {
        let value = |part: &Tensor| f64::try_from(part).expect("a loss is one number");
        self.parts
            .iter()
            .map(|(name, part)| (*name, value(part)))
            .collect()
    }
}

/// A batch of either kind, as tensors.
pub(crate) enum Batch {
    Detector(Tensor, CentrePointTargets),
    Landmarks(Tensor, LandmarkTargets),
}

enum Network {
    Detector(FaceDetectorNet),
    Landmarks(FaceLandmarksNet),
}

enum Sampler {
    Detector(Arc<DetectorSampler>),
    Landmarks(Arc<LandmarkSampler>, usize),
}

enum Loader {
    Detector(SampleLoader<DetectorSample>),
    Landmarks(SampleLoader<LandmarkSample>, usize),
}

/// Network, samples and losses of one run.
pub(crate) struct FaceTask {
    variables: nn::VarStore,
    network: Network,
    sampler: Sampler,
    loader: Option<Loader>,
    kind: Kind,
}

impl FaceTask {
    /// Read the data and initialise the network.
    pub(crate) fn load(
        config: &LandmarkTrainingConfig,
        listener: &mut Listener<'_>,
    ) -> Result<Self, LandmarkTrainingError> {
        let variables = nn::VarStore::new(DEVICE);
        let (network, sampler) = match config.network {
            FaceNetwork::Detector => {
                let network = match config.preset {
                    Preset::Shipped => FaceDetectorConfig::shipped(),
                    Preset::Tiny => FaceDetectorConfig::tiny(),
                };
                let sampler = Sampler::Detector(Arc::new(detector_sampler(config, listener)?));
                (Network::Detector(network.init(&variables.root())), sampler)
            }
            FaceNetwork::Landmarks => {
                let network = match config.preset {
                    Preset::Shipped => FaceLandmarksConfig::shipped(),
                    Preset::Tiny => FaceLandmarksConfig::tiny(),
                };
                let side = network.side_px as usize;
                let sampler = landmark_sampler(config, side, listener)?;
                let sampler = Sampler::Landmarks(Arc::new(sampler), side);
                (Network::Landmarks(network.init(&variables.root())), sampler)
            }
        };
        let kind = match config.precision {
            Precision::F32 => Kind::Float,
            Precision::Bf16 => Kind::BFloat16,
        };
        Ok(Self {
            variables,
            network,
            sampler,
            loader: None,
            kind,
        })
    }

    /// Start making samples for the steps after `step`.
    pub(crate) fn start(&mut self, step: u64, config: &LandmarkTrainingConfig) {
        let plan = [step, config.batch, config.loader_threads];
        self.loader = Some(match &self.sampler {
            Sampler::Detector(sampler) => {
                let sampler = Arc::clone(sampler);
                let make: Arc<dyn Fn(u64) -> DetectorSample + Send + Sync> =
                    Arc::new(move |number| sampler.sample(number));
                Loader::Detector(SampleLoader::start(&make, plan))
            }
            Sampler::Landmarks(sampler, side) => {
                let sampler = Arc::clone(sampler);
                let make: Arc<dyn Fn(u64) -> LandmarkSample + Send + Sync> =
                    Arc::new(move |number| sampler.sample(number));
                Loader::Landmarks(SampleLoader::start(&make, plan), *side)
            }
        });
    }

    /// A sheet of the run's first samples with their labels.
    pub(crate) fn sample_sheet(&self) -> Image {
        let count = (SAMPLES_A_SIDE * SAMPLES_A_SIDE) as u64;
        let samples: Vec<Image> = match &self.sampler {
            Sampler::Detector(sampler) => (0..count)
                .map(|number| sampler.sample(number).to_labelled_image())
                .collect(),
            Sampler::Landmarks(sampler, side) => (0..count)
                .map(|number| sampler.sample(number).to_labelled_image(*side))
                .collect(),
        };
        sheet(&samples)
    }

    /// The next batch; `None` where a loader thread died.
    pub(crate) fn next_batch(&mut self) -> Option<Batch> {
        match self.loader.as_mut()? {
            Loader::Detector(loader) => {
                let (pictures, targets) = detector_targets::stack(&loader.next_batch()?);
                Some(Batch::Detector(pictures, targets))
            }
            Loader::Landmarks(loader, side) => {
                let (crops, targets) = landmark_samples::stack(&loader.next_batch()?, *side);
                Some(Batch::Landmarks(crops, targets))
            }
        }
    }

    /// Forward pass in training mode, and its losses.
    pub(crate) fn losses(&self, batch: &Batch) -> Losses {
        match (&self.network, batch) {
            (Network::Detector(network), Batch::Detector(pictures, targets)) => {
                let faces = network.forward(&pictures.to_kind(self.kind), Mode::Training);
                let (score, place) = centre_point_loss(&faces, targets);
                let total = &score + &place;
                Losses {
                    total,
                    parts: vec![("score", score), ("place", place)],
                }
            }
            (Network::Landmarks(network), Batch::Landmarks(crops, targets)) => {
                let found = network.forward(&crops.to_kind(self.kind), Mode::Training);
                let loss = landmark_loss(&found.points, &found.presence, targets);
                let total = loss.total();
                let parts = vec![
                    ("points", loss.points),
                    ("openings", loss.openings),
                    ("presence", loss.presence),
                ];
                Losses { total, parts }
            }
            _ => unreachable!("a task's loader makes its own network's batches"),
        }
    }

    /// All weights and running statistics by name.
    pub(crate) fn weights(&self) -> BTreeMap<String, Tensor> {
        self.variables.variables().into_iter().collect()
    }

    /// The weights that gradients move.
    pub(crate) fn trainable(&self) -> BTreeMap<String, Tensor> {
        self.weights()
            .into_iter()
            .filter(|(_, tensor)| tensor.requires_grad())
            .collect()
    }

    /// The network as an ONNX file in half precision.
    pub(crate) fn export(&self) -> Vec<u8> {
        match &self.network {
            Network::Detector(network) => network.export(networks::onnx::Precision::Half),
            Network::Landmarks(network) => network.export(networks::onnx::Precision::Half),
        }
    }
}

fn landmark_sampler(
    config: &LandmarkTrainingConfig,
    side: usize,
    listener: &mut Listener<'_>,
) -> Result<LandmarkSampler, LandmarkTrainingError> {
    let sources = training_sources(config)?;
    let (face_sizes, side_px) = landmark_samples::KEPT;
    let keep = Keep::Crop {
        face_sizes,
        side_px,
    };
    let people = load_people(config, &sources, keep, config.every, listener)?;
    // stills show more backgrounds than the frames of a clip do
    let stills: Vec<LabelledSource> = sources
        .iter()
        .filter(|source| source.kind == SourceKind::Still)
        .cloned()
        .collect();
    let keep = Keep::Whole {
        longer_px: WHOLE_PX,
    };
    let mut wholes = match stills.len() {
        0 => Vec::new(),
        _ => load_faces(&config.data, &stills, keep, 1)?.faces,
    };
    wholes.extend(faceless(config.faceless.as_deref())?);
    Ok(LandmarkSampler::new(people, wholes, side, config.seed))
}

fn detector_sampler(
    config: &LandmarkTrainingConfig,
    listener: &mut Listener<'_>,
) -> Result<DetectorSampler, LandmarkTrainingError> {
    let sources = training_sources(config)?;
    let keep = Keep::Whole {
        longer_px: WHOLE_PX,
    };
    let people = load_people(config, &sources, keep, config.every, listener)?;
    let faceless = faceless(config.faceless.as_deref())?;
    Ok(DetectorSampler::new(people, faceless, config.seed))
}

fn faceless(folder: Option<&Path>) -> Result<Vec<FacePicture>, LandmarkTrainingError> {
    Ok(folder
        .map(|folder| load_faceless(folder, WHOLE_PX))
        .transpose()?
        .unwrap_or_default())
}

fn training_sources(
    config: &LandmarkTrainingConfig,
) -> Result<Vec<LabelledSource>, LandmarkTrainingError> {
    let mut sources = find_sources(&config.data, &config.held_out)?;
    sources.retain(|source| source.split == Split::Train && !config.skipped.contains(&source.name));
    Ok(sources)
}

/// Faces grouped by person, in a fixed order.
fn load_people(
    config: &LandmarkTrainingConfig,
    sources: &[LabelledSource],
    keep: Keep,
    every: u64,
    listener: &mut Listener<'_>,
) -> Result<Vec<Vec<FacePicture>>, LandmarkTrainingError> {
    let loaded = load_faces(&config.data, sources, keep, every as usize)?;
    for (name, reason) in &loaded.rejected {
        listener.tell(Event::Warning {
            text: format!("{name} is not used: {reason}"),
        });
    }
    let faces = loaded.faces.len();
    let mut people: BTreeMap<&str, Vec<FacePicture>> = BTreeMap::new();
    for face in loaded.faces {
        people
            .entry(&sources[face.source].identity)
            .or_default()
            .push(face);
    }
    listener.tell(Event::Loaded {
        samples: faces,
        sources: people.len(),
    });
    Ok(people.into_values().collect())
}
