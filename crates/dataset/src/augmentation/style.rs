//! Photographs turned towards paintings, prints and drawings, which users bring too.

use rand::rngs::SmallRng;

use super::canvas::Canvas;
use super::light::mix_with_grey;
use super::random::{chance, normal, uniform};

/// Turn the picture into something like a painting, a print or a drawing.
pub fn change_style(canvas: &mut Canvas, rng: &mut SmallRng) {
    match uniform(rng, 0.0, 4.0) as u32 {
        0 => paint(canvas, rng),
        1 => draw_lines(canvas, rng),
        2 => reduce_tones(canvas, rng),
        _ => {
            recolour(canvas, rng);
            add_canvas_grain(canvas, rng);
        }
    }
    if chance(rng, 0.3) {
        recolour(canvas, rng);
    }
}

/// Flat strokes: each pixel takes the mean of the calmest of the four squares that touch it.
/// Kuwahara et al. 1976.
fn paint(canvas: &mut Canvas, rng: &mut SmallRng) {
    let radius = uniform(rng, 1.0, 3.99) as isize;
    let before = canvas.clone();
    let side = canvas.side() as isize;
    for y in 0..side {
        for x in 0..side {
            let mut best = (f32::INFINITY, [0.0; 3]);
            for (left, top) in [(-radius, -radius), (0, -radius), (-radius, 0), (0, 0)] {
                let found = square_statistics(&before, [x + left, y + top], radius);
                if found.0 < best.0 {
                    best = found;
                }
            }
            canvas.mix(x as usize, y as usize, best.1, 1.0);
        }
    }
    add_canvas_grain(canvas, rng);
}

/// Variance of the grey value and mean colour of a square, borders repeated.
fn square_statistics(canvas: &Canvas, [left, top]: [isize; 2], radius: isize) -> (f32, [f32; 3]) {
    let last = canvas.side() as isize - 1;
    let mut sum = [0.0; 3];
    let mut squares = 0.0;
    for y in top..=top + radius {
        for x in left..=left + radius {
            let colour = canvas.pixel(x.clamp(0, last) as usize, y.clamp(0, last) as usize);
            let grey = colour.iter().sum::<f32>();
            squares += grey * grey;
            for (sum, value) in sum.iter_mut().zip(colour) {
                *sum += value;
            }
        }
    }
    let count = ((radius + 1) * (radius + 1)) as f32;
    let total: f32 = sum.iter().sum();
    (
        squares / count - (total / count).powi(2),
        sum.map(|sum| sum / count),
    )
}

/// Pencil: how much darker each place is than its surroundings, on white or coloured paper.
fn draw_lines(canvas: &mut Canvas, rng: &mut SmallRng) {
    mix_with_grey(canvas, if chance(rng, 0.8) { 0.0 } else { 1.0 });
    let mut soft = canvas.clone();
    soft.blur(uniform(rng, 1.5, 5.0));
    let strength = uniform(rng, 1.0, 2.5);
    let paper = [0; 3].map(|_: i32| uniform(rng, 190.0, 255.0));
    let wash = if chance(rng, 0.5) {
        uniform(rng, 0.0, 0.5)
    } else {
        0.0
    };
    let pairs = canvas.rgb_mut().iter_mut().zip(soft.rgb());
    for (index, (value, around)) in pairs.enumerate() {
        let ratio = ((*value + 8.0) / (around + 8.0))
            .min(1.0)
            .powf(2.0 * strength);
        let tone = 1.0 - wash + wash * *value / 255.0;
        *value = paper[index % 3] * ratio * tone;
    }
}

/// Few tones, as in prints and comics.
fn reduce_tones(canvas: &mut Canvas, rng: &mut SmallRng) {
    canvas.blur(uniform(rng, 0.3, 1.2));
    let levels = uniform(rng, 3.0, 8.0).floor();
    for value in canvas.rgb_mut() {
        *value = (*value / 255.0 * levels).round() / levels * 255.0;
    }
}

/// Mix the colour channels with each other and bend the tones: other pigments.
fn recolour(canvas: &mut Canvas, rng: &mut SmallRng) {
    let mut matrix = [[0.0; 3]; 3];
    for (row, values) in matrix.iter_mut().enumerate() {
        for (column, value) in values.iter_mut().enumerate() {
            *value = f32::from(u8::from(row == column)) + normal(rng, 0.15);
        }
    }
    let lift = [0; 3].map(|_: i32| normal(rng, 18.0));
    for pixel in canvas.rgb_mut().chunks_exact_mut(3) {
        let before = [pixel[0], pixel[1], pixel[2]];
        for (value, (row, lift)) in pixel.iter_mut().zip(matrix.iter().zip(lift)) {
            let mixed: f32 = row
                .iter()
                .zip(before)
                .map(|(weight, value)| weight * value)
                .sum();
            *value = (mixed + lift).clamp(0.0, 255.0);
        }
    }
}

/// Weave or paper: a grain that is smooth over a few pixels.
fn add_canvas_grain(canvas: &mut Canvas, rng: &mut SmallRng) {
    let mut grain = Canvas::filled(canvas.side(), [0.0; 3]);
    let deviation = uniform(rng, 5.0, 30.0);
    for pixel in grain.rgb_mut().chunks_exact_mut(3) {
        pixel.fill(normal(rng, deviation));
    }
    grain.blur(uniform(rng, 0.5, 1.2));
    for (value, grain) in canvas.rgb_mut().iter_mut().zip(grain.rgb()) {
        *value = (*value + grain).clamp(0.0, 255.0);
    }
}
