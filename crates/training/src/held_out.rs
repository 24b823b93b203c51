//! Measures a run on fixed episodes of people that it is not trained on, and shows them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use evaluation::metrics::LpipsHeads;
use media::Image;
use networks::blocks::Mode;
use networks::features::{ContentNet, ContentNetKind};
use networks::pixels::{to_bytes, to_image_tensor};
use tch::{Kind, Tensor, no_grad};

use crate::episode_batch::{EpisodeBatch, EpisodeSample};
use crate::head_system::HeadSystem;
use crate::meta_training_event::MetaTrainingError;

/// Episodes on the sheet.
const SHOWN: usize = 12;
/// Episodes side by side on the sheet.
const COLUMNS: u32 = 2;
/// Episodes drawn at once.
const TOGETHER: usize = 4;

/// Fixed episodes.
#[derive(Debug)]
pub(crate) struct HeldOut {
    batch: EpisodeBatch,
    lpips: Option<Perceptual>,
}

/// Network and heads of LPIPS. The network runs on libtorch, so that it is as fast as the training.
#[derive(Debug)]
pub(crate) struct Perceptual {
    net: ContentNet,
    heads: LpipsHeads,
    device: tch::Device,
}

impl Perceptual {
    /// Load SqueezeNet's features and the heads.
    pub(crate) fn open(
        [file, heads]: &[PathBuf; 2],
        device: tch::Device,
    ) -> Result<Self, MetaTrainingError> {
        let wrong = |reason: String| MetaTrainingError::ContentNet {
            file: file.clone(),
            reason,
        };
        let bytes = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
        let net = ContentNet::read(ContentNetKind::SqueezeNet, &bytes, device);
        Ok(Self {
            net: net.map_err(|error| wrong(error.to_string()))?,
            heads: LpipsHeads::open(heads)?,
            device,
        })
    }

    /// Mean over the pictures of a batch, `[batch, 3, side, side]`, -1 to 1.
    fn distance(&self, made: &Tensor, truth: &Tensor) -> Result<f64, MetaTrainingError> {
        let count = made.size()[0];
        let mut sum = 0.0;
        for index in 0..count {
            let taps = |pictures: &Tensor| -> Vec<inference::Tensor> {
                let picture = pictures.narrow(0, index, 1).to_device(self.device);
                let taps = no_grad(|| self.net.forward(&picture));
                taps.iter().map(to_plain).collect()
            };
            sum += self.heads.distance(&taps(made), &taps(truth))?;
        }
        Ok(sum / count as f64)
    }
}

fn to_plain(tap: &Tensor) -> inference::Tensor {
    let shape: Vec<usize> = tap.size().iter().map(|length| *length as usize).collect();
    let flat = tap
        .to_device(tch::Device::Cpu)
        .to_kind(Kind::Float)
        .flatten(0, -1);
    let values = Vec::try_from(&flat).expect("a flat f32 tensor converts");
    inference::Tensor::new(&shape, values)
}

/// What a measurement gave.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Means by name: `l1` in levels of 0 to 1, `psnr` in dB, `lpips` where its networks are given.
    pub(crate) measures: BTreeMap<String, f64>,
    /// Rows of: first shot, drawing, truth, made; two episodes a row.
    pub(crate) sheet: Image,
}

impl HeldOut {
    pub(crate) fn new(samples: &[EpisodeSample], lpips: Option<Perceptual>) -> Self {
        Self {
            batch: EpisodeBatch::stack(samples),
            lpips,
        }
    }

    /// The measure by which checkpoints are compared; smaller is better.
    pub(crate) fn decisive(&self) -> &'static str {
        if self.lpips.is_some() { "lpips" } else { "l1" }
    }

    /// Draw every episode's target with the weights as they are and compare.
    pub(crate) fn measure(&self, system: &dyn HeadSystem) -> Result<Measured, MetaTrainingError> {
        let made = self.draw(system, usize::MAX);
        let truth = self.batch.target();
        let difference = (&made - &truth) / 2.0;
        let mean = |x: &Tensor| x.mean(Kind::Double).double_value(&[]);
        let mut measures = BTreeMap::from([("l1".to_owned(), mean(&difference.abs()))]);
        let squares = difference
            .square()
            .mean_dim([1i64, 2, 3].as_slice(), false, Kind::Double);
        let decibels: Tensor = squares.clamp_min(1e-10).log10() * -10.0;
        measures.insert("psnr".to_owned(), mean(&decibels));
        if let Some(lpips) = &self.lpips {
            let levels = |pictures: &Tensor| to_image_tensor(&to_bytes(pictures));
            let distance = lpips.distance(&levels(&made), &levels(&truth))?;
            measures.insert("lpips".to_owned(), distance);
        }
        let made = to_images(&made);
        Ok(Measured {
            measures,
            sheet: self.sheet(&made),
        })
    }

    /// The sheet alone, with the weights as they are.
    pub(crate) fn show(&self, system: &dyn HeadSystem) -> Image {
        self.sheet(&to_images(&self.draw(system, SHOWN)))
    }

    /// Targets of the first `count` episodes, or a few more.
    fn draw(&self, system: &dyn HeadSystem, count: usize) -> Tensor {
        let draw = |part: &EpisodeBatch| {
            let made = system.make(part, Mode::Evaluation).pictures;
            made.to_device(tch::Device::Cpu)
        };
        let parts = self.batch.parts(TOGETHER);
        let wanted = parts.iter().take(count.div_ceil(TOGETHER));
        let drawn: Vec<Tensor> = no_grad(|| wanted.map(draw).collect());
        Tensor::cat(&drawn, 0)
    }

    fn sheet(&self, made: &[Image]) -> Image {
        let shown = made.len().min(SHOWN);
        let first_shots = to_images(&self.batch.pictures.select(1, 1));
        let drawings = to_images(&self.batch.target_drawing());
        let truth = to_images(&self.batch.target());
        let side = made[0].width();
        let rows = (shown as u32).div_ceil(COLUMNS);
        let mut sheet = Image::new(side * 4 * COLUMNS, side * rows);
        for index in 0..shown {
            let [column, row] = [index as u32 % COLUMNS, index as u32 / COLUMNS];
            let panels = [
                &first_shots[index],
                &drawings[index],
                &truth[index],
                &made[index],
            ];
            for (place, panel) in panels.into_iter().enumerate() {
                let left = (column * 4 + place as u32) * side;
                put(&mut sheet, panel, [left, row * side]);
            }
        }
        sheet
    }
}

/// Pictures of a batch, `[batch, 3, height, width]`.
fn to_images(batch: &Tensor) -> Vec<Image> {
    let [count, _, height, width] = batch.size()[..] else {
        panic!("a batch of pictures has four axes");
    };
    let bytes = to_bytes(batch);
    (0..count)
        .map(|index| {
            let flat = bytes.select(0, index).flatten(0, -1);
            let rgb = Vec::try_from(&flat).expect("bytes come out as bytes");
            Image::from_rgb(width as u32, height as u32, rgb)
        })
        .collect()
}

fn put(sheet: &mut Image, panel: &Image, [left, top]: [u32; 2]) {
    for y in 0..panel.height() {
        for x in 0..panel.width() {
            sheet.set_pixel(left + x, top + y, panel.pixel(x, y));
        }
    }
}
