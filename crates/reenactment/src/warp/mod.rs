//! The warp engine: the source picture bent so that its face stands as another did.
//!
//! Smooth fields carry the skin; eyes and the inside of the mouth are painted by their own modules.

pub(crate) mod bend;
pub(crate) mod eye;
mod eye_white;
mod eyeball;
pub(crate) mod field;
mod head_region;
mod mouth;
mod mouth_interior;
pub(crate) mod profile;
pub(crate) mod texture;
pub(crate) mod thin_plate;

use landmarks::Landmarks;
use media::Image;
use rayon::prelude::*;

use crate::features::EYES;
use crate::head_mask::HeadMask;
use crate::lifted_face::LiftedFace;
use crate::retarget::DrivenFace;
use crate::warp::bend::{Bend, Rest};
use crate::warp::eye::{Eye, EyeNow};
use crate::warp::mouth_interior::{MouthInterior, Opening};
use crate::warp::texture::{Texture, mix, to_bytes};

/// Displacements shorter than this leave a pixel as it is.
const STILL_PX: f32 = 2e-3;
/// Points of the brow over each eye.
const BROWS: [[usize; 5]; 2] = [[17, 18, 19, 20, 21], [22, 23, 24, 25, 26]];

/// A source picture, ready to be bent.
#[derive(Debug, Clone)]
pub struct WarpEngine {
    texture: Texture,
    rest: Rest,
    eyes: [Option<Eye>; 2],
    interior: MouthInterior,
}

/// What is painted over the bent skin in one frame.
struct Parts<'a> {
    eyes: Vec<EyeNow<'a>>,
    opening: Option<Opening<'a>>,
}

impl WarpEngine {
    /// Measure a source picture by its landmarks.
    pub fn new(source: &Image, landmarks: &Landmarks) -> Self {
        let texture = Texture::new(source);
        let face = LiftedFace::new(landmarks);
        let scale = face.pose.scale;
        let eyes =
            [0, 1].map(|side| Eye::new(&texture, landmarks, &EYES[side], &BROWS[side], scale));
        let white = eyes.iter().flatten().map(Eye::white).next();
        Self {
            interior: MouthInterior::new(&texture, landmarks, &face.shape, scale, white),
            rest: Rest::new(landmarks, &face, [texture.width(), texture.height()]),
            texture,
            eyes,
        }
    }

    /// Paint the source with its face as `face` says, at the source's own size.
    pub fn paint(&self, face: &DrivenFace) -> Image {
        let width = self.texture.width();
        let mut pixels = self.texture.pixels().to_vec();
        // Points that determine no motion leave the source as it is.
        if let Some(bend) = self.rest.bend(face) {
            let parts = self.parts(&bend);
            let rows = pixels.par_chunks_mut(width).enumerate();
            rows.for_each(|(y, row)| {
                if (bend.area.top..bend.area.bottom).contains(&y) {
                    self.paint_row(&bend, &parts, y, row);
                }
            });
        }
        self.texture.picture_from(&pixels)
    }

    /// Which pixels [`WarpEngine::paint`] may change for this face; all others stay to the last bit.
    pub fn mask(&self, face: &DrivenFace) -> HeadMask {
        let size = [self.texture.width(), self.texture.height()];
        let bend = self.rest.bend(face);
        HeadMask::from_places(size, |place| {
            bend.as_ref().map_or(0.0, |bend| bend.share(place))
        })
    }

    fn parts<'a>(&'a self, bend: &'a Bend) -> Parts<'a> {
        let face = &bend.face;
        let eyes = self.eyes.iter().zip(face.lids).zip(face.gaze);
        let line = bend.mouth.as_ref();
        Parts {
            eyes: eyes
                .filter_map(|((eye, lids), gaze)| Some(eye.as_ref()?.now(lids, gaze)))
                .filter(|eye| !eye.is_at_rest())
                .collect(),
            opening: line.map(|line| self.interior.opening(line, face)),
        }
    }

    fn paint_row(&self, bend: &Bend, parts: &Parts, y: usize, row: &mut [[u8; 4]]) {
        let bends = bend.row(y);
        let area = bend.area.left..bend.area.right;
        for (x, pixel) in area.clone().zip(&mut row[area]) {
            let place = [x as f32, y as f32];
            let (step, side) = bends.at(place[0]);
            let is_still = step[0].abs() < STILL_PX && step[1].abs() < STILL_PX;
            if is_still && side.inside == 0.0 && parts.eyes.is_empty() {
                continue;
            }
            let bent = [place[0] + step[0], place[1] + step[1]];
            let mut source = bent;
            if side.inside < 1.0 && !is_still {
                source = self.interior.onto_lip(source, side.below > 0.5);
            }
            let mut eyes = parts.eyes.iter();
            let mut colour = eyes
                .find_map(|eye| eye.colour(&self.texture, source))
                .unwrap_or_else(|| self.texture.sample(source));
            if let (true, Some(opening)) = (side.inside > 0.0, &parts.opening) {
                let shown = self.interior.colour(&self.texture, opening, place, bent);
                colour = mix(colour, shown, side.inside);
            }
            *pixel = to_bytes(colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::BuiltInMotion;
    use crate::retarget::Retargeter;
    use test_support::DrawnHead;

    #[test]
    fn a_turning_head_leaves_every_pixel_outside_its_mask_as_it_was() {
        let head = DrawnHead::frontal(256);
        let picture = Image::from_rgb(256, 256, head.draw());
        let source = Landmarks {
            points: head.points(),
        };
        let engine = WarpEngine::new(&picture, &source);
        let track = BuiltInMotion::LookAround.track(None);
        let faces: Vec<Landmarks> = track.frames.iter().filter_map(|f| f.landmarks).collect();
        let retargeter = Retargeter::new(&source, [256, 256], &faces[0]);
        for face in faces.iter().step_by(12) {
            let driven = retargeter.drive(face);
            let (mask, painted) = (engine.mask(&driven), engine.paint(&driven));
            assert!(mask.area() < 1.0);
            assert!(mask.psnr_outside_db(&picture, &painted, 0.0).is_infinite());
        }
    }
}
