//! Paints the head of a whole picture: cuts it out, drives it, and lays it back.
//!
//! The model's crop is small. Where the picture is finer, what the crop lost is bent along the same
//! flow and laid over the painted head, as far as the painted head is still the bent source there:
//! painted teeth and lids get none.

use std::sync::Arc;

use inference::InferenceError;
use landmarks::{CropMap, Landmarks, cut_crop, head_square};
use media::Image;
use rayon::prelude::*;

use super::bending::BendSource;
use super::face_colour::coloured;
use super::glance::{Glances, GlancesNow, looking};
use super::model::PortraitModel;
use super::person::{PortraitPerson, Portrayal};
use crate::few_shot::Shot;
use crate::retarget::DrivenFace;
use crate::softness::smooth_step;

/// Side of the square that is driven, sides of the smallest square around the landmarks.
const MARGIN: f32 = 1.8;
/// Share of the square's side over which it fades into the picture.
const FADE: f32 = 0.12;
/// Difference from the bent source, of -1 to 1, at which fine detail is half gone.
const REPAINTED: f32 = 0.12;
/// Picture pixels for one of the crop from which the crop loses detail.
const COARSE: f32 = 1.1;

/// A picture whose head a portrait model drives.
#[derive(Debug)]
pub struct PortraitPainter {
    person: PortraitPerson,
    picture: Image,
    map: CropMap,
    side_px: u32,
    /// The crop as the model sees it, where the picture is finer.
    coarse: Option<BendSource>,
    /// The eyes of a person of one picture; of several, the model mixes eyes that look elsewhere.
    glances: Option<Glances>,
}

impl PortraitPainter {
    /// Learn the person in a picture; `None` where the landmarks enclose nothing. `further` are shots
    /// of the same person, as large as the model's pictures: the face is painted from those nearest to
    /// the pose, in the colours of the picture.
    ///
    /// # Errors
    /// Where a network fails.
    pub fn new(
        model: Arc<PortraitModel>,
        picture: &Image,
        landmarks: &Landmarks,
        further: &[Shot],
    ) -> Result<Option<Self>, InferenceError> {
        let Some(square) = head_square([landmarks], MARGIN) else {
            return Ok(None);
        };
        let side_px = model.side_px();
        let map = square.square_to_picture(1.0, side_px);
        let shot = Shot {
            picture: cut_crop(picture, &map, side_px),
            landmarks: landmarks.map(|point| map.to_crop(point)),
        };
        let is_finer = map.scale() > COARSE;
        let coarse = is_finer.then(|| planes_of(&shot.picture));
        let others: Vec<Shot> = further.iter().map(|other| coloured(other, &shot)).collect();
        let shots: Vec<Shot> = std::iter::once(shot).chain(others).collect();
        Ok(Some(Self {
            coarse,
            glances: further.is_empty().then(|| Glances::new(picture, landmarks)),
            person: PortraitPerson::new(model, &shots)?.on_canvas(),
            picture: picture.clone(),
            map,
            side_px,
        }))
    }

    /// The model that paints.
    pub fn model(&self) -> &PortraitModel {
        self.person.model()
    }

    /// The picture with its face as `face` says.
    ///
    /// # Errors
    /// Where a network fails.
    pub fn paint_face(&self, face: &DrivenFace) -> Result<Image, InferenceError> {
        let Some(glances) = &self.glances else {
            return self.paint(&looking(face, face.gaze));
        };
        let [own, left] = glances.shared(face.gaze);
        let driven = looking(face, left);
        self.paint_with(&driven, Some(&glances.now(face, own, &driven)))
    }

    /// The picture with the head in the pose of these landmarks, in pixels of the picture.
    ///
    /// # Errors
    /// Where a network fails.
    pub fn paint(&self, driving: &Landmarks) -> Result<Image, InferenceError> {
        self.paint_with(driving, None)
    }

    fn paint_with(
        &self,
        driving: &Landmarks,
        glances: Option<&GlancesNow<'_>>,
    ) -> Result<Image, InferenceError> {
        let driving = driving.map(|point| self.map.to_crop(point));
        let portrayal = self.person.portray(&driving)?;
        let side = self.side_px as usize;
        let made = BendSource::from_planes(&portrayal.picture, side);
        let bent = BendSource::from_planes(&portrayal.bent, side);
        let mut result = self.picture.clone();
        let width = self.picture.width() as usize;
        result
            .rgb_mut()
            .par_chunks_exact_mut(3 * width)
            .enumerate()
            .for_each(|(y, row)| {
                for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
                    let pixel_place = [x as f32, y as f32];
                    let place = self.to_unit(self.map.to_crop(pixel_place));
                    let share = fade(place);
                    if share == 0.0 {
                        continue;
                    }
                    let mut value = [0.0; 3];
                    made.look(place, &mut value);
                    self.add_detail(&portrayal, &bent, place, &mut value);
                    if let Some(glances) = glances {
                        let mut colour = value.map(|value| (value + 1.0) * 127.5);
                        glances.lay_over(pixel_place, &mut colour);
                        value = colour.map(|level| level / 127.5 - 1.0);
                    }
                    for (level, value) in pixel.iter_mut().zip(value) {
                        let value = ((value + 1.0) * 127.5).clamp(0.0, 255.0);
                        let mixed = f32::from(*level) + (value - f32::from(*level)) * share;
                        *level = mixed.round() as u8;
                    }
                }
            });
        Ok(result)
    }

    /// What the crop lost of the picture where the flow looks.
    fn add_detail(
        &self,
        portrayal: &Portrayal,
        bent: &BendSource,
        place: [f32; 2],
        value: &mut [f32; 3],
    ) {
        let Some(coarse) = &self.coarse else {
            return;
        };
        let mut kept = [0.0; 3];
        bent.look(place, &mut kept);
        let apart = (0..3).map(|axis| (value[axis] - kept[axis]).abs());
        let apart = apart.sum::<f32>() / 3.0;
        let own = portrayal.share_at(place);
        let share = own / (1.0 + (apart / REPAINTED).powi(4));
        let from = portrayal.flow.at(place);
        let mut lost = [0.0; 3];
        coarse.look(from, &mut lost);
        let [x, y] = self.map.to_picture(self.to_pixels(from));
        let fine = bilinear(&self.picture, [x, y]);
        for axis in 0..3 {
            value[axis] += (fine[axis] - lost[axis]) * share;
        }
    }

    fn to_unit(&self, point: [f32; 2]) -> [f32; 2] {
        point.map(|value| (2.0 * value + 1.0) / self.side_px as f32 - 1.0)
    }

    fn to_pixels(&self, place: [f32; 2]) -> [f32; 2] {
        place.map(|value| ((value + 1.0) * self.side_px as f32 - 1.0) / 2.0)
    }
}

/// 1 within the square, 0 at its border.
fn fade([x, y]: [f32; 2]) -> f32 {
    let along = |value: f32| smooth_step(0.0, 2.0 * FADE, 1.0 - value.abs());
    along(x) * along(y)
}

/// A picture as planes, -1 to 1.
fn planes_of(picture: &Image) -> BendSource {
    let places = (picture.width() * picture.height()) as usize;
    let mut planes = vec![0.0; 3 * places];
    for (place, pixel) in picture.rgb().chunks_exact(3).enumerate() {
        for (channel, level) in pixel.iter().enumerate() {
            planes[channel * places + place] = f32::from(*level) / 127.5 - 1.0;
        }
    }
    BendSource::from_planes(&planes, picture.width() as usize)
}

/// Colour at a place between pixels, -1 to 1; the border goes on.
fn bilinear(picture: &Image, [x, y]: [f32; 2]) -> [f32; 3] {
    let last = [picture.width() - 1, picture.height() - 1];
    let x = x.max(0.0).min(last[0] as f32);
    let y = y.max(0.0).min(last[1] as f32);
    let [left, top] = [x as u32, y as u32];
    let [right, bottom] = [(left + 1).min(last[0]), (top + 1).min(last[1])];
    let [beside, below] = [x - left as f32, y - top as f32];
    let corners = [(left, top), (right, top), (left, bottom), (right, bottom)];
    let corners = corners.map(|(x, y)| picture.pixel(x, y));
    [0, 1, 2].map(|channel| {
        let [a, b, c, d] = corners.map(|pixel| f32::from(pixel[channel]));
        let over = a + (b - a) * beside;
        let under = c + (d - c) * beside;
        (over + (under - over) * below) / 127.5 - 1.0
    })
}
