//! The pictures of one person as tensors: those to train on and those held out.

use inference::InferenceError;
use landmarks::{DrawingConfig, FaceFinder, FaceFrame, draw};
use media::Image;
use networks::pixels::{to_bytes, to_image_tensor};
use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom as _;
use reenactment::few_shot::Shot;
use tch::Tensor;

use crate::fine_tuning_config::FineTuningConfig;

/// Pictures and drawings of a person.
#[derive(Debug)]
pub(crate) struct PersonPictures {
    shots: Vec<Shot>,
    /// `[shots, 3, side, side]`
    pictures: Tensor,
    drawings: Tensor,
    train: Vec<i64>,
    held_out: Vec<i64>,
}

impl PersonPictures {
    /// Hold out the shots at the indices that `is_held_out` names.
    pub(crate) fn new(shots: &[Shot], is_held_out: impl Fn(usize) -> bool) -> Self {
        let indices = |wanted: bool| -> Vec<i64> {
            (0..shots.len())
                .filter(|index| is_held_out(*index) == wanted)
                .map(|index| index as i64)
                .collect()
        };
        let stack = |images: &[Image]| {
            let side = i64::from(images[0].width());
            let bytes: Vec<u8> = images
                .iter()
                .flat_map(|image| image.rgb())
                .copied()
                .collect();
            to_image_tensor(&Tensor::from_slice(&bytes).view([-1, side, side, 3]))
        };
        let pictures: Vec<Image> = shots.iter().map(|shot| shot.picture.clone()).collect();
        let drawn = |shot: &Shot| {
            let side = shot.picture.width();
            draw(
                &shot.landmarks,
                side,
                side,
                &DrawingConfig::for_network(side),
            )
        };
        let drawings: Vec<Image> = shots.iter().map(drawn).collect();
        Self {
            shots: shots.to_vec(),
            pictures: stack(&pictures),
            drawings: stack(&drawings),
            train: indices(false),
            held_out: indices(true),
        }
    }

    /// Pictures and drawings of all shots.
    pub(crate) fn all(&self) -> [Tensor; 2] {
        [&self.pictures, &self.drawings].map(Tensor::shallow_clone)
    }

    pub(crate) fn held_out_count(&self) -> usize {
        self.held_out.len()
    }

    /// Pictures and drawings of the held-out shots.
    pub(crate) fn held_out(&self) -> [Tensor; 2] {
        self.pick(&self.held_out)
    }

    /// Pictures and drawings of a step: all are seen before any is seen again.
    pub(crate) fn batch(&self, step: u64, config: &FineTuningConfig) -> [Tensor; 2] {
        let size = config.batch.min(self.train.len()) as u64;
        let count = self.train.len() as u64;
        let picked: Vec<i64> = (step * size..(step + 1) * size)
            .map(|place| {
                let round = place / count;
                let mut order = self.train.clone();
                order.shuffle(&mut SmallRng::seed_from_u64(config.seed ^ (round << 20)));
                order[(place % count) as usize]
            })
            .collect();
        self.pick(&picked)
    }

    fn pick(&self, indices: &[i64]) -> [Tensor; 2] {
        let indices = Tensor::from_slice(indices);
        [&self.pictures, &self.drawings].map(|images| images.index_select(0, &indices))
    }

    /// Mean error of the landmarks found in made pictures of the held-out shots, percent of the
    /// distance between the outer eye corners; a picture without a face counts as 100.
    pub(crate) fn held_out_error(
        &self,
        made: &Tensor,
        finder: &FaceFinder,
    ) -> Result<f64, InferenceError> {
        let bytes = to_bytes(made).to_device(tch::Device::Cpu);
        let mut sum = 0.0;
        for (place, index) in self.held_out.iter().enumerate() {
            let shot = &self.shots[*index as usize];
            let side = shot.picture.width();
            let flat = bytes.select(0, place as i64).flatten(0, -1);
            let rgb = Vec::try_from(&flat).expect("bytes come out as bytes");
            let picture = Image::from_rgb(side, side, rgb);
            let near = FaceFrame::from_landmarks(&shot.landmarks);
            let found = finder.net().place_refined(&picture, &near)?;
            let pairs = found.landmarks.points.iter().zip(&shot.landmarks.points);
            let apart: f32 = pairs
                .take(68)
                .map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]))
                .sum();
            let eyes = shot.landmarks.inter_ocular_px().max(1e-3);
            sum += f64::from(apart / 68.0 / eyes * 100.0).min(100.0);
        }
        Ok(sum / self.held_out.len().max(1) as f64)
    }
}
