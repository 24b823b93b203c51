//! Networks of the portrait model in one run: encoder, motion, decoder, patch networks, and the
//! discriminator.

use networks::blocks::Mode;
use networks::features::ContentNetKind;
use networks::onnx::Precision;
use networks::portrait::{
    CANDIDATES, DecoderInput, MotionInput, PatchRefiner, PortraitConfig, PortraitDecoder,
    PortraitEncoder, PortraitMotion, RefinerInput, WarpKind, cut_patch, paste_patch, warp,
};
use networks::{Discriminator, Projection};
use reenactment::portrait::{DISTANCE_COST, PORTRAIT_PRESET};
use tch::{Device, Kind, Tensor, nn};

use crate::adversarial_step::Scene;
use crate::episode_batch::EpisodeBatch;
use crate::guide_batch::GuideBatch;
use crate::head_system::{Draft, HeadSystem, Made};

/// Weight of the pyramid distance of the picture before the patches.
const PICTURE_WEIGHT: f64 = 30.0;
/// Weight of the bent source's, and the share of the content networks in it.
const BENT_WEIGHTS: [f64; 2] = [30.0, 0.5];
/// Weight of the patches', and the share of the content networks in it.
const PATCH_WEIGHTS: [f64; 2] = [15.0, 0.15];
/// How much more a mistake in eyes and mouth counts.
const DETAIL_ATTENTION: f64 = 3.0;
/// Losses of the patches, mouth before eyes.
const PATCH_NAMES: [&str; 2] = ["mouth", "eyes"];
/// First group of eyes and mouth, and how many there are.
const DETAIL_GROUPS: (i64, i64) = (9, 6);
/// Side of the squares whose means the discriminator does not see, pixels. What is made differs from the
/// truth in details; of whole patches the discriminator learns nothing in hundreds of steps (Denton et al. 2015
/// judge the levels of a pyramid in the same way).
const COARSE_PX: i64 = 4;
/// How much larger than they are it sees the deviations from them.
const DETAIL_GAIN: f64 = 4.0;
/// Side of the faces that networks of identity are shown, pixels.
const ALIGNED_PX: i64 = 112;

/// The networks.
#[derive(Debug)]
pub(crate) struct PortraitSystem {
    config: PortraitConfig,
    makers: nn::VarStore,
    judges: nn::VarStore,
    encoder: PortraitEncoder,
    projection: Projection,
    motion: PortraitMotion,
    decoder: PortraitDecoder,
    /// Of the mouth, of the eyes.
    refiners: [PatchRefiner; 2],
    discriminator: Discriminator,
    kind: Kind,
}

/// The sources bent into the target's pose and mixed.
struct Bent {
    /// At a half, a quarter and an eighth of the side.
    levels: [Tensor; 3],
    occlusion: Tensor,
    picture: Tensor,
}

/// A batch in the layers' number format, on their device.
struct Inputs<'a> {
    guides: &'a GuideBatch,
    /// Shots, `[batch * shots, 3, side, side]`.
    shots: Tensor,
    /// `[batch, style_len]`
    style: Tensor,
}

impl PortraitSystem {
    /// Freshly initialised networks for `videos` training videos.
    pub(crate) fn new(config: PortraitConfig, videos: usize, device: Device, kind: Kind) -> Self {
        let makers = nn::VarStore::new(device);
        let judges = nn::VarStore::new(device);
        let root = makers.root();
        Self {
            encoder: config.init_encoder(&(&root / "encoder")),
            projection: config.projection().init(&(&root / "projection")),
            motion: config.init_motion(&(&root / "motion")),
            decoder: config.init_decoder(&(&root / "decoder")),
            refiners: [
                config.init_refiner(&(&root / "mouth_refiner"), 0),
                config.init_refiner(&(&root / "eye_refiner"), 1),
            ],
            discriminator: config.discriminator(videos as i64).init(&judges.root()),
            config,
            makers,
            judges,
            kind,
        }
    }

    /// Bend every shot into the target's pose and mix them by their confidence.
    fn bend(&self, inputs: &Inputs<'_>, levels: [&Tensor; 3], mode: Mode) -> Bent {
        let guides = inputs.guides;
        let (batch, shots) = (guides.candidates.size()[0], guides.candidates.size()[1]);
        let grid = self.config.grid_px;
        let flows = |tensor: &Tensor| tensor.flatten(0, 1).to_device(self.makers.device());
        // the target's, for every shot
        let repeated = |tensor: &Tensor| {
            let mut wanted = vec![batch, shots];
            wanted.extend(&tensor.size()[1..]);
            let each = tensor.unsqueeze(1).expand(&wanted, false);
            self.input(&each.flatten(0, 1))
        };
        let small = inputs.shots.adaptive_avg_pool2d([grid, grid]);
        let candidates = flows(&guides.candidates);
        let plate = candidates.select(1, CANDIDATES - 1);
        let source_planes = guides.grid_planes.narrow(1, 1, shots).flatten(0, 1);
        let input = MotionInput {
            head_warped: warp(&small, &flows(&guides.head), grid, WarpKind::Bilinear),
            plate_warped: warp(&small, &plate, grid, WarpKind::Bilinear),
            source: small,
            source_landmarks: self.input(&source_planes),
            driving_landmarks: repeated(&guides.grid_planes.select(1, 0)),
            group_maps: repeated(&guides.group_maps),
            candidates,
        };
        let field = self.motion.forward(&input, mode);
        let confidence = field.confidence.view([batch, shots, 1, grid, grid]);
        let lag = guides.distances.view([batch, shots, 1, 1, 1]) * f64::from(DISTANCE_COST);
        let logits = confidence - lag.to_device(self.makers.device());
        let shares = logits.softmax(1, Kind::Float).flatten(0, 1);
        let mix = |planes: &Tensor| {
            let (_, channels, side, _) = planes.size4().expect("planes have four axes");
            let enlarged = shares.upsample_bilinear2d([side, side], false, None, None);
            let shared = planes * enlarged.to_kind(planes.kind());
            let each = shared.view([batch, shots, channels, side, side]);
            each.sum_dim_intlist(1, false, None::<Kind>)
        };
        let mix = |planes: Tensor| if shots == 1 { planes } else { mix(&planes) };
        let bent = |planes: &Tensor, kind: WarpKind| {
            mix(warp(planes, &field.flow, planes.size()[2], kind))
        };
        Bent {
            levels: levels.map(|level| bent(level, WarpKind::Bilinear)),
            picture: bent(&inputs.shots, WarpKind::Bicubic),
            occlusion: mix(field.occlusion.shallow_clone()),
        }
    }

    /// Paint mouth and eyes of `made` over; returns the pictures and the patches.
    fn refine(&self, inputs: &Inputs<'_>, made: &Tensor, mode: Mode) -> (Tensor, [Tensor; 2]) {
        let guides = inputs.guides;
        let batch = made.size()[0];
        let side = self.config.side_px;
        let device = self.makers.device();
        let own = guides.leads.view([batch, 1, 1, 1, 1]).to_device(device);
        let own = own.expand([batch, 1, 3, side, side], false);
        let sources = inputs.shots.view([batch, -1, 3, side, side]);
        let sources = sources.gather(1, &own, false).squeeze_dim(1); // [batch, 3, side, side]
        let mut picture = made.shallow_clone();
        let mut painted = Vec::new();
        for (kind, refiner) in self.refiners.iter().enumerate() {
            let px = self.config.patch_px[kind];
            let (first, count) = [(0, 1), (1, 2)][kind];
            // patches of one face stand together
            let place = |whose: i64| {
                let places = guides.patches.select(1, whose).narrow(1, first, count);
                places.to_device(device).flatten(0, 1)
            };
            let cut = |planes: &Tensor, place: &Tensor| {
                let each = planes
                    .unsqueeze(1)
                    .expand([batch, count, 3, side, side], false);
                cut_patch(&each.flatten(0, 1), place, px)
            };
            let drawn =
                |whose: i64| self.input(&guides.patch_planes[kind].select(1, whose).flatten(0, 1));
            let style = inputs.style.unsqueeze(1);
            let style = style.expand([batch, count, -1], false).flatten(0, 1);
            let (target, source) = (place(0), place(1));
            let input = RefinerInput {
                made: self.input(&cut(made, &target)),
                source: cut(&sources, &source),
                source_landmarks: drawn(1),
                driving_landmarks: drawn(0),
                style,
            };
            let patches = refiner.forward(&input, mode); // [batch * count, 3, patch, patch]
            let each = patches.view([batch, count, 3, px, px]);
            let target = target.view([batch, count, 2, 3]);
            for index in 0..count {
                let (patch, place) = (each.select(1, index), target.select(1, index));
                picture = paste_patch(&picture, &patch, &place);
            }
            painted.push(patches);
        }
        let eyes = painted.pop().expect("eyes come last");
        let mouth = painted.pop().expect("the mouth comes first");
        (picture, [mouth, eyes])
    }

    /// Cut mouth or eyes out of the true targets.
    fn true_patches(&self, batch: &EpisodeBatch, guides: &GuideBatch, kind: usize) -> Tensor {
        let (first, count) = [(0, 1), (1, 2)][kind];
        let place = guides.patches.select(1, 0).narrow(1, first, count);
        let truth = batch.target();
        let size = truth.size();
        let each = truth.unsqueeze(1);
        let each = each.expand([size[0], count, size[1], size[2], size[3]], false);
        let device = self.makers.device();
        let [each, place] = [each.flatten(0, 1), place.flatten(0, 1)].map(|x| x.to_device(device));
        cut_patch(&each, &place, self.config.patch_px[kind])
    }
}

impl HeadSystem for PortraitSystem {
    fn makers(&self) -> &nn::VarStore {
        &self.makers
    }

    fn judges(&self) -> &nn::VarStore {
        &self.judges
    }

    fn discriminator(&self) -> &Discriminator {
        &self.discriminator
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn make(&self, batch: &EpisodeBatch, mode: Mode) -> Made {
        let guides = batch.guides.as_ref();
        let guides = guides.expect("batches for these networks have guides");
        let [pictures, _] = batch.shots();
        let shots = pictures.size()[1];
        let pictures = self.input(&pictures.flatten(0, 1));
        let planes = self.input(&guides.planes.narrow(1, 1, shots).flatten(0, 1));
        let features = self.encoder.forward(&pictures, &planes, mode);
        let each = features
            .identity
            .view([-1, shots, self.config.embedding_len]);
        let identity = each.mean_dim(1, false, Kind::Float);
        let style = self.projection.forward(&identity, mode);
        let inputs = Inputs {
            guides,
            shots: pictures,
            style,
        };
        let levels = [&features.half, &features.quarter, &features.eighth];
        let bent = self.bend(&inputs, levels, mode);
        let bent_picture = bent.picture.to_kind(Kind::Float);
        let [half, quarter, eighth] = bent.levels;
        let input = DecoderInput {
            half,
            quarter,
            eighth,
            occlusion: bent.occlusion,
            warped_picture: bent.picture,
            driving_landmarks: self.input(&guides.planes.select(1, 0)),
            style: inputs.style.shallow_clone(),
        };
        let whole = self.decoder.forward(&input, mode);
        let (pictures, [mouth, eyes]) = self.refine(&inputs, &whole, mode);
        let state = |name, weight, pictures| Draft {
            name,
            weight,
            content: 0.0,
            pictures,
            truth: None,
        };
        let part = |name, pictures, kind| Draft {
            content: PATCH_WEIGHTS[1],
            truth: Some(self.true_patches(batch, guides, kind)),
            ..state(name, PATCH_WEIGHTS[0], pictures)
        };
        Made {
            drafts: vec![
                state("picture", PICTURE_WEIGHT, whole),
                Draft {
                    content: BENT_WEIGHTS[1],
                    ..state("bent", BENT_WEIGHTS[0], bent_picture)
                },
                part(PATCH_NAMES[0], mouth, 0),
                part(PATCH_NAMES[1], eyes, 1),
            ],
            pictures,
            identity,
        }
    }

    /// Eyes, and the middles of mouths, as large as eyes.
    fn scene(&self, batch: &EpisodeBatch, made: &Made) -> Scene {
        let guides = batch.guides.as_ref();
        let guides = guides.expect("batches for these networks have guides");
        let device = self.makers.device();
        let side = self.config.patch_px[1];
        let middle = |patches: &Tensor| {
            let start = (patches.size()[3] - side) / 2;
            patches.narrow(2, start, side).narrow(3, start, side)
        };
        let [mut drawings, mut truth, mut painted, mut owners] = [(); 4].map(|()| Vec::new());
        let episodes = Tensor::arange(batch.target().size()[0], (Kind::Int64, device));
        for (kind, name) in PATCH_NAMES.iter().enumerate() {
            let drawn = guides.patch_planes[kind].select(1, 0); // [batch, count, 5, patch, patch]
            owners.push(episodes.repeat_interleave_self_int(drawn.size()[1], 0, None));
            drawings.push(self.input(&middle(&drawn.flatten(0, 1).to_device(device))));
            truth.push(middle(&self.true_patches(batch, guides, kind)));
            let patches = made.drafts.iter().find(|draft| draft.name == *name);
            painted.push(middle(&patches.expect("patches are drafts").pictures));
        }
        let details = |patches: Vec<Tensor>| {
            patches
                .iter()
                .map(|patches| (patches - blurred(patches)) * DETAIL_GAIN)
                .collect()
        };
        let [truth, painted] = [truth, painted].map(details);
        let [drawings, truth, painted, owners] =
            [drawings, truth, painted, owners].map(|parts| Tensor::cat(&parts, 0));
        Scene {
            drawings,
            truth,
            made: painted,
            owners,
        }
    }

    fn attention(&self, batch: &EpisodeBatch) -> Option<Tensor> {
        let guides = batch.guides.as_ref()?;
        let (first, count) = DETAIL_GROUPS;
        let heat = guides.group_maps.narrow(1, first, count);
        let heat = heat.amax([1i64].as_slice(), true);
        let heat = heat.to_device(self.makers.device());
        let side = self.config.side_px;
        let heat = heat.upsample_bilinear2d([side, side], false, None, None);
        Some(heat * DETAIL_ATTENTION + 1.0)
    }

    fn cuts_faces(&self) -> bool {
        true
    }

    fn faces(
        &self,
        batch: &EpisodeBatch,
        pictures: &Tensor,
        kind: ContentNetKind,
    ) -> Option<Tensor> {
        let guides = batch.guides.as_ref()?;
        let (index, side) = match kind {
            ContentNetKind::Identity => (0, ALIGNED_PX),
            _ => (1, i64::from(landmarks::CROP_SIDE_PX)),
        };
        let place = guides.faces.select(1, index).to_device(pictures.device());
        Some(cut_patch(pictures, &place, side))
    }

    fn bundle_preset(&self) -> &'static str {
        PORTRAIT_PRESET
    }

    fn export(&self, precision: Precision) -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("encoder", self.encoder.export(precision)),
            ("projection", self.projection.export(precision)),
            ("motion", self.motion.export(precision)),
            ("decoder", self.decoder.export(precision)),
            ("mouth_refiner", self.refiners[0].export(precision)),
            ("eye_refiner", self.refiners[1].export(precision)),
        ]
    }
}

/// Without details below `COARSE_PX` pixels.
fn blurred(patches: &Tensor) -> Tensor {
    let (_, _, height, width) = patches.size4().expect("patches have four axes");
    let size = [COARSE_PX; 2];
    patches
        .avg_pool2d(size, size, [0, 0], false, true, None)
        .upsample_bilinear2d([height, width], false, None, None)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use dataset::{Episode, EpisodeFrame};
    use landmarks::Landmarks;
    use media::Image;
    use reenactment::few_shot::Shot;
    use reenactment::portrait::{PortraitModel, PortraitPerson};
    use test_support::DrawnHead;

    use super::*;
    use crate::episode_batch::EpisodeSample;
    use crate::meta_training_config::{MetaTrainingConfig, NetworkSize};
    use crate::model_bundle::write_bundle;

    const SIZE: NetworkSize = NetworkSize::Portrait128;

    fn frame(mouth_open: f32) -> EpisodeFrame {
        let mut head = DrawnHead::frontal(SIZE.side_px());
        head.mouth_open = mouth_open;
        EpisodeFrame {
            picture: Image::from_rgb(SIZE.side_px(), SIZE.side_px(), head.draw()),
            landmarks: Landmarks {
                points: head.points(),
            },
        }
    }

    fn system() -> PortraitSystem {
        tch::manual_seed(9);
        let config = SIZE.portrait().unwrap();
        let system = PortraitSystem::new(config, 1, Device::Cpu, Kind::Float);
        // Everything that starts at nothing says something.
        tch::no_grad(|| {
            for (name, tensor) in system.maker_tensors() {
                let is_silent = ["heads", "last", "second.scale"].map(|part| name.contains(part));
                if is_silent.contains(&true) {
                    let mut tensor = tensor.shallow_clone();
                    tensor += tensor.randn_like() * 0.02;
                }
            }
        });
        system
    }

    #[test]
    fn a_person_looks_in_use_as_in_training() {
        let system = system();
        let folder = tempfile::tempdir().unwrap();
        let bundle = folder.path().join("model");
        let config = MetaTrainingConfig::portrait_128(PathBuf::new(), PathBuf::new());
        let graphs = system.export(Precision::Single);
        write_bundle(&bundle, &config, PORTRAIT_PRESET, &graphs).unwrap();
        let [target, source] = [frame(0.8), frame(0.1)];
        let shot = Shot {
            picture: source.picture.clone(),
            landmarks: source.landmarks,
        };
        let driving = target.landmarks;
        let episode = Episode {
            video: 0,
            frames: vec![target, source],
        };
        let batch = EpisodeBatch::stack(&[EpisodeSample::new(&episode, SIZE.guides())]);
        let made = tch::no_grad(|| system.make(&batch, Mode::Evaluation).pictures);
        let bytes = networks::pixels::to_bytes(&made).flatten(0, -1);
        let wanted: Vec<u8> = Vec::try_from(&bytes).unwrap();
        let model = Arc::new(PortraitModel::open(&bundle).unwrap());
        let person = PortraitPerson::new(model, &[shot]).unwrap();
        let found = person.paint(&driving).unwrap();
        let apart = found.rgb().iter().zip(&wanted).map(|(a, b)| a.abs_diff(*b));
        assert!(apart.max().unwrap() <= 1, "rounding is all that differs");
    }

    fn two_episodes() -> EpisodeBatch {
        let episode = |opened: [f32; 3]| Episode {
            video: 0,
            frames: opened.map(frame).to_vec(),
        };
        let samples = [[0.0, 0.5, 1.0], [0.7, 0.2, 0.0]]
            .map(|opened| EpisodeSample::new(&episode(opened), SIZE.guides()));
        EpisodeBatch::stack(&samples)
    }

    #[test]
    fn the_discriminator_is_asked_about_details_of_mouths_and_eyes() {
        let system = system();
        let batch = two_episodes();
        let mut made = tch::no_grad(|| system.make(&batch, Mode::Evaluation));
        let scene = system.scene(&batch, &made);
        assert_eq!(scene.drawings.size(), [6, 5, 32, 32]);
        assert_eq!(scene.truth.size(), [6, 3, 32, 32]);
        let owners: Vec<i64> = Vec::try_from(&scene.owners).unwrap();
        assert_eq!(owners, [0, 1, 0, 0, 1, 1], "mouths, then pairs of eyes");
        for draft in &mut made.drafts {
            draft.pictures = &draft.pictures + 0.1;
        }
        let tinted = system.scene(&batch, &made).made;
        assert!(scene.made.allclose(&tinted, 0.0, 1e-4, false), "no colour");
        let mouth = |picture: i64| scene.truth.get(picture);
        let apart = (mouth(0) - mouth(1)).abs().max();
        assert!(
            apart.double_value(&[]) > 0.1,
            "a closed mouth and an open one"
        );
        assert!(
            tinted.abs().max().double_value(&[]) > 0.01,
            "there are details"
        );
    }

    #[test]
    fn gradient_reaches_all_networks() {
        let system = system();
        let batch = two_episodes();
        let made = system.make(&batch, Mode::Training);
        (&made.pictures * made.pictures.randn_like())
            .sum(Kind::Float)
            .backward();
        for (name, tensor) in crate::head_system::trainable(system.maker_tensors()) {
            let gradient = tensor.grad();
            assert!(gradient.defined(), "{name}");
            let largest = gradient.abs().max().double_value(&[]);
            assert!(largest > 0.0 && largest.is_finite(), "{name}: {largest}");
        }
    }
}
