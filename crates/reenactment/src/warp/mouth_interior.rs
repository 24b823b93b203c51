//! What an open mouth shows: the source's own inside where it has one, else a painted one with
//! teeth and tongue in colours of the source.

use landmarks::{Landmarks, POINTS};

use crate::retarget::DrivenFace;
use crate::softness::smooth_step;
use crate::warp::mouth::MouthLine;
use crate::warp::texture::{Colour, Texture, brightness, mix};
use landmarks::Place3;

/// Opening of the source, in units of the head, from which its own inside is shown.
const OWN_FROM: [f32; 2] = [0.030, 0.060];
/// Rim of the source's own inside, in units of the head, that fades into the dark.
const OWN_RIM: f32 = 0.025;
/// Edges of the upper and the lower teeth below the lips' line at rest, in units of the head: closed
/// teeth overlap.
const TOOTH_EDGES: [f32; 2] = [0.022, 0.004];
/// Brightness from which the inside of the source's mouth counts as showing teeth, as a share of
/// the skin's.
const TEETH_FROM: [f32; 2] = [0.45, 0.70];
/// Half the breadth of the row of teeth that is seen from the front, and how far it curves back.
const TOOTH_ROW: [f32; 2] = [0.22, 0.12];
/// Places between upper teeth, from the middle, in units of the head.
const TOOTH_SEAMS: [f32; 4] = [0.0, 0.090, 0.160, 0.230];

/// The inside of the source's mouth.
#[derive(Debug, Clone)]
pub(crate) struct MouthInterior {
    rest: Option<MouthLine>,
    /// Widest opening of the source, in units of the head.
    open: f32,
    /// How far the source's own inside, with its teeth, replaces a painted one, from 0 to 1.
    own: f32,
    cavity: Colour,
    tongue: Colour,
    tooth: Colour,
    /// The lips' line on the head, as the teeth behind it curve: right end, middle, left end.
    row: [Place3; 3],
    chin: Place3,
    /// Pixels of the source per unit of the head.
    scale: f32,
}

/// The opening of one frame, ready to paint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening<'a> {
    line: &'a MouthLine,
    /// Pixels of the result per unit of the head.
    scale: f32,
    /// Widest opening in units of the head.
    open: f32,
    /// Where the lips' line at rest would lie now, in this line's coordinates: right end, middle,
    /// left end.
    row: [[f32; 2]; 3],
    /// How far the jaw has dropped, in units of the head.
    drop: f32,
}

impl MouthInterior {
    /// Measure the source's mouth; `eye_white` says how bright white is in this picture.
    pub(crate) fn new(
        texture: &Texture,
        landmarks: &Landmarks,
        shape: &[Place3; POINTS],
        scale: f32,
        eye_white: Option<Colour>,
    ) -> Self {
        let rest = MouthLine::new(landmarks);
        let opening = rest.as_ref().map_or(0.0, MouthLine::opening) / scale;
        let mean = |indices: &[usize]| mean_colour(texture, landmarks, indices, scale);
        let lip = mean(&[56, 57, 58, 65, 66, 67]);
        let skin = mean(&[28, 29, 30]);
        let [x, y, z] = shape[62];
        let row = |side: f32| {
            let back = 0.06 + side.abs() * TOOTH_ROW[1];
            [x + side * TOOTH_ROW[0], y, z + back]
        };
        let teeth = match &rest {
            Some(rest) => brightest_inside(texture, rest) / brightness(skin).max(1.0),
            None => 0.0,
        };
        Self {
            rest,
            open: opening,
            own: smooth_step(OWN_FROM[0], OWN_FROM[1], opening)
                * smooth_step(TEETH_FROM[0], TEETH_FROM[1], teeth),
            cavity: scaled(lip, 0.20),
            tongue: scaled(lip, 0.52),
            tooth: tooth_colour(skin, eye_white),
            row: [-1.0, 0.0, 1.0].map(row),
            chin: shape[8],
            scale,
        }
    }

    /// The source's place for skin: never its open mouth.
    pub(crate) fn onto_lip(&self, place: [f32; 2], is_below: bool) -> [f32; 2] {
        match &self.rest {
            Some(rest) if self.own > 0.0 => rest.onto_lip(place, is_below),
            _ => place,
        }
    }

    /// The opening in a frame, in which the face is this one.
    pub(crate) fn opening<'a>(&self, line: &'a MouthLine, face: &DrivenFace) -> Opening<'a> {
        let pose = &face.pose;
        let [chin, rest] = [face.points.points[8], pose.project(self.chin)];
        let step = pose.step_on_head([chin[0] - rest[0], chin[1] - rest[1]]);
        Opening {
            line,
            scale: pose.scale,
            open: line.opening() / pose.scale,
            row: self
                .row
                .map(|place| line.frame.to_local(pose.project(place))),
            drop: step[1].max(0.0),
        }
    }

    /// Colour of the opening at a place of the result, which `bent` in the source moves to.
    pub(crate) fn colour(
        &self,
        texture: &Texture,
        now: &Opening,
        place: [f32; 2],
        bent: [f32; 2],
    ) -> Colour {
        let [along, below] = now.line.frame.to_local(place);
        let [top, bottom] = [now.line.upper.at(along), now.line.lower.at(along)];
        let depth = (below - top).max(0.0) / now.scale;
        let height = (bottom - below).max(0.0) / now.scale;
        let half = now.line.frame.width / 2.0;
        let place = Inside {
            side: (along.abs() / half).min(1.0),
            share: along / now.line.frame.width,
            depth,
            height,
            gap: (bottom - top).max(0.0) / now.scale,
        };
        let hollow = self.hollow(now, &place);
        // While the mouth is hardly wider open than in the source, it shows what the source shows.
        let share = self
            .own
            .max(1.0 - smooth_step(0.0, 0.025, now.open - self.open));
        let painted = if share < 1.0 {
            self.with_teeth(now, [along, below], &place, hollow)
        } else {
            hollow
        };
        match &self.rest {
            Some(rest) if share > 0.0 => {
                let own = self.own_inside(texture, rest, &place, (bent, hollow));
                mix(painted, own, share)
            }
            _ => painted,
        }
    }

    /// The source's inside hangs on the upper lip, as upper teeth do; where the mouth is wider open
    /// than in the source, the hollow goes on below.
    fn own_inside(
        &self,
        texture: &Texture,
        rest: &MouthLine,
        place: &Inside,
        (bent, hollow): ([f32; 2], Colour),
    ) -> Colour {
        let along = place.share * rest.frame.width;
        let [top, bottom] = [rest.upper.at(along), rest.lower.at(along)];
        let gap = (bottom - top).max(0.0);
        let depth = place.depth * self.scale;
        let shown = depth.min(gap);
        let hung = rest.frame.to_picture([along, top + shown]);
        // Where the lower lip has not left its place, the inside moves as the lips do, and no rim
        // fades.
        let room = smooth_step(0.0, OWN_RIM, place.gap - gap / self.scale);
        let between = |axis: usize| bent[axis] + (hung[axis] - bent[axis]) * room;
        let seen = texture.sample([between(0), between(1)]);
        let rim = OWN_RIM * self.scale;
        let beyond = smooth_step(gap - rim, gap + 0.2 * rim, depth);
        mix(seen, hollow, room * beyond)
    }

    /// Dark hollow with a tongue and a hint of the lower teeth.
    fn hollow(&self, now: &Opening, place: &Inside) -> Colour {
        let share = place.depth / (place.depth + place.height).max(1e-3);
        let mut colour = mix(
            self.cavity,
            scaled(self.cavity, 0.55),
            smooth_step(0.0, 0.45, share),
        );
        let tongue = smooth_step(0.45, 1.0, share)
            * smooth_step(0.08, 0.22, now.open)
            * (1.0 - place.side * place.side);
        colour = mix(colour, self.tongue, 0.75 * tongue);
        colour
    }

    /// Teeth where the lips leave them free: the upper ones stay with the skull, the lower ones
    /// with the jaw.
    fn with_teeth(
        &self,
        now: &Opening,
        [along, below]: [f32; 2],
        place: &Inside,
        hollow: Colour,
    ) -> Colour {
        let [right, middle, left] = now.row;
        let end = if along < middle[0] { right } else { left };
        let reach = (end[0] - middle[0]).abs().max(1e-3);
        let from_middle = (along - middle[0]).abs() / reach;
        let line = middle[1] + (end[1] - middle[1]) * from_middle.powi(2);
        let across = from_middle * TOOTH_ROW[0];
        let below_line = (below - line) / now.scale;
        let corner = 1.0 - smooth_step(0.70, 1.20, from_middle.max(place.side));
        let shown = smooth_step(0.015, 0.05, now.open);
        // Every tooth ends in a small arc.
        let arc = 0.004 * (across / 0.045 * std::f32::consts::PI).cos();
        let upper = TOOTH_EDGES[0] - 0.25 * across * across + arc - below_line;
        let least = 0.010 + 0.05 * now.open.min(0.2) - place.depth;
        let lower = below_line - (TOOTH_EDGES[1] + now.drop + 0.25 * across * across);
        let row = |over: f32, across: f32, light: f32, from_lip: f32| {
            let shadow = 0.76 + 0.24 * smooth_step(0.0, 0.018, from_lip);
            let tooth = scaled(self.shaded_tooth(across, light), shadow);
            let tooth = mix(scaled(hollow, 0.8), tooth, corner);
            (tooth, smooth_step(-0.006, 0.006, over) * shown)
        };
        let (tooth, cover) = row(lower, 1.5 * across, 0.80, place.height);
        let colour = mix(hollow, tooth, cover);
        let (tooth, cover) = row(upper.max(least), across, 1.0, place.depth);
        mix(colour, tooth, cover)
    }

    fn shaded_tooth(&self, across: f32, light: f32) -> Colour {
        let seam = TOOTH_SEAMS
            .map(|edge| {
                let distance = (across.abs() - edge) / 0.006;
                (-distance * distance).exp()
            })
            .into_iter()
            .fold(0.0, f32::max);
        let round = 1.0 - 0.45 * (across / TOOTH_ROW[0]).abs().min(1.2).powi(2);
        scaled(self.tooth, (1.0 - 0.16 * seam) * round * light)
    }
}

/// Where a place lies in the opening.
struct Inside {
    /// 0 in the middle, 1 at the corners.
    side: f32,
    /// Along the line between the corners, from -0.5 to 0.5.
    share: f32,
    /// Below the upper lip, in units of the head.
    depth: f32,
    /// Above the lower lip, in units of the head.
    height: f32,
    /// Between the lips, in units of the head.
    gap: f32,
}

/// Brightness that an eighth of the source's open mouth exceeds.
fn brightest_inside(texture: &Texture, rest: &MouthLine) -> f32 {
    let mut seen = Vec::new();
    for column in -6..=6 {
        let along = column as f32 / 16.0 * rest.frame.width;
        let [top, bottom] = [rest.upper.at(along), rest.lower.at(along)];
        for row in 1..8 {
            let below = top + (bottom - top) * row as f32 / 8.0;
            let colour = texture.sample(rest.frame.to_picture([along, below]));
            seen.push(brightness(colour));
        }
    }
    seen.sort_by(f32::total_cmp);
    seen[seen.len() * 7 / 8]
}

/// Ivory as bright as the picture's other whites.
fn tooth_colour(skin: Colour, eye_white: Option<Colour>) -> Colour {
    let own = brightness(skin);
    let white = eye_white.map_or(1.1 * own, brightness);
    let light = white
        .clamp(1.04 * own, 1.25 * own + 25.0)
        .clamp(60.0, 225.0);
    let tint = scaled(skin, light / own.max(1.0));
    let [red, green, blue, alpha] = mix([light, light, light, 255.0], tint, 0.42);
    [red.min(250.0), green.min(250.0), blue.min(250.0), alpha]
}

fn scaled(colour: Colour, by: f32) -> Colour {
    let [red, green, blue, alpha] = colour;
    [red * by, green * by, blue * by, alpha]
}

/// Mean colour around some points.
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
