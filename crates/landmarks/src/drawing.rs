//! Landmarks drawn as a picture, as the networks of talking heads take them.
//!
//! Colours and parts as in Zakharov et al. 2019 (their published drawings): lines 2 px wide
//! without anti-aliasing on black. Inner lips are an option, as only some drawings have them. The
//! pupils are ours: small discs in a colour of their own.

use media::Image;

use crate::points::{
    INNER_LIPS, JAW, LEFT_BROW, LEFT_EYE, LEFT_PUPIL, Landmarks, NOSE_BRIDGE, NOSTRILS, OUTER_LIPS,
    RIGHT_BROW, RIGHT_EYE, RIGHT_PUPIL,
};

/// Colour of both pupils.
const PUPILS: [u8; 3] = [255, 128, 0];

/// Farthest from the picture that a line may start and still be drawn, pixels.
const FARTHEST_PX: f32 = 1e5;

/// How landmarks are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawingConfig {
    /// Width of the lines and radius of the pupils, pixels.
    pub line_width_px: f32,
    /// Whether the inner rim of the lips is drawn.
    pub draws_inner_lips: bool,
    /// Whether the pupils are drawn.
    pub draws_pupils: bool,
}

impl DrawingConfig {
    /// The paper's drawing, with our pupils.
    pub fn paper() -> Self {
        Self {
            line_width_px: 2.0,
            draws_inner_lips: false,
            draws_pupils: true,
        }
    }

    /// The paper's drawing as the networks of this project take it, at any size: lines as wide
    /// beside the face as 2 px are at 256 px, but never under 1 px; with the inner lips, which
    /// say how far the mouth is open, and the pupils.
    pub fn for_network(side_px: u32) -> Self {
        Self {
            line_width_px: (2.0 * side_px as f32 / 256.0).max(1.0),
            draws_inner_lips: true,
            draws_pupils: true,
        }
    }

    /// Drawing that can be seen on a picture of this size, with everything there is.
    pub fn overlay(width: u32, height: u32) -> Self {
        Self {
            line_width_px: (width.max(height) as f32 / 400.0).round().max(2.0),
            draws_inner_lips: true,
            draws_pupils: true,
        }
    }
}

/// Draw landmarks on a black picture.
pub fn draw(landmarks: &Landmarks, width: u32, height: u32, config: &DrawingConfig) -> Image {
    let mut picture = Image::new(width, height);
    draw_onto(&mut picture, landmarks, config);
    picture
}

/// Draw landmarks onto a picture.
pub fn draw_onto(picture: &mut Image, landmarks: &Landmarks, config: &DrawingConfig) {
    let parts = [
        (JAW, [255, 255, 255], false),
        (RIGHT_BROW, [255, 0, 0], false),
        (LEFT_BROW, [0, 255, 0], false),
        (NOSE_BRIDGE, [0, 0, 255], false),
        (NOSTRILS, [0, 0, 255], false),
        (RIGHT_EYE, [255, 0, 255], true),
        (LEFT_EYE, [0, 255, 255], true),
        (OUTER_LIPS, [255, 255, 0], true),
        (INNER_LIPS, [255, 255, 0], true),
    ];
    for (part, colour, is_closed) in parts {
        if part == INNER_LIPS && !config.draws_inner_lips {
            continue;
        }
        let points = &landmarks.points[part];
        for pair in points.windows(2) {
            draw_line(picture, [pair[0], pair[1]], config.line_width_px, colour);
        }
        if is_closed {
            let [first, last] = [points[0], points[points.len() - 1]];
            draw_line(picture, [last, first], config.line_width_px, colour);
        }
    }
    if config.draws_pupils {
        for pupil in [RIGHT_PUPIL, LEFT_PUPIL] {
            let centre = landmarks.points[pupil];
            draw_disc(picture, centre, config.line_width_px, PUPILS);
        }
    }
}

/// Fill the pixels whose centres lie in the strip around a line, and a disc at its ends.
///
/// A pixel on the strip's border belongs to one side only, so that a line is as wide as it says.
fn draw_line(picture: &mut Image, [from, to]: [[f32; 2]; 2], width_px: f32, colour: [u8; 3]) {
    let half = width_px / 2.0;
    draw_disc(picture, from, half, colour);
    draw_disc(picture, to, half, colour);
    let [from, to] = if (from[0], from[1]) <= (to[0], to[1]) {
        [from, to]
    } else {
        [to, from]
    };
    let along = [to[0] - from[0], to[1] - from[1]];
    let length = along[0].hypot(along[1]);
    if length == 0.0 {
        return;
    }
    let low = [0, 1].map(|axis| from[axis].min(to[axis]) - half);
    let high = [0, 1].map(|axis| from[axis].max(to[axis]) + half);
    fill(picture, low, high, colour, |[x, y]| {
        let [x, y] = [x - from[0], y - from[1]];
        let ahead = (x * along[0] + y * along[1]) / length;
        let aside = (y * along[0] - x * along[1]) / length;
        (0.0..=length).contains(&ahead) && (-half..half).contains(&aside)
    });
}

/// Fill the pixels whose centres lie in a disc.
fn draw_disc(picture: &mut Image, [x, y]: [f32; 2], radius_px: f32, colour: [u8; 3]) {
    let low = [x - radius_px, y - radius_px];
    let high = [x + radius_px, y + radius_px];
    fill(picture, low, high, colour, |[column, row]| {
        (column - x).hypot(row - y) < radius_px
    });
}

/// Colour the pixels of a rectangle that `is_inside` names.
fn fill(
    picture: &mut Image,
    low: [f32; 2],
    high: [f32; 2],
    colour: [u8; 3],
    is_inside: impl Fn([f32; 2]) -> bool,
) {
    let is_near = |value: &f32| value.abs() < FARTHEST_PX;
    if !low.iter().chain(&high).all(is_near) {
        return; // not finite or far outside
    }
    let sides = [picture.width(), picture.height()];
    let first = [0, 1].map(|axis| low[axis].floor().max(0.0) as u32);
    let end = [0, 1].map(|axis| ((high[axis].floor() + 1.0).max(0.0) as u32).min(sides[axis]));
    for y in first[1]..end[1] {
        for x in first[0]..end[0] {
            if is_inside([x as f32, y as f32]) {
                picture.set_pixel(x, y, colour);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::drawn_face;

    const WHITE: [u8; 3] = [255; 3];

    fn lit(picture: &Image) -> usize {
        let is_lit = |pixel: &&[u8]| pixel.iter().any(|value| *value > 0);
        picture.rgb().chunks_exact(3).filter(is_lit).count()
    }

    #[test]
    fn a_level_and_an_upright_line_are_two_pixels_wide() {
        for ends in [[[5.0, 10.0], [24.0, 10.0]], [[10.0, 24.0], [10.0, 5.0]]] {
            let mut picture = Image::new(32, 32);
            draw_line(&mut picture, ends, 2.0, WHITE);
            assert_eq!(lit(&picture), 2 * 20);
        }
    }

    #[test]
    fn only_full_colours_appear_and_each_part_has_its_own() {
        let picture = draw(&drawn_face(), 400, 400, &DrawingConfig::paper());
        let mut colours: Vec<[u8; 3]> = Vec::new();
        for y in 0..400 {
            for x in 0..400 {
                let colour = picture.pixel(x, y);
                if !colours.contains(&colour) {
                    colours.push(colour);
                }
            }
        }
        colours.sort_unstable();
        let mut wanted = [
            [0, 0, 0],
            [255, 255, 255],
            [255, 0, 0],
            [0, 255, 0],
            [0, 0, 255],
            [255, 0, 255],
            [0, 255, 255],
            [255, 255, 0],
            PUPILS,
        ];
        wanted.sort_unstable();
        assert_eq!(colours, wanted);
    }

    #[test]
    fn eyes_and_lips_are_closed_and_the_jaw_is_open() {
        let face = drawn_face();
        let picture = draw(&face, 400, 400, &DrawingConfig::paper());
        let between = |a: usize, b: usize| {
            let [a, b] = [face.points[a], face.points[b]];
            let third = |axis: usize| ((2.0 * a[axis] + b[axis]) / 3.0) as u32;
            picture.pixel(third(0), third(1))
        };
        assert_eq!(between(41, 36), [255, 0, 255]);
        assert_eq!(between(59, 48), [255, 255, 0]);
        assert_eq!(between(16, 0), [0, 0, 0]);
    }

    #[test]
    fn inner_lips_and_pupils_can_be_left_out() {
        let face = drawn_face();
        let paper = draw(&face, 400, 400, &DrawingConfig::paper());
        let without = |draws_inner_lips, draws_pupils| {
            let config = DrawingConfig {
                draws_inner_lips,
                draws_pupils,
                ..DrawingConfig::paper()
            };
            lit(&draw(&face, 400, 400, &config))
        };
        assert!(without(true, true) > lit(&paper));
        assert!(without(false, false) < lit(&paper));
    }

    #[test]
    fn points_outside_and_not_finite_ones_do_no_harm() {
        let mut face = drawn_face().map(|[x, y]| [x - 250.0, y - 250.0]);
        face.points[3] = [f32::NAN, 0.0];
        face.points[50] = [1e30, -1e30];
        let picture = draw(&face, 64, 64, &DrawingConfig::paper());
        assert_eq!(picture.width(), 64);
        assert_eq!(draw(&face, 0, 0, &DrawingConfig::paper()).rgb().len(), 0);
    }
}
