//! The eyeball under the lids: the iris shifted as the eye looks aside, the white filled in behind.

use crate::linear_system::solve;
use crate::softness::smooth_step;
use crate::warp::profile::{CornerFrame, Profile};
use crate::warp::texture::{Colour, Texture, brightness, mix};

/// Radius of an iris in units of the head: 5.9 mm where outer eye corners are 90 mm apart.
const IRIS_RADIUS: f32 = 0.0655;
/// Radii that are tried around it, as shares.
const RADII: [f32; 9] = [0.80, 0.86, 0.92, 0.98, 1.04, 1.10, 1.16, 1.22, 1.28];
/// Rim of the eye, in eye widths, whose lashes and shadow belong to the lids.
const RIM: f32 = 0.045;
/// Fewest pixels of white that its colours are fitted to.
const FEWEST_WHITE: usize = 12;

/// One eye of the source as seen behind its lids.
#[derive(Debug, Clone)]
pub(crate) struct Eyeball {
    frame: CornerFrame,
    upper: Profile,
    lower: Profile,
    /// Middle of the iris in the frame's coordinates.
    iris: [f32; 2],
    radius: f32,
    white: WhiteModel,
    iris_colour: Colour,
}

/// Colours of the white: constant, slope along and slope below, for each channel.
#[derive(Debug, Clone, Copy)]
struct WhiteModel {
    terms: [Colour; 3],
    darkest: Colour,
    brightest: Colour,
}

impl WhiteModel {
    fn at(&self, [along, below]: [f32; 2]) -> Colour {
        [0, 1, 2, 3].map(|c| {
            let [constant, across, down] = [0, 1, 2].map(|term| self.terms[term][c]);
            let value = constant + across * along + down * below;
            value.clamp(self.darkest[c], self.brightest[c])
        })
    }
}

impl Eyeball {
    pub(crate) fn new(
        texture: &Texture,
        frame: CornerFrame,
        [upper, lower]: [&Profile; 2],
        pupil: [f32; 2],
        head_scale: f32,
    ) -> Self {
        let iris = frame.to_local(pupil);
        let mut eye = Self {
            frame,
            upper: upper.clone(),
            lower: lower.clone(),
            iris,
            radius: IRIS_RADIUS * head_scale,
            white: WhiteModel {
                terms: [[0.0; 4]; 3],
                darkest: [0.0; 4],
                brightest: [255.0; 4],
            },
            iris_colour: [40.0, 30.0, 25.0, 255.0],
        };
        eye.radius = eye.find_radius(texture);
        eye.iris_colour = eye.find_iris_colour(texture);
        eye.white = eye.fit_white(texture);
        eye
    }

    /// Colour of the white beside the iris.
    pub(crate) fn white(&self) -> Colour {
        self.white.at(self.iris)
    }

    /// Whether a place lies between the lids, at least `margin` pixels from them.
    fn is_seen(&self, [along, below]: [f32; 2], margin: f32) -> bool {
        below > self.upper.at(along) + margin && below < self.lower.at(along) - margin
    }

    fn look(&self, texture: &Texture, place: [f32; 2]) -> Colour {
        texture.sample(self.frame.to_picture(place))
    }

    /// The radius with the strongest step from dark to bright on both sides of the iris.
    fn find_radius(&self, texture: &Texture) -> f32 {
        let usual = self.radius;
        let step = |radius: f32| {
            let mut sum = 0.0;
            let mut count = 0.0;
            for degrees in (-40..=40).step_by(8) {
                let (sin, cos) = (degrees as f32).to_radians().sin_cos();
                for side in [-1.0, 1.0] {
                    let at = |r: f32| [self.iris[0] + side * r * cos, self.iris[1] + r * sin];
                    let [inside, outside] = [at(0.88 * radius), at(1.12 * radius)];
                    if self.is_seen(inside, 1.0) && self.is_seen(outside, 1.0) {
                        sum += brightness(self.look(texture, outside))
                            - brightness(self.look(texture, inside));
                        count += 1.0;
                    }
                }
            }
            if count < 4.0 { 0.0 } else { sum / count }
        };
        let best = RADII
            .map(|share| (step(share * usual), share * usual))
            .into_iter()
            .fold(
                (8.0, usual),
                |best, found| if found.0 > best.0 { found } else { best },
            );
        best.1
    }

    fn find_iris_colour(&self, texture: &Texture) -> Colour {
        let mut sum = [0.0; 4];
        let mut count = 0.0_f32;
        for step in 0..24 {
            let (sin, cos) = (step as f32 * std::f32::consts::TAU / 24.0).sin_cos();
            let radius = 0.7 * self.radius;
            let place = [self.iris[0] + radius * cos, self.iris[1] + radius * sin];
            if self.is_seen(place, 0.5) {
                let colour = self.look(texture, place);
                (0..4).for_each(|c| sum[c] += colour[c]);
                count += 1.0;
            }
        }
        if count == 0.0 {
            return self.look(texture, self.iris);
        }
        sum.map(|value| value / count)
    }

    /// Fit a plane to the colours of the visible white.
    fn fit_white(&self, texture: &Texture) -> WhiteModel {
        let half = self.frame.width / 2.0;
        let [top, bottom] = [self.upper.range()[0], self.lower.range()[1]];
        let margin = RIM * self.frame.width;
        let mut seen: Vec<([f32; 2], Colour)> = Vec::new();
        let mut below = top;
        while below < bottom {
            let mut along = -half;
            while along < half {
                let place = [along, below];
                let from_iris = (along - self.iris[0]).hypot(below - self.iris[1]);
                if self.is_seen(place, margin) && from_iris > 1.18 * self.radius {
                    seen.push((place, self.look(texture, place)));
                }
                along += 1.0;
            }
            below += 1.0;
        }
        self.plane_through(&seen)
            .unwrap_or_else(|| self.guess_white(&seen, texture))
    }

    fn plane_through(&self, seen: &[([f32; 2], Colour)]) -> Option<WhiteModel> {
        if seen.len() < FEWEST_WHITE {
            return None;
        }
        let mut matrix = [0.0_f64; 9];
        let mut right = [0.0_f64; 12];
        let unit = f64::from(self.frame.width);
        for ([along, below], colour) in seen {
            let basis = [1.0, f64::from(*along) / unit, f64::from(*below) / unit];
            for row in 0..3 {
                for column in 0..3 {
                    matrix[row * 3 + column] += basis[row] * basis[column];
                }
                for channel in 0..4 {
                    right[row * 4 + channel] += basis[row] * f64::from(colour[channel]);
                }
            }
        }
        // Slopes are small unless many pixels say otherwise.
        matrix[4] += 0.02 * seen.len() as f64;
        matrix[8] += 0.05 * seen.len() as f64;
        solve(&mut matrix, &mut right, 4)?;
        let term = |row: usize, per: f64| [0, 1, 2, 3].map(|c| (right[row * 4 + c] / per) as f32);
        let extreme = |pick: fn(f32, f32) -> f32, start: f32| {
            [0, 1, 2, 3].map(|c| seen.iter().map(|(_, colour)| colour[c]).fold(start, pick))
        };
        Some(WhiteModel {
            terms: [term(0, 1.0), term(1, unit), term(2, unit)],
            darkest: extreme(f32::min, 255.0),
            brightest: extreme(f32::max, 0.0),
        })
    }

    /// Without enough white to fit: the brightest pixel there is, or a light grey of the iris.
    fn guess_white(&self, seen: &[([f32; 2], Colour)], texture: &Texture) -> WhiteModel {
        let corner = self.look(
            texture,
            [0.0, self.lower.range()[1] + 0.08 * self.frame.width],
        );
        let brightest = seen.iter().map(|(_, colour)| *colour).fold(
            mix(corner, [225.0, 222.0, 218.0, 255.0], 0.35),
            |best, colour| {
                if brightness(colour) > brightness(best) {
                    colour
                } else {
                    best
                }
            },
        );
        WhiteModel {
            terms: [brightest, [0.0; 4], [0.0; 4]],
            darkest: [0.0; 4],
            brightest: [255.0; 4],
        }
    }

    /// Colour of the eyeball at a place (in the frame's coordinates) when the iris has moved by
    /// `step`; `seen` is what the source shows there.
    pub(crate) fn colour(
        &self,
        texture: &Texture,
        place: [f32; 2],
        step: [f32; 2],
        seen: Colour,
    ) -> Colour {
        let moved = self.composed(texture, place, step);
        // What the model misses at rest is kept, and fades as the eye looks away.
        let at_rest = self.composed(texture, place, [0.0; 2]);
        let away = smooth_step(0.0, 0.5 * self.radius, step[0].hypot(step[1]));
        let kept = (1.0 - away) * self.shown(place);
        [0, 1, 2, 3].map(|c| (moved[c] + kept * (seen[c] - at_rest[c])).clamp(0.0, 255.0))
    }

    /// 1 where the source shows eyeball, 0 on the rim and behind the lids.
    fn shown(&self, [along, below]: [f32; 2]) -> f32 {
        let rim = RIM * self.frame.width;
        let depth = (below - self.upper.at(along)).min(self.lower.at(along) - below);
        smooth_step(0.25 * rim, rim, depth)
    }

    fn composed(&self, texture: &Texture, place: [f32; 2], step: [f32; 2]) -> Colour {
        let from_iris = |middle: [f32; 2]| (place[0] - middle[0]).hypot(place[1] - middle[1]);
        let old = from_iris(self.iris);
        let hidden = 1.0 - smooth_step(1.02 * self.radius, 1.18 * self.radius, old);
        let covered = hidden.max(1.0 - self.shown(place));
        let white = if covered >= 1.0 {
            self.white.at(place)
        } else {
            mix(self.look(texture, place), self.white.at(place), covered)
        };
        let new = from_iris([self.iris[0] + step[0], self.iris[1] + step[1]]);
        let disc = 1.0 - smooth_step(0.96 * self.radius, 1.08 * self.radius, new);
        if disc <= 0.0 {
            return white;
        }
        let before = [place[0] - step[0], place[1] - step[1]];
        mix(white, self.iris_at(texture, before), disc)
    }

    /// The iris where the source shows it, else the same distance from its middle on another side.
    fn iris_at(&self, texture: &Texture, place: [f32; 2]) -> Colour {
        let [dx, dy] = [place[0] - self.iris[0], place[1] - self.iris[1]];
        let shown = self.shown(place);
        if shown >= 1.0 {
            return self.look(texture, place);
        }
        let mirrored = [[dx, -dy], [-dx, -dy], [dy, dx], [-dy, dx]]
            .map(|[x, y]| [self.iris[0] + x, self.iris[1] + y]);
        let other = mirrored.into_iter().find(|place| self.shown(*place) > 0.5);
        let filled = other.map_or(self.iris_colour, |place| self.look(texture, place));
        if shown <= 0.0 {
            return filled;
        }
        mix(filled, self.look(texture, place), shown)
    }
}
