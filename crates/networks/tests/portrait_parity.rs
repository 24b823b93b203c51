//! The exported portrait networks give the numbers of their `forward` on the built-in engine; sizes,
//! starts and gradients are what the documentation says.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use inference::{Graph, Tensor as Values};
use networks::Projection;
use networks::blocks::Mode;
use networks::onnx::Precision;
use networks::portrait::{
    CANDIDATES, DecoderInput, GROUPS, LANDMARK_CHANNELS, MotionInput, PatchRefiner, PortraitConfig,
    PortraitDecoder, PortraitEncoder, PortraitMotion, RefinerInput, WarpKind, warp,
};
use tch::{Device, Kind, Tensor, nn};

const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);
/// Largest number of parameters beside the encoder's.
const LARGEST_PARAMETERS: i64 = 15_000_000;

struct Networks {
    variables: nn::VarStore,
    encoder: PortraitEncoder,
    projection: Projection,
    motion: PortraitMotion,
    decoder: PortraitDecoder,
    refiners: [PatchRefiner; 2],
}

fn networks(config: PortraitConfig) -> Networks {
    tch::manual_seed(11);
    let variables = nn::VarStore::new(Device::Cpu);
    let root = variables.root();
    Networks {
        encoder: config.init_encoder(&(&root / "encoder")),
        projection: config.projection().init(&(&root / "projection")),
        motion: config.init_motion(&(&root / "motion")),
        decoder: config.init_decoder(&(&root / "decoder")),
        refiners: [
            config.init_refiner(&(&root / "mouth"), 0),
            config.init_refiner(&(&root / "eyes"), 1),
        ],
        variables,
    }
}

/// Nothing stays 0 or 1 that a layer could forget.
fn disturb(networks: &Networks) {
    tch::no_grad(|| {
        for (name, tensor) in networks.variables.variables() {
            let mut tensor = tensor.shallow_clone();
            let known = ["scale", "shift", "running_mean", "running_variance", "bias"];
            if known.iter().any(|end| name.ends_with(end)) {
                tensor += tensor.rand_like() * 0.3;
            } else if name.contains("heads") || name.contains("last") {
                tensor += tensor.randn_like() * 0.05;
            }
        }
    });
}

fn rand(shape: &[i64]) -> Tensor {
    Tensor::rand(shape, OPTIONS)
}

fn motion_input(config: &PortraitConfig) -> MotionInput {
    let side = config.grid_px;
    let picture = || rand(&[1, 3, side, side]) * 2.0 - 1.0;
    MotionInput {
        source: picture(),
        head_warped: picture(),
        plate_warped: picture(),
        source_landmarks: rand(&[1, LANDMARK_CHANNELS, side, side]),
        driving_landmarks: rand(&[1, LANDMARK_CHANNELS, side, side]),
        group_maps: rand(&[1, GROUPS, side, side]),
        candidates: rand(&[1, CANDIDATES, 2, side, side]) * 2.0 - 1.0,
    }
}

fn decoder_input(config: &PortraitConfig) -> DecoderInput {
    let side = config.side_px;
    let [half, quarter, eighth] = config.channels;
    DecoderInput {
        half: rand(&[1, half, side / 2, side / 2]),
        quarter: rand(&[1, quarter, side / 4, side / 4]),
        eighth: rand(&[1, eighth, side / 8, side / 8]),
        occlusion: rand(&[1, 1, config.grid_px, config.grid_px]),
        warped_picture: rand(&[1, 3, side, side]) * 2.0 - 1.0,
        driving_landmarks: rand(&[1, LANDMARK_CHANNELS, side / 2, side / 2]),
        style: Tensor::randn([1, config.style_len()], OPTIONS),
    }
}

fn refiner_input(config: &PortraitConfig, kind: usize) -> RefinerInput {
    let side = config.patch_px[kind];
    let planes = |channels: i64| rand(&[1, channels, side, side]);
    RefinerInput {
        made: planes(3) * 2.0 - 1.0,
        source: planes(3) * 2.0 - 1.0,
        source_landmarks: planes(LANDMARK_CHANNELS),
        driving_landmarks: planes(LANDMARK_CHANNELS),
        style: Tensor::randn([1, config.style_len()], OPTIONS),
    }
}

fn values(tensor: &Tensor) -> Values {
    let shape: Vec<usize> = tensor.size().iter().map(|&n| n as usize).collect();
    Values::new(&shape, Vec::try_from(&tensor.flatten(0, -1)).unwrap())
}

fn largest(tensor: &Tensor) -> f64 {
    f64::try_from(tensor.abs().max()).unwrap()
}

fn mean(tensor: &Tensor) -> f64 {
    f64::try_from(tensor.abs().mean(Kind::Float)).unwrap()
}

fn assert_graph(graph: &[u8], inputs: &[(&str, &Tensor)], outputs: &[(&str, &Tensor)]) {
    let graph = Graph::from_onnx(graph).unwrap();
    let inputs: Vec<(&str, Values)> = inputs.iter().map(|(name, x)| (*name, values(x))).collect();
    let inputs: Vec<(&str, &Values)> = inputs.iter().map(|(name, x)| (*name, x)).collect();
    let found = graph.run(&inputs).unwrap();
    for (name, wanted) in outputs {
        let found = found.get(name).unwrap();
        let found = Tensor::from_slice(found.values()).view(wanted.size().as_slice());
        assert!(
            f64::try_from(wanted.std(true)).unwrap() > 1e-4,
            "{name} is flat"
        );
        let apart = largest(&(found - *wanted));
        assert!(apart < 1e-3 * largest(wanted).max(1.0), "{name}: {apart}");
    }
}

fn assert_parity(config: PortraitConfig) {
    let networks = networks(config);
    disturb(&networks);
    let (mode, precision) = (Mode::Evaluation, Precision::Single);
    let side = config.side_px;
    tch::no_grad(|| {
        let picture = rand(&[1, 3, side, side]) * 2.0 - 1.0;
        let planes = rand(&[1, LANDMARK_CHANNELS, side / 2, side / 2]);
        let seen = networks.encoder.forward(&picture, &planes, mode);
        assert_graph(
            &networks.encoder.export(precision),
            &[("picture", &picture), ("landmark_picture", &planes)],
            &[
                ("half", &seen.half),
                ("quarter", &seen.quarter),
                ("eighth", &seen.eighth),
                ("identity", &seen.identity),
            ],
        );
        let input = motion_input(&config);
        let field = networks.motion.forward(&input, mode);
        assert_graph(
            &networks.motion.export(precision),
            &[
                ("source", &input.source),
                ("head_warped", &input.head_warped),
                ("plate_warped", &input.plate_warped),
                ("source_landmarks", &input.source_landmarks),
                ("driving_landmarks", &input.driving_landmarks),
                ("group_maps", &input.group_maps),
                ("candidates", &input.candidates),
            ],
            &[
                ("flow", &field.flow),
                ("occlusion", &field.occlusion),
                ("confidence", &field.confidence),
            ],
        );
        let input = decoder_input(&config);
        let made = networks.decoder.forward(&input, mode);
        assert_graph(
            &networks.decoder.export(precision),
            &[
                ("half", &input.half),
                ("quarter", &input.quarter),
                ("eighth", &input.eighth),
                ("occlusion", &input.occlusion),
                ("warped_picture", &input.warped_picture),
                ("driving_landmarks", &input.driving_landmarks),
                ("style", &input.style),
            ],
            &[("picture", &made)],
        );
        for (kind, refiner) in networks.refiners.iter().enumerate() {
            let input = refiner_input(&config, kind);
            let patch = refiner.forward(&input, mode);
            assert_graph(
                &refiner.export(precision),
                &[
                    ("made", &input.made),
                    ("source", &input.source),
                    ("source_landmarks", &input.source_landmarks),
                    ("driving_landmarks", &input.driving_landmarks),
                    ("style", &input.style),
                ],
                &[("patch", &patch)],
            );
        }
    });
}

#[test]
fn graphs_agree_with_the_networks() {
    assert_parity(PortraitConfig::portrait_128());
    assert_parity(PortraitConfig::portrait());
}

#[test]
fn fresh_networks_return_what_the_thin_plate_bends() {
    let config = PortraitConfig::portrait_128();
    let networks = networks(config);
    let input = decoder_input(&config);
    let made = networks.decoder.forward(&input, Mode::Training);
    assert!(mean(&(made - &input.warped_picture)) < 0.1);
    let mut input = motion_input(&config);
    input.candidates = input
        .candidates
        .narrow(1, 3, 1)
        .repeat([1, CANDIDATES, 1, 1, 1]);
    let field = networks.motion.forward(&input, Mode::Evaluation);
    assert!(largest(&(field.flow - input.candidates.select(1, 0))) < 1e-5);
    assert!(f64::try_from(field.occlusion.min()).unwrap() > 0.8);
    let patch = refiner_input(&config, 0);
    let made = networks.refiners[0].forward(&patch, Mode::Training);
    assert!(mean(&(made - &patch.made)) < 0.1);
}

#[test]
fn gradient_reaches_every_weight_and_sixteen_bits_are_taken() {
    let config = PortraitConfig::portrait_128();
    let networks = networks(config);
    disturb(&networks);
    let kind = Kind::BFloat16;
    let side = config.side_px;
    let narrow = |tensor: Tensor| tensor.to_kind(kind);
    let picture = narrow(rand(&[2, 3, side, side]) * 2.0 - 1.0);
    let planes = narrow(rand(&[2, LANDMARK_CHANNELS, side / 2, side / 2]));
    let mode = Mode::Training;
    let seen = networks.encoder.forward(&picture, &planes, mode);
    let style = networks.projection.forward(&seen.identity, mode);
    let twice = |tensor: &Tensor| tensor.repeat([2, 1, 1, 1]);
    let input = motion_input(&config);
    let field = networks.motion.forward(
        &MotionInput {
            source: narrow(twice(&input.source)),
            head_warped: narrow(twice(&input.head_warped)),
            plate_warped: narrow(twice(&input.plate_warped)),
            source_landmarks: narrow(twice(&input.source_landmarks)),
            driving_landmarks: narrow(twice(&input.driving_landmarks)),
            group_maps: narrow(twice(&input.group_maps)),
            candidates: input.candidates.repeat([2, 1, 1, 1, 1]),
        },
        mode,
    );
    let bent = |x: &Tensor, bending| warp(x, &field.flow, x.size()[2], bending);
    let made = networks.decoder.forward(
        &DecoderInput {
            half: bent(&seen.half, WarpKind::Bilinear),
            quarter: bent(&seen.quarter, WarpKind::Bilinear),
            eighth: bent(&seen.eighth, WarpKind::Bilinear),
            occlusion: field.occlusion,
            warped_picture: bent(&picture, WarpKind::Bicubic),
            driving_landmarks: planes,
            style: style.shallow_clone(),
        },
        mode,
    );
    let mut total =
        (&made * made.randn_like()).sum(Kind::Float) + field.confidence.sum(Kind::Float);
    for (index, refiner) in networks.refiners.iter().enumerate() {
        let input = refiner_input(&config, index);
        let patch = refiner.forward(
            &RefinerInput {
                made: narrow(twice(&input.made)),
                source: narrow(twice(&input.source)),
                source_landmarks: narrow(twice(&input.source_landmarks)),
                driving_landmarks: narrow(twice(&input.driving_landmarks)),
                style: style.shallow_clone(),
            },
            mode,
        );
        total += (&patch * patch.randn_like()).sum(Kind::Float);
    }
    assert_eq!(made.kind(), Kind::Float);
    total.backward();
    for (name, weight) in networks.variables.variables() {
        if weight.requires_grad() {
            let gradient = weight.grad();
            assert!(gradient.defined() && largest(&gradient) > 0.0, "{name}");
            assert!(largest(&gradient).is_finite(), "{name}");
        }
    }
}

#[test]
fn a_flow_that_looks_straight_ahead_bends_nothing() {
    let source = rand(&[1, 4, 32, 32]);
    let along = (Tensor::arange(8, OPTIONS) * 2.0 + 1.0) / 8.0 - 1.0;
    let x = along.view([1, 1, 1, 8]).expand([1, 1, 8, 8], false);
    let y = along.view([1, 1, 8, 1]).expand([1, 1, 8, 8], false);
    let flow = Tensor::cat(&[x, y], 1);
    for kind in [WarpKind::Bilinear, WarpKind::Bicubic] {
        assert!(largest(&(warp(&source, &flow, 32, kind) - &source)) < 1e-4);
    }
}

#[test]
fn all_but_the_encoder_keeps_to_its_budget() {
    let networks = networks(PortraitConfig::portrait());
    let variables = networks.variables.variables();
    let others = variables
        .iter()
        .filter(|(name, _)| !name.starts_with("encoder"));
    let parameters: i64 = others.map(|(_, tensor)| tensor.numel() as i64).sum();
    assert!(parameters < LARGEST_PARAMETERS, "{parameters} parameters");
}
