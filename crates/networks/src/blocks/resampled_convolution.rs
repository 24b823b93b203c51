//! A convolution with nearest-neighbour doubling before it, or with halving by means after it.
//!
//! Of a kernel of 3, both are one convolution of stride 2 with a kernel of 4: every window of 2 x 2
//! pixels shares its work. Inference engines run it in half the time, so that is what is exported;
//! libtorch on a CPU does not, so `resampled_convolution` keeps the two steps.

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
        let (outputs, weight) = (weight.size()[0], weight.detach());
        let bias = bias.map_or_else(
            || Tensor::zeros([outputs], (weight.kind(), weight.device())),
            Tensor::detach,
        );
        let convolution = |weight, stride| Convolution {
            weight,
            bias: bias.shallow_clone(),
            stride,
        };
        match self {
            Self::Keep => graph.convolution(x, &convolution(weight, 1)),
            Self::Down => {
                let mean = spread(&weight) / 4.0;
                graph.convolution(x, &convolution(mean, 2))
            }
            Self::Up => {
                let scattered = spread(&weight).flip([2, 3]).transpose(0, 1).contiguous();
                graph.transposed_convolution(x, &convolution(scattered, 2))
            }
        }
    }
}

/// Sum of the four shifts of a kernel within one that is larger by 1.
///
/// # Shapes
/// `[outputs, inputs, kernel, kernel]` to `[outputs, inputs, kernel + 1, kernel + 1]`
fn spread(weight: &Tensor) -> Tensor {
    let shifted = |left: i64, top: i64| weight.constant_pad_nd([left, 1 - left, top, 1 - top]);
    shifted(0, 0) + shifted(0, 1) + shifted(1, 0) + shifted(1, 1)
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
