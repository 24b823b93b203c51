//! Sizes of the four networks of a talking head, and their presets.
//!
//! Layout: Zakharov et al. 2019, Section 3 and Appendix. The presets share it; they differ in the
//! picture's side, the number of halvings and the channels.

use tch::nn;

use crate::discriminator::{Discriminator, DiscriminatorConfig};
use crate::embedder::{Embedder, EmbedderConfig};
use crate::generator::{Generator, GeneratorConfig};
use crate::projection::{Projection, ProjectionConfig};

/// Sizes that embedder, generator, projection and discriminator agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TalkingHeadConfig {
    /// Side of pictures and landmark pictures, pixels; a power of two.
    pub side_px: i64,
    /// Channels after the stem, at half the side. Every halving doubles them.
    pub stem_channels: i64,
    /// Channels never grow beyond this.
    pub largest_channels: i64,
    /// Length of the identity embedding.
    pub embedding_len: i64,
    /// Side of the generator's innermost features, pixels. Self-attention sits at twice this side
    /// on the way down, and at four times on the generator's way up.
    pub bottleneck_px: i64,
    /// Residual blocks at the innermost side.
    pub bottleneck_blocks: i64,
}

/// Side at which embedder and discriminator sum over space, pixels.
const POOLED_PX: i64 = 4;

impl TalkingHeadConfig {
    /// The published networks: 256 px, 14.91 M + 38.01 M + 19.63 M parameters.
    pub fn paper() -> Self {
        Self {
            side_px: 256,
            stem_channels: 64,
            largest_channels: 512,
            embedding_len: 512,
            bottleneck_px: 16,
            bottleneck_blocks: 4,
        }
    }

    /// The published layout at half the side, with half the channels.
    pub fn small() -> Self {
        Self {
            side_px: 128,
            stem_channels: 32,
            largest_channels: 256,
            embedding_len: 256,
            bottleneck_px: 8,
            ..Self::paper()
        }
    }

    /// 64 px, small enough to learn on two cores while one waits.
    pub fn tiny() -> Self {
        Self {
            side_px: 64,
            stem_channels: 32,
            largest_channels: 128,
            embedding_len: 128,
            bottleneck_px: 8,
            ..Self::paper()
        }
    }

    /// Channels of features of this side, pixels: the stem's at half the side on the way down.
    fn channels_down(&self, side_px: i64) -> i64 {
        (self.stem_channels * self.side_px / (2 * side_px)).min(self.largest_channels)
    }

    /// Channels of the generator's features of this side on the way up: the stem's at full side.
    fn channels_up(&self, side_px: i64) -> i64 {
        (self.stem_channels * self.side_px / side_px).min(self.largest_channels)
    }

    /// Channels after the stem and after each halving until `last_px`.
    pub(crate) fn halvings(&self, last_px: i64) -> Vec<i64> {
        let sides = std::iter::successors(Some(self.side_px / 2), |side| Some(side / 2));
        sides
            .take_while(|side| *side >= last_px)
            .map(|side| self.channels_down(side))
            .collect()
    }

    /// Channels and side after each doubling from the bottleneck to the picture.
    pub(crate) fn doublings(&self) -> Vec<(i64, i64)> {
        let sides = std::iter::successors(Some(self.bottleneck_px * 2), |side| Some(side * 2));
        sides
            .take_while(|side| *side <= self.side_px)
            .map(|side| (self.channels_up(side), side))
            .collect()
    }

    /// Channels on the way down to the features that are summed over space; the last are the
    /// embedding's.
    pub(crate) fn halvings_to_embedding(&self) -> Vec<i64> {
        let mut channels = self.halvings(POOLED_PX);
        let last = channels.last_mut().expect("the stem comes first");
        *last = self.embedding_len;
        channels
    }

    /// Sides at which self-attention sits: on the way down, and on the generator's way up.
    pub(crate) fn attention_px(&self) -> (i64, i64) {
        (2 * self.bottleneck_px, 4 * self.bottleneck_px)
    }

    /// The embedder of these sizes.
    pub fn embedder(&self) -> EmbedderConfig {
        EmbedderConfig { sizes: *self }
    }

    /// The generator of these sizes.
    pub fn generator(&self) -> GeneratorConfig {
        GeneratorConfig { sizes: *self }
    }

    /// The projection of these sizes.
    pub fn projection(&self) -> ProjectionConfig {
        ProjectionConfig {
            embedding_len: self.embedding_len,
            style_len: self.style_len(),
        }
    }

    /// The discriminator of these sizes, for `videos` training videos.
    pub fn discriminator(&self, videos: i64) -> DiscriminatorConfig {
        DiscriminatorConfig {
            sizes: *self,
            landmark_channels: 3,
            videos,
        }
    }

    /// Values that the generator takes from a style.
    pub fn style_len(&self) -> i64 {
        self.generator().style_len()
    }

    /// Register an embedder under `path`, freshly initialised.
    pub fn init_embedder(&self, path: &nn::Path) -> Embedder {
        self.embedder().init(path)
    }

    /// Register a generator under `path`, freshly initialised.
    pub fn init_generator(&self, path: &nn::Path) -> Generator {
        self.generator().init(path)
    }

    /// Register a projection under `path`, freshly initialised.
    pub fn init_projection(&self, path: &nn::Path) -> Projection {
        self.projection().init(path)
    }

    /// Register a discriminator for `videos` training videos under `path`, freshly initialised.
    pub fn init_discriminator(&self, path: &nn::Path, videos: i64) -> Discriminator {
        self.discriminator(videos).init(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::Mode;
    use tch::{Device, Kind, Tensor};

    fn parameters(variables: &nn::VarStore) -> i64 {
        let trainable = variables.trainable_variables();
        trainable.iter().map(|tensor| tensor.numel() as i64).sum()
    }

    fn count<T>(init: impl Fn(&nn::Path) -> T) -> i64 {
        let variables = nn::VarStore::new(Device::Cpu);
        drop(init(&variables.root()));
        parameters(&variables)
    }

    #[test]
    fn the_published_networks_have_the_published_numbers_of_parameters() {
        let paper = TalkingHeadConfig::paper();
        assert_eq!(paper.style_len(), 13_056);
        let embedder = count(|path| paper.init_embedder(path));
        assert_eq!(embedder, 14_907_265, "14.91 M");
        let projection = count(|path| paper.init_projection(path));
        assert_eq!(projection, 6_697_728, "6.70 M");
        let generator = count(|path| paper.init_generator(path));
        assert_eq!(generator + projection, 38_008_133, "38.01 M");
        let discriminator = count(|path| paper.init_discriminator(path, 0));
        assert_eq!(discriminator, 19_627_394, "19.63 M");
        let with_videos = count(|path| paper.init_discriminator(path, 3));
        assert_eq!(with_videos - discriminator, 3 * 512);
    }

    #[test]
    fn the_published_layout_is_the_published_one() {
        let paper = TalkingHeadConfig::paper();
        assert_eq!(paper.halvings(16), [64, 128, 256, 512]);
        assert_eq!(paper.halvings_to_embedding(), [64, 128, 256, 512, 512, 512]);
        let up = [(512, 32), (256, 64), (128, 128), (64, 256)];
        assert_eq!(paper.doublings(), up);
        assert_eq!(paper.attention_px(), (32, 64));
    }

    #[test]
    fn every_preset_runs_from_pictures_to_scores() {
        for sizes in [TalkingHeadConfig::small(), TalkingHeadConfig::tiny()] {
            let variables = nn::VarStore::new(Device::Cpu);
            let root = variables.root();
            let side = sizes.side_px;
            let picture = || Tensor::rand([2, 3, side, side], (Kind::Float, Device::Cpu));
            let (shots, landmarks) = (picture(), picture());
            let embedder = sizes.init_embedder(&(&root / "embedder"));
            let projection = sizes.init_projection(&(&root / "projection"));
            let generator = sizes.init_generator(&(&root / "generator"));
            let discriminator = sizes.init_discriminator(&(&root / "discriminator"), 5);
            let identity = embedder.forward(&shots, &landmarks, Mode::Training);
            assert_eq!(identity.size(), [2, sizes.embedding_len]);
            let style = projection.forward(&identity, Mode::Training);
            let made = generator.forward(&landmarks, &style, Mode::Training);
            assert_eq!(made.size(), [2, 3, side, side]);
            let columns = discriminator.columns(&[4, 0]);
            let judgement = discriminator.forward(&made, &landmarks, &columns, Mode::Training);
            assert_eq!(judgement.score.size(), [2]);
            let stages = sizes.halvings_to_embedding().len();
            assert_eq!(judgement.features.len(), stages + 1, "stem and all blocks");
        }
    }
}
