//! The watermark's three networks together: hiding random chips in pictures, attacking, reading, losses.

use std::collections::BTreeMap;
use std::path::Path;

use media::{Image, MediaError};
use networks::onnx::Precision;
use networks::watermark::{
    CELLS, Carrier, CarrierConfig, ChipReader, ChipReaderConfig, PULSES, SPACING, Strength,
    StrengthConfig, TILE,
};
use rand::Rng as _;
use rand::rngs::StdRng;
use tch::{Kind, Reduction, Tensor, nn};

use crate::landmark_training::DEVICE;
use crate::landmark_training_config::Preset;
use crate::watermark_attack::{Attack, Cut, differences_to_rgb, resized};
use crate::watermark_coding;

/// Side of training pictures, pixels: two to a cell, the least that most users' videos have.
pub(crate) const SIDE_PX: u32 = 256;
const PX: i64 = SIDE_PX as i64;
/// Pixels of a cell.
const CELL_PX: i64 = PX / CELLS;
/// Weight of a mark that is too strong; several times what more strength gains in reading.
const POWER_WEIGHT: f64 = 0.15;
/// Share of video steps whose pictures are neither cut nor scaled.
const WHOLE_VIDEOS: f64 = 0.7;
/// Most cells by which the reader's idea of the place is wrong.
const MISPLACED: f64 = 0.35;

/// Losses and measures of one step.
#[derive(Debug)]
pub(crate) struct WatermarkLosses {
    /// What gradients start from.
    pub(crate) total: Tensor,
    /// Binary cross-entropy of a chip; ln 2 is not knowing.
    pub(crate) reading: f64,
    /// See [`visibility`].
    pub(crate) visibility: f64,
    /// Peak signal-to-noise ratio of marked against unmarked pictures, decibels.
    pub(crate) psnr_db: f64,
    /// Share of chips whose sign is read rightly.
    pub(crate) right: f64,
    /// Whether pictures were coded as video.
    pub(crate) is_video: bool,
}

/// Networks of one run.
#[derive(Debug)]
pub(crate) struct WatermarkSystem {
    variables: nn::VarStore,
    carrier: Carrier,
    strength: Strength,
    reader: ChipReader,
    attack: Attack,
}

impl WatermarkSystem {
    /// Initialise the networks.
    pub(crate) fn new(preset: Preset) -> Self {
        let variables = nn::VarStore::new(DEVICE);
        let root = variables.root();
        let reader = match preset {
            Preset::Shipped => ChipReaderConfig::shipped(),
            Preset::Tiny => ChipReaderConfig::tiny(),
        };
        Self {
            carrier: CarrierConfig::shipped().init(&(&root / "carrier")),
            strength: StrengthConfig::shipped().init(&(&root / "strength")),
            reader: reader.init(&(&root / "reader")),
            variables,
            attack: Attack::new(),
        }
    }

    /// Hide, attack, read. `gain` multiplies the mark: more than 1 lets the reader learn in the beginning.
    /// Where `video` is given, the attack is a video encoder, whose file lies there for the moment.
    ///
    /// # Errors
    /// Where that encoder fails.
    ///
    /// # Shapes
    /// `pictures`: `[batch, 3, 256, 256]`, 0 to 255
    pub(crate) fn losses(
        &self,
        pictures: &Tensor,
        gain: f64,
        weights: &LossWeights,
        video: Option<&Path>,
        random: &mut StdRng,
    ) -> Result<WatermarkLosses, MediaError> {
        let batch = pictures.size()[0];
        let signs = Tensor::randint_low(
            0,
            2,
            [batch, PULSES, TILE / SPACING, TILE / SPACING],
            (Kind::Float, DEVICE),
        ); // 0 or 1
        let pattern = self.pattern(&(&signs * 2.0 - 1.0));
        let cells = pictures.avg_pool2d(CELL_PX, CELL_PX, [0, 0], false, true, None);
        let strength = self.strength.forward(&(cells / 127.5 - 1.0));
        let strength = strength.upsample_bilinear2d([PX, PX], false, None, None);
        let strength = Tensor::cat(
            &[
                strength.narrow(1, 0, 1),
                strength.narrow(1, 1, 1),
                strength.narrow(1, 1, 1),
            ],
            1,
        );
        let residual = pattern * strength; // luma and differences
        let seen = visibility(pictures, &residual);
        let rgb = differences_to_rgb(&residual);
        let power = rgb
            .square()
            .mean_dim([1i64, 2, 3].as_slice(), false, Kind::Float);
        let limit = 255.0f64.powi(2) / 10f64.powf(weights.least_psnr_db / 10.0);
        let excess = (&power / limit - 1.0).relu().mean(Kind::Float);

        let cut = match video {
            Some(_) if random.random_bool(WHOLE_VIDEOS) => Cut::whole(PX),
            _ => Cut::draw(PX, random),
        };
        let mark = Attack::cut(&(rgb * gain), &cut);
        let marked = (Attack::cut(pictures, &cut) + &mark).clamp(0.0, 255.0);
        let attacked = match video {
            Some(path) => watermark_coding::code(&marked, &mark, path, random)?,
            None => {
                let rounded = &marked + (marked.rand_like() - 0.5);
                self.attack.recolour_and_code(&rounded, random)
            }
        };
        let read = self.read(&attacked, &cut, random); // [batch, PULSES, places]
        let wanted = self.wanted(&signs, &cut);
        let reading = read.binary_cross_entropy_with_logits(
            &wanted,
            None::<Tensor>,
            None::<Tensor>,
            Reduction::Mean,
        );
        let right = read.ge(0.0).eq_tensor(&wanted.ge(0.5));
        let total = &reading + &seen * weights.visibility + excess * POWER_WEIGHT;
        let value = |tensor: &Tensor| f64::try_from(tensor).expect("a loss is one number");
        Ok(WatermarkLosses {
            total,
            reading: value(&reading),
            visibility: value(&seen),
            psnr_db: 10.0 * (255f64.powi(2) / value(&power.mean(Kind::Float))).log10(),
            right: value(&right.to_kind(Kind::Float).mean(Kind::Float)),
            is_video: video.is_some(),
        })
    }

    /// The pattern of a tile of chips, repeated over the picture, `[batch, 3, 256, 256]`.
    fn pattern(&self, chips: &Tensor) -> Tensor {
        let batch = chips.size()[0];
        let grid = Tensor::zeros([batch, PULSES, TILE, TILE], (Kind::Float, DEVICE));
        grid.slice(2, 0, TILE, SPACING)
            .slice(3, 0, TILE, SPACING)
            .copy_(chips);
        let margin = self.carrier.margin();
        let around = grid.pad([margin, margin, margin, margin], "circular", None);
        let pattern = self
            .carrier
            .forward(&around)
            .narrow(2, margin, TILE)
            .narrow(3, margin, TILE);
        let tiles = CELLS / TILE;
        pattern
            .repeat([1, 1, tiles, tiles])
            .upsample_bilinear2d([PX, PX], false, None, None)
    }

    /// Log odds at the chips' places, which the reader is told a little wrongly.
    fn read(&self, attacked: &Tensor, cut: &Cut, random: &mut StdRng) -> Tensor {
        let cells = cut.side / CELL_PX;
        let picture = resized(attacked, cells) / 127.5 - 1.0;
        let odds = self.reader.forward(&picture);
        let wrong = [(); 2].map(|()| random.random_range(-MISPLACED..MISPLACED));
        let [columns, rows] = [cut.left, cut.top].map(|start| places(start, cut.side));
        let to_grid = |places: &[i64], start: i64, wrong: f64| -> Tensor {
            let values: Vec<f32> = places
                .iter()
                .map(|place| {
                    let cell = (place * SPACING) as f64 - start as f64 / CELL_PX as f64 + wrong;
                    (2.0 * (cell + 0.5) / cells as f64 - 1.0) as f32
                })
                .collect();
            Tensor::from_slice(&values)
        };
        let [width, height] = [columns.len() as i64, rows.len() as i64];
        let x = to_grid(&columns, cut.left, wrong[0]).view([1, 1, width, 1]);
        let y = to_grid(&rows, cut.top, wrong[1]).view([1, height, 1, 1]);
        let shape = [attacked.size()[0], height, width, 1];
        let grid = Tensor::cat(&[x.expand(shape, false), y.expand(shape, false)], 3);
        odds.grid_sampler(&grid, 0, 1, false)
    }

    /// What should be read there, 0 or 1.
    fn wanted(&self, signs: &Tensor, cut: &Cut) -> Tensor {
        let index = |start: i64| {
            let chips = TILE / SPACING;
            let places: Vec<i64> = places(start, cut.side)
                .iter()
                .map(|place| place % chips)
                .collect();
            Tensor::from_slice(&places)
        };
        signs
            .index_select(2, &index(cut.top))
            .index_select(3, &index(cut.left))
    }

    /// All weights by name.
    pub(crate) fn weights(&self) -> BTreeMap<String, Tensor> {
        self.variables.variables().into_iter().collect()
    }

    /// The networks as ONNX files, by file name.
    pub(crate) fn export(&self) -> [(&'static str, Vec<u8>); 3] {
        [
            ("carrier.onnx", self.carrier.export(Precision::Half)),
            ("strength.onnx", self.strength.export(Precision::Half)),
            ("chip_reader.onnx", self.reader.export(Precision::Half)),
        ]
    }
}

/// What weighs how much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LossWeights {
    /// Peak signal-to-noise ratio below which marks are penalised, decibels.
    pub(crate) least_psnr_db: f64,
    /// Weight of [`visibility`].
    pub(crate) visibility: f64,
}

/// Chips whose centres lie in a part of a picture, counted from the picture's border.
fn places(start_px: i64, side_px: i64) -> Vec<i64> {
    let chip_px = SPACING * CELL_PX;
    let first = (start_px + chip_px - 1) / chip_px;
    let end = (start_px + side_px - CELL_PX) / chip_px;
    (first..=end).collect()
}

/// How much of the mark is seen: its square in units of the least change that is seen at a place, which
/// grows with the picture's own roughness (masking) and is larger in colours, most in blue and yellow.
fn visibility(pictures: &Tensor, residual: &Tensor) -> Tensor {
    let luma = pictures.narrow(1, 0, 1) * 0.299
        + pictures.narrow(1, 1, 1) * 0.587
        + pictures.narrow(1, 2, 1) * 0.114;
    let pool = |planes: &Tensor| planes.avg_pool2d(9, 1, 4, false, false, None);
    let mean = pool(&luma);
    let roughness = (pool(&luma.square()) - mean.square()).clamp_min(0.0).sqrt(); // grey levels
    let base = Tensor::from_slice(&[0.4f32, 1.8, 1.2]).view([1, 3, 1, 1]);
    let masking = Tensor::from_slice(&[0.12f32, 0.08, 0.08]).view([1, 3, 1, 1]);
    let threshold = (base + roughness * masking).detach();
    (residual / threshold).square().mean(Kind::Float)
}

/// Stack pictures of one size, `[batch, 3, 256, 256]`, 0 to 255; half of them mirrored.
pub(crate) fn stack(pictures: &[Image], batch: u64, random: &mut StdRng) -> Tensor {
    let one = |_| {
        let picture = &pictures[random.random_range(0..pictures.len())];
        let tensor = Tensor::from_slice(picture.rgb())
            .view([PX, PX, 3])
            .permute([2, 0, 1])
            .to_kind(Kind::Float);
        match random.random_bool(0.5) {
            true => tensor.flip([2i64]),
            false => tensor,
        }
    };
    let tensors: Vec<Tensor> = (0..batch).map(one).collect();
    Tensor::stack(&tensors, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn chips_of_a_part_are_those_whose_centres_lie_in_it() {
        assert_eq!(places(0, 256), (0..32).collect::<Vec<_>>());
        // the chip at 16 px is two pixels wide: its centre lies on the border of the first part
        assert_eq!(places(1, 16), [1].as_slice());
        assert_eq!(places(1, 17), [1, 2].as_slice());
        assert_eq!(places(8, 8), [1].as_slice());
    }

    #[test]
    fn a_step_gives_finite_losses_whose_gradient_reaches_all_three_networks() {
        tch::manual_seed(1);
        let system = WatermarkSystem::new(Preset::Tiny);
        let mut picture = Image::new(SIDE_PX, SIDE_PX);
        for (index, value) in picture.rgb_mut().iter_mut().enumerate() {
            *value = (index % 211) as u8;
        }
        let mut random = StdRng::seed_from_u64(2);
        let pictures = stack(&[picture], 2, &mut random);
        let weights = LossWeights {
            least_psnr_db: 43.0,
            visibility: 0.01,
        };
        let losses = system
            .losses(&pictures, 1.0, &weights, None, &mut random)
            .unwrap();
        losses.total.backward();
        assert!(losses.reading.is_finite() && losses.psnr_db > 20.0);
        for (name, weight) in system.weights() {
            let gradient = weight.grad();
            assert!(gradient.defined(), "{name}");
            assert!(
                f64::try_from(gradient.abs().sum(Kind::Float)).unwrap() > 0.0,
                "{name}"
            );
        }
    }
}
