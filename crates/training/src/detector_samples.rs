//! Pictures to train the face detector on: faces of all sizes and turns on a square canvas.

use crate::sample_sheet::mark_frame;
use dataset::FacePicture;
use dataset::augmentation::{
    Canvas, chance, change_light, change_style, log_uniform, normal, uniform,
};
use landmarks::{FaceFrame, Landmarks};
use media::Image;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

/// Side of the canvas, pixels.
pub(crate) const SIDE: usize = 256;
/// Smallest and largest face drawn, pixels of the canvas.
const SIZES_PX: (f32, f32) = (13.0, 300.0);

/// One canvas and its faces.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DetectorSample {
    /// RGB bytes, row by row.
    pub(crate) picture: Vec<u8>,
    /// Faces whose centre lies on the canvas.
    pub(crate) faces: Vec<FaceFrame>,
}

impl DetectorSample {
    /// The picture with its faces marked.
    pub(crate) fn to_labelled_image(&self) -> Image {
        let mut image = Image::from_rgb(SIDE as u32, SIDE as u32, self.picture.clone());
        for face in &self.faces {
            mark_frame(&mut image, face);
        }
        image
    }
}

/// Draws samples, people in balance.
#[derive(Debug)]
pub(crate) struct DetectorSampler {
    people: Vec<Vec<FacePicture>>,
    faceless: Vec<FacePicture>,
    seed: u64,
}

impl DetectorSampler {
    /// Sample from whole pictures of `people` and from pictures without a face.
    pub(crate) fn new(
        people: Vec<Vec<FacePicture>>,
        faceless: Vec<FacePicture>,
        seed: u64,
    ) -> Self {
        Self {
            people,
            faceless,
            seed,
        }
    }

    /// Sample number `number`: the same for the same seed.
    pub(crate) fn sample(&self, number: u64) -> DetectorSample {
        let mut rng =
            SmallRng::seed_from_u64(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut sheet = Sheet::new(self.background(&mut rng));
        let whole = [0, 0, SIDE, SIDE];
        if chance(&mut rng, 0.5) {
            self.draw_background(&mut sheet, &mut rng);
        }
        if chance(&mut rng, 0.25) {
            let middle = [uniform(&mut rng, 0.3, 0.7), uniform(&mut rng, 0.3, 0.7)]
                .map(|share| (share * SIDE as f32) as usize);
            for (left, right) in [(0, middle[0]), (middle[0], SIDE)] {
                for (top, low) in [(0, middle[1]), (middle[1], SIDE)] {
                    self.draw_part(&mut sheet, [left, top, right, low], &mut rng);
                }
            }
        } else {
            self.draw_part(&mut sheet, whole, &mut rng);
        }
        if chance(&mut rng, 0.2) {
            change_style(&mut sheet.canvas, &mut rng);
        }
        change_light(&mut sheet.canvas, &mut rng);
        DetectorSample {
            picture: sheet.canvas.to_bytes(),
            faces: sheet.faces,
        }
    }

    fn background(&self, rng: &mut SmallRng) -> [f32; 3] {
        if chance(rng, 0.5) {
            [128.0; 3]
        } else {
            [0; 3].map(|_: i32| uniform(rng, 0.0, 255.0))
        }
    }

    /// Something without a face behind everything, so that small faces do not stand on plain colour.
    fn draw_background(&self, sheet: &mut Sheet, rng: &mut SmallRng) {
        let whole = [0, 0, SIDE, SIDE];
        if chance(rng, 0.5) && !self.faceless.is_empty() {
            let picture = &self.faceless[rng.random_range(0..self.faceless.len())];
            sheet.draw(
                picture,
                &self.any_placement(&picture.image, whole, rng),
                whole,
            );
            return;
        }
        let faces = &self.people[rng.random_range(0..self.people.len())];
        let mut bare = faces[rng.random_range(0..faces.len())].clone();
        let Some(landmarks) = bare.landmarks.take() else {
            return;
        };
        let frame = FaceFrame::from_landmarks(&landmarks);
        if let Some(placement) = self.beside(&bare.image, &frame, whole, rng) {
            sheet.draw(&bare, &placement, whole);
        }
    }

    /// Fill a rectangle with a picture that has a face, or with one that has none.
    fn draw_part(&self, sheet: &mut Sheet, area: [usize; 4], rng: &mut SmallRng) {
        if chance(rng, 0.2) && !self.faceless.is_empty() {
            let picture = &self.faceless[rng.random_range(0..self.faceless.len())];
            sheet.draw(
                picture,
                &self.any_placement(&picture.image, area, rng),
                area,
            );
            return;
        }
        let faces = &self.people[rng.random_range(0..self.people.len())];
        let picture = &faces[rng.random_range(0..faces.len())];
        let Some(landmarks) = &picture.landmarks else {
            return;
        };
        let frame = FaceFrame::from_landmarks(landmarks);
        if chance(rng, 0.1) {
            // beside the face: bodies, hands, hair, rooms
            let beside = self.beside(&picture.image, &frame, area, rng);
            if let Some(placement) = beside {
                let mut bare = picture.clone();
                bare.landmarks = None;
                sheet.draw(&bare, &placement, area);
                return;
            }
        }
        sheet.draw(picture, &self.placement(&frame, area, rng), area);
    }

    /// Put a face of random size and turn somewhere into the area.
    fn placement(&self, frame: &FaceFrame, area: [usize; 4], rng: &mut SmallRng) -> Placement {
        let [left, top, right, low] = area.map(|edge| edge as f32);
        let shorter = (right - left).min(low - top);
        let largest = (1.15 * shorter).min(SIZES_PX.1).min(2.2 * frame.size_px);
        let size = log_uniform(rng, SIZES_PX.0.min(largest), largest);
        let turn = match rng.random_range(0..10) {
            0..6 => normal(rng, 0.15),
            6..9 => uniform(rng, -1.0, 1.0),
            _ => uniform(rng, -std::f32::consts::PI, std::f32::consts::PI),
        };
        let margin = (0.45 * size).min(0.4 * shorter);
        let goal = [
            uniform(rng, left + margin, right - margin),
            uniform(rng, top + margin, low - margin),
        ];
        Placement {
            scale: frame.size_px / size,
            turn,
            from: frame.centre,
            goal,
            is_mirrored: chance(rng, 0.5),
        }
    }

    fn any_placement(&self, image: &Image, area: [usize; 4], rng: &mut SmallRng) -> Placement {
        let [left, top, right, low] = area.map(|edge| edge as f32);
        let longer = image.width().max(image.height()) as f32;
        let scale = longer / SIDE as f32 * log_uniform(rng, 0.3, 1.2);
        let from =
            [image.width(), image.height()].map(|length| uniform(rng, 0.2, 0.8) * length as f32);
        let goal = [(left + right) / 2.0, (top + low) / 2.0];
        Placement {
            scale,
            turn: normal(rng, 0.3),
            from,
            goal,
            is_mirrored: chance(rng, 0.5),
        }
    }

    /// A placement whose area shows the picture but not its face.
    fn beside(
        &self,
        image: &Image,
        face: &FaceFrame,
        area: [usize; 4],
        rng: &mut SmallRng,
    ) -> Option<Placement> {
        let [width, height] = [area[2] - area[0], area[3] - area[1]].map(|length| length as f32);
        let radius = 0.5 * width.hypot(height);
        for _ in 0..12 {
            let mut placement = self.any_placement(image, area, rng);
            placement.scale *= 0.4;
            let apart =
                (placement.from[0] - face.centre[0]).hypot(placement.from[1] - face.centre[1]);
            if apart > radius * placement.scale + 0.7 * face.size_px {
                return Some(placement);
            }
        }
        None
    }
}

/// Where a picture lies on the canvas.
#[derive(Debug, Clone, Copy)]
struct Placement {
    /// Picture pixels per canvas pixel.
    scale: f32,
    /// Turn of the picture, radians clockwise.
    turn: f32,
    /// Picture point that comes to lie on `goal`.
    from: [f32; 2],
    goal: [f32; 2],
    is_mirrored: bool,
}

impl Placement {
    fn to_picture(self, [x, y]: [f32; 2]) -> [f32; 2] {
        let (sin, cos) = self.turn.sin_cos();
        let [dx, dy] = [x - self.goal[0], y - self.goal[1]];
        let [u, v] = [cos * dx + sin * dy, cos * dy - sin * dx];
        let u = if self.is_mirrored { -u } else { u };
        [self.from[0] + self.scale * u, self.from[1] + self.scale * v]
    }

    fn to_canvas(self, [x, y]: [f32; 2]) -> [f32; 2] {
        let (sin, cos) = self.turn.sin_cos();
        let [u, v] = [
            (x - self.from[0]) / self.scale,
            (y - self.from[1]) / self.scale,
        ];
        let u = if self.is_mirrored { -u } else { u };
        [
            self.goal[0] + cos * u - sin * v,
            self.goal[1] + sin * u + cos * v,
        ]
    }

    fn face_on_canvas(self, landmarks: &Landmarks) -> FaceFrame {
        // the roll is a line between middles, so mirroring needs no renaming of points
        FaceFrame::from_landmarks(&landmarks.map(|point| self.to_canvas(point)))
    }
}

/// Canvas under construction.
#[derive(Debug)]
struct Sheet {
    canvas: Canvas,
    faces: Vec<FaceFrame>,
}

impl Sheet {
    fn new(background: [f32; 3]) -> Self {
        Self {
            canvas: Canvas::filled(SIDE, background),
            faces: Vec::new(),
        }
    }

    fn draw(&mut self, picture: &FacePicture, placement: &Placement, area: [usize; 4]) {
        let image = &picture.image;
        let [right, low] = [image.width() as f32 - 1.0, image.height() as f32 - 1.0];
        let samples = (placement.scale.ceil() as usize).clamp(1, 4);
        for y in area[1]..area[3] {
            for x in area[0]..area[2] {
                let [u, v] = placement.to_picture([x as f32, y as f32]);
                if u < -0.5 || v < -0.5 || u > right + 0.5 || v > low + 0.5 {
                    continue;
                }
                let mut colour = [0.0; 3];
                for sample in 0..samples * samples {
                    let step = |index: usize| (index as f32 + 0.5) / samples as f32 - 0.5;
                    let shift = [step(sample % samples), step(sample / samples)];
                    let place = placement.to_picture([x as f32 + shift[0], y as f32 + shift[1]]);
                    let near = [
                        place[0].clamp(0.0, right) as u32,
                        place[1].clamp(0.0, low) as u32,
                    ];
                    for (sum, value) in colour.iter_mut().zip(image.pixel(near[0], near[1])) {
                        *sum += f32::from(value);
                    }
                }
                self.canvas.mix(
                    x,
                    y,
                    colour.map(|sum| sum / (samples * samples) as f32),
                    1.0,
                );
            }
        }
        let Some(landmarks) = &picture.landmarks else {
            return;
        };
        let face = placement.face_on_canvas(landmarks);
        let inside = |axis: usize| {
            let [start, end] = [area[axis], area[axis + 2]].map(|edge| edge as f32);
            (start..end).contains(&face.centre[axis])
        };
        if inside(0) && inside(1) {
            self.faces.push(face);
        }
    }
}
