//! A sheet of training samples with their labels drawn in, to be looked at before hours of training.

use landmarks::{FaceFrame, Landmarks};
use media::Image;

/// Samples along one side of a sheet.
pub(crate) const SAMPLES_A_SIDE: usize = 6;

const POINT: [u8; 3] = [0, 255, 80];
const PUPIL: [u8; 3] = [255, 60, 0];

/// Lay square samples out in rows.
pub(crate) fn sheet(samples: &[Image]) -> Image {
    let side = samples.first().map_or(1, Image::width);
    let columns = SAMPLES_A_SIDE as u32;
    let rows = (samples.len() as u32).div_ceil(columns).max(1);
    let mut sheet = Image::new(side * columns, side * rows);
    for (index, sample) in samples.iter().enumerate() {
        let [left, top] = [index as u32 % columns * side, index as u32 / columns * side];
        for y in 0..side {
            for x in 0..side {
                sheet.set_pixel(left + x, top + y, sample.pixel(x, y));
            }
        }
    }
    sheet
}

/// Mark 70 points.
pub(crate) fn mark_points(sample: &mut Image, landmarks: &Landmarks) {
    for (index, &point) in landmarks.points.iter().enumerate() {
        dot(sample, point, if index < 68 { POINT } else { PUPIL });
    }
}

/// Mark a face's square, with its upper side doubled.
pub(crate) fn mark_frame(sample: &mut Image, face: &FaceFrame) {
    const STEPS: u32 = 64;
    let map = face.square_to_picture(1.0, STEPS + 1);
    for step in 0..=STEPS {
        let along = step as f32;
        let last = STEPS as f32;
        for place in [
            [along, 0.0],
            [along, 2.0],
            [along, last],
            [0.0, along],
            [last, along],
        ] {
            dot(sample, map.to_picture(place), POINT);
        }
    }
}

fn dot(sample: &mut Image, [x, y]: [f32; 2], colour: [u8; 3]) {
    let (x, y) = (x.round(), y.round());
    if x >= 0.0 && y >= 0.0 && x < sample.width() as f32 && y < sample.height() as f32 {
        sample.set_pixel(x as u32, y as u32, colour);
    }
}
