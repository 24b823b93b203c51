//! Crops to train the landmark network on: faces with their points, and places without a face.

use dataset::FacePicture;
use dataset::augmentation::{
    Canvas, GeometryRange, chance, change_light, change_style, occlude_face, random_deformation,
    uniform,
};
use landmarks::{FaceFrame, Landmarks, POINTS};
use media::Image;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use crate::losses::LandmarkTargets;
use crate::sample_sheet::mark_points;
use tch::{Kind, Tensor};

/// Side of the kept squares, in face sizes and in pixels.
pub(crate) const KEPT: (f32, u32) = (2.4, 256);
/// Share of samples without a face.
const FACELESS: f32 = 0.12;
/// Share of faces that are picked among those with closed eyes, which are one in ten by nature.
const CLOSED_EYES: f32 = 0.25;
/// Gap of the lids, in widths of the eye, under which an eye counts as closed.
const CLOSED_GAP: f32 = 0.17;
/// Share of faces turned towards paintings and drawings.
const STYLED: f32 = 0.25;

/// How far the tracker's crop may be from the ideal one, and how far faces differ.
const GEOMETRY: GeometryRange = GeometryRange {
    roll: 0.45,
    scale: 0.10,
    shift: 0.035,
    stretch: 0.07,
    bend: 0.012,
};

/// One crop and its labels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LandmarkSample {
    /// RGB bytes, row by row.
    pub(crate) crop: Vec<u8>,
    /// Points in pixels of the crop; `None` where there is no face.
    pub(crate) landmarks: Option<Landmarks>,
}

impl LandmarkSample {
    /// The crop with its points marked.
    pub(crate) fn to_labelled_image(&self, side: usize) -> Image {
        let mut image = Image::from_rgb(side as u32, side as u32, self.crop.clone());
        if let Some(landmarks) = &self.landmarks {
            mark_points(&mut image, landmarks);
        }
        image
    }
}

/// Draws samples, people in balance.
#[derive(Debug)]
pub(crate) struct LandmarkSampler {
    people: Vec<Vec<FacePicture>>,
    all: Pool,
    closed_eyes: Pool,
    wholes: Vec<FacePicture>,
    side: usize,
    seed: u64,
}

impl LandmarkSampler {
    /// Sample from the kept squares of `people` and, for places without a face, from `wholes`.
    pub(crate) fn new(
        people: Vec<Vec<FacePicture>>,
        wholes: Vec<FacePicture>,
        side: usize,
        seed: u64,
    ) -> Self {
        let closed = |face: &FacePicture| {
            let gaps = face.landmarks.as_ref().map(lid_gaps);
            gaps.is_some_and(|[right, left]| right.midpoint(left) < CLOSED_GAP)
        };
        Self {
            all: Pool::new(&people, |_| true),
            closed_eyes: Pool::new(&people, closed),
            people,
            wholes,
            side,
            seed,
        }
    }

    /// Sample number `number`: the same for the same seed.
    pub(crate) fn sample(&self, number: u64) -> LandmarkSample {
        let mut rng =
            SmallRng::seed_from_u64(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        if !self.wholes.is_empty()
            && chance(&mut rng, FACELESS)
            && let Some(mut canvas) = self.faceless(&mut rng)
        {
            change_light(&mut canvas, &mut rng);
            return LandmarkSample {
                crop: canvas.to_bytes(),
                landmarks: None,
            };
        }
        let face = self.pick(&mut rng);
        let from = KEPT.1 as f32 * landmarks::CROP_SCALE / KEPT.0;
        let sizes = [KEPT.1 as f32, from, self.side as f32];
        let deformation = random_deformation(&mut rng, &GEOMETRY, sizes);
        let mut canvas = deformation.apply(&face.image);
        let labels = face.landmarks.expect("kept squares have landmarks");
        let moved = deformation.apply_to(&labels);
        if chance(&mut rng, STYLED) {
            change_style(&mut canvas, &mut rng);
        }
        let other = &self.pick(&mut rng).image;
        occlude_face(&mut canvas, &moved, other, &mut rng);
        change_light(&mut canvas, &mut rng);
        LandmarkSample {
            crop: canvas.to_bytes(),
            landmarks: Some(moved),
        }
    }

    fn pick(&self, rng: &mut SmallRng) -> &FacePicture {
        let wants_closed = chance(rng, CLOSED_EYES) && !self.closed_eyes.faces.is_empty();
        let pool = if wants_closed {
            &self.closed_eyes
        } else {
            &self.all
        };
        let [person, face] = pool.pick(rng);
        &self.people[person][face]
    }

    /// A square of a picture that touches no more than a corner of its face.
    fn faceless(&self, rng: &mut SmallRng) -> Option<Canvas> {
        let whole = &self.wholes[rng.random_range(0..self.wholes.len())];
        let face = whole.landmarks.as_ref().map(FaceFrame::from_landmarks);
        let shorter = whole.image.width().min(whole.image.height()) as f32;
        for _ in 0..10 {
            let size = uniform(rng, 0.1, 0.8) * shorter;
            let centre = [whole.image.width(), whole.image.height()]
                .map(|length| uniform(rng, 0.0, length as f32));
            let is_clear = face.is_none_or(|face| {
                let apart = (centre[0] - face.centre[0]).hypot(centre[1] - face.centre[1]);
                apart > 0.75 * size + 0.65 * face.size_px
            });
            if is_clear {
                return Some(square(&whole.image, centre, 1.5 * size, self.side, rng));
            }
        }
        None
    }
}

/// Faces to pick from, people in balance.
#[derive(Debug)]
struct Pool {
    /// Person and places of the faces among the person's.
    faces: Vec<(usize, Vec<usize>)>,
    /// Weights of the people, summed up.
    cumulative: Vec<f32>,
}

impl Pool {
    fn new(people: &[Vec<FacePicture>], belongs: impl Fn(&FacePicture) -> bool) -> Self {
        let mut faces = Vec::new();
        let mut cumulative = Vec::new();
        let mut total = 0.0;
        for (person, pictures) in people.iter().enumerate() {
            let places = (0..pictures.len()).filter(|place| belongs(&pictures[*place]));
            let places: Vec<usize> = places.collect();
            if places.is_empty() {
                continue;
            }
            // a person with a hundred frames is seen six times as often as one with a single
            total += (places.len() as f32).powf(0.4);
            cumulative.push(total);
            faces.push((person, places));
        }
        Self { faces, cumulative }
    }

    /// Person and place of a face.
    fn pick(&self, rng: &mut SmallRng) -> [usize; 2] {
        let total = self.cumulative.last().copied().unwrap_or(0.0);
        let goal = uniform(rng, 0.0, total);
        let sums = &self.cumulative;
        let found = sums.partition_point(|&sum| sum < goal);
        let (person, places) = &self.faces[found.min(self.faces.len() - 1)];
        [*person, places[rng.random_range(0..places.len())]]
    }
}

/// Gap of the lids of the right and the left eye, in widths of the eye.
fn lid_gaps(landmarks: &Landmarks) -> [f32; 2] {
    let points = &landmarks.points;
    let apart = |[a, b]: [usize; 2]| {
        let [x, y] = [0, 1].map(|axis| points[a][axis] - points[b][axis]);
        x.hypot(y)
    };
    [36, 42].map(|eye| {
        let lids = apart([eye + 1, eye + 5]).midpoint(apart([eye + 2, eye + 4]));
        lids / apart([eye, eye + 3]).max(1e-3)
    })
}

fn square(image: &Image, centre: [f32; 2], width: f32, side: usize, rng: &mut SmallRng) -> Canvas {
    let frame = FaceFrame {
        centre,
        size_px: width,
        roll: uniform(rng, -0.5, 0.5),
    };
    let map = frame.square_to_picture(1.0, side as u32);
    let cut = landmarks::cut_crop(image, &map, side as u32);
    let mut canvas = Canvas::filled(side, [0.0; 3]);
    for (value, &byte) in canvas.rgb_mut().iter_mut().zip(cut.rgb()) {
        *value = f32::from(byte);
    }
    canvas
}

/// Stack samples: crops `[batch, 3, side, side]`, and targets.
pub(crate) fn stack(samples: &[LandmarkSample], side: usize) -> (Tensor, LandmarkTargets) {
    let (batch, side) = (samples.len() as i64, side as i64);
    let bytes: Vec<u8> = samples
        .iter()
        .flat_map(|sample| sample.crop.iter().copied())
        .collect();
    let crops = Tensor::from_slice(&bytes).view([batch, side, side, 3]);
    let empty = Landmarks {
        points: [[0.0; 2]; POINTS],
    };
    let points: Vec<f32> = samples
        .iter()
        .flat_map(|sample| {
            sample
                .landmarks
                .unwrap_or(empty)
                .points
                .into_iter()
                .flatten()
        })
        .collect();
    let presence: Vec<f32> = samples
        .iter()
        .map(|sample| f32::from(u8::from(sample.landmarks.is_some())))
        .collect();
    let targets = LandmarkTargets {
        points: Tensor::from_slice(&points).view([batch, POINTS as i64, 2]),
        presence: Tensor::from_slice(&presence)
            .view([batch, 1])
            .to_kind(Kind::Float),
    };
    (networks::pixels::to_image_tensor(&crops), targets)
}
