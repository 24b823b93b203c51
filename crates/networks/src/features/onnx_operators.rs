//! The ONNX operators that feature networks are made of, on libtorch tensors.

use tch::{Kind, Tensor};

use super::error::ContentNetError;
use crate::onnx::messages::{Attribute, Node};

/// Window of a convolution or a pooling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    kernel: Vec<i64>,
    strides: Vec<i64>,
    padding: Vec<i64>,
    dilations: Vec<i64>,
    groups: i64,
    is_rounded_up: bool,
    counts_padding: bool,
}

/// What a node does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operator {
    /// Hands its input on: the graph is only evaluated, and constants are widened when loaded.
    Identity,
    Convolution(Window),
    MaxPool(Window),
    AveragePool(Window),
    GlobalAveragePool,
    Relu,
    ParametricRelu,
    LeakyRelu(f64),
    Sigmoid,
    /// Bounds are its further operands.
    Clip,
    Softmax(i64),
    /// Mean over axes, which keep a length of 1 or go.
    ReduceMean {
        axes: Vec<i64>,
        keeps_axes: bool,
    },
    /// Each pixel repeated: nearest neighbours of a whole number of times the size.
    RepeatPixels,
    Add,
    Subtract,
    Multiply,
    Divide,
    Concat(i64),
    BatchNorm(f64),
    Flatten(i64),
    Reshape,
    MatMul,
    Linear {
        is_transposed: bool,
    },
}

impl Operator {
    /// What a node asks for.
    ///
    /// # Errors
    /// Where the operator, or one of its settings, is not supported.
    pub(super) fn read(node: &Node) -> Result<Self, ContentNetError> {
        let int = |name: &str, default: i64| find(node, name).and_then(|a| a.i).unwrap_or(default);
        let float = |name: &str, default: f32| {
            f64::from(find(node, name).and_then(|a| a.f).unwrap_or(default))
        };
        Ok(match node.op_type.as_str() {
            "Cast" | "Identity" | "Dropout" => Self::Identity,
            "Conv" => Self::Convolution(window(node)?),
            "MaxPool" => Self::MaxPool(window(node)?),
            "AveragePool" => Self::AveragePool(window(node)?),
            "GlobalAveragePool" => Self::GlobalAveragePool,
            "Relu" => Self::Relu,
            "PRelu" => Self::ParametricRelu,
            "LeakyRelu" => Self::LeakyRelu(float("alpha", 0.01)),
            "Sigmoid" => Self::Sigmoid,
            "Clip" => Self::Clip,
            "Softmax" => Self::Softmax(int("axis", -1)),
            "ReduceMean" if find(node, "axes").is_some() => Self::ReduceMean {
                axes: find(node, "axes").map_or_else(Vec::new, |a| a.ints.clone()),
                keeps_axes: int("keepdims", 1) == 1,
            },
            "Resize" if repeats_pixels(node) => Self::RepeatPixels,
            "Add" => Self::Add,
            "Sub" => Self::Subtract,
            "Mul" => Self::Multiply,
            "Div" => Self::Divide,
            "Concat" => Self::Concat(int("axis", 1)),
            "BatchNormalization" => Self::BatchNorm(float("epsilon", 1e-5)),
            "Flatten" => Self::Flatten(int("axis", 1)),
            "Reshape" => Self::Reshape,
            "MatMul" => Self::MatMul,
            "Gemm" if float("alpha", 1.0) == 1.0 && float("beta", 1.0) == 1.0 => Self::Linear {
                is_transposed: int("transB", 0) == 1,
            },
            other => {
                let reason = format!("operator {other} is not supported");
                return Err(ContentNetError::Graph { reason });
            }
        })
    }
}

fn find<'a>(node: &'a Node, name: &str) -> Option<&'a Attribute> {
    node.attribute
        .iter()
        .find(|attribute| attribute.name == name)
}

/// Whether a `Resize` takes the pixel above and to the left, as repeating does.
fn repeats_pixels(node: &Node) -> bool {
    let is = |name: &str, wanted: &[u8]| {
        find(node, name).and_then(|attribute| attribute.s.as_deref()) == Some(wanted)
    };
    is("mode", b"nearest")
        && is("coordinate_transformation_mode", b"asymmetric")
        && is("nearest_mode", b"floor")
}

fn window(node: &Node) -> Result<Window, ContentNetError> {
    let ints = |name: &str, default: &[i64]| match find(node, name) {
        Some(attribute) => attribute.ints.clone(),
        None => default.to_vec(),
    };
    let pads = ints("pads", &[0, 0, 0, 0]);
    let automatic = find(node, "auto_pad").and_then(|attribute| attribute.s.as_deref());
    if pads.len() != 4 || pads[..2] != pads[2..] || automatic.is_some_and(|s| s != b"NOTSET") {
        let reason = format!("the padding of node {} is not supported", node.name);
        return Err(ContentNetError::Graph { reason });
    }
    let int = |name: &str, default: i64| find(node, name).and_then(|a| a.i).unwrap_or(default);
    Ok(Window {
        kernel: ints("kernel_shape", &[]),
        strides: ints("strides", &[1, 1]),
        padding: pads[..2].to_vec(),
        dilations: ints("dilations", &[1, 1]),
        groups: int("group", 1),
        is_rounded_up: int("ceil_mode", 0) == 1,
        counts_padding: int("count_include_pad", 0) == 1,
    })
}

/// Compute a node.
///
/// # Errors
/// Where operands are missing or libtorch refuses their shapes.
pub(super) fn apply(operator: &Operator, operands: &[&Tensor]) -> Result<Tensor, ContentNetError> {
    let graph = |reason: String| ContentNetError::Graph { reason };
    let operand = |index: usize| -> Result<&Tensor, ContentNetError> {
        let found = operands.get(index).copied();
        found.ok_or_else(|| graph(format!("{operator:?} lacks an operand")))
    };
    let x = operand(0)?;
    let result = match operator {
        Operator::Identity => Ok(x.shallow_clone()),
        Operator::Convolution(window) => convolve(window, x, operand(1)?, operands.get(2)),
        Operator::MaxPool(window) => x.f_max_pool2d(
            &window.kernel,
            &window.strides,
            &window.padding,
            &window.dilations,
            window.is_rounded_up,
        ),
        Operator::AveragePool(window) => x.f_avg_pool2d(
            &window.kernel,
            &window.strides,
            &window.padding,
            window.is_rounded_up,
            window.counts_padding,
            None::<i64>,
        ),
        Operator::GlobalAveragePool => x.f_mean_dim([2i64, 3].as_slice(), true, None::<Kind>),
        Operator::Relu => x.f_relu(),
        Operator::ParametricRelu => {
            let below = x.neg().relu();
            x.relu().f_sub(&(operand(1)? * below))
        }
        Operator::LeakyRelu(slope) => x.relu().f_sub(&(x.neg().relu() * *slope)),
        Operator::Sigmoid => x.f_sigmoid(),
        Operator::Clip => clip(x, operand(1)?, operand(2)?),
        Operator::Softmax(axis) => x.f_softmax(*axis, None::<Kind>),
        Operator::ReduceMean { axes, keeps_axes } => {
            x.f_mean_dim(axes.as_slice(), *keeps_axes, None::<Kind>)
        }
        Operator::RepeatPixels => repeat_pixels(x, operand(operands.len() - 1)?),
        Operator::Add => x.f_add(operand(1)?),
        Operator::Subtract => x.f_sub(operand(1)?),
        Operator::Multiply => x.f_mul(operand(1)?),
        Operator::Divide => x.f_div(operand(1)?),
        Operator::Concat(axis) => Tensor::f_cat(operands, *axis),
        Operator::BatchNorm(epsilon) => {
            let (scale, shift) = (operand(1)?, operand(2)?);
            let (mean, variance) = (operand(3)?, operand(4)?);
            x.f_batch_norm(
                Some(scale),
                Some(shift),
                Some(mean),
                Some(variance),
                false,
                0.0,
                *epsilon,
                false,
            )
        }
        Operator::Flatten(axis) => x.f_flatten(*axis, -1),
        Operator::Reshape => reshape(x, operand(1)?),
        Operator::MatMul => x.f_matmul(operand(1)?),
        Operator::Linear { is_transposed } => {
            let weight = operand(1)?;
            let weight = if *is_transposed {
                weight.tr()
            } else {
                weight.shallow_clone()
            };
            let product = x.f_matmul(&weight);
            match operands.get(2) {
                Some(bias) => product.and_then(|product| product.f_add(bias)),
                None => product,
            }
        }
    };
    result.map_err(|error| graph(format!("{operator:?}: {error}")))
}

fn clip(x: &Tensor, low: &Tensor, high: &Tensor) -> Result<Tensor, tch::TchError> {
    let bound = |bound: &Tensor| f64::try_from(bound);
    x.f_clamp(bound(low)?, bound(high)?)
}

/// `times` holds a factor an axis; those of batch and channels are 1.
fn repeat_pixels(x: &Tensor, times: &Tensor) -> Result<Tensor, tch::TchError> {
    let times = Vec::<f64>::try_from(&times.to_kind(Kind::Double))?;
    let size = x.size();
    let sides: Vec<i64> = size
        .iter()
        .zip(&times)
        .map(|(length, times)| (*length as f64 * times).round() as i64)
        .collect();
    x.f_upsample_nearest2d([sides[2], sides[3]], None, None)
}

fn convolve(
    window: &Window,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&&Tensor>,
) -> Result<Tensor, tch::TchError> {
    x.f_conv2d(
        weight,
        bias.copied(),
        &window.strides,
        &window.padding,
        &window.dilations,
        window.groups,
    )
}

/// ONNX's zero keeps the length of its axis.
fn reshape(x: &Tensor, shape: &Tensor) -> Result<Tensor, tch::TchError> {
    let asked = Vec::<i64>::try_from(shape)?;
    let size = x.size();
    let lengths = asked
        .iter()
        .enumerate()
        .map(|(axis, &length)| match length {
            0 => size.get(axis).copied().unwrap_or(0),
            _ => length,
        });
    x.f_reshape(lengths.collect::<Vec<i64>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(tensor: &Tensor) -> Vec<f32> {
        Vec::try_from(tensor.flatten(0, -1)).unwrap()
    }

    #[test]
    fn clip_keeps_what_lies_between_its_bounds() {
        let x = Tensor::from_slice(&[-1.0f32, 0.5, 9.0]);
        let bounds = [Tensor::from(0.0f32), Tensor::from(6.0f32)];
        let clipped = apply(&Operator::Clip, &[&x, &bounds[0], &bounds[1]]).unwrap();
        assert_eq!(values(&clipped), [0.0, 0.5, 6.0]);
    }

    #[test]
    fn repeated_pixels_lie_beside_each_other() {
        let x = Tensor::from_slice(&[1.0f32, 2.0]).view([1, 1, 1, 2]);
        let times = Tensor::from_slice(&[1.0f32, 1.0, 2.0, 2.0]);
        let large = apply(&Operator::RepeatPixels, &[&x, &times]).unwrap();
        assert_eq!(large.size(), [1, 1, 2, 4]);
        assert_eq!(values(&large), [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
    }
}
