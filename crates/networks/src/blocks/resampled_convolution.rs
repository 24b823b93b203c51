//! A convolution with nearest-neighbour doubling before it, or with halving by means after it.

use tch::Tensor;

use crate::onnx::{Convolution, GraphBuilder, Value};

/// What happens to height and width around a convolution of stride 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resampling {
    /// Nothing.
    Keep,
    /// Every pixel is repeated 2 x 2 before the convolution.
    Up,
    /// Squares of 2 x 2 pixels become their mean after the convolution.
    Down,
}

impl Resampling {
    /// Repeat or average pixels, without a convolution.
    pub fn apply(self, x: &Tensor) -> Tensor {
        match self {
            Self::Keep => x.shallow_clone(),
            Self::Up => {
                let size = x.size();
                x.upsample_nearest2d([size[2] * 2, size[3] * 2], None, None)
            }
            Self::Down => x.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None),
        }
    }

    /// Write `resampled_convolution`; a missing bias is written as zeros.
    pub(super) fn export(
        self,
        graph: &mut GraphBuilder,
        x: &Value,
        weight: &Tensor,
        bias: Option<&Tensor>,
    ) -> Value {
        let outputs = weight.size()[0];
        let convolution = Convolution {
            weight: weight.detach(),
            bias: bias.map_or_else(
                || Tensor::zeros([outputs], (weight.kind(), weight.device())),
                Tensor::detach,
            ),
            stride: 1,
        };
        match self {
            Self::Keep => graph.convolution(x, &convolution),
            Self::Up => {
                let x = graph.upsample_nearest(x, 2);
                graph.convolution(&x, &convolution)
            }
            Self::Down => {
                let x = graph.convolution(x, &convolution);
                graph.average_pool(&x, 2)
            }
        }
    }
}

/// Convolve `x` in its kind, resampling on the way. The border is padded with zeros.
///
/// # Shapes
/// - `x`: `[batch, inputs, height, width]`, even height and width for [`Resampling::Down`]
/// - `weight`: `[outputs, inputs, kernel, kernel]`
pub(super) fn resampled_convolution(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    resampling: Resampling,
) -> Tensor {
    let kind = x.kind();
    let padding = weight.size()[3] / 2;
    let weight = weight.to_kind(kind);
    let bias = bias.map(|bias| bias.to_kind(kind));
    let convolve = |x: &Tensor| x.conv2d(&weight, bias.as_ref(), 1, padding, 1, 1);
    match resampling {
        Resampling::Keep => convolve(x),
        Resampling::Up => convolve(&resampling.apply(x)),
        Resampling::Down => resampling.apply(&convolve(x)),
    }
}
