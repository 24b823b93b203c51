//! Content loss: made and real pictures should look alike to frozen networks.
//!
//! Johnson et al. 2016, with L1 in place of squares; in Zakharov et al. 2019, L_CNT. Without any
//! network the pictures themselves are compared, at several sizes.

use networks::features::{ContentNet, ContentNetKind};
use tch::{Kind, Reduction, Tensor};

use super::feature_matching::wide;

/// Weight of [`pyramid_loss`] where it stands for the content loss: half of what pix2pix gives to
/// its mean absolute difference (Isola et al. 2017), for the pyramid counts coarse levels too.
pub const PYRAMID_WEIGHT: f64 = 50.0;
/// Smallest side that the pyramid compares, pixels.
const SMALLEST_PX: i64 = 8;

/// A network and how much its verdict counts.
#[derive(Debug)]
pub struct ContentTerm {
    /// Frozen network.
    pub net: ContentNet,
    /// Factor of its distance.
    pub weight: f64,
}

impl ContentTerm {
    /// A network with its usual weight.
    pub fn new(net: ContentNet) -> Self {
        let weight = default_content_weight(net.kind());
        Self { net, weight }
    }
}

/// Usual weight of a network. VGG19 and VGGFace: as published copies of the paper use them, for nets
/// that see 0 to 255. SqueezeNet: its distance of two people's portraits is 60 to 80, and of a
/// portrait and its blurred self 40 to 55, so that it pulls about as hard as VGG19 does. LPIPS: a bent
/// portrait is .05 to .10 away from the true one. Landmarks: a point that is off by a hundredth of the face's crop
/// costs 1.
pub fn default_content_weight(kind: ContentNetKind) -> f64 {
    match kind {
        ContentNetKind::Vgg19 => 0.15,
        ContentNetKind::VggFace => 0.025,
        ContentNetKind::SqueezeNet => 0.5,
        ContentNetKind::Lpips => 100.0,
        ContentNetKind::Identity => 5.0,
        ContentNetKind::Landmarks => 100.0,
    }
}

/// Weighted sum of the networks' distances; without networks, the weighted [`pyramid_loss`].
///
/// Gradient flows into `made` only.
///
/// # Shapes
/// `made`, `real`: `[batch, 3, side, side]`, -1 to 1; returns a scalar
pub fn content_loss(terms: &[ContentTerm], made: &Tensor, real: &Tensor) -> Tensor {
    if terms.is_empty() {
        return pyramid_loss(made, real) * PYRAMID_WEIGHT;
    }
    content_distance(terms, made, &content_targets(terms, real))
}

/// What the networks see in true pictures, without gradient: for each, the features of its layers.
pub(crate) fn content_targets(terms: &[ContentTerm], real: &Tensor) -> Vec<Vec<Tensor>> {
    tch::no_grad(|| terms.iter().map(|term| term.net.forward(real)).collect())
}

/// Weighted sum of the networks' distances from what they see in true pictures; there are networks.
pub(crate) fn content_distance(
    terms: &[ContentTerm],
    made: &Tensor,
    targets: &[Vec<Tensor>],
) -> Tensor {
    let losses: Vec<Tensor> = terms
        .iter()
        .zip(targets)
        .map(|(term, targets)| distance_from(&term.net, made, targets) * term.weight)
        .collect();
    Tensor::stack(&losses, 0).sum(None::<Kind>)
}

/// Distance of two pictures to one network: the sum over its layers of the mean absolute difference.
/// For an identity network, whose feature is a unit vector, 1 minus the cosine; for LPIPS the metric
/// itself.
pub fn feature_distance(net: &ContentNet, made: &Tensor, real: &Tensor) -> Tensor {
    distance_from(net, made, &tch::no_grad(|| net.forward(real)))
}

fn distance_from(net: &ContentNet, made: &Tensor, targets: &[Tensor]) -> Tensor {
    let features = net.forward(made);
    let distance = |(made, real): (&Tensor, &Tensor)| {
        let kind = wide(made.kind());
        let (made, real) = (made.to_kind(kind), real.to_kind(kind));
        match net.kind() {
            ContentNetKind::Identity => {
                let cosine = (made * real).sum_dim_intlist(1, false, None::<Kind>);
                1.0 - cosine.mean(None::<Kind>)
            }
            ContentNetKind::Lpips => {
                let squares = (made - real).square();
                squares
                    .sum_dim_intlist(1, false, None::<Kind>)
                    .mean(None::<Kind>)
            }
            _ => made.l1_loss(&real, Reduction::Mean),
        }
    };
    let layers: Vec<Tensor> = features.iter().zip(targets).map(distance).collect();
    Tensor::stack(&layers, 0).sum(None::<Kind>)
}

/// Mean absolute difference of the pictures at full size and at every halving down to 8 px, mean
/// over the sizes. What the program falls back on, and says so, when no network is given.
pub fn pyramid_loss(made: &Tensor, real: &Tensor) -> Tensor {
    attended_pyramid_loss(made, real, None)
}

/// [`pyramid_loss`] in which places count as much as `attention` says, `[batch, 1, side, side]`,
/// 1 for the usual.
pub fn attended_pyramid_loss(made: &Tensor, real: &Tensor, attention: Option<&Tensor>) -> Tensor {
    let kind = wide(made.kind());
    let mut made = made.to_kind(kind);
    let mut real = real.detach().to_kind(kind);
    let mut attention = attention.map(|attention| attention.to_kind(kind));
    let mut levels = Vec::new();
    loop {
        levels.push(match &attention {
            None => made.l1_loss(&real, Reduction::Mean),
            Some(attention) => ((&made - &real).abs() * attention).mean(None::<Kind>),
        });
        if made.size()[3] / 2 < SMALLEST_PX {
            return Tensor::stack(&levels, 0).mean(None::<Kind>);
        }
        let halve = |x: &Tensor| x.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None);
        made = halve(&made);
        real = halve(&real);
        attention = attention.as_ref().map(halve);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use networks::features::Preprocessing;
    use tch::Device;

    #[test]
    fn mistakes_count_as_much_as_attention_says() {
        let options = (Kind::Float, Device::Cpu);
        let real = Tensor::zeros([1, 3, 16, 16], options);
        let made = Tensor::ones([1, 3, 16, 16], options);
        let attention = Tensor::full([1, 1, 16, 16], 3.0, options);
        let attended = attended_pyramid_loss(&made, &real, Some(&attention));
        assert!((number(&attended) - 3.0 * number(&pyramid_loss(&made, &real))).abs() < 1e-6);
    }

    fn number(tensor: &Tensor) -> f64 {
        f64::try_from(tensor).unwrap()
    }

    fn pictures(seed: i64) -> (Tensor, Tensor) {
        tch::manual_seed(seed);
        let picture = || Tensor::rand([1, 3, 48, 48], (Kind::Float, Device::Cpu)) * 2.0 - 1.0;
        (picture(), picture())
    }

    /// Networks that are built of layers here, where networks of landmarks are graphs.
    fn of_layers() -> impl Iterator<Item = ContentNetKind> {
        let all = ContentNetKind::ALL.into_iter();
        all.filter(|kind| *kind != ContentNetKind::Landmarks)
    }

    fn term(kind: ContentNetKind, preprocessing: Preprocessing) -> ContentTerm {
        ContentTerm::new(ContentNet::random(kind, preprocessing, Device::Cpu))
    }

    #[test]
    fn every_network_pulls_the_made_picture_and_leaves_the_real_one() {
        // a copy that computed features outside the graph trained without this loss
        let (made, real) = pictures(1);
        for kind in of_layers() {
            let made = made.copy().set_requires_grad(true);
            let real = real.copy().set_requires_grad(true);
            let terms = [term(kind, Preprocessing::CAFFE)];
            let loss = content_loss(&terms, &made, &real);
            assert!(number(&loss) > 0.0, "{kind:?}");
            loss.backward();
            assert!(
                made.grad().defined(),
                "{kind:?}: the loss is cut from the graph"
            );
            assert!(
                number(&made.grad().abs().sum(Kind::Float)) > 0.0,
                "{kind:?}"
            );
            assert!(!real.grad().defined(), "{kind:?}");
        }
    }

    #[test]
    fn equal_pictures_cost_nothing_to_any_network() {
        let (made, _) = pictures(2);
        for kind in of_layers() {
            let terms = [term(kind, Preprocessing::CAFFE)];
            let loss = number(&content_loss(&terms, &made, &made));
            assert!(loss.abs() < 1e-5, "{kind:?}: {loss}");
        }
        assert_eq!(number(&content_loss(&[], &made, &made)), 0.0);
    }

    #[test]
    fn a_step_against_the_gradient_makes_the_pictures_more_alike() {
        let (made, real) = pictures(3);
        let terms = [term(ContentNetKind::Vgg19, Preprocessing::CAFFE)];
        let made = made.set_requires_grad(true);
        let before = content_loss(&terms, &made, &real);
        before.backward();
        let step = made.grad().sign() * 1e-3;
        let after = tch::no_grad(|| content_loss(&terms, &(&made - step), &real));
        assert!(number(&after) < number(&before));
    }

    #[test]
    fn a_net_fed_with_0_to_1_instead_of_0_to_255_pulls_hundreds_of_times_less() {
        // why the preprocessing lies beside the weights: the published weights of the loss hold for
        // one of the two only
        let (made, real) = pictures(4);
        let distance = |preprocessing| {
            tch::manual_seed(9);
            let net = ContentNet::random(ContentNetKind::VggFace, preprocessing, Device::Cpu);
            number(&feature_distance(&net, &made, &real))
        };
        let right = distance(Preprocessing::CAFFE);
        let wrong = distance(Preprocessing {
            white: 1.0,
            mean: [0.0; 3],
            ..Preprocessing::CAFFE
        });
        assert!(right > 50.0 * wrong, "{right} and {wrong}");
    }

    #[test]
    fn weights_add_up() {
        let (made, real) = pictures(5);
        let mut terms = vec![
            term(ContentNetKind::SqueezeNet, Preprocessing::TORCHVISION),
            term(ContentNetKind::VggFace, Preprocessing::CAFFE),
        ];
        let both = number(&content_loss(&terms, &made, &real));
        let [first, second] =
            [0, 1].map(|index| number(&feature_distance(&terms[index].net, &made, &real)));
        terms[1].weight = 0.0;
        let one = number(&content_loss(&terms, &made, &real));
        assert!((one / (0.5 * first) - 1.0).abs() < 1e-5);
        assert!((both / (0.5 * first + 0.025 * second) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn the_pyramid_hardly_sees_noise_and_clearly_sees_a_shade() {
        let options = (Kind::Float, Device::Cpu);
        let real = Tensor::zeros([1, 3, 64, 64], options);
        let shade = &real + 0.5;
        assert!((number(&pyramid_loss(&shade, &real)) - 0.5).abs() < 1e-6);
        tch::manual_seed(6);
        let noise = (Tensor::rand([1, 3, 64, 64], options) - 0.5).sign() * 0.5;
        let loss = number(&pyramid_loss(&noise, &real));
        // levels of 64, 32, 16 and 8 px: 0.5, then about halved by each averaging
        assert!(loss < 0.27, "{loss}");
    }
}
