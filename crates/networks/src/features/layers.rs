//! Frozen layers of feature networks, and where their weights come from.

use tch::Tensor;

use super::error::ContentNetError;

/// Gives the weight of the first of these names that exists, in this shape.
pub(super) type TakeWeight<'a> =
    dyn FnMut(&[String], &[i64]) -> Result<Tensor, ContentNetError> + 'a;

/// Frozen convolution with a bias; the border is padded by half the kernel.
#[derive(Debug)]
pub(super) struct FeatureConv {
    weight: Tensor,
    bias: Tensor,
    stride: i64,
    padding: i64,
    groups: i64,
}

impl FeatureConv {
    /// Take `NAME.weight` and `NAME.bias` under the first of `names` that exists.
    pub(super) fn take(
        take: &mut TakeWeight,
        names: &[String],
        shape: [i64; 4],
        stride: i64,
    ) -> Result<Self, ContentNetError> {
        let named = |part: &str| -> Vec<String> {
            names.iter().map(|name| format!("{name}.{part}")).collect()
        };
        let weight = take(&named("weight"), &shape)?;
        let bias = take(&named("bias"), &shape[..1])?;
        Ok(Self::new(weight, bias, stride, 1))
    }

    /// Wrap weights.
    pub(super) fn new(weight: Tensor, bias: Tensor, stride: i64, groups: i64) -> Self {
        let padding = weight.size()[2] / 2;
        Self {
            weight,
            bias,
            stride,
            padding,
            groups,
        }
    }

    /// The same layer on the bare picture, so that it gets smaller by the kernel.
    pub(super) fn without_padding(self) -> Self {
        Self { padding: 0, ..self }
    }

    /// Convolve in the kind of `x`.
    pub(super) fn forward(&self, x: &Tensor) -> Tensor {
        x.conv2d(
            &self.weight.to_kind(x.kind()),
            Some(self.bias.to_kind(x.kind())),
            self.stride,
            self.padding,
            1,
            self.groups,
        )
    }
}
