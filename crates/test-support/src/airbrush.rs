//! A small soft painter: smooth outlines filled or stroked with soft edges onto a picture.
//!
//! Colours are RGB from 0 to 1. A soft edge is as wide as `feather_px` and centred on the outline.

/// A place in the picture, pixels; (0, 0) is the centre of the top-left pixel.
pub(crate) type Place = [f32; 2];
/// Red, green, blue from 0 to 1.
pub(crate) type Colour = [f32; 3];

/// How much of each pixel an outline covers, from 0 to 1.
#[derive(Debug, Clone)]
pub(crate) struct Stencil {
    left: usize,
    top: usize,
    width: usize,
    cover: Vec<f32>,
}

impl Stencil {
    fn at(&self, x: usize, y: usize) -> f32 {
        if x < self.left || y < self.top || x >= self.left + self.width {
            return 0.0;
        }
        let index = (y - self.top) * self.width + (x - self.left);
        self.cover.get(index).copied().unwrap_or(0.0)
    }
}

/// A picture in the making.
#[derive(Debug, Clone)]
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
    /// Factors of every colour that is painted.
    tint: Colour,
}

impl Canvas {
    pub(crate) fn new(width: u32, height: u32, colour: impl Fn(Place) -> Colour) -> Self {
        let (width, height) = (width as usize, height as usize);
        let place = |index: usize| [(index % width) as f32, (index / width) as f32];
        Self {
            width,
            height,
            pixels: (0..width * height).map(|i| colour(place(i))).collect(),
            tint: [1.0; 3],
        }
    }

    /// Colour what is painted from now on.
    pub(crate) fn set_tint(&mut self, tint: Colour) {
        self.tint = tint;
    }

    /// Bytes, row by row.
    pub(crate) fn to_rgb(&self) -> Vec<u8> {
        let byte = |value: &f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
        self.pixels.iter().flatten().map(byte).collect()
    }

    /// Cover of the inside of a closed outline.
    pub(crate) fn inside(&self, outline: &[Place], feather_px: f32) -> Stencil {
        let feather = feather_px.max(1.0);
        self.stencil(outline, feather, |place| {
            let (distance, is_inside) = distance_to_outline(outline, place);
            let signed = if is_inside { distance } else { -distance };
            smooth(signed / feather + 0.5)
        })
    }

    /// Cover of a line whose half width runs over its length by `half_width_px`, 0 start, 1 end.
    pub(crate) fn line(
        &self,
        line: &[Place],
        feather_px: f32,
        half_width_px: impl Fn(f32) -> f32,
    ) -> Stencil {
        let feather = feather_px.max(1.0);
        let widest = (0..=8).fold(0.0_f32, |w, i| w.max(half_width_px(i as f32 / 8.0)));
        self.stencil(line, feather + widest * 2.0, |place| {
            let (distance, along) = distance_to_line(line, place);
            smooth((half_width_px(along) - distance) / feather + 0.5)
        })
    }

    fn stencil(&self, places: &[Place], margin_px: f32, cover: impl Fn(Place) -> f32) -> Stencil {
        let limit = |axis: usize, end: usize, pick: fn(f32, f32) -> f32, start: f32, grow: f32| {
            let edge = places.iter().map(|place| place[axis]).fold(start, pick);
            (edge + grow).clamp(0.0, end as f32) as usize
        };
        let margin = margin_px / 2.0 + 2.0;
        let left = limit(0, self.width, f32::min, f32::INFINITY, -margin);
        let right = limit(0, self.width, f32::max, f32::NEG_INFINITY, margin);
        let top = limit(1, self.height, f32::min, f32::INFINITY, -margin);
        let bottom = limit(1, self.height, f32::max, f32::NEG_INFINITY, margin);
        let mut values = Vec::with_capacity((right - left) * (bottom - top));
        for y in top..bottom {
            values.extend((left..right).map(|x| cover([x as f32, y as f32])));
        }
        Stencil {
            left,
            top,
            width: right - left,
            cover: values,
        }
    }

    /// Paint through a stencil.
    pub(crate) fn paint(&mut self, stencil: &Stencil, opacity: f32, colour: Colour) {
        self.paint_with(stencil, |_| (opacity, colour));
    }

    /// Paint through a stencil with an opacity and a colour that depend on the place.
    pub(crate) fn paint_with(&mut self, stencil: &Stencil, brush: impl Fn(Place) -> (f32, Colour)) {
        if stencil.width == 0 {
            return;
        }
        for (row, covers) in stencil.cover.chunks_exact(stencil.width).enumerate() {
            let y = stencil.top + row;
            let start = y * self.width + stencil.left;
            let pixels = &mut self.pixels[start..start + stencil.width];
            for (column, (pixel, cover)) in pixels.iter_mut().zip(covers).enumerate() {
                if *cover > 0.0 {
                    let (opacity, colour) = brush([(stencil.left + column) as f32, y as f32]);
                    let amount = cover * opacity;
                    let colour = colour.iter().zip(self.tint);
                    for (value, (wanted, tint)) in pixel.iter_mut().zip(colour) {
                        *value += ((wanted * tint).min(1.0) - *value) * amount;
                    }
                }
            }
        }
    }

    /// Paint through a stencil, only where another one lets colour through.
    pub(crate) fn paint_within(
        &mut self,
        stencil: &Stencil,
        within: &Stencil,
        brush: impl Fn(Place) -> (f32, Colour),
    ) {
        self.paint_with(stencil, |place| {
            let (opacity, colour) = brush(place);
            (
                opacity * within.at(place[0] as usize, place[1] as usize),
                colour,
            )
        });
    }
}

/// Smooth closed outline through `places`.
pub(crate) fn closed_curve(places: &[Place]) -> Vec<Place> {
    let count = places.len();
    let at = |index: usize| places[index % count];
    (0..count)
        .flat_map(|i| span([at(i + count - 1), at(i), at(i + 1), at(i + 2)]))
        .collect()
}

/// Smooth open line through `places`.
pub(crate) fn open_curve(places: &[Place]) -> Vec<Place> {
    let last = places.len() - 1;
    let at = |index: usize| places[index.min(last)];
    let mut line: Vec<Place> = (0..last)
        .flat_map(|i| span([at(i.saturating_sub(1)), at(i), at(i + 1), at(i + 2)]))
        .collect();
    line.push(places[last]);
    line
}

/// Steps from one given place of a curve to the next.
const SPAN_STEPS: usize = 8;

/// One Catmull-Rom span, its end left out.
fn span(places: [Place; 4]) -> [Place; SPAN_STEPS] {
    std::array::from_fn(|step| {
        let t = step as f32 / SPAN_STEPS as f32;
        std::array::from_fn(|axis| {
            let [a, b, c, d] = places.map(|place| place[axis]);
            let turn = 2.0 * a - 5.0 * b + 4.0 * c - d;
            let twist = 3.0 * (b - c) + d - a;
            b + 0.5 * t * (c - a + t * (turn + t * twist))
        })
    })
}

/// 0 below 0, 1 above 1, without corners in between.
pub(crate) fn smooth(value: f32) -> f32 {
    let t = value.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Colour between two.
pub(crate) fn mix(from: Colour, to: Colour, amount: f32) -> Colour {
    std::array::from_fn(|i| from[i] + (to[i] - from[i]) * amount)
}

/// A soft round spot: 1 in its middle, 0 beyond about twice its radii.
pub(crate) fn spot(place: Place, middle: Place, radii: Place) -> f32 {
    let x = (place[0] - middle[0]) / radii[0];
    let y = (place[1] - middle[1]) / radii[1];
    (-(x * x + y * y)).exp()
}

fn distance_to_outline(outline: &[Place], place: Place) -> (f32, bool) {
    let mut nearest = f32::INFINITY;
    let mut is_inside = false;
    let mut from = outline[outline.len() - 1];
    for to in outline {
        nearest = nearest.min(distance_to_piece(from, *to, place).0);
        let crosses = (from[1] > place[1]) != (to[1] > place[1]);
        if crosses {
            let t = (place[1] - from[1]) / (to[1] - from[1]);
            if place[0] < from[0] + t * (to[0] - from[0]) {
                is_inside = !is_inside;
            }
        }
        from = *to;
    }
    (nearest.sqrt(), is_inside)
}

/// Distance and place along the line, from 0 to 1.
fn distance_to_line(line: &[Place], place: Place) -> (f32, f32) {
    let pieces = (line.len() - 1) as f32;
    let mut best = (f32::INFINITY, 0.0);
    for (index, ends) in line.windows(2).enumerate() {
        let (square, t) = distance_to_piece(ends[0], ends[1], place);
        if square < best.0 {
            best = (square, (index as f32 + t) / pieces);
        }
    }
    (best.0.sqrt(), best.1)
}

/// Squared distance to a straight piece, and where on it the nearest place lies.
fn distance_to_piece(from: Place, to: Place, place: Place) -> (f32, f32) {
    let along = [to[0] - from[0], to[1] - from[1]];
    let offset = [place[0] - from[0], place[1] - from[1]];
    let square = along[0] * along[0] + along[1] * along[1];
    let t = if square > 0.0 {
        ((offset[0] * along[0] + offset[1] * along[1]) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let x = offset[0] - t * along[0];
    let y = offset[1] - t * along[1];
    (x * x + y * y, t)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [Place; 4] = [[4.0, 4.0], [12.0, 4.0], [12.0, 12.0], [4.0, 12.0]];

    #[test]
    fn a_filled_square_covers_its_inside_fully_and_its_edge_by_half() {
        let canvas = Canvas::new(20, 20, |_| [0.0; 3]);
        let stencil = canvas.inside(&SQUARE, 2.0);
        assert_eq!(stencil.at(8, 8), 1.0);
        assert_eq!(stencil.at(4, 8), 0.5);
        assert_eq!(stencil.at(1, 8), 0.0);
        assert_eq!(stencil.at(19, 19), 0.0);
    }

    #[test]
    fn paint_within_a_stencil_stays_there() {
        let mut canvas = Canvas::new(20, 20, |_| [0.0; 3]);
        let all = canvas.inside(
            &[[-50.0, -50.0], [50.0, -50.0], [50.0, 50.0], [-50.0, 50.0]],
            1.0,
        );
        let square = canvas.inside(&SQUARE, 1.0);
        canvas.paint_within(&all, &square, |_| (1.0, [1.0, 0.5, 0.0]));
        let rgb = canvas.to_rgb();
        assert_eq!(&rgb[(8 * 20 + 8) * 3..][..3], [255, 128, 0]);
        assert_eq!(&rgb[(16 * 20 + 16) * 3..][..3], [0, 0, 0]);
    }

    #[test]
    fn a_tapering_line_is_wide_where_it_was_told_to_be() {
        let canvas = Canvas::new(40, 20, |_| [0.0; 3]);
        let stencil = canvas.line(&[[5.0, 10.0], [35.0, 10.0]], 1.0, |along| 6.0 * along);
        assert_eq!(stencil.at(34, 14), 1.0);
        assert_eq!(stencil.at(8, 14), 0.0);
    }

    #[test]
    fn curves_pass_through_their_places() {
        let line = open_curve(&SQUARE);
        let outline = closed_curve(&SQUARE);
        for place in SQUARE {
            assert!(line.contains(&place) && outline.contains(&place));
        }
    }
}
