//! Sizes of the portrait networks, and their presets.

use tch::nn;

use super::decoder::{self, PortraitDecoder};
use super::encoder::PortraitEncoder;
use super::motion::PortraitMotion;
use super::refiner::{self, PatchRefiner};
use crate::discriminator::DiscriminatorConfig;
use crate::projection::ProjectionConfig;
use crate::talking_head::TalkingHeadConfig;

/// Planes of a landmark picture: lines, filled eyes, pupils, outer lips, inner lips.
pub const LANDMARK_CHANNELS: i64 = 5;
/// Groups with a flow of their own: parts of the face by their landmarks, and last the skull.
pub const GROUPS: i64 = 16;
/// Candidate flows: none, one a group, the thin plate.
pub const CANDIDATES: i64 = GROUPS + 2;

/// Sizes that the portrait networks agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortraitConfig {
    /// Side of the pictures, pixels; a multiple of 32.
    pub side_px: i64,
    /// Side of flows and of what the motion network sees, cells.
    pub grid_px: i64,
    /// Sides of the patches around mouth and eyes, pixels.
    pub patch_px: [i64; 2],
    /// Channels of the source's features at a half, a quarter and an eighth of the side.
    pub channels: [i64; 3],
    /// Channels of the motion network at a half, a quarter and an eighth of the grid.
    pub motion_channels: [i64; 3],
    /// Channels of the patch networks at a half and a quarter of the patch.
    pub patch_channels: [i64; 2],
    /// Length of the identity embedding.
    pub embedding_len: i64,
}

impl PortraitConfig {
    /// 256 px.
    pub fn portrait() -> Self {
        Self {
            side_px: 256,
            grid_px: 64,
            patch_px: [96, 64],
            channels: [24, 48, 96],
            motion_channels: [48, 96, 128],
            patch_channels: [32, 64],
            embedding_len: 256,
        }
    }

    /// 128 px; every layer is as wide as in [`PortraitConfig::portrait`] and the grid is as fine, so
    /// that the weights of one start the other.
    pub fn portrait_128() -> Self {
        Self {
            side_px: 128,
            patch_px: [48, 32],
            ..Self::portrait()
        }
    }

    /// Style values of a person: the decoder's, the mouth's, the eyes'. Each network takes all of them
    /// and uses its own.
    pub fn style_len(&self) -> i64 {
        decoder::style_len(self) + 2 * refiner::style_len(self)
    }

    /// First style value of the patch network for the mouth (`kind` 0) or the eyes (1).
    pub(super) fn patch_style_start(&self, kind: usize) -> i64 {
        decoder::style_len(self) + kind as i64 * refiner::style_len(self)
    }

    /// From an identity embedding to the styles.
    pub fn projection(&self) -> ProjectionConfig {
        ProjectionConfig {
            embedding_len: self.embedding_len,
            style_len: self.style_len(),
        }
    }

    /// The discriminator of mouths and eyes, for `videos` training videos. It is shown patches as large as
    /// the eyes', of mouths their middle: what a whole picture's would learn first, shoulders and hair, no
    /// landmark tells.
    pub fn discriminator(&self, videos: i64) -> DiscriminatorConfig {
        DiscriminatorConfig {
            sizes: TalkingHeadConfig {
                side_px: self.patch_px[1],
                stem_channels: 16,
                largest_channels: 128,
                embedding_len: self.embedding_len,
                bottleneck_px: self.patch_px[1] / 8,
                bottleneck_blocks: 0,
            },
            landmark_channels: LANDMARK_CHANNELS,
            videos,
        }
    }

    /// Register an encoder under `path`, freshly initialised.
    pub fn init_encoder(&self, path: &nn::Path) -> PortraitEncoder {
        PortraitEncoder::init(self, path)
    }

    /// Register a motion network under `path`, freshly initialised.
    pub fn init_motion(&self, path: &nn::Path) -> PortraitMotion {
        PortraitMotion::init(self, path)
    }

    /// Register a decoder under `path`, freshly initialised.
    pub fn init_decoder(&self, path: &nn::Path) -> PortraitDecoder {
        PortraitDecoder::init(self, path)
    }

    /// Register a network for the mouth (`kind` 0) or the eyes (1) under `path`, freshly initialised.
    pub fn init_refiner(&self, path: &nn::Path, kind: usize) -> PatchRefiner {
        PatchRefiner::init(self, kind, path)
    }
}
