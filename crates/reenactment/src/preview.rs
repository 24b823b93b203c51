//! The preview: source, driving with landmarks, and result side by side.

use landmarks::{DrawingConfig, Landmarks, draw_onto, resize_longer_side};
use media::Image;

/// Height of the preview, pixels, where the source is at least that high.
const HEIGHT_PX: u32 = 480;

/// Lays pictures of any size side by side at one height.
pub(crate) struct Preview {
    source: Image,
    height: u32,
    /// Width of the driving's panel.
    driving_width: u32,
}

impl Preview {
    /// Prepare for a source and for driving pictures of a size.
    pub(crate) fn new(source: &Image, driving_size: [u32; 2]) -> Self {
        let height = HEIGHT_PX.min(source.height()).max(16);
        let driving_width = width_at(driving_size, height);
        Self {
            source: at_size(
                source,
                width_at([source.width(), source.height()], height),
                height,
            ),
            height,
            driving_width,
        }
    }

    /// Width and height of the preview.
    pub(crate) fn size(&self) -> [u32; 2] {
        [2 * self.source.width() + self.driving_width, self.height]
    }

    /// One frame.
    pub(crate) fn compose(
        &self,
        mut driving: Image,
        seen: Option<&Landmarks>,
        result: &Image,
    ) -> Image {
        if let Some(landmarks) = seen {
            let config = DrawingConfig::overlay(driving.width(), driving.height());
            draw_onto(&mut driving, landmarks, &config);
        }
        let driving = at_size(&driving, self.driving_width, self.height);
        let result = at_size(result, self.source.width(), self.height);
        let [width, height] = self.size();
        let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
        for y in 0..height as usize {
            for panel in [&self.source, &driving, &result] {
                let row = panel.width() as usize * 3;
                rgb.extend_from_slice(&panel.rgb()[y * row..(y + 1) * row]);
            }
        }
        Image::from_rgb(width, height, rgb)
    }
}

/// Width that keeps the shape at this height.
fn width_at([width, height]: [u32; 2], wanted_height: u32) -> u32 {
    let exact = f64::from(width) * f64::from(wanted_height) / f64::from(height.max(1));
    (exact.round() as u32).clamp(1, 8 * wanted_height)
}

/// The picture scaled to about this size, cut or continued in black to exactly it.
fn at_size(picture: &Image, width: u32, height: u32) -> Image {
    let scaled = if [picture.width(), picture.height()] == [width, height] {
        picture.clone()
    } else {
        let longer = if picture.width() > picture.height() {
            width
        } else {
            height
        };
        resize_longer_side(picture, longer.max(1)).image
    };
    let mut rgb = vec![0; width as usize * height as usize * 3];
    let row = width as usize * 3;
    let scaled_row = scaled.width() as usize * 3;
    let shared = row.min(scaled_row);
    for (to, from) in rgb
        .chunks_exact_mut(row)
        .zip(scaled.rgb().chunks_exact(scaled_row))
    {
        to[..shared].copy_from_slice(&from[..shared]);
    }
    Image::from_rgb(width, height, rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(width: u32, height: u32, colour: [u8; 3]) -> Image {
        let pixels = width as usize * height as usize;
        Image::from_rgb(width, height, colour.repeat(pixels))
    }

    #[test]
    fn three_panels_stand_side_by_side_at_one_height() {
        let preview = Preview::new(&plain(300, 600, [200, 0, 0]), [640, 360]);
        assert_eq!(preview.size(), [240 + 853 + 240, 480]);
        let driving = plain(640, 360, [0, 200, 0]);
        let frame = preview.compose(driving, None, &plain(300, 600, [0, 0, 200]));
        assert_eq!(frame.pixel(120, 240), [200, 0, 0]);
        assert_eq!(frame.pixel(240 + 400, 240), [0, 200, 0]);
        assert_eq!(frame.pixel(240 + 853 + 100, 479), [0, 0, 200]);
    }

    #[test]
    fn a_small_source_is_not_blown_up() {
        let preview = Preview::new(&plain(100, 80, [1, 2, 3]), [1920, 1080]);
        assert_eq!(preview.size(), [100 + 142 + 100, 80]);
    }
}
