//! The eyeball under the lids: the iris shifted as the eye looks aside, the white behind it.

use crate::softness::smooth_step;
use crate::warp::eye_white::EyeWhite;
use crate::warp::profile::{CornerFrame, Profile};
use crate::warp::texture::{Colour, Texture, brightness, mix};

/// Radius of an iris in units of the head: 5.9 mm where outer eye corners are 90 mm apart.
const IRIS_RADIUS: f32 = 0.0655;
/// Radii that are tried around it, as shares.
const RADII: [f32; 8] = [0.82, 0.89, 0.96, 1.03, 1.10, 1.17, 1.24, 1.31];
/// Steps from the found pupil that are tried for the middle of the iris, in eye widths.
const MIDDLES: [f32; 5] = [-0.05, -0.025, 0.0, 0.025, 0.05];
/// Least step from iris to white, in levels, that is trusted.
const CLEAR_STEP: f32 = 12.0;
/// Rim of the eye, in eye widths, whose lashes and shadow belong to the lids.
const RIM: f32 = 0.045;
/// How dark the white is where the upper and the lower lid begin.
const LID_SHADOWS: [f32; 2] = [0.45, 0.22];
/// Around the iris, in its radii, nothing counts as white.
const IRIS_RIM: f32 = 1.20;

/// One eye of the source as seen behind its lids.
#[derive(Debug, Clone)]
pub(crate) struct Eyeball {
    shape: BallShape,
    white: EyeWhite,
    iris_colour: Colour,
}

/// A place of the eyeball in one frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BallPlace {
    /// In the frame's coordinates.
    pub(crate) place: [f32; 2],
    /// How far the iris has moved.
    pub(crate) step: [f32; 2],
    /// Depth below the upper lid and above the lower one, as they are now.
    pub(crate) depths: [f32; 2],
    /// How far the lids have left their place, from 0 to 1: then the rim's shadow is not the
    /// ball's.
    pub(crate) lids_moved: f32,
}

/// Where lids and iris of the source lie, in the frame's coordinates.
#[derive(Debug, Clone)]
struct BallShape {
    frame: CornerFrame,
    upper: Profile,
    lower: Profile,
    iris: [f32; 2],
    radius: f32,
}

impl BallShape {
    /// Whether a place lies between the lids, at least `margin` pixels from them.
    fn is_seen(&self, [along, below]: [f32; 2], margin: f32) -> bool {
        below > self.upper.at(along) + margin && below < self.lower.at(along) - margin
    }

    /// 1 where the source shows eyeball, 0 on the rim and behind the lids.
    fn shown(&self, [along, below]: [f32; 2]) -> f32 {
        let rim = RIM * self.frame.width;
        let depth = (below - self.upper.at(along)).min(self.lower.at(along) - below);
        smooth_step(0.25 * rim, rim, depth)
    }

    fn distance_to_iris(&self, place: [f32; 2]) -> f32 {
        (place[0] - self.iris[0]).hypot(place[1] - self.iris[1])
    }

    fn look(&self, texture: &Texture, place: [f32; 2]) -> Colour {
        texture.sample(self.frame.to_picture(place))
    }

    /// Put middle and radius of the iris where the step from dark to bright around it is strongest.
    fn settle_iris(&mut self, texture: &Texture) {
        let [usual, pupil] = [self.radius, self.frame.width].map(|v| v.max(1.0));
        let middle = self.iris;
        let mut best = (CLEAR_STEP, middle, usual);
        for across in MIDDLES {
            for down in [-0.025, 0.0, 0.025] {
                for share in RADII {
                    let found = [middle[0] + across * pupil, middle[1] + down * pupil];
                    let step = self.step_around(texture, found, share * usual);
                    // Near the found pupil a weaker step will do.
                    let step = step * (1.0 - 2.0 * across.abs() - 2.0 * f32::abs(down));
                    if step > best.0 {
                        best = (step, found, share * usual);
                    }
                }
            }
        }
        (_, self.iris, self.radius) = best;
    }

    /// Mean step of brightness across a circle, on both sides of the iris; 0 where too little of it
    /// is seen.
    fn step_around(&self, texture: &Texture, middle: [f32; 2], radius: f32) -> f32 {
        let mut sides = [(0.0_f32, 0.0_f32); 2];
        for degrees in (-40..=40).step_by(10) {
            let (sin, cos) = (degrees as f32).to_radians().sin_cos();
            for (side, (sum, count)) in [-1.0, 1.0].into_iter().zip(&mut sides) {
                let at = |r: f32| [middle[0] + side * r * cos, middle[1] + r * sin];
                let [inside, outside] = [at(0.86 * radius), at(1.14 * radius)];
                if self.is_seen(inside, 1.0) && self.is_seen(outside, 1.0) {
                    *sum += brightness(self.look(texture, outside))
                        - brightness(self.look(texture, inside));
                    *count += 1.0;
                }
            }
        }
        let [(right, rights), (left, lefts)] = sides;
        if rights < 2.0 || lefts < 2.0 {
            return 0.0;
        }
        (right / rights).min(left / lefts)
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
        let mut shape = BallShape {
            frame,
            upper: upper.clone(),
            lower: lower.clone(),
            iris: frame.to_local(pupil),
            radius: IRIS_RADIUS * head_scale,
        };
        shape.settle_iris(texture);
        Self {
            white: white_of(&shape, texture),
            iris_colour: iris_colour(&shape, texture),
            shape,
        }
    }

    /// Colour of the white at the middle of the eye.
    pub(crate) fn white(&self) -> Colour {
        self.white.at([0.0, 0.0])
    }

    /// Colour of the eyeball at a place; `seen` is what the source shows there.
    pub(crate) fn colour(&self, texture: &Texture, at: &BallPlace, seen: Colour) -> Colour {
        let moved = self.composed(texture, at);
        // What the composition misses at rest is kept, and fades as the eye looks away.
        let away = smooth_step(0.0, 0.5 * self.shape.radius, at.step[0].hypot(at.step[1]));
        let kept = (1.0 - away) * (1.0 - self.rim(at));
        if kept <= 0.0 {
            return moved;
        }
        let rest = BallPlace {
            step: [0.0; 2],
            ..*at
        };
        let at_rest = self.composed(texture, &rest);
        [0, 1, 2, 3].map(|c| (moved[c] + kept * (seen[c] - at_rest[c])).clamp(0.0, 255.0))
    }

    fn composed(&self, texture: &Texture, at: &BallPlace) -> Colour {
        let shape = &self.shape;
        let radius = shape.radius;
        let place = at.place;
        let old = shape.distance_to_iris(place);
        let hidden = 1.0 - smooth_step(1.02 * radius, IRIS_RIM * radius, old);
        let covered = hidden.max(self.rim(at));
        let white = match covered {
            0.0 => shape.look(texture, place),
            1.0 => self.filled(at),
            _ => mix(shape.look(texture, place), self.filled(at), covered),
        };
        let before = [place[0] - at.step[0], place[1] - at.step[1]];
        let disc = 1.0 - smooth_step(0.96 * radius, 1.10 * radius, shape.distance_to_iris(before));
        if disc <= 0.0 {
            return white;
        }
        mix(white, self.iris_at(texture, before), disc)
    }

    /// How far a place belongs to the lids' old place, which shows no eyeball.
    fn rim(&self, at: &BallPlace) -> f32 {
        at.lids_moved * (1.0 - self.shape.shown(at.place))
    }

    /// The continued white, in the shadow of the lids.
    fn filled(&self, at: &BallPlace) -> Colour {
        let width = self.shape.frame.width;
        let [above, below] = at.depths;
        let upper = 1.0 - smooth_step(0.0, 0.16 * width, above);
        let lower = 1.0 - smooth_step(0.0, 0.07 * width, below);
        let light = (1.0 - LID_SHADOWS[0] * upper) * (1.0 - LID_SHADOWS[1] * lower);
        let [red, green, blue, alpha] = self.white.at(at.place);
        [red * light, green * light, blue * light, alpha]
    }

    /// The iris where the source shows it, else the same distance from its middle on another side.
    fn iris_at(&self, texture: &Texture, place: [f32; 2]) -> Colour {
        let shape = &self.shape;
        let shown = shape.shown(place);
        if shown >= 1.0 {
            return shape.look(texture, place);
        }
        let [dx, dy] = [place[0] - shape.iris[0], place[1] - shape.iris[1]];
        let mirrored = [[dx, -dy], [-dx, -dy], [dy, dx], [-dy, dx]]
            .map(|[x, y]| [shape.iris[0] + x, shape.iris[1] + y]);
        let other = mirrored.into_iter().find(|place| shape.shown(*place) > 0.5);
        let filled = other.map_or(self.iris_colour, |place| shape.look(texture, place));
        if shown <= 0.0 {
            return filled;
        }
        mix(filled, shape.look(texture, place), shown)
    }
}

fn white_of(shape: &BallShape, texture: &Texture) -> EyeWhite {
    let half = shape.frame.width / 2.0;
    let [top, bottom] = [shape.upper.range()[0], shape.lower.range()[1]];
    let extra = 0.4 * (bottom - top);
    let seen = |place: [f32; 2]| {
        let is_white =
            shape.shown(place) >= 1.0 && shape.distance_to_iris(place) > IRIS_RIM * shape.radius;
        is_white.then(|| shape.look(texture, place))
    };
    let guess = |brightest: Option<Colour>| {
        let skin = shape.look(texture, [0.0, bottom + 0.08 * shape.frame.width]);
        let pale = mix(skin, [225.0, 222.0, 218.0, 255.0], 0.35);
        brightest
            .filter(|colour| brightness(*colour) > brightness(pale))
            .unwrap_or(pale)
    };
    EyeWhite::new(half, [top - extra, bottom + extra], seen, guess)
}

/// Mean colour of the visible iris, halfway out.
fn iris_colour(shape: &BallShape, texture: &Texture) -> Colour {
    let mut sum = [0.0; 4];
    let mut count = 0.0_f32;
    for step in 0..24 {
        let (sin, cos) = (step as f32 * std::f32::consts::TAU / 24.0).sin_cos();
        let radius = 0.7 * shape.radius;
        let place = [shape.iris[0] + radius * cos, shape.iris[1] + radius * sin];
        if shape.is_seen(place, 0.5) {
            let colour = shape.look(texture, place);
            (0..4).for_each(|c| sum[c] += colour[c]);
            count += 1.0;
        }
    }
    if count == 0.0 {
        return shape.look(texture, shape.iris);
    }
    sum.map(|value| value / count)
}
