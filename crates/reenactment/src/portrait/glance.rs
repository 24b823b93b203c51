//! Glances: the source's eyeballs shown between the lids of a painted head, looking about.
//!
//! A network that has seen few people look aside leaves a pale iris where it was. Where the eyes look
//! elsewhere than in the source, what the model painted between the lids gives way to the source's own
//! eyeball, its iris shifted and its white filled behind it.

use landmarks::Landmarks;
use media::Image;

use super::lids::{BROWS, LEAST_WIDTH};
use crate::features::{EYES, EyePoints};
use crate::lifted_face::LiftedFace;
use crate::retarget::DrivenFace;
use crate::softness::smooth_step;
use crate::warp::eye::{Eye, EyeNow};
use crate::warp::profile::{CornerFrame, Profile};
use crate::warp::texture::{Colour, Texture};

/// How much more open than they look closing eyes are in the landmarks that the model learned from.
const LEARNED_OPEN: f32 = 0.18;
/// Border of the open eye over which the eyeball fades, in eye widths.
const RIM: f32 = 0.03;
/// Shift of the iris, in eye widths, from which the model's eyeball has given way.
const CLEAR: f32 = 0.05;

/// The eyes of a source picture.
#[derive(Debug, Clone)]
pub(super) struct Glances {
    texture: Texture,
    eyes: [Option<Eye>; 2],
    /// Pixels for the unit of the head.
    scale: f32,
}

/// Both eyes in one frame; those that look as in the source are left out.
pub(super) struct GlancesNow<'a> {
    texture: &'a Texture,
    eyes: Vec<(EyeNow<'a>, OpenEye)>,
}

/// Where a driven face shows an eyeball, pixels of the picture.
struct OpenEye {
    frame: CornerFrame,
    upper: Profile,
    lower: Profile,
    /// The source's eye, and how much larger it is along the line of its corners and square to it.
    source: CornerFrame,
    larger: [f32; 2],
    /// How far the eyeball replaces what is there, 0 to 1.
    strength: f32,
}

impl Glances {
    /// Measure the eyes of a picture; closed ones cannot look about.
    pub(super) fn new(picture: &Image, landmarks: &Landmarks) -> Self {
        let texture = Texture::new(picture);
        let scale = LiftedFace::new(landmarks).pose.scale;
        let eyes = [0, 1].map(|side| {
            let eye = Eye::new(&texture, landmarks, &EYES[side], &BROWS[side], scale)?;
            (eye.frame.width > LEAST_WIDTH * scale).then_some(eye)
        });
        Self {
            texture,
            eyes,
            scale,
        }
    }

    /// The glances of the eyes that are shifted here, and those that the model is left to paint.
    pub(super) fn shared(&self, gaze: [[f32; 2]; 2]) -> [[[f32; 2]; 2]; 2] {
        let own = [0, 1].map(|side| match self.eyes[side] {
            Some(_) => gaze[side],
            None => [0.0; 2],
        });
        let left = [0, 1].map(|side| [0, 1].map(|axis| gaze[side][axis] - own[side][axis]));
        [own, left]
    }

    /// Shift the irises as `gaze` says in a face as it is driven, `driven` its points in the picture.
    pub(super) fn now(
        &self,
        face: &DrivenFace,
        gaze: [[f32; 2]; 2],
        driven: &Landmarks,
    ) -> GlancesNow<'_> {
        let taller = self.scale / face.pose.scale;
        let eyes = (0..2).filter_map(|side| {
            let eye = self.eyes[side].as_ref()?;
            let [x, y] = gaze[side];
            let strength = smooth_step(0.0, CLEAR, x.hypot(y));
            let open = OpenEye::new(eye, &EYES[side], driven, taller, strength)?;
            Some((eye.now(face.lids[side].max(1.0), gaze[side]), open))
        });
        GlancesNow {
            texture: &self.texture,
            eyes: eyes.collect(),
        }
    }
}

impl OpenEye {
    /// `None` where the corners coincide or nothing is replaced.
    fn new(
        eye: &Eye,
        points: &EyePoints,
        driven: &Landmarks,
        taller: f32,
        strength: f32,
    ) -> Option<Self> {
        if strength <= 0.0 {
            return None;
        }
        let at = |index: usize| driven.points[index];
        let frame = CornerFrame::new(at(points.corners[0]), at(points.corners[1]))?;
        let local = |index: usize| frame.to_local(at(index));
        Some(Self {
            upper: Profile::new(&frame, &points.upper.map(local)),
            lower: Profile::new(&frame, &points.lower.map(local)),
            source: eye.frame,
            larger: [eye.frame.width / frame.width, taller],
            frame,
            strength,
        })
    }

    /// Where in the source a place lies on the eyeball, over which the lids slide, and how far it
    /// shows; `None` on and beyond the lids.
    fn look(&self, place: [f32; 2]) -> Option<([f32; 2], f32)> {
        let [along, below] = self.frame.to_local(place);
        if along.abs() >= self.frame.width / 2.0 {
            return None;
        }
        let depth = (below - self.upper.at(along)).min(self.lower.at(along) - below);
        let share = self.strength * smooth_step(0.0, RIM * self.frame.width, depth);
        let from = [along * self.larger[0], below * self.larger[1]];
        (share > 0.0).then(|| (self.source.to_picture(from), share))
    }
}

impl GlancesNow<'_> {
    /// Lay the eyeballs over a colour, levels of 0 to 255, at a place of the picture.
    pub(super) fn lay_over(&self, place: [f32; 2], colour: &mut Colour) {
        for (eye, open) in &self.eyes {
            let Some((from, share)) = open.look(place) else {
                continue;
            };
            if let Some(ball) = eye.colour(self.texture, from) {
                (0..3).for_each(|channel| {
                    colour[channel] += share * (ball[channel] - colour[channel]);
                });
            }
        }
    }
}

/// The face as the model shall paint it, its eyes looking as `gaze` says.
pub(crate) fn looking(face: &DrivenFace, gaze: [[f32; 2]; 2]) -> Landmarks {
    DrivenFace {
        gaze,
        lids: face.lids.map(as_learned),
        ..face.clone()
    }
    .landmarks()
}

/// The opening in the landmarks for an eye that shall look so far open: 0 stays 0, 1 stays 1.
fn as_learned(opening: f32) -> f32 {
    let closing = (1.0 - opening).max(0.0);
    opening + LEARNED_OPEN * closing * smooth_step(0.02, 0.20, opening)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retarget::Retargeter;
    use test_support::DrawnHead;

    const SIDE_PX: u32 = 320;

    #[test]
    fn closed_stays_closed_open_stays_open_and_half_closed_lies_between() {
        assert_eq!(as_learned(0.0), 0.0);
        assert_eq!(as_learned(1.0), 1.0);
        assert_eq!(as_learned(1.2), 1.2);
        let openings: Vec<f32> = (0..30).map(|step| as_learned(step as f32 / 30.0)).collect();
        assert!(openings.windows(2).all(|pair| pair[1] > pair[0]));
    }

    #[test]
    fn a_glance_to_the_left_shows_the_iris_there_and_changes_nothing_beyond_the_lids() {
        let head = DrawnHead::frontal(SIDE_PX);
        let points = head.points();
        let picture = Image::from_rgb(SIDE_PX, SIDE_PX, head.draw());
        let source = Landmarks { points };
        let glances = Glances::new(&picture, &source);
        let face = Retargeter::new(&source, [SIDE_PX; 2], &source).drive(&source);
        let gaze = [[-0.2, 0.0]; 2];
        let [own, left] = glances.shared(gaze);
        assert_eq!((own, left), (gaze, [[0.0; 2]; 2]));
        let now = glances.now(&face, own, &looking(&face, left));
        let [x, y] = points[68];
        let width = points[39][0] - points[36][0];
        let shown = |x: f32, y: f32| {
            let mut colour = [128.0; 4];
            now.lay_over([x, y], &mut colour);
            colour[0]
        };
        assert!(
            shown(x - 0.22 * width, y) < 110.0,
            "{}",
            shown(x - 0.22 * width, y)
        );
        assert!(
            shown(x + 0.16 * width, y) > 150.0,
            "{}",
            shown(x + 0.16 * width, y)
        );
        assert_eq!(shown(x, points[19][1]), 128.0);
    }
}
