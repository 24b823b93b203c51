//! Cutting the person out of a picture: how much of each pixel is the person.
//!
//! There is no network behind this. The landmarks say where face, hair, neck and shoulders are likely; colours
//! of that and of the rest, and the edges of the picture, decide what is cut (after GrabCut: Rother et al. 2004);
//! a guided filter softens the edge. Where person and background share colours, it follows the likely outline.

mod colour_model;
mod edge;
mod following;
mod graph_cut;
mod guided_filter;
mod silhouette;

use landmarks::Landmarks;
use media::Image;
use rayon::prelude::*;

use colour_model::{Colour, ColourModel};
use following::Before;
pub(crate) use following::PersonFollower;
use graph_cut::{GridCut, NEIGHBOURS};
pub(crate) use guided_filter::box_mean;
use silhouette::{Likely, Silhouette};

/// Distance of the eyes at the size at which the border is sought, pixels.
const EYES_PX: f32 = 40.0;
/// Longest side at that size.
const LONGEST_PX: u32 = 480;
/// Rounds of measuring colours and cutting.
const ROUNDS: usize = 5;
/// The same where the colours of the frame before are known.
const ROUNDS_AFTER: usize = 2;
/// Logit from which a pixel counts as the person, or below its negative as background, when colours are first measured.
const SURE: f32 = 1.5;
/// Fewest pixels to measure colours from, as a share of all.
const FEWEST: f32 = 0.03;
/// How far colours may speak for a side, logit.
const COLOUR_LIMIT: f32 = 3.0;
/// How much the likely outline counts beside the colours.
const OUTLINE: f32 = 0.9;
/// Cost of a border between equal pixels (Rother et al. 2004).
const BORDER: f32 = 20.0;
/// Whole numbers to a unit of cost.
const UNIT: f32 = 256.0;
/// Cost that is never paid.
const NEVER: f32 = 1e4;
/// Half width of the window that softens the edge, distances of the eyes.
const EDGE: f32 = 0.10;

/// How much of each pixel is the person with this face, 0 to 255, row by row. `others` are further
/// faces in the picture, which are background.
pub fn person_matte(picture: &Image, landmarks: &Landmarks, others: &[Landmarks]) -> Vec<u8> {
    PersonFollower::default().cut(picture, landmarks, others)
}

/// Colours of the person and of the rest.
type Colours = [ColourModel; 2];

/// A small copy of the picture and what the landmarks say of it.
struct Scene {
    size: [usize; 2],
    colours: Vec<Colour>,
    likely: Vec<Likely>,
}

impl Scene {
    fn new(picture: &Image, face: &Landmarks, others: &[Landmarks]) -> Self {
        let size = [picture.width(), picture.height()].map(|side| side as usize);
        let own = Silhouette::new(face);
        let others: Vec<Silhouette> = others.iter().map(Silhouette::new).collect();
        let at = |place: usize| {
            let place = [place % size[0], place / size[0]].map(|value| value as f32);
            let likely = own.at(place);
            let foreign = others.iter().any(|other| other.at(place) == Likely::Face);
            if foreign && likely != Likely::Face {
                return Likely::Never;
            }
            // where another person is likelier, this one is less
            let Likely::Logit(logit) = likely else {
                return likely;
            };
            let most = others.iter().map(|other| match other.at(place) {
                Likely::Logit(other) => other,
                _ => -9.0,
            });
            let most = most.fold(-9.0, f32::max);
            Likely::Logit(logit - most.max(0.0))
        };
        let bytes = picture.rgb().chunks_exact(3);
        Self {
            size,
            colours: bytes
                .map(|colour| [0, 1, 2].map(|axis| f32::from(colour[axis])))
                .collect(),
            likely: (0..size[0] * size[1]).into_par_iter().map(at).collect(),
        }
    }

    /// Which pixels are the person, and both sides' colours; those of the frame before save a few rounds.
    fn cut(&self, before: Option<&Before>) -> (Vec<bool>, Option<Colours>) {
        let edges = self.edges();
        let mut found = Vec::new();
        let (mut colours, rounds) = match before {
            Some(before) => (Some(before.colours.clone()), ROUNDS_AFTER),
            None => (models(&self.first_colours()), ROUNDS),
        };
        for _ in 0..rounds {
            let Some([person, rest]) = &colours else {
                break;
            };
            let places = (0..self.colours.len()).into_par_iter();
            let preference = |at: usize| {
                let kept = before.map_or(0.0, |before| before.preference(at));
                (UNIT * (self.preference(at, person, rest) + kept)) as i32
            };
            let preference: Vec<i32> = places.map(preference).collect();
            found = GridCut::new(self.size, &preference, |node, direction| {
                (UNIT * edges.cost(&self.colours, self.size[0], node, direction)) as i32
            })
            .cut();
            let side = |wanted: bool| {
                let pairs = self.colours.iter().zip(&found);
                pairs
                    .filter(|(_, is)| **is == wanted)
                    .map(|(colour, _)| *colour)
                    .collect()
            };
            colours = models(&[side(true), side(false)]);
        }
        (self.one_piece(found), colours)
    }

    /// Colours of what is surely the person, and of what is surely not; in a tight picture of what is
    /// least likely.
    fn first_colours(&self) -> [Vec<Colour>; 2] {
        let logit = |at: usize| match self.likely[at] {
            Likely::Face => 9.0,
            Likely::Never => -9.0,
            Likely::Logit(logit) => logit,
        };
        let mut order: Vec<usize> = (0..self.colours.len()).collect();
        order.sort_by(|a, b| logit(*a).total_cmp(&logit(*b)));
        let fewest = (FEWEST * order.len() as f32) as usize;
        let rest = order.iter().enumerate();
        let rest = rest.filter(|(rank, at)| *rank < fewest || logit(**at) < -SURE);
        let person = order.iter().filter(|at| logit(**at) > SURE);
        [
            person.map(|at| self.colours[*at]).collect(),
            rest.map(|(_, at)| self.colours[*at]).collect(),
        ]
    }

    /// How much speaks for the person, a logit.
    fn preference(&self, at: usize, person: &ColourModel, rest: &ColourModel) -> f32 {
        match self.likely[at] {
            Likely::Face => NEVER,
            Likely::Never => -NEVER,
            Likely::Logit(logit) => {
                let colour = &self.colours[at];
                let told = person.log_likelihood(colour) - rest.log_likelihood(colour);
                OUTLINE * logit + told.clamp(-COLOUR_LIMIT, COLOUR_LIMIT)
            }
        }
    }

    fn edges(&self) -> Edges {
        let mut sum = 0.0_f64;
        let mut count = 0_u64;
        for node in 0..self.colours.len() - 1 {
            if node % self.size[0] + 1 < self.size[0] {
                sum += f64::from(apart(&self.colours[node], &self.colours[node + 1]));
                count += 1;
            }
        }
        Edges {
            sharpness: (count as f64 / (2.0 * sum.max(1.0))) as f32,
        }
    }

    /// The piece that holds the face, without holes that are smaller than it.
    fn one_piece(&self, mut found: Vec<bool>) -> Vec<bool> {
        found.resize(self.colours.len(), false);
        let face = |at: &usize| self.likely[*at] == Likely::Face;
        let starts: Vec<usize> = (0..found.len()).filter(face).collect();
        let person = self.reached(&starts, &found, true);
        let border = (0..found.len()).filter(|at| {
            let [x, y] = [at % self.size[0], at / self.size[0]];
            x == 0 || y == 0 || x + 1 == self.size[0] || y + 1 == self.size[1]
        });
        let border: Vec<usize> = border.filter(|at| !person[*at]).collect();
        let outside = self.reached(&border, &person, false);
        outside.iter().map(|is_outside| !is_outside).collect()
    }

    /// Pixels of one side that hang together with the starts.
    fn reached(&self, starts: &[usize], side: &[bool], wanted: bool) -> Vec<bool> {
        let mut seen = vec![false; side.len()];
        let mut next: Vec<usize> = starts.to_vec();
        while let Some(at) = next.pop() {
            if seen[at] || side[at] != wanted {
                continue;
            }
            seen[at] = true;
            let [x, y] = [at % self.size[0], at / self.size[0]];
            if x > 0 {
                next.push(at - 1);
            }
            if x + 1 < self.size[0] {
                next.push(at + 1);
            }
            if y > 0 {
                next.push(at - self.size[0]);
            }
            if y + 1 < self.size[1] {
                next.push(at + self.size[0]);
            }
        }
        seen
    }
}

/// Measure the colours of both sides; `None` where one has none.
fn models([person, rest]: &[Vec<Colour>; 2]) -> Option<Colours> {
    Some([ColourModel::fit(person)?, ColourModel::fit(rest)?])
}

/// What a border between two pixels costs: less where their colours differ (Rother et al. 2004, Eq. (4)).
struct Edges {
    sharpness: f32,
}

impl Edges {
    fn cost(&self, colours: &[Colour], width: usize, node: usize, direction: usize) -> f32 {
        let [x, y] = NEIGHBOURS[direction];
        let other = (node as isize + y * width as isize + x) as usize;
        let length = ((x * x + y * y) as f32).sqrt();
        let apart = apart(&colours[node], &colours[other]);
        (1.0 + BORDER * (-self.sharpness * apart).exp()) / length
    }
}

/// Squared distance of two colours.
fn apart(a: &Colour, b: &Colour) -> f32 {
    (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::DrawnHead;

    fn head(turn: f32) -> DrawnHead {
        let mut head = DrawnHead::frontal(256);
        head.width = 320;
        head.height = 360;
        head.centre = [165.0, 150.0];
        head.yaw = turn;
        head
    }

    /// Which pixels show the person: those that another place of the person changes.
    fn truth(head: &DrawnHead) -> Vec<bool> {
        let mut away = *head;
        away.centre = [-9000.0, 150.0];
        let pairs = head.draw();
        let wall = away.draw();
        let pairs = pairs.chunks_exact(3).zip(wall.chunks_exact(3));
        pairs
            .map(|(a, b)| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > 3))
            .collect()
    }

    fn iou(found: &[u8], truth: &[bool]) -> f64 {
        let pairs = || found.iter().zip(truth);
        let both = pairs().filter(|(alpha, is)| **alpha >= 128 && **is).count();
        let any = pairs().filter(|(alpha, is)| **alpha >= 128 || **is).count();
        both as f64 / any as f64
    }

    #[test]
    fn drawn_people_are_cut_out_before_their_wall_and_before_stripes() {
        for turn in [0.0, 25.0, -35.0] {
            let head = head(turn);
            let truth = truth(&head);
            let face = Landmarks {
                points: head.points(),
            };
            let plain = head.draw();
            let mut striped = plain.clone();
            for (place, pixel) in striped.chunks_exact_mut(3).enumerate() {
                if !truth[place] {
                    let is_light = (place % 320 + place / 320) / 9 % 2 == 0;
                    pixel.copy_from_slice(if is_light {
                        &[90, 130, 90]
                    } else {
                        &[60, 90, 150]
                    });
                }
            }
            for (name, rgb) in [("wall", plain), ("stripes", striped)] {
                let picture = Image::from_rgb(320, 360, rgb);
                let found = iou(&person_matte(&picture, &face, &[]), &truth);
                assert!(found > 0.93, "{name}, turned by {turn}: {found}");
            }
        }
    }

    #[test]
    fn a_picture_of_one_colour_gives_the_likely_outline() {
        let face = Landmarks {
            points: head(0.0).points(),
        };
        let picture = Image::from_rgb(320, 360, vec![128; 320 * 360 * 3]);
        let found = iou(&person_matte(&picture, &face, &[]), &truth(&head(0.0)));
        assert!(found > 0.7, "{found}");
    }

    #[test]
    fn another_persons_face_is_background() {
        let one = head(0.0);
        let mut other = one;
        other.centre[0] = 40.0;
        let points = [one.points(), other.points()].map(|points| Landmarks { points });
        let picture = Image::from_rgb(320, 360, one.draw());
        let matte = person_matte(&picture, &points[0], &points[1..]);
        assert_eq!(matte[150 * 320 + 20], 0);
        assert_eq!(matte[150 * 320 + 165], 255);
    }
}
