//! Puts the mark into frames.

use media::Image;

use super::cells::to_cells;
use super::chip_layout::{CELLS, ChipLayout, TILE};
use super::chip_networks::HidingNetworks;
use super::{LEAST_SIDE_PX, Payload, WatermarkError};

/// Share of a new frame in the strength, so that the mark does not flicker.
const ADAPTATION: f32 = 0.2;
/// Mean square that the mark may have, grey levels: 42.4 dB of peak signal to noise.
const LARGEST_POWER: f32 = 3.74;
/// Units of the stored pattern in one grey level.
const UNITS: f32 = 24.0;
/// Red, green and blue of one unit of the differences of blue and of red (ITU-R BT.601).
const BLUE_DIFFERENCE: [f32; 3] = [0.0, -0.344_136, 1.772];
const RED_DIFFERENCE: [f32; 3] = [1.402, -0.714_136, 0.0];

/// Hides one payload in all frames of an output, in their order.
///
/// It holds eight bytes a pixel and does not grow. Stills are outputs of one frame.
pub struct Hider {
    networks: HidingNetworks,
    width: u32,
    height: u32,
    cell_px: f64,
    /// Luma of the pattern for every red, green and blue of the frame, in [`UNITS`].
    luma: Vec<i8>,
    /// Its colour, likewise.
    colour: Vec<i8>,
    /// Mean squares of both, grey levels.
    powers: [f32; 2],
    /// Strength of luma and of colour; empty before the first frame.
    strength: [Vec<f32>; 2],
    /// Width and height of the strength's grid.
    coarse: [usize; 2],
}

impl Hider {
    /// Prepare the pattern of `payload` for frames of one size.
    ///
    /// # Errors
    /// [`WatermarkError::TooSmall`] where a side is below [`LEAST_SIDE_PX`]: such an output must not claim
    /// to have a watermark.
    pub fn new(payload: Payload, width: u32, height: u32) -> Result<Self, WatermarkError> {
        if width.min(height) < LEAST_SIDE_PX {
            return Err(WatermarkError::TooSmall { width, height });
        }
        let networks = HidingNetworks::built_in()?;
        let tile = networks.pattern(&ChipLayout::new().tile(payload))?;
        let cell_px = f64::from(width.min(height)) / CELLS as f64;
        let [luma, colour] = enlarged(&tile, [width, height], cell_px);
        let power = |pattern: &[i8]| {
            let sum: f64 = pattern.iter().map(|unit| f64::from(*unit).powi(2)).sum();
            (sum / pattern.len() as f64) as f32 / (UNITS * UNITS)
        };
        Ok(Self {
            networks,
            width,
            height,
            cell_px,
            powers: [power(&luma), power(&colour)],
            luma,
            colour,
            strength: [Vec::new(), Vec::new()],
            coarse: [0, 0],
        })
    }

    /// Mark the next frame. Transparency stays as it is.
    ///
    /// # Errors
    /// Where the frame has another size than was announced.
    pub fn hide(&mut self, frame: &mut Image) -> Result<(), WatermarkError> {
        if [frame.width(), frame.height()] != [self.width, self.height] {
            return Err(WatermarkError::OtherSize {
                width: self.width,
                height: self.height,
                found_width: frame.width(),
                found_height: frame.height(),
            });
        }
        self.adapt(frame)?;
        let gain = self.gain();
        let row_len = self.width as usize * 3;
        let columns = spots(self.width, self.coarse[0], 2.0 * self.cell_px);
        let rows = spots(self.height, self.coarse[1], 2.0 * self.cell_px);
        let mut lines = [(); 2].map(|()| StretchedRows::new(row_len));
        let patterns = self
            .luma
            .chunks_exact(row_len)
            .zip(self.colour.chunks_exact(row_len));
        let pixels = frame.rgb_mut().chunks_exact_mut(row_len);
        for ((pixels, (luma, colour)), row) in pixels.zip(patterns).zip(&rows) {
            for (line, strength) in lines.iter_mut().zip(&self.strength) {
                line.mix(strength, self.coarse[0], row, &columns, gain / UNITS);
            }
            add(pixels, [luma, colour], [&lines[0].mixed, &lines[1].mixed]);
        }
        Ok(())
    }

    /// Ask the network how strong the mark may be, and go there slowly.
    fn adapt(&mut self, frame: &Image) -> Result<(), WatermarkError> {
        let found = self.networks.strength(&to_cells(frame, self.cell_px))?;
        let [height, width] = [found.shape()[2], found.shape()[3]];
        self.coarse = [width, height];
        let parts = found.values().chunks_exact(width * height);
        for (strength, found) in self.strength.iter_mut().zip(parts) {
            if strength.is_empty() {
                strength.extend_from_slice(found);
            }
            for (strength, found) in strength.iter_mut().zip(found) {
                *strength += ADAPTATION * (found - *strength);
            }
        }
        Ok(())
    }

    /// What keeps the mark within [`LARGEST_POWER`]; at most 1.
    fn gain(&self) -> f32 {
        let mean = |strength: &[f32]| {
            strength.iter().map(|value| value * value).sum::<f32>() / strength.len() as f32
        };
        let [luma, colour] = [0, 1].map(|part| mean(&self.strength[part]) * self.powers[part]);
        (LARGEST_POWER / (luma + colour).max(1e-6)).sqrt().min(1.0)
    }
}

impl std::fmt::Debug for Hider {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Hider")
            .field("width", &self.width)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}

/// The pattern of a whole frame, luma and colour, a value for each red, green and blue.
fn enlarged(tile: &[f32], [width, height]: [u32; 2], cell_px: f64) -> [Vec<i8>; 2] {
    let len = width as usize * height as usize * 3;
    let [mut luma, mut colour] = [Vec::with_capacity(len), Vec::with_capacity(len)];
    let place = |pixel: u32| {
        let cell = (f64::from(pixel) + 0.5) / cell_px - 0.5;
        let whole = cell.floor();
        let index = whole.rem_euclid(TILE as f64) as usize;
        (index, (index + 1) % TILE, (cell - whole) as f32)
    };
    let columns: Vec<_> = (0..width).map(place).collect();
    let unit = |value: f32| (value * UNITS).round().clamp(-127.0, 127.0) as i8;
    for (above, below, down) in (0..height).map(place) {
        for &(left, right, across) in &columns {
            let [y, cb, cr] = [0, 1, 2].map(|part| {
                let cell = |row: usize, column: usize| tile[(part * TILE + row) * TILE + column];
                let upper = lerp(cell(above, left), cell(above, right), across);
                let lower = lerp(cell(below, left), cell(below, right), across);
                lerp(upper, lower, down)
            });
            luma.extend([unit(y); 3]);
            colour.extend(
                [0, 1, 2].map(|channel| {
                    unit(cb * BLUE_DIFFERENCE[channel] + cr * RED_DIFFERENCE[channel])
                }),
            );
        }
    }
    [luma, colour]
}

fn lerp(from: f32, to: f32, share: f32) -> f32 {
    from + (to - from) * share
}

/// Two neighbours on a coarse grid and the share of the second, for a pixel.
type Spot = (usize, usize, f32);

/// Where the pixels of a side lie on a grid of `cells` squares of `cell_px`; beyond its border its last
/// value goes on.
fn spots(pixels: u32, cells: usize, cell_px: f64) -> Vec<Spot> {
    let last = cells - 1;
    (0..pixels)
        .map(|pixel| {
            let cell = ((f64::from(pixel) + 0.5) / cell_px - 0.5).clamp(0.0, last as f64);
            let index = (cell as usize).min(last);
            (index, (index + 1).min(last), (cell - index as f64) as f32)
        })
        .collect()
}

/// Two rows of the coarse strength at full width, and the row between them that is wanted now.
struct StretchedRows {
    rows: [(usize, Vec<f32>); 2],
    mixed: Vec<f32>,
}

impl StretchedRows {
    fn new(row_len: usize) -> Self {
        Self {
            rows: [
                (usize::MAX, vec![0.0; row_len]),
                (usize::MAX, vec![0.0; row_len]),
            ],
            mixed: vec![0.0; row_len],
        }
    }

    /// Fill `mixed` with the strength along a row of pixels, times `gain`.
    fn mix(&mut self, strength: &[f32], width: usize, row: &Spot, columns: &[Spot], gain: f32) {
        let (above, below, down) = *row;
        if self.rows[0].0 != above {
            self.rows.swap(0, 1);
        }
        for (kept, wanted) in self.rows.iter_mut().zip([above, below]) {
            if kept.0 == wanted {
                continue;
            }
            let coarse = &strength[wanted * width..(wanted + 1) * width];
            let pixels = kept.1.chunks_exact_mut(3);
            for (pixel, (left, right, across)) in pixels.zip(columns) {
                pixel.fill(lerp(coarse[*left], coarse[*right], *across));
            }
            kept.0 = wanted;
        }
        let both = self.rows[0].1.iter().zip(&self.rows[1].1);
        for (mixed, (above, below)) in self.mixed.iter_mut().zip(both) {
            *mixed = lerp(*above, *below, down) * gain;
        }
    }
}

fn add(pixels: &mut [u8], [luma, colour]: [&[i8]; 2], [of_luma, of_colour]: [&[f32]; 2]) {
    let patterns = luma.iter().zip(colour);
    let strengths = of_luma.iter().zip(of_colour);
    for ((pixel, (luma, colour)), (of_luma, of_colour)) in
        pixels.iter_mut().zip(patterns).zip(strengths)
    {
        let mark = of_luma * f32::from(*luma) + of_colour * f32::from(*colour);
        // a cast cuts off at 0 and 255
        *pixel = (f32::from(*pixel) + mark + 0.5) as u8;
    }
}
