//! A chart as a picture.

use media::{Image, write_text};

use super::{INK, Surface};

/// The picture so far.
pub(super) struct PictureSurface {
    picture: Image,
}

impl PictureSurface {
    pub(super) fn new([width, height]: [f64; 2]) -> Self {
        let mut picture = Image::new(width as u32, height as u32);
        picture.rgb_mut().fill(255);
        Self { picture }
    }

    pub(super) fn finish(self) -> Image {
        self.picture
    }

    fn dot(&mut self, x: f64, y: f64, colour: [u8; 3]) {
        let [x, y] = [x.round(), y.round()];
        let [width, height] = [self.picture.width(), self.picture.height()];
        if x >= 0.0 && y >= 0.0 && x < f64::from(width) && y < f64::from(height) {
            self.picture.set_pixel(x as u32, y as u32, colour);
        }
    }
}

impl Surface for PictureSurface {
    fn line(&mut self, places: &[[f64; 2]], colour: [u8; 3]) {
        for pair in places.windows(2) {
            let [dx, dy] = [0, 1].map(|axis| pair[1][axis] - pair[0][axis]);
            let steps = dx.abs().max(dy.abs()).ceil().max(1.0);
            for step in 0..=steps as u32 {
                let share = f64::from(step) / steps;
                self.dot(pair[0][0] + share * dx, pair[0][1] + share * dy, colour);
            }
        }
    }

    fn text(&mut self, [x, y]: [f64; 2], text: &str) {
        write_text(&mut self.picture, [x as i64, y as i64], 1, INK, text);
    }
}
