//! Paints the head of a whole picture: cuts it out, drives it, and lays it back.
//!
//! The model's crop is small. The picture itself is bent, at its own fineness, along the crop's flow, which
//! goes over into that of the skull at the crop's border; what the model painted is laid over it as a
//! difference. Painted teeth and lids, which are no bent source, come from the crop alone.

use std::sync::Arc;

use inference::InferenceError;
use landmarks::{CropMap, Landmarks, cut_crop, head_square};
use media::Image;
use rayon::prelude::*;

use super::behind::Behind;
use super::bending::BendSource;
use super::face_colour::coloured;
use super::glance::{Glances, GlancesNow, looking};
use super::lids::OpenFace;
use super::model::PortraitModel;
use super::outer_flow::OuterFlow;
use super::person::{PortraitPerson, Portrayal};
use crate::few_shot::Shot;
use crate::head_mask::HeadMask;
use crate::lifted_face::LiftedFace;
use crate::retarget::DrivenFace;
use crate::softness::smooth_step;
use crate::warp::texture::{Colour, Texture, to_bytes};

/// Side of the square that is driven, sides of the smallest square around the landmarks.
const MARGIN: f32 = 1.8;
/// Share of the square's side over which it goes over into the picture around it.
const FADE: f32 = 0.15;
/// Difference from the bent source, of -1 to 1, at which fine detail is half gone.
const REPAINTED: f32 = 0.12;
/// Displacements shorter than this, in pixels, leave a pixel as it is.
const STILL_PX: f32 = 2e-3;

/// A picture whose head a portrait model drives.
#[derive(Debug)]
pub struct PortraitPainter {
    person: PortraitPerson,
    picture: Texture,
    landmarks: Landmarks,
    map: CropMap,
    side_px: u32,
    /// The crop as the model sees it.
    coarse: BendSource,
    /// The eyes of a person of one picture; of several, the model mixes eyes that look elsewhere.
    glances: Option<Glances>,
    /// The background, where it stands still.
    behind: Option<Behind>,
    /// Whether closing lids are drawn down over eyes that the model painted open.
    draws_lids: bool,
}

/// What one frame is made of.
struct Layers<'a> {
    portrayal: Portrayal,
    made: BendSource,
    bent: BendSource,
    outer: OuterFlow,
    glances: Option<&'a GlancesNow<'a>>,
}

impl PortraitPainter {
    /// Learn the person in a picture; `None` where the landmarks enclose nothing. `further` are shots
    /// of the same person, as large as the model's pictures: the face is painted from those nearest to
    /// the pose, in the colours of the picture. Transparency of the picture moves with the head.
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
        let coarse = planes_of(&shot.picture);
        let others: Vec<Shot> = further.iter().map(|other| coloured(other, &shot)).collect();
        let shots: Vec<Shot> = std::iter::once(shot).chain(others).collect();
        Ok(Some(Self {
            coarse,
            glances: further.is_empty().then(|| Glances::new(picture, landmarks)),
            person: PortraitPerson::new(model, &shots)?.on_canvas(),
            picture: Texture::new(picture),
            landmarks: *landmarks,
            map,
            side_px,
            behind: None,
            draws_lids: false,
        }))
    }

    /// The same with closing lids drawn down, where those have more of the colour of the skin around than what
    /// the model paints: both are tried once.
    ///
    /// # Errors
    /// Where a network fails.
    pub fn choosing_lids(self) -> Result<Self, InferenceError> {
        let asleep = DrivenFace {
            pose: LiftedFace::new(&self.landmarks).pose,
            points: self.landmarks,
            lids: [0.0; 2],
            gaze: [[0.0; 2]; 2],
            is_held_back: false,
        };
        let open = OpenFace::new(&asleep);
        if !open.is_closing() {
            return Ok(self);
        }
        let modelled = self.paint_face(&asleep)?;
        let chosen = Self {
            draws_lids: true,
            ..self
        };
        let drawn = chosen.paint_face(&asleep)?;
        let strange =
            [&drawn, &modelled].map(|picture| open.strangeness(picture, &chosen.landmarks));
        Ok(Self {
            draws_lids: strange[0] < strange[1],
            ..chosen
        })
    }

    /// The same before a background that was completed and stands still: `picture` is the painter's own, and
    /// `others` are further faces in it, which belong to the background. A picture with transparency has none.
    #[must_use]
    pub fn before_still_background(mut self, picture: &Image, others: &[Landmarks]) -> Self {
        self.behind = match picture.alpha() {
            Some(_) => None,
            None => Some(Behind::new(picture, &self.landmarks, others)),
        };
        self
    }

    /// The model that paints.
    pub fn model(&self) -> &PortraitModel {
        self.person.model()
    }

    /// The same, to be shared with a painter of another face.
    pub(crate) fn shared_model(&self) -> Arc<PortraitModel> {
        self.person.shared_model()
    }

    /// The picture with its face as `face` says.
    ///
    /// # Errors
    /// Where a network fails.
    pub fn paint_face(&self, face: &DrivenFace) -> Result<Image, InferenceError> {
        let open = self.open(face);
        let driving = self.driving(&open);
        let now = self.glances.as_ref().map(|glances| {
            let [own, _] = glances.shared(face.gaze);
            glances.now(&open.face, own, &driving)
        });
        let mut picture = self.paint_with(&driving, now.as_ref())?;
        open.close(&mut picture, &driving);
        Ok(picture)
    }

    /// The face as the model shall paint it, and which lids are drawn down afterwards.
    fn open(&self, face: &DrivenFace) -> OpenFace {
        if self.draws_lids {
            return OpenFace::new(face);
        }
        OpenFace::as_it_is(face)
    }

    /// Landmarks from which the model paints a face, its own glances left out.
    fn driving(&self, open: &OpenFace) -> Landmarks {
        let gaze = open.face.gaze;
        let glances = self.glances.as_ref();
        let left = glances.map_or(gaze, |glances| glances.shared(gaze)[1]);
        looking(&open.face, left)
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
        let in_crop = driving.map(|point| self.map.to_crop(point));
        let portrayal = self.person.portray(&in_crop)?;
        let side = self.side_px as usize;
        let layers = Layers {
            made: BendSource::from_planes(&portrayal.picture, side),
            bent: BendSource::from_planes(&portrayal.bent, side),
            outer: self.outer_flow(driving),
            portrayal,
            glances,
        };
        let mut pixels = self.picture.pixels().to_vec();
        let rows = pixels.par_chunks_exact_mut(self.picture.width());
        rows.enumerate()
            .for_each(|(y, row)| self.paint_row(&layers, y, row));
        Ok(self.picture.picture_from(&pixels))
    }

    /// Which pixels [`PortraitPainter::paint`] changes for these landmarks; all others stay to the last bit.
    pub fn mask(&self, driving: &Landmarks) -> HeadMask {
        let outer = self.outer_flow(driving);
        HeadMask::from_places([self.picture.width(), self.picture.height()], |place| {
            fade(self.to_unit(self.map.to_crop(place))).max(outer.share(place))
        })
    }

    /// Which pixels [`PortraitPainter::paint_face`] changes; all others stay to the last bit.
    pub fn mask_of_face(&self, face: &DrivenFace) -> HeadMask {
        self.mask(&self.driving(&self.open(face)))
    }

    fn outer_flow(&self, driving: &Landmarks) -> OuterFlow {
        let size = [self.picture.width(), self.picture.height()];
        OuterFlow::new(driving, &self.landmarks, size)
    }

    fn paint_row(&self, layers: &Layers<'_>, y: usize, row: &mut [[u8; 4]]) {
        let area = layers.outer.area();
        let steps = (area.top..area.bottom)
            .contains(&y)
            .then(|| layers.outer.row(y as f32));
        for (x, pixel) in row.iter_mut().enumerate() {
            let place = [x as f32, y as f32];
            let step = match &steps {
                Some(steps) if (area.left..area.right).contains(&x) => {
                    layers.outer.step(steps, place[0])
                }
                _ => [0.0; 2],
            };
            let outside = [place[0] + step[0], place[1] + step[1]];
            let unit = self.to_unit(self.map.to_crop(place));
            let share = fade(unit);
            if share > 0.0 {
                let mut colour = self.painted(layers, unit, [x, y], outside);
                if let Some(glances) = layers.glances {
                    glances.lay_over(place, &mut colour);
                }
                *pixel = to_bytes(colour);
            } else if step[0].abs() > STILL_PX || step[1].abs() > STILL_PX {
                let mut colour = self.picture.sample(outside);
                if let Some(behind) = &self.behind {
                    behind.show([x, y], outside, 1.0, &mut colour[..3]);
                }
                *pixel = to_bytes(colour);
            }
        }
    }

    /// Colour at a place of the crop, -1 to 1, which is a pixel of the picture; around the crop it would
    /// come from `outside`, in pixels of the picture.
    fn painted(
        &self,
        layers: &Layers<'_>,
        place: [f32; 2],
        pixel: [usize; 2],
        outside: [f32; 2],
    ) -> Colour {
        let share = fade(place);
        let Layers {
            portrayal,
            made,
            bent,
            ..
        } = layers;
        let from = portrayal.flow.at(place);
        let inside = self.map.to_picture(self.to_pixels(from));
        let between = [0, 1].map(|axis| outside[axis] + (inside[axis] - outside[axis]) * share);
        let mut colour = self.picture.sample(between);
        let fine = if share < 1.0 {
            self.picture.sample(inside)
        } else {
            colour
        };
        let [mut painted, mut kept, mut lost] = [[0.0; 3]; 3];
        made.look(place, &mut painted);
        bent.look(place, &mut kept);
        self.coarse.look(from, &mut lost);
        let apart = (0..3).map(|axis| (painted[axis] - kept[axis]).abs());
        let apart = apart.sum::<f32>() / 3.0;
        let told = 1.0 / (1.0 + (apart / REPAINTED).powi(4));
        let own = told * portrayal.share_at(place);
        for channel in 0..3 {
            let [painted, lost] =
                [painted[channel], lost[channel]].map(|value| (value + 1.0) * 127.5);
            let change = painted - lost + (1.0 - own) * (lost - fine[channel]);
            colour[channel] = (colour[channel] + share * change).clamp(0.0, 255.0);
        }
        if let Some(behind) = &self.behind {
            behind.show(pixel, between, own, &mut colour[..3]);
        }
        colour
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
