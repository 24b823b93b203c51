//! Embedder, projection, generator and discriminator of one run, and the weights they share.
//!
//! Zakharov et al. 2019, Figure 2. Two sets of weights, because two optimisers move them.

use std::collections::BTreeMap;
use std::path::Path;

use networks::blocks::{Mode, settle_singular_vectors};
use networks::checkpoint::{Checkpoint, CheckpointError};
use networks::onnx::Precision;
use networks::{Discriminator, Embedder, Generator, Projection, TalkingHeadConfig};
use tch::{Device, Kind, Tensor, nn};

use crate::ema::Ema;

/// The four networks.
#[derive(Debug)]
pub struct FewShotSystem {
    config: TalkingHeadConfig,
    /// Weights of embedder, projection and generator.
    pub(crate) makers: nn::VarStore,
    /// Weights of the discriminator.
    pub(crate) judges: nn::VarStore,
    pub(crate) embedder: Embedder,
    pub(crate) projection: Projection,
    pub(crate) generator: Generator,
    pub(crate) discriminator: Discriminator,
    /// Number format of the layers.
    kind: Kind,
}

impl FewShotSystem {
    /// Freshly initialised networks for `videos` training videos.
    pub(crate) fn new(
        config: &TalkingHeadConfig,
        videos: usize,
        device: Device,
        kind: Kind,
    ) -> Self {
        let makers = nn::VarStore::new(device);
        let judges = nn::VarStore::new(device);
        let root = makers.root();
        Self {
            config: *config,
            embedder: config.init_embedder(&(&root / "embedder")),
            projection: config.init_projection(&(&root / "projection")),
            generator: config.init_generator(&(&root / "generator")),
            discriminator: config.init_discriminator(&judges.root(), videos as i64),
            makers,
            judges,
            kind,
        }
    }

    /// Sizes of the networks.
    pub(crate) fn config(&self) -> &TalkingHeadConfig {
        &self.config
    }

    /// Pictures or drawings in the layers' number format, on their device.
    pub(crate) fn input(&self, images: &Tensor) -> Tensor {
        images.to_device(self.makers.device()).to_kind(self.kind)
    }

    /// Mean embedding of each person's shots.
    ///
    /// # Shapes
    /// - `pictures`, `drawings`: `[batch, shot, 3, side, side]`
    /// - returns: `[batch, embedding]`, f32
    pub(crate) fn embed(&self, pictures: &Tensor, drawings: &Tensor, mode: Mode) -> Tensor {
        let size = pictures.size();
        let [pictures, drawings] = [pictures, drawings].map(|x| self.input(&x.flatten(0, 1)));
        let each = self.embedder.forward(&pictures, &drawings, mode); // [batch * shot, embedding]
        each.view([size[0], size[1], -1])
            .mean_dim(1, false, Kind::Float)
    }

    /// Pictures of people with these identities in the poses of `drawings`.
    ///
    /// # Shapes
    /// - `drawings`: `[batch, 3, side, side]`
    /// - `identity`: `[batch, embedding]`
    /// - returns: `[batch, 3, side, side]`, f32
    pub(crate) fn draw(&self, drawings: &Tensor, identity: &Tensor, mode: Mode) -> Tensor {
        let style = self.projection.forward(identity, mode);
        self.generator
            .forward(&self.input(drawings), &style, mode)
            .to_kind(Kind::Float)
    }

    /// Take the averaged embedder, projection and generator of a checkpoint.
    pub(crate) fn take_averages(
        &self,
        checkpoint: &Checkpoint,
        path: &Path,
    ) -> Result<(), CheckpointError> {
        let tensors = self.maker_tensors();
        checkpoint.copy_into("ema.", &tensors, path)?;
        settle_singular_vectors(&tensors);
        Ok(())
    }

    /// Put the averages in the place of embedder, projection and generator; returns what was there.
    pub(crate) fn swap_averages(&self, averages: &Ema) -> BTreeMap<String, Tensor> {
        let tensors = self.maker_tensors();
        let live = averages.swap_into(&tensors);
        settle_singular_vectors(&tensors);
        live
    }

    /// Weights and buffers of embedder, projection and generator by name.
    pub(crate) fn maker_tensors(&self) -> BTreeMap<String, Tensor> {
        self.makers.variables().into_iter().collect()
    }

    /// Weights and buffers of the discriminator by name.
    pub(crate) fn judge_tensors(&self) -> BTreeMap<String, Tensor> {
        self.judges.variables().into_iter().collect()
    }

    /// Number of weights of each network, by name.
    pub fn parameter_counts(&self) -> [(&'static str, u64); 4] {
        let count = |variables: &nn::VarStore, prefix: &str| {
            let named = variables.variables();
            let mine = named
                .iter()
                .filter(|(name, t)| t.requires_grad() && name.starts_with(prefix));
            mine.map(|(_, tensor)| tensor.numel() as u64).sum()
        };
        [
            ("embedder", count(&self.makers, "embedder")),
            ("projection", count(&self.makers, "projection")),
            ("generator", count(&self.makers, "generator")),
            ("discriminator", count(&self.judges, "")),
        ]
    }

    /// The three graphs of a model bundle by file name, in half precision.
    pub(crate) fn export(&self, precision: Precision) -> [(&'static str, Vec<u8>); 3] {
        [
            ("embedder", self.embedder.export(precision)),
            ("projection", self.projection.export(precision)),
            ("generator", self.generator.export(precision)),
        ]
    }
}

/// Those of the tensors that gradients move.
pub(crate) fn trainable(tensors: BTreeMap<String, Tensor>) -> BTreeMap<String, Tensor> {
    tensors
        .into_iter()
        .filter(|(_, tensor)| tensor.requires_grad())
        .collect()
}
