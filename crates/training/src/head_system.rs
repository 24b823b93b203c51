//! What meta-training asks of networks that make talking heads, whichever they are.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;

use networks::Discriminator;
use networks::blocks::{Mode, settle_singular_vectors};
use networks::checkpoint::{Checkpoint, CheckpointError};
use networks::features::ContentNetKind;
use networks::onnx::Precision;
use tch::{Device, Kind, Tensor, nn};

use crate::adversarial_step::Scene;
use crate::ema::Ema;
use crate::episode_batch::EpisodeBatch;
use crate::few_shot_system::FewShotSystem;
use crate::meta_training_config::{NetworkSize, Networks};
use crate::portrait_system::PortraitSystem;

/// Pictures that were made of the targets of a batch.
#[derive(Debug)]
pub(crate) struct Made {
    /// `[batch, 3, side, side]`, f32, -1 to 1.
    pub(crate) pictures: Tensor,
    /// Mean embedding of each person's shots, `[batch, embedding]`, f32.
    pub(crate) identity: Tensor,
    /// Earlier states of the pictures that should be near the truth too, such as the bent source,
    /// and parts of them that should be nearer than the rest.
    pub(crate) drafts: Vec<Draft>,
}

/// A picture on the way to the final one, or a part of one.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Its loss is called so.
    pub(crate) name: &'static str,
    /// Weight of its pyramid distance from the truth.
    pub(crate) weight: f64,
    /// Share of the weight that the content networks have in its distance.
    pub(crate) content: f64,
    /// `[batch, 3, side, side]`, f32, -1 to 1.
    pub(crate) pictures: Tensor,
    /// What a part is compared with, as large as the part; `None` is the whole target.
    pub(crate) truth: Option<Tensor>,
}

/// Networks that make a person's picture from shots and landmarks, and their discriminator.
pub(crate) trait HeadSystem: Debug {
    /// Weights of all that make pictures.
    fn makers(&self) -> &nn::VarStore;

    /// Weights of the discriminator.
    fn judges(&self) -> &nn::VarStore;

    /// The discriminator.
    fn discriminator(&self) -> &Discriminator;

    /// Number format of the layers.
    fn kind(&self) -> Kind;

    /// Make the targets of a batch from its shots.
    fn make(&self, batch: &EpisodeBatch, mode: Mode) -> Made;

    /// What the discriminator is asked about the pictures made of a batch; unless a system says otherwise, the
    /// whole pictures.
    fn scene(&self, batch: &EpisodeBatch, made: &Made) -> Scene {
        let device = self.makers().device();
        let truth = batch.target().to_device(device);
        Scene {
            drawings: self.input(&batch.target_drawing()),
            owners: Tensor::arange(truth.size()[0], (Kind::Int64, device)),
            truth,
            made: made.pictures.shallow_clone(),
        }
    }

    /// Where a mistake in the targets is worse than elsewhere: `[batch, 1, side, side]`, at least 1.
    fn attention(&self, _: &EpisodeBatch) -> Option<Tensor> {
        None
    }

    /// Whether [`HeadSystem::faces`] cuts faces out.
    fn cuts_faces(&self) -> bool {
        false
    }

    /// The targets' faces, cut upright out of pictures of them as networks of this kind are shown faces.
    fn faces(&self, _: &EpisodeBatch, _: &Tensor, _: ContentNetKind) -> Option<Tensor> {
        None
    }

    /// Kind of bundle that its graphs make.
    fn bundle_preset(&self) -> &'static str;

    /// The graphs of a model bundle by name.
    fn export(&self, precision: Precision) -> Vec<(&'static str, Vec<u8>)>;

    /// Pictures or drawings in the layers' number format, on their device.
    fn input(&self, images: &Tensor) -> Tensor {
        images
            .to_device(self.makers().device())
            .to_kind(self.kind())
    }

    /// Weights and buffers of the makers by name.
    fn maker_tensors(&self) -> BTreeMap<String, Tensor> {
        self.makers().variables().into_iter().collect()
    }

    /// Weights and buffers of the discriminator by name.
    fn judge_tensors(&self) -> BTreeMap<String, Tensor> {
        self.judges().variables().into_iter().collect()
    }

    /// Number of weights of each network, by name.
    fn parameter_counts(&self) -> Vec<(String, u64)> {
        let mut counts = BTreeMap::new();
        for (name, tensor) in self.maker_tensors() {
            let network = name.split('.').next().unwrap_or_default().to_owned();
            let count = counts.entry(network).or_insert(0);
            if tensor.requires_grad() {
                *count += tensor.numel() as u64;
            }
        }
        let judges = trainable(self.judge_tensors());
        let judges = judges.values().map(|tensor| tensor.numel() as u64).sum();
        let judges = ("discriminator".to_owned(), judges);
        counts.into_iter().chain([judges]).collect()
    }

    /// Take the averaged makers of a checkpoint.
    fn take_averages(&self, checkpoint: &Checkpoint, path: &Path) -> Result<(), CheckpointError> {
        let tensors = self.maker_tensors();
        checkpoint.copy_into("ema.", &tensors, path)?;
        settle_singular_vectors(&tensors);
        Ok(())
    }

    /// Put the averages in the place of the makers; returns what was there.
    fn swap_averages(&self, averages: &Ema) -> BTreeMap<String, Tensor> {
        let tensors = self.maker_tensors();
        let live = averages.swap_into(&tensors);
        settle_singular_vectors(&tensors);
        live
    }
}

/// Freshly initialised networks of a size, for `videos` training videos.
pub(crate) fn head_system(
    size: NetworkSize,
    videos: usize,
    device: Device,
    kind: Kind,
) -> Box<dyn HeadSystem> {
    match size.networks() {
        Networks::FewShot(config) => Box::new(FewShotSystem::new(&config, videos, device, kind)),
        Networks::Portrait(config) => Box::new(PortraitSystem::new(config, videos, device, kind)),
    }
}

/// Those of the tensors that gradients move.
pub(crate) fn trainable(tensors: BTreeMap<String, Tensor>) -> BTreeMap<String, Tensor> {
    tensors
        .into_iter()
        .filter(|(_, tensor)| tensor.requires_grad())
        .collect()
}
