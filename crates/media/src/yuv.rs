//! RGB to BT.709 luma and chroma, limited range, chroma at half size: what H.264 players expect.

/// One picture in three planes.
#[derive(Debug)]
pub(crate) struct Yuv420 {
    width: usize,
    height: usize,
    luma: Vec<u8>,
    blue: Vec<u8>,
    red: Vec<u8>,
}

impl Yuv420 {
    /// Make room for pictures of one size; both sides are even.
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        Self {
            width,
            height,
            luma: vec![0; width * height],
            blue: vec![0; width * height / 4],
            red: vec![0; width * height / 4],
        }
    }

    /// Luma, blue difference, red difference.
    pub(crate) fn planes(&self) -> (&[u8], &[u8], &[u8]) {
        (&self.luma, &self.blue, &self.red)
    }

    /// Convert a picture. Chroma is the mean of two by two pixels.
    pub(crate) fn fill(&mut self, rgb: &[u8]) {
        let (width, height) = (self.width, self.height);
        for y in (0..height).step_by(2) {
            for x in (0..width).step_by(2) {
                let mut sum = [0.0; 3];
                for (row, column) in [(y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1)] {
                    let place = row * width + column;
                    let pixel = &rgb[3 * place..3 * place + 3];
                    let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(f32::from);
                    self.luma[place] = rounded(16.0 + luma(red, green, blue) * 219.0 / 255.0);
                    sum = [sum[0] + red, sum[1] + green, sum[2] + blue];
                }
                let [red, green, blue] = sum.map(|value| value / 4.0);
                let luma = luma(red, green, blue);
                let place = (y / 2) * (width / 2) + x / 2;
                // The factors bring blue and red differences to the range -0.5 to 0.5.
                self.blue[place] = rounded(128.0 + (blue - luma) / 1.8556 * 224.0 / 255.0);
                self.red[place] = rounded(128.0 + (red - luma) / 1.5748 * 224.0 / 255.0);
            }
        }
    }
}

/// BT.709 luma.
fn luma(red: f32, green: f32, blue: f32) -> f32 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn rounded(value: f32) -> u8 {
    (value + 0.5) as u8 // limited range never leaves 0 to 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_black_and_the_primaries_have_the_codes_of_bt709() {
        let codes = |rgb: [u8; 3]| {
            let mut yuv = Yuv420::new(2, 2);
            yuv.fill(&rgb.repeat(4));
            (yuv.luma[0], yuv.blue[0], yuv.red[0])
        };
        assert_eq!(codes([255, 255, 255]), (235, 128, 128));
        assert_eq!(codes([0, 0, 0]), (16, 128, 128));
        assert_eq!(codes([255, 0, 0]), (63, 102, 240));
        assert_eq!(codes([0, 0, 255]), (32, 240, 118));
    }
}
