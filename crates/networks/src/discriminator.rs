//! Projection discriminator: how real a picture looks, fits its landmarks and shows its person.
//!
//! Score: Zakharov et al. 2019, Eq. (7), `<v, W_i + w0> + b`. No sigmoid: the losses are hinges.

use tch::{Tensor, nn, nn::Init};

use crate::blocks::{
    Mode, Norm, Resampling, Residual, ResidualConfig, SpectralLinear, SpectralLinearConfig,
};
use crate::embedder::pool;
use crate::talking_head::TalkingHeadConfig;
use crate::trunk::{Trunk, TrunkConfig};

/// Largest first value of a video's column.
const FIRST_COLUMN: f64 = 0.1;

/// Hyper-parameters of a [`Discriminator`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscriminatorConfig {
    /// Sizes shared with the other networks.
    pub sizes: TalkingHeadConfig,
    /// Training videos, each with a column of its own.
    pub videos: i64,
}

impl DiscriminatorConfig {
    /// Register the weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> Discriminator {
        let length = self.sizes.embedding_len;
        let trunk = TrunkConfig {
            inputs: 6,
            side_px: self.sizes.side_px,
            channels: self.sizes.halvings_to_embedding(),
            norm: Norm::None,
            attention_px: self.sizes.attention_px().0,
        };
        let last = ResidualConfig {
            inputs: length,
            outputs: length,
            norm: Norm::None,
            resampling: Resampling::Keep,
        };
        let base = SpectralLinearConfig {
            inputs: length,
            outputs: 1,
        };
        let uniform = Init::Uniform {
            lo: -FIRST_COLUMN,
            up: FIRST_COLUMN,
        };
        Discriminator {
            trunk: trunk.init(path),
            last: last.init(&(path / "last")),
            columns: path.var("columns", &[self.videos, length], uniform),
            base: base.init(&(path / "base")),
        }
    }
}

/// What a [`Discriminator`] says about a batch of pictures.
#[derive(Debug)]
pub struct Judgement {
    /// `[batch]`, unbounded: above 0 is real.
    pub score: Tensor,
    /// Features after the stem and after every block, for feature matching.
    pub features: Vec<Tensor>,
}

/// Discriminator network.
#[derive(Debug)]
pub struct Discriminator {
    trunk: Trunk,
    last: Residual,
    /// `[videos, embedding]`, W: what each training video's person is to the discriminator.
    columns: Tensor,
    /// w0 and b.
    base: SpectralLinear,
}

impl Discriminator {
    /// Judge pictures of people with `identity`: their videos' columns, or an embedding.
    ///
    /// Computes in the kind of `landmark_pictures`; sums and scores are at least 32 bits.
    ///
    /// # Shapes
    /// - `pictures`, `landmark_pictures`: `[batch, 3, side, side]`, -1 to 1
    /// - `identity`: `[batch, embedding]` or `[1, embedding]`
    pub fn forward(
        &self,
        pictures: &Tensor,
        landmark_pictures: &Tensor,
        identity: &Tensor,
        mode: Mode,
    ) -> Judgement {
        let person = identity + self.base_vector(mode);
        self.judge(pictures, landmark_pictures, &person, mode)
    }

    /// Judge pictures of one person by a vector that stands for `W_i + w0`. Fine-tuning trains
    /// such a vector, which starts at [`Discriminator::base_vector`] plus the person's embedding.
    ///
    /// # Shapes
    /// As [`Discriminator::forward`]; `person`: `[batch, embedding]` or `[1, embedding]`
    pub fn judge(
        &self,
        pictures: &Tensor,
        landmark_pictures: &Tensor,
        person: &Tensor,
        mode: Mode,
    ) -> Judgement {
        let pictures = pictures.to_kind(landmark_pictures.kind());
        let x = Tensor::cat(&[&pictures, landmark_pictures], 1); // [batch, 6, side, side]
        let mut features = self.trunk.forward(&x, mode);
        let x = features.last().expect("the stem is a stage");
        let no_style = x.narrow(1, 0, 0).flatten(1, -1);
        let x = self.last.forward(x, &no_style, mode);
        let pooled = pool(&x); // [batch, embedding]
        features.push(x);
        let score = (&pooled * person).sum_dim_intlist(1, false, pooled.kind());
        Judgement {
            score: score + self.base.bias(),
            features,
        }
    }

    /// Columns of the videos with these indices, `[indices, embedding]`.
    pub fn columns(&self, videos: &[i64]) -> Tensor {
        let videos = Tensor::from_slice(videos).to_device(self.columns.device());
        self.columns.index_select(0, &videos)
    }

    /// w0, the part of the score's vector that all people share, `[1, embedding]`.
    pub fn base_vector(&self, mode: Mode) -> Tensor {
        self.base.normalised_weight(mode)
    }
}
