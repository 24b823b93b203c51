//! Residual blocks that follow a person's style, which starts as no style.

use tch::{Kind, Tensor, nn};

use crate::blocks::{Mode, Norm, Resampling, Residual, ResidualConfig};
use crate::onnx::{GraphBuilder, Value};

/// Style that is the same for everybody, and on which a person's own is laid: scales of 1 and
/// shifts of 0 at the start, learned with the rest.
#[derive(Debug)]
pub(super) struct StyledBlocks {
    blocks: Vec<Residual>,
    lens: Vec<i64>,
    common: Tensor,
    /// First value of a person's style that is theirs.
    first: i64,
}

/// One block of these channels.
fn block(channels: i64) -> ResidualConfig {
    ResidualConfig {
        inputs: channels,
        outputs: channels,
        norm: Norm::Adaptive,
        resampling: Resampling::Keep,
    }
}

/// Style values of blocks with these channels.
pub(super) fn style_len(channels: &[i64]) -> i64 {
    channels.iter().map(|&c| block(c).style_len()).sum()
}

impl StyledBlocks {
    /// Blocks of these channels, freshly initialised; `first` is where their part of a person's style
    /// begins.
    pub(super) fn init(path: &nn::Path, channels: &[i64], first: i64) -> Self {
        let common = path.zeros("common_style", &[style_len(channels)]);
        let lens: Vec<i64> = channels.iter().map(|&c| block(c).style_len()).collect();
        tch::no_grad(|| {
            let mut start = 0;
            for (&channels, len) in channels.iter().zip(&lens) {
                for scale in [start, start + 2 * channels] {
                    drop(common.detach().narrow(0, scale, channels).fill_(1.0));
                }
                start += len;
            }
        });
        let init = |(index, &channels): (usize, &i64)| {
            block(channels).init(&(path / format!("adaptive{}", index + 1)))
        };
        Self {
            blocks: channels.iter().enumerate().map(init).collect(),
            lens,
            common,
            first,
        }
    }

    /// The person's style on the common one, f32: hand it to [`StyledBlocks::forward`].
    pub(super) fn style(&self, own: &Tensor) -> Tensor {
        let own = own.narrow(1, self.first, self.common.size()[0]);
        own.to_kind(Kind::Float) + self.common.unsqueeze(0)
    }

    /// Refine `x` with block `index`.
    pub(super) fn forward(&self, index: usize, x: &Tensor, style: &Tensor, mode: Mode) -> Tensor {
        let part = style.narrow(1, self.start(index), self.lens[index]);
        self.blocks[index].forward(x, &part, mode)
    }

    /// Write [`StyledBlocks::style`].
    pub(super) fn export_style(&self, graph: &mut GraphBuilder, own: &Value) -> Value {
        let common = graph.weights(&self.common.unsqueeze(0));
        let own = graph.slice(own, 1, self.first, self.common.size()[0]);
        graph.add(&own, &common)
    }

    /// Write block `index` in evaluation mode.
    pub(super) fn export(
        &self,
        graph: &mut GraphBuilder,
        index: usize,
        x: &Value,
        style: &Value,
    ) -> Value {
        let part = graph.slice(style, 1, self.start(index), self.lens[index]);
        self.blocks[index].export(graph, x, &part)
    }

    fn start(&self, index: usize) -> i64 {
        self.lens[..index].iter().sum()
    }
}
