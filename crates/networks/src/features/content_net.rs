//! Frozen networks in whose features pictures are compared.

use std::collections::BTreeMap;
use std::path::Path;

use tch::{Device, Kind, Tensor};

use super::error::ContentNetError;
use super::layers::TakeWeight;
use super::lpips::Lpips;
use super::mobile_face::MobileFace;
use super::onnx_graph::OnnxGraph;
use super::preprocessing::Preprocessing;
use super::squeezenet::{FEATURE_CHANNELS, SqueezeNet};
use super::vgg::{Vgg, VggDepth};
use crate::checkpoint::Checkpoint;

/// Which network a file of weights is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentNetKind {
    /// VGG19 trained on ImageNet; relu1_1 to relu5_1.
    Vgg19,
    /// VGG16 trained on faces; relu1_1 to relu5_1.
    VggFace,
    /// SqueezeNet 1.1 trained on ImageNet; the seven layers of LPIPS.
    SqueezeNet,
    /// The same with the linear heads of LPIPS v0.1 (Zhang et al. 2018): features of unit length, times the
    /// roots of the heads, so that squared differences summed over channels are the metric.
    Lpips,
    /// A network that embeds faces; its one feature is a unit vector.
    Identity,
    /// A network that places the points of a face, an ONNX graph whose output `points` counts pixels of its
    /// square input; its one feature is the points in sides of the input.
    Landmarks,
}

impl ContentNetKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Vgg19,
        Self::VggFace,
        Self::SqueezeNet,
        Self::Lpips,
        Self::Identity,
        Self::Landmarks,
    ];

    /// Name on command lines and in files' metadata.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vgg19 => "vgg19",
            Self::VggFace => "vggface",
            Self::SqueezeNet => "squeezenet",
            Self::Lpips => "lpips",
            Self::Identity => "identity",
            Self::Landmarks => "landmarks",
        }
    }

    /// Whether it looks at faces that were cut out upright, not at whole pictures.
    pub fn is_of_faces(self) -> bool {
        matches!(self, Self::Identity | Self::Landmarks)
    }

    /// The network of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Layers of one of the networks.
#[derive(Debug)]
enum Layers {
    Vgg(Vgg),
    SqueezeNet(SqueezeNet),
    Lpips(Lpips),
    MobileFace(Box<MobileFace>),
    Graph(OnnxGraph),
}

/// A frozen network with the preprocessing that it was trained with.
#[derive(Debug)]
pub struct ContentNet {
    kind: ContentNetKind,
    preprocessing: Preprocessing,
    layers: Layers,
}

impl ContentNet {
    /// Load weights from the bytes of a safetensors file, whose metadata says how pictures are
    /// preprocessed, or from an ONNX graph, whose outputs are the features.
    ///
    /// An ONNX graph says it in its metadata properties, by the same words. Without them a SqueezeNet, as a graph
    /// or with the heads of LPIPS, counts as torchvision's, which all published ones are, and a network of
    /// landmarks as our own, RGB from -1 to 1; others are refused.
    ///
    /// # Errors
    /// Where the file is damaged, of another network, or silent about its preprocessing.
    pub fn read(
        kind: ContentNetKind,
        bytes: &[u8],
        device: Device,
    ) -> Result<Self, ContentNetError> {
        if bytes.get(8) == Some(&b'{') {
            return Self::from_safetensors(kind, bytes, device);
        }
        if kind == ContentNetKind::Lpips {
            let reason = "it has no heads of LPIPS; give safetensors that hold network and heads";
            return Err(ContentNetError::Graph {
                reason: reason.into(),
            });
        }
        let graph = OnnxGraph::read(bytes, device)?;
        let mut words = graph.words().clone();
        if words.is_empty() {
            words = words_of_silent_graphs(kind);
        }
        check_network(kind, &words)?;
        let net = Self {
            kind,
            preprocessing: Preprocessing::from_words(&words)?,
            layers: Layers::Graph(graph),
        };
        net.check_features(device)?;
        Ok(net)
    }

    fn from_safetensors(
        kind: ContentNetKind,
        bytes: &[u8],
        device: Device,
    ) -> Result<Self, ContentNetError> {
        let name = Path::new(kind.name());
        let mut file = Checkpoint::from_bytes(bytes, name).map_err(ContentNetError::Weights)?;
        if kind == ContentNetKind::Lpips && file.words.is_empty() {
            file.words = torchvision_words(kind);
        }
        check_network(kind, &file.words)?;
        let preprocessing = Preprocessing::from_words(&file.words)?;
        let mut take = |names: &[String], shape: &[i64]| take(&file.tensors, names, shape, device);
        Ok(Self {
            kind,
            preprocessing,
            layers: tch::no_grad(|| init(kind, &mut take))?,
        })
    }

    /// The network with random weights, for tests and for timing.
    ///
    /// # Panics
    /// For networks of landmarks, which are graphs.
    pub fn random(kind: ContentNetKind, preprocessing: Preprocessing, device: Device) -> Self {
        let file = random_weights(kind);
        let mut take = |names: &[String], shape: &[i64]| take(&file, names, shape, device);
        let layers = tch::no_grad(|| init(kind, &mut take));
        Self {
            kind,
            preprocessing,
            layers: layers.expect("random weights have the shapes asked for"),
        }
    }

    /// Which network it is.
    pub fn kind(&self) -> ContentNetKind {
        self.kind
    }

    /// How pictures are preprocessed.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// Features of pictures. Gradient flows back into the pictures; the weights are frozen.
    ///
    /// # Shapes
    /// - `pictures`: `[batch, 3, height, width]`, -1 to 1
    /// - returns, for each layer: `[batch, channels, ...]`
    pub fn forward(&self, pictures: &Tensor) -> Vec<Tensor> {
        let input = self.preprocessing.apply(pictures).to_kind(pictures.kind());
        match &self.layers {
            Layers::Vgg(net) => net.forward(&input),
            Layers::SqueezeNet(net) => net.forward(&input),
            Layers::Lpips(net) => net.forward(&input),
            Layers::MobileFace(net) => net.forward(&input),
            Layers::Graph(graph) => self.run(graph, &input),
        }
    }

    fn run(&self, graph: &OnnxGraph, input: &Tensor) -> Vec<Tensor> {
        if self.kind == ContentNetKind::Landmarks {
            return vec![points(graph, input)];
        }
        let is_identity = self.kind == ContentNetKind::Identity;
        let input = match graph.side_px() {
            Some(side) => super::mobile_face::resize(input, side),
            None => input.shallow_clone(),
        };
        let features = graph
            .forward(&input)
            .expect("the graph ran when it was loaded");
        match is_identity {
            true => {
                let flat = features[0].flatten(1, -1);
                vec![super::mobile_face::unit_rows(&flat)]
            }
            false => features,
        }
    }

    /// Run a graph once, so that what it cannot do shows when it is loaded.
    fn check_features(&self, device: Device) -> Result<(), ContentNetError> {
        let Layers::Graph(graph) = &self.layers else {
            return Ok(());
        };
        let side = graph.side_px().unwrap_or(64);
        let black = Tensor::zeros([1, 3, side, side], (Kind::Float, device));
        let features = tch::no_grad(|| graph.forward(&black))?;
        let channels: Vec<i64> = features.iter().map(|feature| feature.size()[1]).collect();
        let fits = match self.kind {
            ContentNetKind::SqueezeNet | ContentNetKind::Lpips => channels == FEATURE_CHANNELS,
            ContentNetKind::Vgg19 | ContentNetKind::VggFace => channels == [64, 128, 256, 512, 512],
            ContentNetKind::Identity => channels.len() == 1,
            ContentNetKind::Landmarks => {
                let points = features.first().map(Tensor::size);
                points.is_some_and(|size| size.len() == 3 && size[2] == 2)
            }
        };
        if fits {
            return Ok(());
        }
        let reason = format!("its outputs have {channels:?} channels");
        Err(ContentNetError::Graph { reason })
    }
}

fn init(kind: ContentNetKind, take: &mut TakeWeight) -> Result<Layers, ContentNetError> {
    Ok(match kind {
        ContentNetKind::Vgg19 => Layers::Vgg(VggDepth::Nineteen.init(take)?),
        ContentNetKind::VggFace => Layers::Vgg(VggDepth::Sixteen.init(take)?),
        ContentNetKind::SqueezeNet => Layers::SqueezeNet(SqueezeNet::init(take)?),
        ContentNetKind::Lpips => Layers::Lpips(Lpips::init(take)?),
        ContentNetKind::Identity => Layers::MobileFace(Box::new(MobileFace::init(take)?)),
        ContentNetKind::Landmarks => {
            let reason = "networks of landmarks are read from ONNX graphs alone".into();
            return Err(ContentNetError::Graph { reason });
        }
    })
}

/// Points that a graph for one picture finds in each of several, `[batch, points, 2]`, sides of its input.
fn points(graph: &OnnxGraph, pictures: &Tensor) -> Tensor {
    let side = graph.side_px().unwrap_or(pictures.size()[3]);
    let one = |index: i64| {
        let picture = super::mobile_face::resize(&pictures.narrow(0, index, 1), side);
        let found = graph.forward(&picture);
        found.expect("the graph ran when it was loaded").remove(0)
    };
    let all: Vec<Tensor> = (0..pictures.size()[0]).map(one).collect();
    Tensor::cat(&all, 0) / side as f64
}

/// What a graph without words is taken for.
fn words_of_silent_graphs(kind: ContentNetKind) -> BTreeMap<String, String> {
    match kind {
        ContentNetKind::SqueezeNet => torchvision_words(kind),
        ContentNetKind::Landmarks => {
            let mut words = Preprocessing::SIGNED.to_words();
            words.insert("network".into(), kind.name().into());
            words
        }
        _ => BTreeMap::new(),
    }
}

/// What a file without words is taken for: all published weights of SqueezeNet are torchvision's.
fn torchvision_words(kind: ContentNetKind) -> BTreeMap<String, String> {
    let mut words = Preprocessing::TORCHVISION.to_words();
    words.insert("network".into(), kind.name().into());
    words
}

fn check_network(
    kind: ContentNetKind,
    words: &BTreeMap<String, String>,
) -> Result<(), ContentNetError> {
    let found = words
        .get("network")
        .ok_or(ContentNetError::MissingWord { name: "network" })?;
    if found == kind.name() {
        return Ok(());
    }
    Err(ContentNetError::OtherNetwork {
        expected: kind.name(),
        found: found.clone(),
    })
}

fn take(
    tensors: &BTreeMap<String, Tensor>,
    names: &[String],
    shape: &[i64],
    device: Device,
) -> Result<Tensor, ContentNetError> {
    let found = names
        .iter()
        .find_map(|name| Some((name, tensors.get(name)?)));
    let (name, tensor) = found.ok_or_else(|| ContentNetError::MissingTensor {
        name: names.join(" or "),
    })?;
    if tensor.size() != shape {
        return Err(ContentNetError::Shape {
            name: name.clone(),
            expected: shape.to_vec(),
            found: tensor.size(),
        });
    }
    Ok(tensor.to_kind(Kind::Float).to_device(device))
}

/// Names and shapes of all weights of a network, with random values that keep the size of what
/// passes through. A file of weights holds these.
pub fn random_weights(kind: ContentNetKind) -> BTreeMap<String, Tensor> {
    let mut weights = BTreeMap::new();
    let mut take = |names: &[String], shape: &[i64]| {
        let values = random(&names[0], shape);
        weights.insert(names[0].clone(), values.shallow_clone());
        Ok(values)
    };
    let layers = tch::no_grad(|| init(kind, &mut take));
    layers.expect("random weights have the shapes asked for");
    weights
}

fn random(name: &str, shape: &[i64]) -> Tensor {
    let options = (Kind::Float, Device::Cpu);
    if shape.len() == 1 {
        let centre = match name {
            _ if name.ends_with("running_var") || name.ends_with("bn.weight") => 1.0,
            _ if name.ends_with("prelu.weight") => 0.25,
            _ => 0.0,
        };
        return Tensor::rand(shape, options) * 0.2 - 0.1 + centre;
    }
    let fan_in: i64 = shape[1..].iter().product();
    Tensor::randn(shape, options) * (2.0 / fan_in as f64).sqrt()
}
