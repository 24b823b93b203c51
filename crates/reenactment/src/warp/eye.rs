//! An eye of the source: lids that open and close over an eyeball that looks about.
//!
//! Works in the source's own coordinates, where only lids and gaze have changed; the head's motion
//! is put on top by the field.

use landmarks::Landmarks;

use crate::features::EyePoints;
use crate::retarget::lid_shares;
use crate::softness::smooth_step;
use crate::warp::eyeball::{BallPlace, Eyeball};
use crate::warp::profile::{CornerFrame, Profile};
use crate::warp::texture::{Colour, Texture, mix};

/// Opening below which the source's eye counts as closed: nothing can be shown behind its lids.
const CLOSED: f32 = 0.10;
/// Lashes above and below the rim, in eye widths, that are moved and not stretched.
const LASHES: f32 = 0.07;
/// Lid inside the rim that moves along, upper and lower, in eye widths.
const INNER_RIM: [f32; 2] = [0.035, 0.020];
/// How much of that rim gives way when the eye looks aside, since it shows the iris where it was; and
/// the shift of the iris, in eye widths, from which it does.
const RIM_GIVES_WAY: (f32, f32) = (0.8, 0.10);
/// Skin below the lower lid that stretches, in eye widths.
const LOWER_SKIN: f32 = 0.35;

/// An eye of the source, measured once.
#[derive(Debug, Clone)]
pub(crate) struct Eye {
    /// Where its corners lie.
    pub(crate) frame: CornerFrame,
    upper: Profile,
    lower: Profile,
    /// Skin between upper lid and brow that stretches, pixels.
    upper_skin: f32,
    ball: Eyeball,
}

/// The eye as it is in one frame.
#[derive(Debug, Clone)]
pub(crate) struct EyeNow<'a> {
    eye: &'a Eye,
    upper: Profile,
    lower: Profile,
    /// How far upper and lower lid have moved down, in openings.
    shares: [f32; 2],
    step: [f32; 2],
    /// Share of the inner rim that the lids keep.
    rim: f32,
}

impl Eye {
    /// Measure an eye; `None` where it is closed or seen too much from the side.
    pub(crate) fn new(
        texture: &Texture,
        landmarks: &Landmarks,
        points: &EyePoints,
        brow: &[usize],
        head_scale: f32,
    ) -> Option<Self> {
        let at = |index: usize| landmarks.points[index];
        let frame = CornerFrame::new(at(points.corners[0]), at(points.corners[1]))?;
        let local = |index: usize| frame.to_local(at(index));
        let upper = Profile::new(&frame, &points.upper.map(local));
        let lower = Profile::new(&frame, &points.lower.map(local));
        let opening = lower.combine(&upper, |low, up| low - up).range()[1];
        if opening < CLOSED * frame.width || frame.width < 4.0 {
            return None;
        }
        let brow_height =
            brow.iter().map(|index| -local(*index)[1]).sum::<f32>() / brow.len() as f32;
        let room = brow_height + upper.range()[0];
        let upper_skin = (0.72 * room).clamp(0.16 * frame.width, 0.60 * frame.width);
        let ball = Eyeball::new(
            texture,
            frame,
            [&upper, &lower],
            at(points.pupil),
            head_scale,
        );
        Some(Self {
            frame,
            upper,
            lower,
            upper_skin,
            ball,
        })
    }

    /// Colour of the white beside the iris.
    pub(crate) fn white(&self) -> Colour {
        self.ball.white()
    }

    /// Set lids (0 closed, 1 as in the source) and gaze (steps in eye widths).
    pub(crate) fn now(&self, lids: f32, gaze: [f32; 2]) -> EyeNow<'_> {
        let shares = lid_shares(lids);
        let rim = |share: f32, own: &Profile| {
            let gaps = self
                .lower
                .combine(&self.upper, |low, up| (low - up).max(0.0));
            own.combine(&gaps, |depth, gap| depth + share * gap)
        };
        let (most, shift) = RIM_GIVES_WAY;
        EyeNow {
            rim: 1.0 - most * smooth_step(0.0, shift, gaze[0].hypot(gaze[1])),
            eye: self,
            upper: rim(shares[0], &self.upper),
            lower: rim(shares[1], &self.lower),
            shares,
            step: gaze.map(|step| step * self.frame.width),
        }
    }
}

impl EyeNow<'_> {
    /// Whether nothing differs from the source.
    pub(crate) fn is_at_rest(&self) -> bool {
        let moved = [self.shares[0], self.shares[1], self.step[0], self.step[1]];
        moved.iter().all(|value| value.abs() < 1e-4)
    }

    /// Colour at a place of the source; `None` where the eye changes nothing.
    #[inline]
    pub(crate) fn colour(&self, texture: &Texture, place: [f32; 2]) -> Option<Colour> {
        let eye = self.eye;
        let width = eye.frame.width;
        let [along, below] = eye.frame.to_local(place);
        if along.abs() >= width / 2.0 || below.abs() > 1.5 * width {
            return None;
        }
        let gap = (eye.lower.at(along) - eye.upper.at(along)).max(0.0);
        let [top, bottom] = [self.upper.at(along), self.lower.at(along)];
        let [down, up] = [self.shares[0] * gap, -self.shares[1] * gap];
        if below < top - (eye.upper_skin + down) || below > bottom + LOWER_SKIN * width + up {
            return None;
        }
        let upper = self.upper_lid(below - top, down);
        let lower = self.lower_lid(below - bottom, up);
        let skin = |step: f32| texture.sample(eye.frame.to_picture([along, below - step]));
        // Below the lower lid's edge the upper one has no say: closed lids meet there.
        let met = smooth_step(-0.6, 0.6, below - bottom);
        let upper_cover = upper.cover * (1.0 - met);
        if upper_cover >= 1.0 {
            return Some(skin(upper.step));
        }
        let mut colour = if lower.cover >= 1.0 {
            skin(lower.step)
        } else {
            let seen = texture.sample(place);
            let at = BallPlace {
                place: [along, below],
                step: self.step,
                depths: [below - top, bottom - below],
                lids_moved: smooth_step(0.0, 0.15, self.shares[0].abs()),
            };
            let ball = eye.ball.colour(texture, &at, seen);
            mix(ball, skin(lower.step), lower.cover)
        };
        if upper_cover > 0.0 {
            colour = mix(colour, skin(upper.step), upper_cover);
        }
        Some(colour)
    }

    /// The upper lid `depth` pixels below its rim (negative: above), moved down by `down`.
    fn upper_lid(&self, depth: f32, down: f32) -> Lid {
        let width = self.eye.frame.width;
        let rim = self.rim * INNER_RIM[0] * width;
        let share = stretch(-depth, down, LASHES * width, self.eye.upper_skin);
        Lid {
            cover: 1.0 - smooth_step(0.0, rim, depth),
            step: down * (1.0 - share),
        }
    }

    /// The lower lid `depth` pixels below its rim, moved up by `up`.
    fn lower_lid(&self, depth: f32, up: f32) -> Lid {
        let width = self.eye.frame.width;
        let rim = self.rim * INNER_RIM[1] * width;
        let share = stretch(depth, up, 0.5 * LASHES * width, LOWER_SKIN * width);
        Lid {
            cover: 1.0 - smooth_step(0.0, rim, -depth),
            step: -up * (1.0 - share),
        }
    }
}

/// What a lid does at a place.
struct Lid {
    /// How much of the place it covers.
    cover: f32,
    /// How far its skin there has come down, pixels.
    step: f32,
}

/// Share of a lid's move that stretching has made up for, `distance` pixels away from the rim:
/// 0 on the lashes, 1 where the skin rests.
fn stretch(distance: f32, moved: f32, lashes: f32, skin: f32) -> f32 {
    let room = skin + moved;
    let lashes = lashes.min(0.4 * room);
    let t = ((distance - lashes) / (room - lashes)).clamp(0.0, 1.0);
    0.6 * t + 0.4 * t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::EYES;
    use landmarks::POINTS;
    use media::Image;

    /// A white eye with a dark iris on reddish skin that is darker upwards.
    fn picture() -> (Texture, Landmarks) {
        let mut points = [[0.0; 2]; POINTS];
        let places = [(36, [30.0, 60.0]), (37, [50.0, 46.0]), (38, [70.0, 46.0])];
        let more = [
            (39, [90.0, 60.0]),
            (40, [70.0, 68.0]),
            (41, [50.0, 68.0]),
            (68, [60.0, 57.0]),
        ];
        for (index, place) in places.into_iter().chain(more) {
            points[index] = place;
        }
        for (step, point) in points[17..22].iter_mut().enumerate() {
            *point = [40.0 + 8.0 * step as f32, 22.0];
        }
        let landmarks = Landmarks { points };
        let frame = CornerFrame::new(points[36], points[39]).unwrap();
        let local = |index: usize| frame.to_local(points[index]);
        let upper = Profile::new(&frame, &[local(37), local(38)]);
        let lower = Profile::new(&frame, &[local(41), local(40)]);
        let mut image = Image::new(120, 120);
        for y in 0..120 {
            for x in 0..120 {
                let [along, below] = frame.to_local([x as f32, y as f32]);
                let inside = below > upper.at(along) && below < lower.at(along);
                let iris = (x as f32 - 60.0).hypot(y as f32 - 57.0) < 10.0;
                let colour = match (inside, iris) {
                    (true, true) => [40, 60, 80],
                    (true, false) => [230, 230, 230],
                    _ => [180, 60 + y as u8, 100],
                };
                image.set_pixel(x, y, colour);
            }
        }
        (Texture::new(&image), landmarks)
    }

    fn eye(texture: &Texture, landmarks: &Landmarks) -> Eye {
        Eye::new(texture, landmarks, &EYES[0], &[17, 18, 19, 20, 21], 150.0).unwrap()
    }

    #[test]
    fn an_eye_at_rest_looks_as_in_the_source() {
        let (texture, landmarks) = picture();
        let eye = eye(&texture, &landmarks);
        let now = eye.now(1.0, [0.0, 0.0]);
        assert!(now.is_at_rest());
        for y in 20..100 {
            for x in 20..100 {
                let place = [x as f32, y as f32];
                if let Some(colour) = now.colour(&texture, place) {
                    let seen = texture.sample(place);
                    assert!((0..3).all(|c| (colour[c] - seen[c]).abs() < 1.0), "{x} {y}");
                }
            }
        }
    }

    #[test]
    fn a_closed_eye_shows_skin_alone() {
        let (texture, landmarks) = picture();
        let eye = eye(&texture, &landmarks);
        let now = eye.now(0.0, [0.0, 0.0]);
        let mut white = 0;
        for y in 40..75 {
            for x in 32..88 {
                let colour = now.colour(&texture, [x as f32, y as f32]);
                white += u32::from(colour.is_some_and(|colour| colour[2] > 165.0));
            }
        }
        assert!(white <= 12, "{white} pixels of white are left");
    }

    #[test]
    fn the_iris_follows_the_gaze_and_the_white_is_filled_behind_it() {
        let (texture, landmarks) = picture();
        let eye = eye(&texture, &landmarks);
        let now = eye.now(1.0, [0.2, 0.0]);
        let at = |x: f32| now.colour(&texture, [x, 57.0]).unwrap()[0];
        assert!(at(72.0) < 60.0, "iris at its new place");
        assert!(at(53.0) > 200.0, "white at its old place");
    }

    #[test]
    fn the_skin_above_a_closing_lid_runs_in_one_direction() {
        let (texture, landmarks) = picture();
        let eye = eye(&texture, &landmarks);
        let now = eye.now(0.0, [0.0, 0.0]);
        let mut last = -1.0;
        for y in 20..58 {
            let place = [60.0, y as f32];
            let colour = now.colour(&texture, place).unwrap_or(texture.sample(place));
            assert!(colour[1] >= last - 0.6, "row {y}");
            last = colour[1];
        }
    }

    #[test]
    fn a_closed_source_eye_is_left_alone() {
        let (texture, mut landmarks) = picture();
        for (upper, lower) in [(37, 41), (38, 40)] {
            landmarks.points[upper] = landmarks.points[lower];
        }
        assert!(Eye::new(&texture, &landmarks, &EYES[0], &[17, 18, 19], 150.0).is_none());
    }
}
