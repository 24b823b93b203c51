//! Projection: from an identity embedding to the scales and shifts of the generator's AdaIN layers.

use tch::{Tensor, nn};

use crate::blocks::{Mode, SpectralLinear, SpectralLinearConfig, wide_kind};
use crate::onnx::{GraphBuilder, Precision, TensorInfo};

/// Hyper-parameters of a [`Projection`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectionConfig {
    /// Length of an identity embedding.
    pub embedding_len: i64,
    /// Values that the generator takes.
    pub style_len: i64,
}

impl ProjectionConfig {
    /// Register the weights under `path`, freshly initialised.
    pub fn init(&self, path: &nn::Path) -> Projection {
        let linear = SpectralLinearConfig {
            inputs: self.embedding_len,
            outputs: self.style_len,
        };
        Projection {
            config: *self,
            linear: linear.init(path),
        }
    }
}

/// One linear map.
#[derive(Debug)]
pub struct Projection {
    config: ProjectionConfig,
    linear: SpectralLinear,
}

impl Projection {
    /// Predict a person's style, in at least 32 bits.
    ///
    /// # Shapes
    /// `[batch, embedding]` to `[batch, style_len]`
    pub fn forward(&self, identity: &Tensor, mode: Mode) -> Tensor {
        let identity = identity.to_kind(wide_kind(identity.kind()));
        self.linear.forward(&identity, mode)
    }

    /// Write the map in evaluation mode as an ONNX file: input `identity`, output `style`.
    pub fn export(&self, precision: Precision) -> Vec<u8> {
        let mut graph = GraphBuilder::new(precision);
        let shape = [1, self.config.embedding_len];
        let identity = graph.input(&TensorInfo::fixed("identity", &shape));
        let style = self.linear.export(&mut graph, &identity);
        let shape = [1, self.config.style_len];
        graph.output(&style, &TensorInfo::fixed("style", &shape));
        graph.finish("projection")
    }
}
