//! Things in front of a face: hands, hair, cloth, glasses.

use landmarks::{LEFT_EYE, Landmarks, RIGHT_EYE};
use media::Image;
use rand::Rng as _;
use rand::rngs::SmallRng;

use super::canvas::Canvas;
use super::random::{chance, normal, uniform};

/// Cover parts of the face, sometimes. `other` is a second picture to tear cloth and skin from.
pub fn occlude_face(canvas: &mut Canvas, face: &Landmarks, other: &Image, rng: &mut SmallRng) {
    if chance(rng, 0.12) {
        draw_glasses(canvas, face, rng);
    }
    if chance(rng, 0.2) {
        for _ in 0..rng.random_range(1..3) {
            cover_with_blob(canvas, other, rng);
        }
    }
    if chance(rng, 0.1) {
        draw_hair(canvas, rng);
    }
}

/// A capsule of one colour, or torn from the other picture: fingers, a sleeve, a microphone.
fn cover_with_blob(canvas: &mut Canvas, other: &Image, rng: &mut SmallRng) {
    let side = canvas.side() as f32;
    let start = [uniform(rng, 0.1, 0.9) * side, uniform(rng, 0.1, 1.0) * side];
    let end = [
        start[0] + normal(rng, 0.2 * side),
        start[1] + normal(rng, 0.2 * side),
    ];
    let radius = uniform(rng, 0.03, 0.14) * side;
    let torn = chance(rng, 0.5);
    let skin = canvas.pixel(canvas.side() / 2, canvas.side() / 2);
    let plain = if chance(rng, 0.5) {
        skin
    } else {
        [0; 3].map(|_: i32| uniform(rng, 0.0, 255.0))
    };
    let shift = [
        rng.random_range(0..other.width()),
        rng.random_range(0..other.height()),
    ];
    for y in 0..canvas.side() {
        for x in 0..canvas.side() {
            let distance = distance_to_segment([x as f32, y as f32], start, end);
            let share = (radius - distance + 0.5).clamp(0.0, 1.0);
            if share > 0.0 {
                let [u, v] = [
                    (x as u32 + shift[0]) % other.width(),
                    (y as u32 + shift[1]) % other.height(),
                ];
                let shade = 1.0 - 0.35 * (distance / radius).powi(2);
                let colour = if torn {
                    other.pixel(u, v).map(f32::from)
                } else {
                    plain.map(|c| c * shade)
                };
                canvas.mix(x, y, colour, share);
            }
        }
    }
}

/// Frames around both eyes, clear or dark glass.
fn draw_glasses(canvas: &mut Canvas, face: &Landmarks, rng: &mut SmallRng) {
    let [right, left] = [face.mean_of(RIGHT_EYE), face.mean_of(LEFT_EYE)];
    let between = (left[0] - right[0]).hypot(left[1] - right[1]);
    let [wide, high] = [
        uniform(rng, 0.30, 0.46) * between,
        uniform(rng, 0.22, 0.40) * between,
    ];
    let rim = uniform(rng, 0.8, 4.0);
    let power = uniform(rng, 2.0, 6.0);
    let colour = if chance(rng, 0.6) {
        [uniform(rng, 0.0, 60.0); 3]
    } else {
        [0; 3].map(|_: i32| uniform(rng, 0.0, 255.0))
    };
    let darkness = if chance(rng, 0.3) {
        uniform(rng, 0.3, 0.97)
    } else {
        uniform(rng, 0.0, 0.1)
    };
    let tilt = (left[1] - right[1]).atan2(left[0] - right[0]);
    let (sin, cos) = tilt.sin_cos();
    for y in 0..canvas.side() {
        for x in 0..canvas.side() {
            let place = [x as f32, y as f32];
            for eye in [right, left] {
                let [dx, dy] = [place[0] - eye[0], place[1] - eye[1]];
                let [u, v] = [
                    (dx * cos + dy * sin).abs() / wide,
                    (dy * cos - dx * sin).abs() / high,
                ];
                let radius = (u.powf(power) + v.powf(power)).powf(1.0 / power);
                let from_rim = ((radius - 1.0) * high).abs();
                if radius < 1.0 {
                    canvas.mix(x, y, [15.0; 3], darkness);
                }
                canvas.mix(x, y, colour, (rim / 2.0 - from_rim + 0.5).clamp(0.0, 1.0));
            }
            let bridge = [
                [right[0] + wide * cos, right[1] + wide * sin],
                [left[0] - wide * cos, left[1] - wide * sin],
            ];
            let distance = distance_to_segment(place, bridge[0], bridge[1]);
            if between > 2.2 * wide {
                canvas.mix(x, y, colour, (rim / 2.0 - distance + 0.5).clamp(0.0, 1.0));
            }
        }
    }
}

/// Strands from above, all of one dark or fair colour.
fn draw_hair(canvas: &mut Canvas, rng: &mut SmallRng) {
    let side = canvas.side() as f32;
    let shade = uniform(rng, 0.1, 1.0);
    let colour = [170.0 * shade, 130.0 * shade, 90.0 * shade];
    let root = uniform(rng, 0.1, 0.9) * side;
    for _ in 0..rng.random_range(4..25) {
        let start = [root + normal(rng, 0.12 * side), 0.0];
        let end = [
            start[0] + normal(rng, 0.15 * side),
            uniform(rng, 0.2, 0.8) * side,
        ];
        let width = uniform(rng, 0.4, 1.6);
        for y in 0..(end[1].max(0.0) as usize).min(canvas.side()) {
            for x in 0..canvas.side() {
                let distance = distance_to_segment([x as f32, y as f32], start, end);
                canvas.mix(x, y, colour, 0.9 * (width - distance + 0.5).clamp(0.0, 1.0));
            }
        }
    }
}

fn distance_to_segment(point: [f32; 2], start: [f32; 2], end: [f32; 2]) -> f32 {
    let along = [end[0] - start[0], end[1] - start[1]];
    let to = [point[0] - start[0], point[1] - start[1]];
    let length = (along[0] * along[0] + along[1] * along[1]).max(1e-6);
    let share = ((to[0] * along[0] + to[1] * along[1]) / length).clamp(0.0, 1.0);
    (to[0] - share * along[0]).hypot(to[1] - share * along[1])
}
