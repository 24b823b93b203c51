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
    /// Channels of a landmark picture.
    pub landmark_channels: i64,
    /// Training videos, each with a column of its own.
    pub videos: i64,
}

impl DiscriminatorConfig {
    /// Register the weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> Discriminator {
        let length = self.sizes.embedding_len;
        let trunk = TrunkConfig {
            inputs: 3 + self.landmark_channels,
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
    /// - `pictures`: `[batch, 3, side, side]`, -1 to 1
    /// - `landmark_pictures`: `[batch, landmark_channels, side, side]`
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
        let x = Tensor::cat(&[&pictures, landmark_pictures], 1); // [batch, 3 + landmark channels, side, side]
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

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn picture() -> Tensor {
        Tensor::rand([2, 3, 64, 64], (Kind::Float, Device::Cpu)) * 2.0 - 1.0
    }

    fn numbers(tensor: &Tensor) -> Vec<f32> {
        Vec::try_from(tensor).unwrap()
    }

    #[test]
    fn the_score_is_linear_in_the_person_and_so_has_no_sigmoid() {
        tch::manual_seed(1);
        let variables = nn::VarStore::new(Device::Cpu);
        let discriminator = TalkingHeadConfig::tiny().init_discriminator(&variables.root(), 3);
        let (made, landmarks) = (picture(), picture());
        let person = Tensor::randn([1, 128], (Kind::Float, Device::Cpu));
        let score = |factor: f64| {
            let person = &person * factor;
            let judged = discriminator.judge(&made, &landmarks, &person, Mode::Evaluation);
            numbers(&judged.score)
        };
        let (bias, once, much) = (score(0.0), score(1.0), score(1000.0));
        for sample in 0..2 {
            let expected = bias[sample] + 1000.0 * (once[sample] - bias[sample]);
            assert!((much[sample] - expected).abs() < 1e-3 * expected.abs());
            assert!(much[sample].abs() > 1.0, "no bound on the score");
        }
    }

    #[test]
    fn a_new_persons_vector_starts_where_a_known_ones_would_be() {
        // w' := w0 + e stands for w0 + W_i
        let variables = nn::VarStore::new(Device::Cpu);
        let discriminator = TalkingHeadConfig::tiny().init_discriminator(&variables.root(), 3);
        let (made, landmarks) = (picture(), picture());
        let columns = discriminator.columns(&[2, 1]);
        let mode = Mode::Evaluation;
        let known = discriminator.forward(&made, &landmarks, &columns, mode);
        let vector = discriminator.base_vector(mode) + &columns;
        let new = discriminator.judge(&made, &landmarks, &vector, mode);
        assert_eq!(numbers(&known.score), numbers(&new.score));
    }

    #[test]
    fn gradient_reaches_only_the_columns_of_the_batch() {
        let variables = nn::VarStore::new(Device::Cpu);
        let discriminator = TalkingHeadConfig::tiny().init_discriminator(&variables.root(), 4);
        let columns = discriminator.columns(&[3, 1]);
        let judged = discriminator.forward(&picture(), &picture(), &columns, Mode::Training);
        judged.score.sum(Kind::Float).backward();
        let gradient = variables.variables()["columns"].grad();
        let rows = gradient.abs().sum_dim_intlist(1, false, Kind::Float);
        let moved: Vec<bool> = numbers(&rows).iter().map(|row| *row > 0.0).collect();
        assert_eq!(moved, [false, true, false, true]);
    }
}
