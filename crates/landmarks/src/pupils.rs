//! Pupils put where the picture shows them.
//!
//! A network that has seen few eyes look aside places pupils too near to the middle of the eye. The
//! iris is a dark disc of known size in a brighter eye: the place near the network's guess where
//! that fits best, in both eyes together, is looked for.

use media::Image;

use crate::points::{LEFT_PUPIL, Landmarks, RIGHT_PUPIL};

/// Radius of an iris in units of the head: 5.9 mm where outer eye corners are 90 mm apart.
const IRIS_RADIUS: f32 = 0.0655;
/// Where the border of the iris is looked for, inside and outside, in its radii.
const BORDER: [f32; 2] = [0.82, 1.18];
/// Distance from the lids, in eye widths, from which a place shows the eye.
const LID_MARGIN: f32 = 0.02;
/// Places of the border that count as seen although they are not: a border seen at few places says
/// little.
const UNSEEN: f32 = 3.0;
/// Farthest from the network's guess, along the eye and square to it, in eye widths.
const REACH: [f32; 2] = [0.32, 0.12];
/// How far from the network's guess pupils are as a rule, in the same unit.
const USUAL: [f32; 2] = [0.30, 0.06];
/// Places that are tried along each direction.
const TRIED: [usize; 2] = [27, 7];
/// How much one eye listens to the other.
const TOGETHER: f32 = 0.3;
/// How much better the best place must fit to count alone.
const SHARPNESS: f32 = 12.0;
/// Opening, in eye widths, below which an eye is closed, and twice which it is trusted.
const CLOSED: f32 = 0.07;
/// Columns and rows of the sampled eye, and its half width and half height in eye widths.
const SAMPLES: [usize; 2] = [72, 48];
const HALVES: [f32; 2] = [0.60, 0.40];
/// Least contrast within an eye, in levels.
const LEAST_CONTRAST: f32 = 8.0;

/// Points of an eye: corners, upper lid, lower lid, each from the left, and the pupil.
type EyeIndices = ([usize; 2], [usize; 2], [usize; 2], usize);

const EYES: [EyeIndices; 2] = [
    ([36, 39], [37, 38], [41, 40], RIGHT_PUPIL),
    ([42, 45], [43, 44], [47, 46], LEFT_PUPIL),
];

/// Move the pupils onto the irises that the picture shows; closed eyes and eyes without contrast stay
/// as they are.
pub(crate) fn settle_pupils(picture: &Image, landmarks: &mut Landmarks) {
    let eyes = EYES.map(|indices| Eye::new(picture, landmarks, indices));
    let fits = eyes.each_ref().map(|eye| eye.as_ref().map(Eye::fits));
    for side in 0..2 {
        let (Some(eye), Some(own)) = (&eyes[side], &fits[side]) else {
            continue;
        };
        let step = match &fits[1 - side] {
            Some(other) => best_step(
                own.iter()
                    .zip(other)
                    .map(|(own, other)| own + TOGETHER * (other - own)),
            ),
            None => best_step(own.iter().copied()),
        };
        let pupil = EYES[side].3;
        let moved = eye.to_picture([0, 1].map(|axis| eye.pupil[axis] + step[axis]));
        for (now, moved) in landmarks.points[pupil].iter_mut().zip(moved) {
            *now += eye.trust * (moved - *now);
        }
    }
}

/// Steps that are tried, in eye widths.
fn tried() -> impl Iterator<Item = [f32; 2]> {
    let at = |axis: usize, index: usize| {
        REACH[axis] * (2.0 * index as f32 / (TRIED[axis] - 1) as f32 - 1.0)
    };
    (0..TRIED[1]).flat_map(move |row| (0..TRIED[0]).map(move |column| [at(0, column), at(1, row)]))
}

/// Mean of the tried steps, each weighted by how well it fits and how usual it is.
fn best_step(fits: impl Iterator<Item = f32>) -> [f32; 2] {
    let usual =
        |[along, below]: [f32; 2]| ((along / USUAL[0]).powi(2) + (below / USUAL[1]).powi(2)) / 2.0;
    let scores: Vec<f32> = fits
        .zip(tried())
        .map(|(fit, step)| fit - usual(step))
        .collect();
    let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut whole) = ([0.0; 2], 0.0);
    for (score, step) in scores.iter().zip(tried()) {
        let weight = (SHARPNESS * (score - best)).exp();
        whole += weight;
        (0..2).for_each(|axis| sum[axis] += weight * step[axis]);
    }
    sum.map(|value| value / whole)
}

/// An eye as the picture shows it, in eye widths from the middle between its corners: along the line
/// between them and below it.
struct Eye {
    middle: [f32; 2],
    /// One eye width along the line, pixels.
    along: [f32; 2],
    /// Depths of the lids at the corners and two places between, with their places along the line.
    lids: [[[f32; 2]; 4]; 2],
    pupil: [f32; 2],
    radius: f32,
    /// 0 closed, 1 open.
    trust: f32,
    brightness: Vec<f32>,
    /// Bright and dark levels within the eye.
    bright: f32,
    contrast: f32,
}

impl Eye {
    /// Look at an eye; `None` where it is closed, tiny or even in colour.
    fn new(picture: &Image, landmarks: &Landmarks, indices: EyeIndices) -> Option<Self> {
        let ([left, right], upper, lower, pupil) = indices;
        let [from, to] = [left, right].map(|index| landmarks.points[index]);
        let along = [to[0] - from[0], to[1] - from[1]];
        let width = along[0].hypot(along[1]);
        let head = head_size(landmarks);
        if !(width >= 6.0 && head.is_finite()) {
            return None;
        }
        let mut eye = Self {
            middle: [(from[0] + to[0]) / 2.0, (from[1] + to[1]) / 2.0],
            along,
            lids: [[[-0.5, 0.0], [0.0; 2], [0.0; 2], [0.5, 0.0]]; 2],
            pupil: [0.0; 2],
            radius: IRIS_RADIUS * head / width,
            trust: 1.0,
            brightness: Vec::new(),
            bright: 0.0,
            contrast: 0.0,
        };
        for (lid, points) in [upper, lower].into_iter().enumerate() {
            for (place, index) in points.into_iter().enumerate() {
                eye.lids[lid][1 + place] = eye.to_eye(landmarks.points[index]);
            }
        }
        eye.pupil = eye.to_eye(landmarks.points[pupil]);
        let opening = eye.lid(1, 0.0) - eye.lid(0, 0.0);
        eye.trust = ((opening - CLOSED) / CLOSED).clamp(0.0, 1.0);
        if eye.trust == 0.0 {
            return None;
        }
        eye.look(picture)?;
        Some(eye)
    }

    fn to_eye(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [x, y] = [x - self.middle[0], y - self.middle[1]];
        let [a, b] = self.along;
        let square = a * a + b * b;
        [(x * a + y * b) / square, (y * a - x * b) / square]
    }

    fn to_picture(&self, [along, below]: [f32; 2]) -> [f32; 2] {
        let [a, b] = self.along;
        [
            self.middle[0] + along * a - below * b,
            self.middle[1] + along * b + below * a,
        ]
    }

    /// Depth of the upper (0) or lower (1) lid.
    fn lid(&self, lid: usize, along: f32) -> f32 {
        let knots = &self.lids[lid];
        for pair in knots.windows(2) {
            let [[from, start], [to, end]] = [pair[0], pair[1]];
            if along <= to {
                let share = ((along - from) / (to - from).max(1e-3)).clamp(0.0, 1.0);
                return start + share * (end - start);
            }
        }
        0.0
    }

    /// Whether a place lies between the lids, at least `margin` from them.
    fn shows(&self, [along, below]: [f32; 2], margin: f32) -> bool {
        along.abs() < 0.5
            && below > self.lid(0, along) + margin
            && below < self.lid(1, along) - margin
    }

    /// Sample the eye; `None` without contrast.
    fn look(&mut self, picture: &Image) -> Option<()> {
        let mut inside = Vec::new();
        for row in 0..SAMPLES[1] {
            for column in 0..SAMPLES[0] {
                let place = [[0, column], [1, row]].map(|[axis, index]| {
                    HALVES[axis] * (2.0 * index as f32 / (SAMPLES[axis] - 1) as f32 - 1.0)
                });
                let value = brightness(picture, self.to_picture(place));
                self.brightness.push(value);
                if self.shows(place, LID_MARGIN) {
                    inside.push(value);
                }
            }
        }
        if inside.len() < 20 {
            return None;
        }
        inside.sort_by(f32::total_cmp);
        let dark = inside[inside.len() / 10];
        self.bright = inside[inside.len() * 9 / 10];
        self.contrast = (self.bright - dark).max(LEAST_CONTRAST);
        Some(())
    }

    fn value(&self, place: [f32; 2]) -> f32 {
        let [column, row] = [0, 1].map(|axis| {
            let last = (SAMPLES[axis] - 1) as f32;
            ((place[axis] / HALVES[axis] + 1.0) / 2.0 * last).clamp(0.0, last - 1e-3)
        });
        let at = |x: usize, y: usize| self.brightness[y * SAMPLES[0] + x];
        let [x, y] = [column as usize, row as usize];
        let [right, below] = [column - x as f32, row - y as f32];
        let over = at(x, y) + right * (at(x + 1, y) - at(x, y));
        let under = at(x, y + 1) + right * (at(x + 1, y + 1) - at(x, y + 1));
        over + below * (under - over)
    }

    /// How well each tried step of the pupil fits.
    fn fits(&self) -> Vec<f32> {
        let middle = |step: [f32; 2]| [self.pupil[0] + step[0], self.pupil[1] + step[1]];
        tried().map(|step| self.fit(middle(step))).collect()
    }

    /// Step of brightness over the sides of the iris plus the darkness within it, shares of the
    /// contrast.
    fn fit(&self, [along, below]: [f32; 2]) -> f32 {
        let mut steps = 0.0;
        for side in [-1.0, 1.0] {
            let (mut sum, mut seen) = (0.0, UNSEEN);
            for degrees in (-50..=50).step_by(10) {
                let (sin, cos) = (degrees as f32).to_radians().sin_cos();
                let [inside, outside] = BORDER.map(|radii| {
                    let radius = radii * self.radius;
                    [along + side * radius * cos, below + radius * sin]
                });
                if self.shows(inside, LID_MARGIN) && self.shows(outside, LID_MARGIN) {
                    sum += self.value(outside) - self.value(inside);
                    seen += 1.0;
                }
            }
            steps += sum / seen;
        }
        let mut dark = 0.0;
        let mut places = 0.0_f32;
        for ring in [0.0_f32, 0.35, 0.70] {
            for degrees in (0..360).step_by(if ring == 0.0 { 360 } else { 45 }) {
                let (sin, cos) = (degrees as f32).to_radians().sin_cos();
                let radius = ring * self.radius;
                let place = [along + radius * cos, below + radius * sin];
                places += 1.0;
                if self.shows(place, 0.0) {
                    dark += self.bright - self.value(place);
                }
            }
        }
        (steps + dark / places) / self.contrast
    }
}

/// Distance of the outer eye corners, or about that where the head is turned.
fn head_size(landmarks: &Landmarks) -> f32 {
    let [bridge, chin] = [landmarks.points[27], landmarks.points[8]];
    let height = (bridge[0] - chin[0]).hypot(bridge[1] - chin[1]);
    landmarks.inter_ocular_px().max(height / 1.375)
}

/// Brightness between pixels, 0 to 255; red counts most, in which irises of all colours are dark and
/// the white is bright. The border goes on.
fn brightness(picture: &Image, [x, y]: [f32; 2]) -> f32 {
    let last = [picture.width() - 1, picture.height() - 1];
    let [x, y] = [
        x.max(0.0).min(last[0] as f32),
        y.max(0.0).min(last[1] as f32),
    ];
    let [left, top] = [x as u32, y as u32];
    let [right, bottom] = [(left + 1).min(last[0]), (top + 1).min(last[1])];
    let at = |x: u32, y: u32| {
        let [red, green, _] = picture.pixel(x, y).map(f32::from);
        0.7 * red + 0.3 * green
    };
    let [beside, below] = [x - left as f32, y - top as f32];
    let over = at(left, top) + beside * (at(right, top) - at(left, top));
    let under = at(left, bottom) + beside * (at(right, bottom) - at(left, bottom));
    over + below * (under - over)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::DrawnHead;

    const SIDE_PX: u32 = 320;

    /// A drawn head that looks aside by so much, and its true points.
    fn drawn(gaze: f32) -> (Image, Landmarks) {
        let mut head = DrawnHead::frontal(SIDE_PX);
        head.gaze = [gaze, 0.0];
        let points = head.points();
        (
            Image::from_rgb(SIDE_PX, SIDE_PX, head.draw()),
            Landmarks { points },
        )
    }

    #[test]
    fn a_pupil_guessed_in_the_middle_is_put_on_the_iris_that_looks_aside() {
        for gaze in [-0.6, 0.6] {
            let (picture, truth) = drawn(gaze);
            let (_, ahead) = drawn(0.0);
            let mut found = truth;
            for pupil in [RIGHT_PUPIL, LEFT_PUPIL] {
                found.points[pupil] = ahead.points[pupil];
            }
            settle_pupils(&picture, &mut found);
            for pupil in [RIGHT_PUPIL, LEFT_PUPIL] {
                let [off, was] = [found, ahead].map(|face| {
                    let [x, y] = face.points[pupil];
                    let [true_x, true_y] = truth.points[pupil];
                    (x - true_x).hypot(y - true_y)
                });
                // drawn eyes are darker at their corners than most
                assert!(off < 0.7 * was, "{gaze}: {off} of {was}");
            }
        }
    }

    #[test]
    fn a_pupil_on_its_iris_stays_and_so_does_that_of_a_closed_eye() {
        let (picture, truth) = drawn(0.0);
        let mut found = truth;
        settle_pupils(&picture, &mut found);
        let off = |face: &Landmarks, pupil: usize| {
            let [x, y] = face.points[pupil];
            (x - truth.points[pupil][0]).hypot(y - truth.points[pupil][1])
        };
        for pupil in [RIGHT_PUPIL, LEFT_PUPIL] {
            assert!(off(&found, pupil) < 0.02 * truth.inter_ocular_px());
        }
        let mut shut = truth;
        for (upper, lower) in [(37, 41), (38, 40), (43, 47), (44, 46)] {
            shut.points[upper] = shut.points[lower];
        }
        let before = shut;
        settle_pupils(&picture, &mut shut);
        assert_eq!(shut, before);
    }

    #[test]
    fn points_that_are_no_face_change_nothing() {
        let (picture, truth) = drawn(0.0);
        for value in [0.0, -1e6, f32::NAN] {
            let mut none = truth.map(|_| [value, value]);
            settle_pupils(&picture, &mut none);
            assert!(
                none.points
                    .iter()
                    .flatten()
                    .all(|now| now.to_bits() == value.to_bits())
            );
        }
    }
}
