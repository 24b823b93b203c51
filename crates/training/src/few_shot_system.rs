//! Embedder, projection, generator and discriminator of one run, and the weights they share.
//!
//! Zakharov et al. 2019, Figure 2. Two sets of weights, because two optimisers move them.

use networks::blocks::Mode;
use networks::onnx::Precision;
use networks::{Discriminator, Embedder, Generator, Projection, TalkingHeadConfig};
use reenactment::few_shot::FEW_SHOT_PRESET;
use tch::{Device, Kind, Tensor, nn};

use crate::episode_batch::EpisodeBatch;
use crate::head_system::{HeadSystem, Made};

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
}

impl HeadSystem for FewShotSystem {
    fn makers(&self) -> &nn::VarStore {
        &self.makers
    }

    fn judges(&self) -> &nn::VarStore {
        &self.judges
    }

    fn discriminator(&self) -> &Discriminator {
        &self.discriminator
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn make(&self, batch: &EpisodeBatch, mode: Mode) -> Made {
        let [pictures, drawings] = batch.shots();
        let identity = self.embed(&pictures, &drawings, mode);
        Made {
            pictures: self.draw(&batch.target_drawing(), &identity, mode),
            identity,
            drafts: Vec::new(),
        }
    }

    fn bundle_preset(&self) -> &'static str {
        FEW_SHOT_PRESET
    }

    fn export(&self, precision: Precision) -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("embedder", self.embedder.export(precision)),
            ("projection", self.projection.export(precision)),
            ("generator", self.generator.export(precision)),
        ]
    }
}
