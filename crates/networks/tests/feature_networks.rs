//! Files of feature networks: what is read, what is refused, and published weights where they lie.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};

use networks::FaceLandmarksConfig;
use networks::blocks::Mode;
use networks::checkpoint::Checkpoint;
use networks::features::{ContentNet, ContentNetKind, Preprocessing, random_weights};
use networks::onnx::Precision;
use tch::{Device, Kind, Tensor, nn};

const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);

fn file(kind: ContentNetKind, preprocessing: &Preprocessing) -> Checkpoint {
    let mut words = preprocessing.to_words();
    words.insert("network".into(), kind.name().into());
    Checkpoint {
        tensors: random_weights(kind),
        words,
    }
}

fn read(kind: ContentNetKind, file: &Checkpoint) -> Result<ContentNet, String> {
    ContentNet::read(kind, &file.to_bytes(), Device::Cpu).map_err(|error| error.to_string())
}

fn instrument(name: &str) -> Option<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/instruments/nets");
    let path: PathBuf = root.join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        eprintln!("skipped: no {}", path.display());
    }
    bytes
}

#[test]
fn every_network_is_read_from_a_file_of_its_weights() {
    let picture = Tensor::rand([2, 3, 64, 64], OPTIONS) * 2.0 - 1.0;
    let vgg: &[i64] = &[64, 128, 256, 512, 512];
    let squeezenet: &[i64] = &[64, 128, 256, 384, 384, 512, 512];
    for (kind, channels) in [
        (ContentNetKind::Vgg19, vgg),
        (ContentNetKind::VggFace, vgg),
        (ContentNetKind::SqueezeNet, squeezenet),
        (ContentNetKind::Lpips, squeezenet),
        (ContentNetKind::Identity, &[512]),
    ] {
        let file = file(kind, &Preprocessing::CAFFE);
        let net = read(kind, &file).unwrap();
        assert_eq!(net.preprocessing(), &Preprocessing::CAFFE);
        let features = net.forward(&picture);
        let found: Vec<i64> = features.iter().map(|feature| feature.size()[1]).collect();
        assert_eq!(found, channels, "{kind:?}");
    }
}

#[test]
fn squared_differences_of_lpips_features_are_the_metric_done_by_hand() {
    let words = &Preprocessing::TORCHVISION;
    let whole = file(ContentNetKind::Lpips, words);
    let bare = Checkpoint {
        tensors: whole
            .tensors
            .iter()
            .map(|(k, v)| (k.clone(), v.shallow_clone()))
            .collect(),
        words: file(ContentNetKind::SqueezeNet, words).words,
    };
    let net = read(ContentNetKind::Lpips, &whole).unwrap();
    let layers = read(ContentNetKind::SqueezeNet, &bare).unwrap();
    let [a, b] = [0, 1].map(|_| Tensor::rand([1, 3, 64, 64], OPTIONS) * 2.0 - 1.0);
    let (mut found, mut wanted) = (0.0, 0.0);
    for (x, y) in net.forward(&a).iter().zip(net.forward(&b)) {
        let squares = (x - y).square().sum_dim_intlist(1, false, Kind::Float);
        found += f64::try_from(squares.mean(Kind::Float)).unwrap();
    }
    let unit = |x: &Tensor| x / (x.square().sum_dim_intlist(1, true, Kind::Float).sqrt() + 1e-10);
    let pairs = layers.forward(&a).into_iter().zip(layers.forward(&b));
    for (index, (x, y)) in pairs.enumerate() {
        let head = whole.tensors[&format!("lpips.lin{index}")].clamp_min(0.0);
        let apart = (unit(&x) - unit(&y)).square() * head.view([1, -1, 1, 1]);
        let sum = apart.sum_dim_intlist(1, false, Kind::Float);
        wanted += f64::try_from(sum.mean(Kind::Float)).unwrap();
    }
    assert!((found / wanted - 1.0).abs() < 1e-4, "{found} {wanted}");
    let graph = ContentNet::read(ContentNetKind::Lpips, b"an ONNX graph", Device::Cpu);
    assert!(graph.unwrap_err().to_string().contains("heads"));
}

#[test]
fn the_published_layouts_have_the_published_layers() {
    let names = |kind| random_weights(kind).into_keys().collect::<Vec<String>>();
    let vgg19 = names(ContentNetKind::Vgg19);
    // torchvision counts rectifiers and poolings too; conv5_1 is layer 28 of VGG19, 24 of VGG16
    assert_eq!(vgg19.len(), 2 * 13);
    assert!(vgg19.contains(&"features.28.weight".to_string()));
    let vgg16 = names(ContentNetKind::VggFace);
    assert_eq!(vgg16.len(), 2 * 11);
    assert!(vgg16.contains(&"features.24.weight".to_string()));
    let weights = random_weights(ContentNetKind::SqueezeNet);
    let count: i64 = weights.values().map(|tensor| tensor.numel() as i64).sum();
    assert_eq!(count, 722_496, "SqueezeNet 1.1 without its classifier");
}

#[test]
fn the_first_layer_of_a_caffe_net_sees_blue_first_from_0_to_255() {
    // feeding RGB from 0 to 1 is what broke the content loss of public copies
    let mut file = file(ContentNetKind::VggFace, &Preprocessing::CAFFE);
    let weight = Tensor::zeros([64, 3, 3, 3], OPTIONS);
    for channel in 0..3 {
        drop(weight.get(channel).get(channel).get(1).get(1).fill_(1.0));
    }
    file.tensors.insert("features.0.weight".into(), weight);
    file.tensors
        .insert("features.0.bias".into(), Tensor::zeros([64], OPTIONS));
    let net = read(ContentNetKind::VggFace, &file).unwrap();
    // red 255, green 200, blue 150
    let rgb = [1.0f32, 200.0 / 127.5 - 1.0, 150.0 / 127.5 - 1.0];
    let picture = Tensor::from_slice(&rgb)
        .view([1, 3, 1, 1])
        .expand([1, 3, 32, 32], false);
    let first = net.forward(&picture)[0].get(0);
    for (channel, expected) in [
        (0, 150.0 - 103.939),
        (1, 200.0 - 116.779),
        (2, 255.0 - 123.68),
    ] {
        let found = first.double_value(&[channel, 16, 16]);
        assert!(
            (found - expected).abs() < 1e-3,
            "{channel}: {found}, not {expected}"
        );
    }
}

#[test]
fn a_file_that_is_silent_about_its_preprocessing_or_of_another_network_is_refused() {
    let kind = ContentNetKind::SqueezeNet;
    let whole = file(kind, &Preprocessing::TORCHVISION);
    for word in ["network", "channel_order", "white", "mean", "std"] {
        let mut file = file(kind, &Preprocessing::TORCHVISION);
        file.words.remove(word);
        assert!(read(kind, &file).unwrap_err().contains(word));
    }
    let error = read(ContentNetKind::Vgg19, &whole).unwrap_err();
    assert!(
        error.contains("squeezenet") && error.contains("vgg19"),
        "{error}"
    );
    let mut file = file(kind, &Preprocessing::TORCHVISION);
    file.tensors.remove("features.3.squeeze.weight");
    assert!(
        read(kind, &file)
            .unwrap_err()
            .contains("features.3.squeeze.weight")
    );
    file.tensors.insert(
        "features.3.squeeze.weight".into(),
        Tensor::zeros([2], OPTIONS),
    );
    assert!(read(kind, &file).unwrap_err().contains("[2]"));
    let bytes = whole.to_bytes();
    for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        let cut = ContentNet::read(kind, &bytes[..length], Device::Cpu);
        assert!(cut.is_err(), "{length} of {} bytes", bytes.len());
    }
}

#[test]
fn an_onnx_identity_net_needs_words_about_its_preprocessing() {
    let Some(bytes) = instrument("face_reid_retail_0095_bgr128.onnx") else {
        return;
    };
    let refused = ContentNet::read(ContentNetKind::Identity, &bytes, Device::Cpu);
    assert!(refused.unwrap_err().to_string().contains("network"));
    let words = Preprocessing {
        mean: [0.0; 3],
        ..Preprocessing::CAFFE
    };
    let labelled = label(&bytes, &words, "identity");
    let net = ContentNet::read(ContentNetKind::Identity, &labelled, Device::Cpu).unwrap();
    let picture = (Tensor::rand([2, 3, 64, 64], OPTIONS) * 2.0 - 1.0).set_requires_grad(true);
    let features = net.forward(&picture);
    assert_eq!(features[0].size(), [2, 256]);
    let length = f64::try_from(features[0].get(0).norm()).unwrap();
    assert!((length - 1.0).abs() < 1e-5);
    features[0].get(0).get(0).backward();
    assert!(f64::try_from(picture.grad().abs().max()).unwrap() > 0.0);
}

/// Append metadata properties to an ONNX file: a message of protocol buffers may be continued.
fn label(bytes: &[u8], preprocessing: &Preprocessing, network: &str) -> Vec<u8> {
    let mut words = preprocessing.to_words();
    words.insert("network".into(), network.into());
    let mut bytes = bytes.to_vec();
    for (key, value) in words {
        let field = |tag: u8, text: &str| [&[tag, text.len() as u8], text.as_bytes()].concat();
        let entry = [field(0x0a, &key), field(0x12, &value)].concat();
        bytes.extend([0x72, entry.len() as u8]);
        bytes.extend(entry);
    }
    bytes
}

#[test]
fn our_own_landmark_graph_places_the_points_of_each_picture_and_passes_gradient() {
    let store = nn::VarStore::new(Device::Cpu);
    let net = FaceLandmarksConfig::tiny().init(&store.root());
    let graph = net.export(Precision::Single);
    let net_of_points = ContentNet::read(ContentNetKind::Landmarks, &graph, Device::Cpu).unwrap();
    let picture = (Tensor::rand([2, 3, 128, 128], OPTIONS) * 2.0 - 1.0).set_requires_grad(true);
    let found = net_of_points.forward(&picture).remove(0);
    let wanted = tch::no_grad(|| net.forward(&picture, Mode::Evaluation).points) / 128.0;
    assert_eq!(found.size(), [2, 70, 2]);
    let apart = f64::try_from((&found - wanted).abs().max()).unwrap();
    assert!(apart < 1e-4, "{apart}");
    found.get(1).get(0).get(0).backward();
    let gradient = picture.grad().abs();
    let of = |index: i64| f64::try_from(gradient.get(index).max()).unwrap();
    assert!(of(0) == 0.0 && of(1) > 0.0);
}
