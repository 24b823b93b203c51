//! What an open mouth shows: the source's own inside where it has one, else a painted one with
//! teeth and tongue in colours of the source.

use landmarks::Landmarks;

use crate::softness::smooth_step;
use crate::warp::mouth::MouthLine;
use crate::warp::texture::{Colour, Texture, brightness, mix};

/// Opening of the source, in units of the head, from which its own inside is shown.
const OWN_FROM: [f32; 2] = [0.030, 0.060];
/// Share of the source's opening that hangs on the upper lip; the rest lies on the lower one.
const HANGING: f32 = 0.6;
/// Places between upper teeth, from the middle, in units of the head.
const TOOTH_EDGES: [f32; 4] = [0.0, 0.092, 0.164, 0.240];

/// The inside of the source's mouth.
#[derive(Debug, Clone)]
pub(crate) struct MouthInterior {
    rest: Option<MouthLine>,
    /// How much of the source's own inside is shown, from 0 to 1.
    own: f32,
    cavity: Colour,
    tongue: Colour,
    tooth: Colour,
    /// Pixels of the source per unit of the head.
    scale: f32,
}

/// The opening of one frame, ready to paint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening<'a> {
    pub(crate) line: &'a MouthLine,
    /// Pixels of the result per unit of the head.
    pub(crate) scale: f32,
}

impl MouthInterior {
    pub(crate) fn new(texture: &Texture, landmarks: &Landmarks, scale: f32) -> Self {
        let rest = MouthLine::new(landmarks);
        let opening = rest.as_ref().map_or(0.0, MouthLine::opening) / scale;
        let mean = |indices: &[usize]| mean_colour(texture, landmarks, indices, scale);
        let lip = mean(&[56, 57, 58, 65, 66, 67]);
        let skin = mean(&[2, 14, 29, 30, 31, 35]);
        let dark = (0.16 + 0.05 * brightness(skin) / 255.0).min(0.22);
        let light = brightness(skin).clamp(70.0, 215.0);
        let grey = [light, light, light, 255.0];
        Self {
            rest,
            own: smooth_step(OWN_FROM[0], OWN_FROM[1], opening),
            cavity: scaled(lip, dark),
            tongue: scaled(lip, 0.55),
            tooth: scaled(mix(grey, skin, 0.30), 1.04),
            scale,
        }
    }

    /// Colour of the opening at a place of the result.
    pub(crate) fn colour(&self, texture: &Texture, now: &Opening, place: [f32; 2]) -> Colour {
        let [along, below] = now.line.frame.to_local(place);
        let [top, bottom] = [now.line.upper.at(along), now.line.lower.at(along)];
        let depth = (below - top).max(0.0);
        let height = (bottom - below).max(0.0);
        let painted = if self.own < 1.0 {
            self.painted(now, along, depth, height)
        } else {
            self.cavity
        };
        match &self.rest {
            Some(rest) if self.own > 0.0 => {
                let share = along / now.line.frame.width;
                let own = self.own_inside(texture, rest, now, [share, depth, height]);
                mix(painted, own, self.own)
            }
            _ => painted,
        }
    }

    /// The source's inside: its upper part hangs on the upper lip, its lower part lies on the lower
    /// lip; between them, where the mouth is wider open than in the source, it is dark.
    fn own_inside(
        &self,
        texture: &Texture,
        rest: &MouthLine,
        now: &Opening,
        [share, depth, height]: [f32; 3],
    ) -> Colour {
        let per_pixel = self.scale / now.scale;
        let [depth, height] = [depth * per_pixel, height * per_pixel];
        let along = share * rest.frame.width;
        let [top, bottom] = [rest.upper.at(along), rest.lower.at(along)];
        let gap = (bottom - top).max(0.0);
        let wanted = depth + height;
        let hanging = HANGING * gap.min(wanted);
        let lying = (1.0 - HANGING) * gap.min(wanted);
        let look = |below: f32| texture.sample(rest.frame.to_picture([along, below]));
        let upper = look(top + depth.min(hanging));
        let lower = look(bottom - height.min(lying));
        let middle = wanted * HANGING;
        let soft = (0.10 * wanted).max(1.0);
        let seen = mix(
            upper,
            lower,
            smooth_step(middle - soft, middle + soft, depth),
        );
        let beyond = (depth - hanging).min(height - lying);
        let dark = smooth_step(0.0, 0.05 * self.scale, beyond);
        mix(seen, self.cavity, 0.85 * dark)
    }

    /// Dark cavity, tongue, a row of teeth under the upper lip and a hint of the lower ones.
    fn painted(&self, now: &Opening, along: f32, depth: f32, height: f32) -> Colour {
        let [across, depth, height] = [along, depth, height].map(|px| px / now.scale);
        let gap = depth + height;
        let half = now.line.frame.width / now.scale / 2.0;
        let side = (across.abs() / half.max(1e-3)).min(1.0);
        let open = now.line.opening() / now.scale;
        let back = smooth_step(0.0, 0.5, depth / gap.max(1e-3));
        let mut colour = mix(self.cavity, scaled(self.cavity, 0.55), back);
        let tongue = smooth_step(0.45, 0.95, depth / gap.max(1e-3))
            * smooth_step(0.08, 0.20, open)
            * (1.0 - side * side);
        colour = mix(colour, self.tongue, 0.75 * tongue);
        let lower_row = smooth_step(0.16, 0.28, open) * 0.028 * (1.0 - side.powi(2));
        let lower = 1.0 - smooth_step(lower_row - 0.008, lower_row + 0.004, height);
        if lower_row > 0.004 {
            colour = mix(colour, self.shaded_tooth(across * 1.5, side, 0.62), lower);
        }
        // The upper row hangs from the skull: the wider the mouth, the more of it is seen.
        let row = (0.020 + 0.16 * open).min(0.070) * (1.0 - 0.35 * side.powi(2));
        let upper = 1.0 - smooth_step(row - 0.007, row + 0.007, depth);
        let tooth = self.shaded_tooth(across, side, 1.0);
        let shadow = 0.70 + 0.30 * smooth_step(0.0, 0.030, depth);
        mix(
            colour,
            scaled(tooth, shadow),
            upper * smooth_step(0.012, 0.05, open),
        )
    }

    fn shaded_tooth(&self, across: f32, side: f32, light: f32) -> Colour {
        let seam = TOOTH_EDGES
            .map(|edge| {
                let distance = (across.abs() - edge) / 0.007;
                (-distance * distance).exp()
            })
            .into_iter()
            .fold(0.0, f32::max);
        let shade = (1.0 - 0.14 * seam) * (1.0 - 0.62 * side.powi(3)) * light;
        scaled(self.tooth, shade)
    }
}

fn scaled(colour: Colour, by: f32) -> Colour {
    let [red, green, blue, alpha] = colour;
    [red * by, green * by, blue * by, alpha]
}

/// Mean colour around the middle of some points.
fn mean_colour(texture: &Texture, landmarks: &Landmarks, indices: &[usize], scale: f32) -> Colour {
    let mut sum = [0.0; 4];
    let reach = 0.012 * scale;
    for index in indices {
        let [x, y] = landmarks.points[*index];
        for [dx, dy] in [[0.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]] {
            let colour = texture.sample([x + reach * dx, y + reach * dy]);
            (0..4).for_each(|c| sum[c] += colour[c]);
        }
    }
    sum.map(|value| value / (5 * indices.len()) as f32)
}
