//! How sharp a face is.

use media::Image;

use crate::points::Landmarks;

/// Mean absolute second difference of grey levels around eyes and nose, where faces have detail.
pub fn face_detail(crop: &Image, points: &Landmarks) -> f32 {
    let inner = &points.points[17..48];
    let reach = |axis: usize, fold: fn(f32, f32) -> f32, start: f32| {
        inner.iter().map(|point| point[axis]).fold(start, fold)
    };
    let side = crop.width() as f32;
    let clamp = |value: f32| value.clamp(1.0, side - 2.0) as u32;
    let [left, top] = [0, 1].map(|axis| clamp(reach(axis, f32::min, f32::INFINITY)));
    let [right, bottom] = [0, 1].map(|axis| clamp(reach(axis, f32::max, f32::NEG_INFINITY)));
    let grey = |x: u32, y: u32| {
        let [red, green, blue] = crop.pixel(x, y).map(f32::from);
        0.299 * red + 0.587 * green + 0.114 * blue
    };
    let (mut sum, mut count) = (0.0, 0.0_f32);
    for y in top..=bottom {
        for x in left..=right {
            let around = grey(x - 1, y) + grey(x + 1, y) + grey(x, y - 1) + grey(x, y + 1);
            sum += (around - 4.0 * grey(x, y)).abs() / 4.0;
            count += 1.0;
        }
    }
    sum / count.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::POINTS;

    #[test]
    fn a_smooth_picture_has_less_detail_than_a_checkered_one() {
        let mut points = [[0.0; 2]; POINTS];
        for (index, point) in points.iter_mut().enumerate() {
            *point = [8.0 + index as f32 / 2.0, 10.0 + index as f32 / 3.0];
        }
        let landmarks = Landmarks { points };
        let drawn = |level: fn(u32, u32) -> u8| {
            let mut image = Image::new(64, 64);
            for y in 0..64 {
                for x in 0..64 {
                    image.set_pixel(x, y, [level(x, y); 3]);
                }
            }
            face_detail(&image, &landmarks)
        };
        assert!(drawn(|x, y| (x + y) as u8) < 0.01);
        assert!(drawn(|x, y| if (x + y).is_multiple_of(2) { 0 } else { 200 }) > 100.0);
    }
}
