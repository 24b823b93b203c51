//! Makes frames fit what a format can store: even sides, no transparency.

use crate::image::Image;
use crate::output::OutputFormat;

/// Size as stored: H.264 in 4:2:0 has no odd sides.
pub(crate) fn stored_size(format: OutputFormat, width: u32, height: u32) -> (u32, u32) {
    match format {
        OutputFormat::Mp4 => (width.next_multiple_of(2), height.next_multiple_of(2)),
        _ => (width, height),
    }
}

/// The bytes to store: opaque, with the last column and row repeated where the size asks for it.
/// `room` is used where they differ from the picture's own.
pub(crate) fn stored_pixels<'a>(
    image: &'a Image,
    size: (u32, u32),
    room: &'a mut Vec<u8>,
) -> &'a [u8] {
    let has_size = (image.width(), image.height()) == size;
    if image.alpha().is_none() && has_size {
        return image.rgb();
    }
    room.clear();
    for y in 0..size.1 {
        let y = y.min(image.height() - 1);
        for x in 0..size.0 {
            let x = x.min(image.width() - 1);
            let place = y as usize * image.width() as usize + x as usize;
            let alpha = image.alpha().map_or(255, |alpha| u32::from(alpha[place]));
            let pixel = image.pixel(x, y);
            room.extend(pixel.map(|value| before_white(value, alpha)));
        }
    }
    room
}

/// Red, green, blue and alpha of every pixel, in `room`; opaque where the picture has no alpha.
pub(crate) fn with_alpha<'a>(image: &Image, room: &'a mut Vec<u8>) -> &'a [u8] {
    room.clear();
    for (place, pixel) in image.rgb().chunks_exact(3).enumerate() {
        room.extend(pixel);
        room.push(image.alpha().map_or(255, |alpha| alpha[place]));
    }
    room
}

fn before_white(value: u8, alpha: u32) -> u8 {
    ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_sides_are_made_even_by_repeating_the_last_column_and_row() {
        let mut image = Image::new(3, 1);
        for x in 0..3 {
            image.set_pixel(x, 0, [x as u8 + 1; 3]);
        }
        let mut room = Vec::new();
        let row = [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3];
        let size = stored_size(OutputFormat::Mp4, 3, 1);
        assert_eq!(size, (4, 2));
        assert_eq!(stored_pixels(&image, size, &mut room), [row, row].concat());
    }

    #[test]
    fn transparent_pixels_stand_before_white() {
        let image = Image::new(2, 1).with_alpha(vec![0, 255]);
        let mut room = Vec::new();
        assert_eq!(
            stored_pixels(&image, (2, 1), &mut room),
            [255, 255, 255, 0, 0, 0]
        );
    }
}
