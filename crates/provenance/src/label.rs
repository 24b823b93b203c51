//! The visible label: a small "AI" in the corner of a frame, or a card at the end.

use std::fmt;
use std::str::FromStr;

use media::{Image, LETTER_PX, write_text};

/// What the corner says.
const CORNER: &str = "AI";
/// What the card says, a line each.
const CARD: [&str; 3] = [
    "Made with AI",
    "This video is synthetic:",
    "it does not show real events",
];
/// Share of the shorter side that the letters of the corner are high.
const CORNER_SHARE: f64 = 0.045;
/// Background of corner and card.
const DARK: [u8; 3] = [20, 20, 20];
const BRIGHT: [u8; 3] = [255, 255, 255];
/// How long the card is shown, seconds.
pub const END_CARD_S: f64 = 2.0;

/// A label that people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// A small "AI" at the bottom right of every frame.
    Corner,
    /// A card of two seconds after the last frame.
    EndCard,
}

impl Label {
    /// Both labels.
    pub const ALL: [Self; 2] = [Self::Corner, Self::EndCard];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Corner => "corner",
            Self::EndCard => "end-card",
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl FromStr for Label {
    type Err = UnknownLabel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|one| one.word() == text);
        known.ok_or(UnknownLabel)
    }
}

/// A word that is no label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a label is corner or end-card")]
pub struct UnknownLabel;

/// Draw "AI" at the bottom right, on a dark ground of its own, opaque in transparent pictures.
pub fn draw_corner(frame: &mut Image) {
    let (width, height) = (frame.width(), frame.height());
    let shorter = f64::from(width.min(height));
    let scale = ((shorter * CORNER_SHARE / f64::from(LETTER_PX)).round() as u32).max(1);
    let letter = LETTER_PX * scale;
    let pad = letter / 2;
    let box_width = letter * CORNER.len() as u32 + 2 * pad;
    let box_height = letter + pad;
    let left = width.saturating_sub(box_width + pad);
    let top = height.saturating_sub(box_height + pad);
    fill(frame, [left, top], [box_width, box_height]);
    let place = [i64::from(left + pad), i64::from(top + pad / 2)];
    write_text(frame, place, scale, BRIGHT, CORNER);
}

/// The card of a picture's size.
pub fn end_card(width: u32, height: u32) -> Image {
    let mut card = Image::new(width, height);
    fill(&mut card, [0, 0], [width, height]);
    let longest = CARD.iter().map(|line| line.len()).max().unwrap_or(1) as u32;
    let fits = width * 9 / 10 / (longest * LETTER_PX);
    let scale = fits.min(height / 4 / LETTER_PX / CARD.len() as u32).max(1);
    let letter = i64::from(LETTER_PX * scale);
    let step = letter * 2;
    let mut top = (i64::from(height) - step * CARD.len() as i64 + letter) / 2;
    for line in CARD {
        let left = (i64::from(width) - letter * line.len() as i64) / 2;
        write_text(&mut card, [left, top], scale, BRIGHT, line);
        top += step;
    }
    card
}

fn fill(frame: &mut Image, [left, top]: [u32; 2], [width, height]: [u32; 2]) {
    let right = (left + width).min(frame.width());
    let bottom = (top + height).min(frame.height());
    for y in top..bottom {
        for x in left..right {
            frame.set_pixel(x, y, DARK);
        }
    }
    let Some(alpha) = frame.alpha() else { return };
    let mut alpha = alpha.to_vec();
    for y in top..bottom {
        let row = y as usize * frame.width() as usize;
        alpha[row + left as usize..row + right as usize].fill(u8::MAX);
    }
    *frame = std::mem::replace(frame, Image::new(0, 0)).with_alpha(alpha);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corner_is_small_readable_and_opaque() {
        let alpha = vec![0; 256 * 256];
        let mut frame = Image::from_rgb(256, 256, vec![120; 256 * 256 * 3]).with_alpha(alpha);
        draw_corner(&mut frame);
        let changed = frame
            .rgb()
            .chunks(3)
            .filter(|pixel| pixel[0] != 120)
            .count();
        assert!((200..256 * 256 / 50).contains(&changed), "{changed}");
        let bright = frame
            .rgb()
            .chunks(3)
            .filter(|pixel| pixel[0] == 255)
            .count();
        assert!(bright > 30, "{bright} bright pixels make no letters");
        let opaque = frame
            .alpha()
            .unwrap()
            .iter()
            .filter(|value| **value == 255)
            .count();
        assert_eq!(opaque, changed);
        assert_eq!(frame.pixel(10, 10), [120; 3], "the rest stays");
    }

    #[test]
    fn labels_fit_pictures_of_any_size() {
        for (width, height) in [(1, 1), (16, 400), (640, 360), (4000, 20)] {
            let mut frame = Image::new(width, height);
            draw_corner(&mut frame);
            let card = end_card(width, height);
            assert_eq!((card.width(), card.height()), (width, height));
        }
    }
}
