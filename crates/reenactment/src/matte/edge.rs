//! The soft edge of a person who was cut out at a small size, at every pixel of the large picture.

use super::colour_model::Colour;
use super::guided_filter::{GuidedFilter, box_mean};
use crate::softness::smooth_step;

/// Smoothness of the edge, levels squared.
const EDGE_EPSILON: f32 = 60.0;

/// The soft edge, to be asked at any place.
pub(super) struct Edge {
    size: [usize; 2],
    filter: GuidedFilter,
    /// Part of the window around each pixel that is the person.
    near: Vec<f32>,
}

impl Edge {
    /// Soften a mask at its border, within windows of `2 * radius + 1` pixels.
    pub(super) fn new(size: [usize; 2], colours: &[Colour], mask: &[bool], radius: usize) -> Self {
        let mask = mask.iter().map(|is_person| f32::from(u8::from(*is_person)));
        let mask: Vec<f32> = mask.collect();
        Self {
            size,
            filter: GuidedFilter::fit(size, colours, &mask, radius, EDGE_EPSILON),
            near: box_mean(size, &mask, 2 * radius),
        }
    }

    /// Alpha of a pixel of the large picture, at a place of the small one.
    pub(super) fn alpha(&self, place: [f32; 2], colour: &[u8]) -> u8 {
        let near = self.look(place, |at| [self.near[at], 0.0, 0.0, 0.0])[0];
        if near <= 1e-4 {
            return 0;
        }
        if near >= 1.0 - 1e-4 {
            return 255;
        }
        let [red, green, blue, rest] = self.look(place, |at| self.filter.coefficients[at]);
        let [r, g, b] = [0, 1, 2].map(|axis| f32::from(colour[axis]));
        let alpha = smooth_step(0.12, 0.88, red * r + green * g + blue * b + rest);
        // towards the ends of the band the mask alone counts
        let is_inside = smooth_step(0.0, 0.15, near) * alpha;
        let is_inside = is_inside + smooth_step(0.85, 1.0, near) * (1.0 - is_inside);
        (255.0 * is_inside).round() as u8
    }

    /// Values between pixels.
    fn look(&self, [x, y]: [f32; 2], value: impl Fn(usize) -> [f32; 4]) -> [f32; 4] {
        let [width, height] = self.size;
        let x = x.clamp(0.0, (width - 1) as f32);
        let y = y.clamp(0.0, (height - 1) as f32);
        let [left, top] = [x as usize, y as usize];
        let [right, bottom] = [(left + 1).min(width - 1), (top + 1).min(height - 1)];
        let [beside, below] = [x - left as f32, y - top as f32];
        let [a, b, c, d] = [
            value(top * width + left),
            value(top * width + right),
            value(bottom * width + left),
            value(bottom * width + right),
        ];
        std::array::from_fn(|part| {
            let over = a[part] + (b[part] - a[part]) * beside;
            let under = c[part] + (d[part] - c[part]) * beside;
            over + (under - over) * below
        })
    }
}
