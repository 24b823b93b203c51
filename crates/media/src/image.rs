//! The picture type that every crate passes around: RGB bytes, optionally with alpha.
//!
//! Reading and writing files is elsewhere; this is memory only.

/// RGB picture, `u8`, row by row, height first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
    alpha: Option<Vec<u8>>,
}

impl Image {
    /// Make a black, opaque picture.
    pub fn new(width: u32, height: u32) -> Self {
        let len = width as usize * height as usize * 3;
        Self {
            width,
            height,
            rgb: vec![0; len],
            alpha: None,
        }
    }

    /// Wrap RGB bytes.
    ///
    /// # Panics
    /// If `rgb` does not hold `3 * width * height` bytes: a wiring bug, never a user error.
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Self {
        assert_eq!(
            rgb.len(),
            width as usize * height as usize * 3,
            "RGB length"
        );
        Self {
            width,
            height,
            rgb,
            alpha: None,
        }
    }

    /// Attach an alpha plane, 0 transparent to 255 opaque.
    ///
    /// # Panics
    /// If `alpha` does not hold `width * height` bytes.
    pub fn with_alpha(mut self, alpha: Vec<u8>) -> Self {
        assert_eq!(
            alpha.len(),
            self.width as usize * self.height as usize,
            "alpha length"
        );
        self.alpha = Some(alpha);
        self
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All RGB bytes, row by row.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// All RGB bytes, to draw into.
    pub fn rgb_mut(&mut self) -> &mut [u8] {
        &mut self.rgb
    }

    /// The alpha plane, where the picture has one.
    pub fn alpha(&self) -> Option<&[u8]> {
        self.alpha.as_deref()
    }

    /// Colour at column `x` and row `y`.
    ///
    /// # Panics
    /// Outside the picture.
    pub fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let start = self.offset(x, y);
        [self.rgb[start], self.rgb[start + 1], self.rgb[start + 2]]
    }

    /// Set the colour at column `x` and row `y`.
    ///
    /// # Panics
    /// Outside the picture.
    pub fn set_pixel(&mut self, x: u32, y: u32, colour: [u8; 3]) {
        let start = self.offset(x, y);
        self.rgb[start..start + 3].copy_from_slice(&colour);
    }

    fn offset(&self, x: u32, y: u32) -> usize {
        assert!(
            x < self.width && y < self.height,
            "pixel ({x}, {y}) is outside the picture"
        );
        (y as usize * self.width as usize + x as usize) * 3
    }
}
