//! Embedder: what a person looks like, from one picture and its landmarks, whatever the pose.

use tch::{Tensor, nn};

use crate::blocks::{Mode, Norm, wide_kind};
use crate::onnx::{GraphBuilder, Precision, TensorInfo, Value};
use crate::talking_head::TalkingHeadConfig;
use crate::trunk::{Trunk, TrunkConfig};

/// Hyper-parameters of an [`Embedder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbedderConfig {
    /// Sizes shared with the other networks.
    pub sizes: TalkingHeadConfig,
}

impl EmbedderConfig {
    /// Register the weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> Embedder {
        let trunk = TrunkConfig {
            inputs: 6,
            side_px: self.sizes.side_px,
            channels: self.sizes.halvings_to_embedding(),
            norm: Norm::None,
            attention_px: self.sizes.attention_px().0,
        };
        Embedder {
            config: *self,
            trunk: trunk.init(path),
        }
    }
}

/// Embedder network.
#[derive(Debug)]
pub struct Embedder {
    config: EmbedderConfig,
    trunk: Trunk,
}

impl Embedder {
    /// Identity embedding of every picture. Averaging over the shots of a person is the caller's.
    ///
    /// Computes in the kind of `landmark_pictures`; the sum over space and what is returned are
    /// at least 32 bits.
    ///
    /// # Shapes
    /// - `pictures`, `landmark_pictures`: `[batch, 3, side, side]`, -1 to 1
    /// - returns: `[batch, embedding]`, not negative
    pub fn forward(&self, pictures: &Tensor, landmark_pictures: &Tensor, mode: Mode) -> Tensor {
        let pictures = pictures.to_kind(landmark_pictures.kind());
        let x = Tensor::cat(&[&pictures, landmark_pictures], 1); // [batch, 6, side, side]
        let stages = self.trunk.forward(&x, mode);
        pool(stages.last().expect("the stem is a stage"))
    }

    /// Write the network in evaluation mode as an ONNX file: inputs `picture` and
    /// `landmark_picture`, output `identity`.
    pub fn export(&self, precision: Precision) -> Vec<u8> {
        let sizes = self.config.sizes;
        let shape = [1, 3, sizes.side_px, sizes.side_px];
        let mut graph = GraphBuilder::new(precision);
        let picture = graph.input(&TensorInfo::fixed("picture", &shape));
        let landmarks = graph.input(&TensorInfo::fixed("landmark_picture", &shape));
        let x = graph.concat(&[&picture, &landmarks], 1);
        let x = self.trunk.export(&mut graph, &x);
        let identity = export_pool(&mut graph, &x);
        let shape = [1, sizes.embedding_len];
        graph.output(&identity, &TensorInfo::fixed("identity", &shape));
        graph.finish("embedder")
    }
}

/// Rectify, then sum over space: what is small in the picture counts as it should, which a mean or
/// a maximum would lose.
///
/// # Shapes
/// `[batch, channels, height, width]` to `[batch, channels]`, at least 32 bits
pub(crate) fn pool(x: &Tensor) -> Tensor {
    x.relu()
        .sum_dim_intlist([2i64, 3].as_slice(), false, wide_kind(x.kind()))
}

/// Write [`pool`].
pub(crate) fn export_pool(graph: &mut GraphBuilder, x: &Value) -> Value {
    let x = graph.relu(x);
    graph.sum_over_space(&x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn pooling_is_a_sum_and_neither_a_mean_nor_a_maximum() {
        let x = Tensor::zeros([1, 2, 4, 4], (Kind::Float, Device::Cpu));
        drop(x.get(0).get(0).fill_(1.0));
        drop(x.get(0).get(1).get(2).get(3).fill_(5.0));
        drop(x.get(0).get(1).get(0).get(0).fill_(-7.0));
        let pooled = Vec::<f32>::try_from(pool(&x).view([-1])).unwrap();
        // a mean would give 1 and 0.3125, a maximum 1 and 5; what is negative counts nothing
        assert_eq!(pooled, [16.0, 5.0]);
    }

    #[test]
    fn sums_of_sixteen_bit_features_are_made_in_thirty_two_bits() {
        let x = Tensor::ones([1, 1, 32, 32], (Kind::BFloat16, Device::Cpu));
        let pooled = pool(&(x * 1.0078125));
        assert_eq!(pooled.kind(), Kind::Float);
        assert_eq!(f64::try_from(pooled).unwrap(), 1032.0);
    }

    #[test]
    #[should_panic(expected = "side of the pictures")]
    fn pictures_of_another_side_than_the_trained_one_are_refused() {
        let variables = nn::VarStore::new(Device::Cpu);
        let embedder = TalkingHeadConfig::tiny().init_embedder(&variables.root());
        let picture = Tensor::zeros([1, 3, 128, 128], (Kind::Float, Device::Cpu));
        drop(embedder.forward(&picture, &picture, Mode::Evaluation));
    }
}
