//! Small letters drawn into a picture, for charts and sheets: 8 x 8 pixels each, times a scale.

use font8x8::legacy::BASIC_LEGACY;

use crate::image::Image;

/// Side of a letter at scale 1, pixels.
pub const LETTER_PX: u32 = 8;

/// Write a line of text with its top-left corner at a place. What lies outside the picture is cut
/// off; letters outside ASCII become question marks.
pub fn write_text(
    picture: &mut Image,
    [left, top]: [i64; 2],
    scale: u32,
    colour: [u8; 3],
    text: &str,
) {
    let step = i64::from(LETTER_PX * scale);
    for (place, letter) in text.chars().enumerate() {
        let glyph = BASIC_LEGACY
            .get(letter as usize)
            .unwrap_or(&BASIC_LEGACY[usize::from(b'?')]);
        let left = left + place as i64 * step;
        for (row, bits) in glyph.iter().enumerate() {
            for column in (0..8).filter(|column| bits >> column & 1 == 1) {
                let corner = [
                    left + column * i64::from(scale),
                    top + row as i64 * i64::from(scale),
                ];
                fill_square(picture, corner, scale, colour);
            }
        }
    }
}

fn fill_square(picture: &mut Image, [left, top]: [i64; 2], side: u32, colour: [u8; 3]) {
    let inside = |value: i64, length: u32| u32::try_from(value).ok().filter(|v| *v < length);
    for dy in 0..i64::from(side) {
        for dx in 0..i64::from(side) {
            let x = inside(left + dx, picture.width());
            let y = inside(top + dy, picture.height());
            if let (Some(x), Some(y)) = (x, y) {
                picture.set_pixel(x, y, colour);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ink(picture: &Image) -> usize {
        picture.rgb().iter().filter(|value| **value > 0).count() / 3
    }

    #[test]
    fn text_is_drawn_inside_and_cut_off_outside() {
        let mut picture = Image::new(40, 12);
        write_text(&mut picture, [2, 2], 1, [255; 3], "step");
        let whole = ink(&picture);
        assert!(whole > 20);
        let mut cut = Image::new(40, 12);
        write_text(&mut cut, [-14, 2], 1, [255; 3], "step");
        assert!(ink(&cut) > 0 && ink(&cut) < whole);
        write_text(&mut cut, [1000, -1000], 1, [255; 3], "step");
    }

    #[test]
    fn letters_of_other_scripts_are_question_marks() {
        let drawn = |text: &str| {
            let mut picture = Image::new(8, 8);
            write_text(&mut picture, [0, 0], 1, [255; 3], text);
            picture
        };
        assert_eq!(drawn("ж").rgb(), drawn("?").rgb());
        assert_ne!(drawn("a").rgb(), drawn("?").rgb());
    }
}
