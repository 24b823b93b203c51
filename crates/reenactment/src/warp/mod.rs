//! The warp engine: the source picture bent so that its face stands as another did.
//!
//! Two thin-plate fields carry the skin, one above and one below the lips, so that the mouth can
//! open; eyes and mouth interior are painted by their own modules.

mod eye;
mod eyeball;
mod field;
mod head_region;
mod mouth;
mod mouth_interior;
mod profile;
mod texture;
mod thin_plate;

use landmarks::{Landmarks, POINTS};
use media::Image;
use rayon::prelude::*;

use crate::features::EYES;
use crate::head_pose::HeadPose;
use crate::lifted_face::LiftedFace;
use crate::mean_head::MEAN_HEAD;
use crate::retarget::DrivenFace;
use crate::softness::smooth_step;
use crate::warp::eye::{Eye, EyeNow};
use crate::warp::field::{Field, PixelBox};
use crate::warp::head_region::{Reach, anchors};
use crate::warp::mouth::MouthLine;
use crate::warp::mouth_interior::{MouthInterior, Opening};
use crate::warp::texture::{Texture, mix, to_bytes};
use crate::warp::thin_plate::ThinPlate;

/// Grid of the fields, in units of the head.
const GRID: f32 = 0.045;
/// How far a field may miss its points for the sake of smoothness.
const SOFTNESS: f32 = 1e-3;
/// Displacements shorter than this leave a pixel as it is.
const STILL_PX: f32 = 2e-3;
/// Least growth of area from result to source; less is a fold.
const LEAST_GROWTH: f32 = 0.12;
/// Motion that is left after each attempt to undo a fold.
const CALMER: f32 = 0.8;
/// Most attempts.
const MOST_ATTEMPTS: u32 = 8;
/// Points that only the field below the lips follows.
const LOWER_LIP: [usize; 8] = [55, 56, 57, 58, 59, 65, 66, 67];
/// Points that only the field above the lips follows.
const UPPER_LIP: [usize; 8] = [49, 50, 51, 52, 53, 61, 62, 63];

/// A source picture, ready to be bent.
#[derive(Debug, Clone)]
pub struct WarpEngine {
    texture: Texture,
    landmarks: Landmarks,
    pose: HeadPose,
    /// How much broader the head is than the average.
    breadth: f32,
    eyes: [Option<Eye>; 2],
    interior: MouthInterior,
}

/// The two fields of one frame and what goes with them.
struct Bend {
    area: PixelBox,
    above: Field,
    below: Field,
    mouth: Option<MouthLine>,
}

impl WarpEngine {
    /// Measure a source picture by its landmarks.
    pub fn new(source: &Image, landmarks: &Landmarks) -> Self {
        let texture = Texture::new(source);
        let face = LiftedFace::new(landmarks);
        let scale = face.pose.scale;
        let brows: [[usize; 5]; 2] = [[17, 18, 19, 20, 21], [22, 23, 24, 25, 26]];
        let eyes =
            [0, 1].map(|side| Eye::new(&texture, landmarks, &EYES[side], &brows[side], scale));
        let white = eyes.iter().flatten().map(Eye::white).next();
        let ends = [0, 1, 2, 14, 15, 16];
        let width = |head: &[[f32; 3]; POINTS]| -> f32 {
            ends.iter().map(|index| head[*index][0].abs()).sum()
        };
        Self {
            interior: MouthInterior::new(&texture, landmarks, &face.shape, scale, white),
            texture,
            landmarks: *landmarks,
            pose: face.pose,
            breadth: (width(&face.shape) / width(&MEAN_HEAD)).clamp(0.8, 1.3),
            eyes,
        }
    }

    /// Paint the source with its face as `face` says, at the source's own size.
    pub fn paint(&self, face: &DrivenFace) -> Image {
        let mut calmer = face.clone();
        let mut bend = self.bend(&calmer);
        for _ in 0..MOST_ATTEMPTS {
            if !bend.as_ref().is_some_and(Bend::is_folded) {
                break;
            }
            calmer = self.nearer_to_rest(&calmer);
            bend = self.bend(&calmer);
        }
        let pixels = match &bend {
            Some(bend) => self.pixels(bend, &calmer),
            None => (0..self.texture.height())
                .flat_map(|y| self.texture.row(y).to_vec())
                .collect(),
        };
        self.texture.picture_from(&pixels)
    }

    /// The same face with less motion of the skin; lids and gaze stay.
    fn nearer_to_rest(&self, face: &DrivenFace) -> DrivenFace {
        let between = |from: f32, to: f32| from + CALMER * (to - from);
        let mut nearer = face.clone();
        for (point, rest) in nearer.points.points.iter_mut().zip(&self.landmarks.points) {
            for axis in 0..2 {
                point[axis] = between(rest[axis], point[axis]);
            }
        }
        let turn = face.pose.rotation.after(&self.pose.rotation.inverse());
        let turn = crate::rotation::Rotation::from_vector(turn.to_vector().map(|v| CALMER * v));
        nearer.pose = HeadPose {
            rotation: turn.after(&self.pose.rotation),
            scale: between(self.pose.scale, face.pose.scale),
            shift: [0, 1].map(|axis| between(self.pose.shift[axis], face.pose.shift[axis])),
        };
        nearer
    }

    /// Lay both fields; `None` where the points determine none.
    fn bend(&self, face: &DrivenFace) -> Option<Bend> {
        let around = anchors(&self.pose, &face.pose, self.breadth);
        let plate = |left_out: &[usize]| {
            let mut targets = around.target.clone();
            let mut sources = around.source.clone();
            for index in (0..68).filter(|index| !left_out.contains(index)) {
                targets.push(face.points.points[index]);
                sources.push(self.landmarks.points[index]);
            }
            let steps: Vec<[f32; 2]> = targets
                .iter()
                .zip(&sources)
                .map(|(target, source)| [source[0] - target[0], source[1] - target[1]])
                .collect();
            ThinPlate::fit(&targets, &steps, self.pose.scale, SOFTNESS)
        };
        let [upper, lower] = [plate(&LOWER_LIP)?, plate(&UPPER_LIP)?];
        let mouth = MouthLine::new(&face.points);
        let (width, height) = (self.texture.width(), self.texture.height());
        let longest = self.longest_step(face);
        let reach = Reach::new(&face.pose, self.breadth, 2.6 * longest);
        let area = PixelBox::within(reach.bounds(), width, height);
        let step = (GRID * self.pose.scale).max(3.0);
        let side = |place: [f32; 2]| {
            mouth.as_ref().map_or(Some(false), |mouth| {
                mouth.is_clearly_below(place, 1.5 * step)
            })
        };
        let border = Border::new(width, height, (2.2 * longest).max(0.25 * self.pose.scale));
        let tame = |place: [f32; 2], value: [f32; 2]| border.damp(place, reach.at(place), value);
        let counts = |place: [f32; 2]| reach.at(place) > 0.0;
        let above = Field::fill(&area, step, |place| {
            (counts(place) && side(place) != Some(true)).then(|| tame(place, upper.at(place)))
        });
        let below = Field::fill(&area, step, |place| {
            (counts(place) && side(place) != Some(false)).then(|| tame(place, lower.at(place)))
        });
        Some(Bend {
            area,
            above,
            below,
            mouth,
        })
    }

    /// Furthest that the head's outline moves, pixels.
    fn longest_step(&self, face: &DrivenFace) -> f32 {
        let around = anchors(&self.pose, &face.pose, self.breadth);
        let pairs = around.source.iter().zip(&around.target);
        pairs
            .map(|(a, b)| (b[0] - a[0]).hypot(b[1] - a[1]))
            .fold(0.0, f32::max)
    }

    fn pixels(&self, bend: &Bend, face: &DrivenFace) -> Vec<[u8; 4]> {
        let width = self.texture.width();
        let eyes: Vec<EyeNow> = (0..2)
            .filter_map(|side| {
                Some(
                    self.eyes[side]
                        .as_ref()?
                        .now(face.lids[side], face.gaze[side]),
                )
            })
            .filter(|eye| !eye.is_at_rest())
            .collect();
        let line = bend.mouth.as_ref();
        let opening = line.map(|line| self.interior.opening(line, &face.pose));
        let mut pixels = vec![[0; 4]; width * self.texture.height()];
        pixels
            .par_chunks_mut(width)
            .enumerate()
            .for_each(|(y, row)| {
                row.copy_from_slice(self.texture.row(y));
                if (bend.area.top..bend.area.bottom).contains(&y) {
                    self.paint_row(bend, &eyes, opening.as_ref(), y, row);
                }
            });
        pixels
    }

    fn paint_row(
        &self,
        bend: &Bend,
        eyes: &[EyeNow],
        opening: Option<&Opening>,
        y: usize,
        row: &mut [[u8; 4]],
    ) {
        let [mut above, mut below] = [Vec::new(), Vec::new()];
        bend.above.row(y as f32, &mut above);
        bend.below.row(y as f32, &mut below);
        let look = |place: [f32; 2]| {
            let eye = eyes.iter().find_map(|eye| eye.colour(&self.texture, place));
            eye.unwrap_or_else(|| self.texture.sample(place))
        };
        for x in bend.area.left..bend.area.right {
            let place = [x as f32, y as f32];
            let side = bend.mouth.as_ref().map(|mouth| mouth.side(place));
            let share = side.map_or(0.0, |side| side.below);
            let step = if share <= 0.0 {
                bend.above.along(&above, place[0])
            } else if share >= 1.0 {
                bend.below.along(&below, place[0])
            } else {
                let [up, low] = [
                    bend.above.along(&above, place[0]),
                    bend.below.along(&below, place[0]),
                ];
                [0, 1].map(|axis| up[axis] + share * (low[axis] - up[axis]))
            };
            let is_still = step[0].abs() < STILL_PX && step[1].abs() < STILL_PX;
            let inside = side.map_or(0.0, |side| side.inside);
            if is_still && inside == 0.0 && eyes.is_empty() {
                continue;
            }
            let mut source = [place[0] + step[0], place[1] + step[1]];
            if inside < 1.0 && !is_still {
                source = self.interior.onto_lip(source, share > 0.5);
            }
            let mut colour = look(source);
            if let (true, Some(opening)) = (inside > 0.0, opening) {
                let shown = self.interior.colour(&self.texture, opening, place);
                colour = mix(colour, shown, inside);
            }
            row[x] = to_bytes(colour);
        }
    }
}

impl Bend {
    fn is_folded(&self) -> bool {
        let side = |place: [f32; 2]| {
            self.mouth
                .as_ref()
                .map_or(Some(false), |mouth| mouth.is_clearly_below(place, 0.0))
        };
        let above = self
            .above
            .smallest_growth(|place| side(place) == Some(false));
        let below = self
            .below
            .smallest_growth(|place| side(place) == Some(true));
        above.min(below) < LEAST_GROWTH
    }
}

/// Keeps motion from pulling in what lies outside the picture.
struct Border {
    last: [f32; 2],
    margin: f32,
}

impl Border {
    fn new(width: usize, height: usize, margin_px: f32) -> Self {
        let last = [width as f32 - 1.0, height as f32 - 1.0];
        Self {
            last,
            margin: margin_px.min(0.45 * last[0].min(last[1])).max(1.0),
        }
    }

    /// Scale a displacement by `share`, and what leads out across a near border to nothing there.
    fn damp(&self, place: [f32; 2], share: f32, value: [f32; 2]) -> [f32; 2] {
        [0, 1].map(|axis| {
            let outward = if value[axis] < 0.0 {
                place[axis]
            } else {
                self.last[axis] - place[axis]
            };
            value[axis] * share * smooth_step(0.0, self.margin, outward)
        })
    }
}
