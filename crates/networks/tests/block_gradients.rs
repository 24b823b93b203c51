//! Gradients of every block of the talking-head networks against finite differences, in float64.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use networks::TalkingHeadConfig;
use networks::blocks::{
    Mode, Norm, Resampling, ResidualConfig, SelfAttentionConfig, SpectralConvConfig,
    SpectralLinearConfig, StemConfig,
};
use networks::features::{ContentNet, ContentNetKind, Preprocessing};
use tch::{Device, Kind, Tensor, nn};

const OPTIONS: (Kind, Device) = (Kind::Double, Device::Cpu);
/// Half of the distance between two points of a difference.
const STEP: f64 = 1e-7;
/// The same for networks with a million rectifiers, some of which turn within a longer step.
const SHORT_STEP: f64 = 1e-8;
/// Error of a central difference with this step in float64, relative to the derivative or to 1:
/// rounding of 1e-14 / 1e-8, curvature, and the odd rectifier that turns within the step.
const TOLERANCE: f64 = 1e-5;

fn number(tensor: &Tensor) -> f64 {
    f64::try_from(tensor).unwrap()
}

/// Compare, along random directions, the gradient of a random mixture of the outputs with
/// differences. One thread: the tensors are so small that two would wait for each other.
fn check(
    (name, step): (&str, f64),
    variables: &nn::VarStore,
    inputs: &[Tensor],
    run: impl Fn(&[Tensor]) -> Tensor,
) {
    tch::set_num_threads(1);
    let weights = tch::no_grad(|| run(inputs)).randn_like();
    let loss = |inputs: &[Tensor]| (run(inputs) * &weights).sum(Kind::Double);
    let inputs: Vec<Tensor> = inputs
        .iter()
        .map(|x| x.copy().set_requires_grad(true))
        .collect();
    loss(&inputs).backward();
    let named = variables.variables().into_iter();
    let learned = named.filter(|(_, tensor)| tensor.requires_grad());
    let given = inputs.iter().enumerate();
    let given = given.map(|(index, x)| (format!("input {index}"), x.shallow_clone()));
    for (part, tensor) in learned.chain(given) {
        let direction = tensor.randn_like();
        let expected = number(&(tensor.grad() * &direction).sum(Kind::Double));
        let shifted = |factor: f64| {
            tch::no_grad(|| {
                let before = tensor.detach().copy();
                tensor.detach().copy_(&(&before + &direction * factor));
                let value = number(&loss(&inputs));
                tensor.detach().copy_(&before);
                value
            })
        };
        let found = (shifted(step) - shifted(-step)) / (2.0 * step);
        let scale = expected.abs().max(1.0);
        assert!(
            (found - expected).abs() < TOLERANCE * scale,
            "{name}, {part}: difference {found}, gradient {expected}"
        );
    }
}

fn store() -> nn::VarStore {
    tch::manual_seed(5);
    nn::VarStore::new(Device::Cpu)
}

/// Fresh weights in float64, with nothing at 0 where gradient would stop.
fn shaken(variables: &mut nn::VarStore) {
    variables.double();
    tch::no_grad(|| {
        for tensor in variables.trainable_variables() {
            let mut tensor = tensor.shallow_clone();
            tensor += tensor.randn_like() * 0.1;
        }
    });
}

fn features(channels: i64) -> Tensor {
    Tensor::randn([2, channels, 8, 8], OPTIONS)
}

#[test]
fn spectral_layers_have_the_gradients_of_their_outputs() {
    let mut variables = store();
    let config = SpectralConvConfig {
        inputs: 3,
        outputs: 5,
        kernel: 3,
        has_bias: true,
    };
    let conv = config.init(&variables.root());
    shaken(&mut variables);
    for resampling in [Resampling::Keep, Resampling::Up, Resampling::Down] {
        check(
            ("convolution", STEP),
            &variables,
            &[features(3)],
            |inputs| conv.forward_resampled(&inputs[0], resampling, Mode::Evaluation),
        );
        for tensor in variables.trainable_variables() {
            tensor.shallow_clone().zero_grad();
        }
    }
    let mut variables = store();
    let config = SpectralLinearConfig {
        inputs: 6,
        outputs: 4,
    };
    let linear = config.init(&variables.root());
    shaken(&mut variables);
    check(
        ("linear", STEP),
        &variables,
        &[Tensor::randn([3, 6], OPTIONS)],
        |inputs| linear.forward(&inputs[0], Mode::Evaluation),
    );
}

#[test]
fn residual_blocks_have_the_gradients_of_their_outputs() {
    for norm in [Norm::None, Norm::Instance, Norm::Adaptive] {
        for resampling in [Resampling::Keep, Resampling::Up, Resampling::Down] {
            let mut variables = store();
            let config = ResidualConfig {
                inputs: 4,
                outputs: 6,
                norm,
                resampling,
            };
            let block = config.init(&variables.root());
            shaken(&mut variables);
            let style = Tensor::randn([2, config.style_len()], OPTIONS);
            let name = format!("{norm:?} {resampling:?}");
            let mut inputs = vec![features(4)];
            if norm == Norm::Adaptive {
                inputs.push(style.shallow_clone());
            }
            check((&name, STEP), &variables, &inputs, |inputs| {
                let style = inputs.get(1).unwrap_or(&style);
                block.forward(&inputs[0], style, Mode::Evaluation)
            });
        }
    }
}

#[test]
fn attention_and_stem_have_the_gradients_of_their_outputs() {
    for has_value_map in [true, false] {
        let mut variables = store();
        let config = SelfAttentionConfig {
            channels: 16,
            side_px: 8,
            has_value_map,
        };
        let block = config.init(&variables.root());
        shaken(&mut variables);
        check(("attention", STEP), &variables, &[features(16)], |inputs| {
            block.forward(&inputs[0], Mode::Evaluation)
        });
    }
    let mut variables = store();
    let config = StemConfig {
        inputs: 6,
        outputs: 5,
    };
    let stem = config.init(&variables.root());
    shaken(&mut variables);
    check(("stem", STEP), &variables, &[features(6)], |inputs| {
        stem.forward(&inputs[0], Mode::Evaluation)
    });
}

#[test]
fn whole_networks_have_the_gradients_of_their_outputs() {
    let sizes = TalkingHeadConfig {
        side_px: 16,
        stem_channels: 8,
        largest_channels: 16,
        embedding_len: 16,
        bottleneck_px: 4,
        bottleneck_blocks: 1,
    };
    let picture = || Tensor::rand([1, 3, 16, 16], OPTIONS) * 2.0 - 1.0;
    let mut variables = store();
    let root = variables.root();
    let embedder = sizes.init_embedder(&(&root / "embedder"));
    let projection = sizes.init_projection(&(&root / "projection"));
    let generator = sizes.init_generator(&(&root / "generator"));
    drop(root);
    shaken(&mut variables);
    check(
        ("makers", STEP),
        &variables,
        &[picture(), picture(), picture()],
        |inputs| {
            let identity = embedder.forward(&inputs[0], &inputs[1], Mode::Evaluation);
            let style = projection.forward(&identity, Mode::Evaluation);
            generator.forward(&inputs[2], &style, Mode::Evaluation)
        },
    );
    let mut variables = store();
    let discriminator = sizes.init_discriminator(&variables.root(), 3);
    shaken(&mut variables);
    check(
        ("discriminator", STEP),
        &variables,
        &[picture(), picture()],
        |inputs| {
            let columns = discriminator.columns(&[1]);
            let mode = Mode::Evaluation;
            discriminator
                .forward(&inputs[0], &inputs[1], &columns, mode)
                .score
        },
    );
}

#[test]
fn feature_networks_have_the_gradients_of_their_outputs() {
    tch::manual_seed(6);
    let variables = nn::VarStore::new(Device::Cpu);
    for kind in [
        ContentNetKind::SqueezeNet,
        ContentNetKind::Lpips,
        ContentNetKind::Identity,
    ] {
        let net = ContentNet::random(kind, Preprocessing::TORCHVISION, Device::Cpu);
        let picture = Tensor::rand([1, 3, 48, 48], OPTIONS) * 2.0 - 1.0;
        check(
            (kind.name(), SHORT_STEP),
            &variables,
            &[picture],
            |inputs| {
                let features = net.forward(&inputs[0]);
                let flat: Vec<Tensor> = features.iter().map(|x| x.flatten(0, -1)).collect();
                Tensor::cat(&flat, 0)
            },
        );
    }
}
