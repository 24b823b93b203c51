//! Frozen networks for content losses: VGG19, VGGFace, SqueezeNet 1.1, LPIPS, identity nets.

mod content_net;
mod error;
mod layers;
mod lpips;
mod mobile_face;
mod onnx_graph;
mod onnx_operators;
mod preprocessing;
mod squeezenet;
mod vgg;

pub use content_net::{ContentNet, ContentNetKind, random_weights};
pub use error::ContentNetError;
pub use preprocessing::{ChannelOrder, Preprocessing};
