//! Light, colour, noise and the damage that cameras and codecs do.

use rand::rngs::SmallRng;

use super::canvas::Canvas;
use super::random::{chance, log_uniform, normal, uniform};

/// Change light and colour, then damage the picture as small sensors and codecs do.
pub fn change_light(canvas: &mut Canvas, rng: &mut SmallRng) {
    if chance(rng, 0.8) {
        change_tone(canvas, rng);
    }
    if chance(rng, 0.25) {
        light_from_one_side(canvas, rng);
    }
    if chance(rng, 0.12) {
        mix_with_grey(canvas, 0.0);
    } else if chance(rng, 0.5) {
        mix_with_grey(canvas, uniform(rng, 0.2, 1.7));
    }
    if chance(rng, 0.25) {
        canvas.coarsen(log_uniform(rng, 1.2, 4.0));
    } else if chance(rng, 0.2) {
        canvas.blur(uniform(rng, 0.4, 2.0));
    }
    if chance(rng, 0.3) {
        add_noise(canvas, rng);
    }
    if chance(rng, 0.4) {
        let step = log_uniform(rng, 4.0, 60.0);
        quantise_blocks(canvas, step);
    }
}

/// Exposure, contrast, gamma and the balance of the colours; now and then a dark room.
fn change_tone(canvas: &mut Canvas, rng: &mut SmallRng) {
    let exposure = if chance(rng, 0.12) {
        uniform(rng, 0.12, 0.5)
    } else {
        normal(rng, 0.2).exp()
    };
    let contrast = normal(rng, 0.2).exp();
    let gamma = normal(rng, 0.2).exp();
    let gains = [0, 1, 2].map(|_| normal(rng, 0.08).exp());
    let lift = normal(rng, 12.0);
    for pixel in canvas.rgb_mut().chunks_exact_mut(3) {
        for (value, gain) in pixel.iter_mut().zip(gains) {
            let bent = 255.0 * (*value / 255.0).clamp(0.0, 1.0).powf(gamma);
            let value_now = ((bent - 128.0) * contrast + 128.0) * exposure * gain + lift;
            *value = value_now.clamp(0.0, 255.0);
        }
    }
}

/// Brighter towards one side, as beside a window.
fn light_from_one_side(canvas: &mut Canvas, rng: &mut SmallRng) {
    let (sin, cos) = uniform(rng, 0.0, std::f32::consts::TAU).sin_cos();
    let strength = uniform(rng, 0.2, 0.9);
    let side = canvas.side();
    let middle = side as f32 / 2.0;
    for (index, pixel) in canvas.rgb_mut().chunks_exact_mut(3).enumerate() {
        let [x, y] = [index % side, index / side].map(|place| place as f32 / middle - 1.0);
        let gain = 1.0 + strength * (x * cos + y * sin).clamp(-1.0, 1.0);
        for value in pixel {
            *value = (*value * gain).clamp(0.0, 255.0);
        }
    }
}

/// Saturation: 0 grey, 1 unchanged, above 1 gaudy.
pub(super) fn mix_with_grey(canvas: &mut Canvas, saturation: f32) {
    for pixel in canvas.rgb_mut().chunks_exact_mut(3) {
        let grey = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
        for value in pixel {
            *value = (grey + (*value - grey) * saturation).clamp(0.0, 255.0);
        }
    }
}

fn add_noise(canvas: &mut Canvas, rng: &mut SmallRng) {
    let deviation = log_uniform(rng, 2.0, 25.0);
    let grey = chance(rng, 0.5);
    for pixel in canvas.rgb_mut().chunks_exact_mut(3) {
        let shared = normal(rng, deviation);
        for value in pixel {
            *value += if grey { shared } else { normal(rng, deviation) };
        }
    }
}

/// Side of the blocks that JPEG and the older video codecs work on.
const BLOCK: usize = 8;

/// Round the cosine coefficients of 8 x 8 blocks to multiples of a step that grows with
/// frequency: what JPEG does (Wallace 1991), on RGB.
pub(super) fn quantise_blocks(canvas: &mut Canvas, step: f32) {
    let basis = cosine_basis();
    let side = canvas.side();
    for top in (0..side / BLOCK).map(|row| row * BLOCK) {
        for left in (0..side / BLOCK).map(|column| column * BLOCK) {
            for channel in 0..3 {
                let place = |x: usize, y: usize| ((top + y) * side + left + x) * 3 + channel;
                let mut block = [[0.0; BLOCK]; BLOCK];
                for (y, row) in block.iter_mut().enumerate() {
                    for (x, value) in row.iter_mut().enumerate() {
                        *value = canvas.rgb()[place(x, y)];
                    }
                }
                let mut waves = multiply(&multiply(&basis, &block), &transposed(&basis));
                for (v, row) in waves.iter_mut().enumerate() {
                    for (u, value) in row.iter_mut().enumerate() {
                        let step = step * (1.0 + 0.5 * (u + v) as f32);
                        *value = (*value / step).round() * step;
                    }
                }
                let block = multiply(&multiply(&transposed(&basis), &waves), &basis);
                for (y, row) in block.iter().enumerate() {
                    for (x, value) in row.iter().enumerate() {
                        canvas.rgb_mut()[place(x, y)] = value.clamp(0.0, 255.0);
                    }
                }
            }
        }
    }
}

type Matrix = [[f32; BLOCK]; BLOCK];

/// Orthonormal cosine transform of length 8.
fn cosine_basis() -> Matrix {
    let mut basis = [[0.0; BLOCK]; BLOCK];
    for (wave, row) in basis.iter_mut().enumerate() {
        let norm = if wave == 0 {
            1.0
        } else {
            std::f32::consts::SQRT_2
        } / (BLOCK as f32).sqrt();
        for (place, value) in row.iter_mut().enumerate() {
            let turn = std::f32::consts::PI * (place as f32 + 0.5) * wave as f32 / BLOCK as f32;
            *value = norm * turn.cos();
        }
    }
    basis
}

fn transposed(matrix: &Matrix) -> Matrix {
    std::array::from_fn(|row| std::array::from_fn(|column| matrix[column][row]))
}

fn multiply(a: &Matrix, b: &Matrix) -> Matrix {
    let product = |row: usize, column: usize| (0..BLOCK).map(|k| a[row][k] * b[k][column]).sum();
    std::array::from_fn(|row| std::array::from_fn(|column| product(row, column)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient() -> Canvas {
        let mut canvas = Canvas::filled(16, [0.0; 3]);
        for y in 0..16 {
            for x in 0..16 {
                canvas.mix(
                    x,
                    y,
                    [16.0 * x as f32, 15.0 * y as f32, 100.0 + (x * y % 7) as f32],
                    1.0,
                );
            }
        }
        canvas
    }

    #[test]
    fn a_fine_step_keeps_the_picture_and_a_coarse_one_does_not() {
        let error = |step: f32| {
            let mut canvas = gradient();
            quantise_blocks(&mut canvas, step);
            let differences = canvas.rgb().iter().zip(gradient().rgb().to_vec());
            differences.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        assert!(error(0.01) < 0.2, "{}", error(0.01));
        assert!(error(60.0) > 5.0, "{}", error(60.0));
    }

    #[test]
    fn no_saturation_makes_the_channels_equal() {
        let mut canvas = gradient();
        mix_with_grey(&mut canvas, 0.0);
        let grey = |pixel: &[f32]| {
            (pixel[0] - pixel[1]).abs() < 1e-3 && (pixel[1] - pixel[2]).abs() < 1e-3
        };
        assert!(canvas.rgb().chunks_exact(3).all(grey));
    }
}
