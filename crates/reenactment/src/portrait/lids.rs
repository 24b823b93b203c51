//! Lids that close over eyes which the model painted open.
//!
//! A network that has seen few blinks paints a closed lid soft, and of a drawing it leaves rests of the
//! eyeball. The skin above an open eye says better what its lid looks like: here it is drawn down over the
//! painted eyeball, the lashes at its rim, in the painted picture itself, so that light and pose agree.

use landmarks::Landmarks;
use media::Image;

use crate::features::{EYES, EyePoints, lid_gap};
use crate::lifted_face::LiftedFace;
use crate::retarget::DrivenFace;
use crate::warp::eye::Eye;
use crate::warp::profile::{CornerFrame, Profile};
use crate::warp::texture::Texture;

/// Points of the brow over each eye.
pub(super) const BROWS: [[usize; 5]; 2] = [[17, 18, 19, 20, 21], [22, 23, 24, 25, 26]];
/// Least width of an eye that is seen well enough, in units of the head; eyes seen from the front have
/// 0.31.
pub(super) const LEAST_WIDTH: f32 = 0.21;
/// Least opening of an eye whose lids are drawn down, in eye widths: behind narrower ones no skin lies
/// over an eyeball.
const LEAST_OPENING: f32 = 0.14;
/// By how much corners and lower lid lie beyond their landmarks, in eye widths: landmarks stand a little
/// within the rim, and what of the eyeball lies beyond them would stay open.
const RIM: f32 = 0.05;
/// Where skin is looked at below the lower lid, in eye widths.
const SKIN_BELOW: [f32; 3] = [0.18, 0.24, 0.30];
/// Places along and across a lid that are looked at.
const LOOKS: usize = 12;
/// What is changed around the middle of an eye, in eye widths.
const REACH: f32 = 1.6;

/// A face to paint and what is done to its lids afterwards.
pub(super) struct OpenFace {
    /// The face with eyes as open as they are to be painted.
    pub(super) face: DrivenFace,
    /// How far each eye is open in the end, 1 where it stays as it is painted.
    lids: [f32; 2],
}

impl OpenFace {
    /// Open the eyes of a face whose lids can be drawn down in the picture.
    pub(super) fn new(face: &DrivenFace) -> Self {
        let mut open = face.clone();
        open.lids = face.lids.map(|lids| lids.max(1.0));
        let points = open.landmarks();
        let mut lids = [1.0; 2];
        for side in 0..2 {
            if face.lids[side] < 1.0 && is_open(&EYES[side], &points, face.pose.scale) {
                lids[side] = face.lids[side];
            } else {
                open.lids[side] = face.lids[side];
            }
        }
        Self { face: open, lids }
    }

    /// A face whose lids the model paints.
    pub(super) fn as_it_is(face: &DrivenFace) -> Self {
        Self {
            face: face.clone(),
            lids: [1.0; 2],
        }
    }

    /// Whether there is a lid to draw down.
    pub(super) fn is_closing(&self) -> bool {
        self.lids.iter().any(|lids| *lids < 1.0)
    }

    /// How little the lids of closed eyes in `picture` have the hue of the skin below the eyes: mean difference
    /// in levels of 0 to 255, apart from light and shade, which fall on lids as they like. `eyes` are the
    /// landmarks of the face with its eyes open. Only lids that can be drawn down are looked at.
    pub(super) fn strangeness(&self, picture: &Image, eyes: &Landmarks) -> f32 {
        let texture = Texture::new(picture);
        let sides = (0..2).filter(|side| self.lids[*side] < 1.0);
        let values = sides.filter_map(|side| strangeness(&texture, eyes, &EYES[side]));
        let (sum, count) = values.fold((0.0, 0.0_f32), |(sum, count), value| {
            (sum + value, count + 1.0)
        });
        sum / count.max(1.0)
    }

    /// Draw the lids down in `picture`, whose face has the landmarks `painted`.
    pub(super) fn close(&self, picture: &mut Image, painted: &Landmarks) {
        for (side, lids) in self.lids.iter().enumerate() {
            if *lids < 1.0 {
                close(picture, painted, side, *lids);
            }
        }
    }
}

fn is_open(eye: &EyePoints, points: &Landmarks, scale: f32) -> bool {
    let [a, b] = eye.corners.map(|corner| points.points[corner]);
    let width = (a[0] - b[0]).hypot(a[1] - b[1]);
    let opening = lid_gap(eye, points, scale) * scale;
    width > LEAST_WIDTH * scale && opening > LEAST_OPENING * width
}

fn close(picture: &mut Image, painted: &Landmarks, side: usize, lids: f32) {
    let [a, b] = EYES[side].corners.map(|corner| painted.points[corner]);
    let middle = [0, 1].map(|axis| f32::midpoint(a[axis], b[axis]));
    let reach = REACH * (a[0] - b[0]).hypot(a[1] - b[1]);
    let size = [picture.width(), picture.height()];
    let range = |axis: usize| {
        let clamp = |value: f32| value.clamp(0.0, size[axis] as f32) as u32;
        clamp(middle[axis] - reach)..clamp(middle[axis] + reach + 1.0)
    };
    let [columns, rows] = [range(0), range(1)];
    if columns.is_empty() || rows.is_empty() {
        return;
    }
    let corner = [columns.start as f32, rows.start as f32];
    let texture = Texture::new(&cut(picture, &columns, &rows));
    let points = painted.map(|[x, y]| [x - corner[0], y - corner[1]]);
    let points = with_rim(points, &EYES[side]);
    let scale = LiftedFace::new(&points).pose.scale;
    let Some(eye) = Eye::new(&texture, &points, &EYES[side], &BROWS[side], scale) else {
        return;
    };
    let now = eye.now(lids, [0.0; 2]);
    for y in rows {
        for x in columns.clone() {
            let place = [x as f32 - corner[0], y as f32 - corner[1]];
            if let Some([red, green, blue, _]) = now.colour(&texture, place) {
                let level = |value: f32| value.round().clamp(0.0, 255.0) as u8;
                picture.set_pixel(x, y, [red, green, blue].map(level));
            }
        }
    }
}

/// `None` where the corners coincide.
fn strangeness(texture: &Texture, eyes: &Landmarks, eye: &EyePoints) -> Option<f32> {
    let at = |index: usize| eyes.points[index];
    let frame = CornerFrame::new(at(eye.corners[0]), at(eye.corners[1]))?;
    let local = |index: usize| frame.to_local(at(index));
    let upper = Profile::new(&frame, &eye.upper.map(local));
    let lower = Profile::new(&frame, &eye.lower.map(local));
    let look = |along: f32, below: f32| texture.sample(frame.to_picture([along, below]));
    let columns =
        || (0..LOOKS).map(|step| frame.width * (0.6 * (step as f32 + 0.5) / LOOKS as f32 - 0.3));
    let (mut skin, mut count) = ([0.0; 3], 0.0_f32);
    for along in columns() {
        for depth in SKIN_BELOW {
            let colour = look(along, lower.at(along) + depth * frame.width);
            (0..3).for_each(|channel| skin[channel] += colour[channel]);
            count += 1.0;
        }
    }
    let skin = skin.map(|sum| sum / count);
    let (mut apart, mut count) = (0.0, 0.0_f32);
    for along in columns() {
        let [top, bottom] = [upper.at(along), lower.at(along)];
        for step in 0..LOOKS {
            // the lowest part belongs to the lashes
            let below = top + 0.6 * (bottom - top) * step as f32 / LOOKS as f32;
            let colour = look(along, below);
            let differs: [f32; 3] = [0, 1, 2].map(|c| colour[c] - skin[c]);
            let luma = 0.299 * differs[0] + 0.587 * differs[1] + 0.114 * differs[2];
            apart += (differs[0] - luma).abs() + (differs[2] - luma).abs();
            count += 1.0;
        }
    }
    Some(apart / count)
}

/// The points of an eye moved out to the rim of its eyeball.
fn with_rim(mut face: Landmarks, eye: &EyePoints) -> Landmarks {
    let [left, right] = eye.corners.map(|corner| face.points[corner]);
    let step = [0, 1].map(|axis| RIM * (right[axis] - left[axis]));
    let mut add = |index: usize, by: [f32; 2]| {
        (0..2).for_each(|axis| face.points[index][axis] += by[axis]);
    };
    add(eye.corners[0], step.map(|value| -value));
    add(eye.corners[1], step);
    eye.lower
        .into_iter()
        .for_each(|index| add(index, [-step[1], step[0]]));
    face
}

fn cut(picture: &Image, columns: &std::ops::Range<u32>, rows: &std::ops::Range<u32>) -> Image {
    let pixels = rows
        .clone()
        .flat_map(|y| columns.clone().map(move |x| [x, y]))
        .flat_map(|[x, y]| picture.pixel(x, y));
    Image::from_rgb(columns.len() as u32, rows.len() as u32, pixels.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::DrawnHead;

    const SIDE_PX: u32 = 320;

    fn head() -> (Image, DrivenFace) {
        let head = DrawnHead::frontal(SIDE_PX);
        let points = Landmarks {
            points: head.points(),
        };
        let face = DrivenFace {
            pose: LiftedFace::new(&points).pose,
            points,
            lids: [1.0, 1.0],
            gaze: [[0.0; 2]; 2],
            is_held_back: false,
        };
        (Image::from_rgb(SIDE_PX, SIDE_PX, head.draw()), face)
    }

    #[test]
    fn a_drawn_down_lid_has_the_hue_of_skin_where_the_eyeball_was_and_the_other_eye_stays() {
        let (mut picture, face) = head();
        let asleep = DrivenFace {
            lids: [0.0, 1.0],
            ..face
        };
        let open = OpenFace::new(&asleep);
        assert_eq!(open.face.lids, [1.0, 1.0], "painted open");
        let painted = open.face.landmarks();
        let before = picture.clone();
        let was = open.strangeness(&picture, &painted);
        open.close(&mut picture, &painted);
        let is = open.strangeness(&picture, &painted);
        assert!(is < 0.5 * was, "{was} {is}");
        let [x, y] = painted.points[69].map(|value| value as u32);
        assert_eq!(picture.pixel(x, y), before.pixel(x, y));
        assert_ne!(picture, before);
    }

    #[test]
    fn eyes_that_the_source_has_closed_are_left_to_the_model() {
        let (mut picture, mut face) = head();
        for eye in &EYES {
            for (upper, lower) in eye.upper.into_iter().zip(eye.lower) {
                face.points.points[upper] = face.points.points[lower];
            }
        }
        face.lids = [0.0; 2];
        let open = OpenFace::new(&face);
        assert!(!open.is_closing());
        assert_eq!(open.face.lids, [0.0; 2]);
        let before = picture.clone();
        open.close(&mut picture, &open.face.landmarks());
        assert_eq!(picture, before);
    }
}
