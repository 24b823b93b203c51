//! What happens to a marked picture before somebody looks for the mark: cut, scaled, recoloured, coded.
//!
//! All of it lets gradients through. Rounding passes them on unchanged (straight-through estimator,
//! Bengio et al. 2013), so the reader learns what coding leaves, and through it the carrier.

use rand::Rng;
use rand::rngs::StdRng;
use tch::{Kind, Tensor};

/// Side of the blocks that coders transform, pixels.
const BLOCK: i64 = 8;
/// JPEG's example tables for luma and colour, in rows (ITU-T T.81, tables K.1 and K.2).
const LUMA_TABLE: [f32; 64] = [
    16., 11., 10., 16., 24., 40., 51., 61., 12., 12., 14., 19., 26., 58., 60., 55., 14., 13., 16.,
    24., 40., 57., 69., 56., 14., 17., 22., 29., 51., 87., 80., 62., 18., 22., 37., 56., 68., 109.,
    103., 77., 24., 35., 55., 64., 81., 104., 113., 92., 49., 64., 78., 87., 103., 121., 120.,
    101., 72., 92., 95., 98., 112., 100., 103., 99.,
];
const COLOUR_TABLE: [f32; 64] = [
    17., 18., 24., 47., 99., 99., 99., 99., 18., 21., 26., 66., 99., 99., 99., 99., 24., 26., 56.,
    99., 99., 99., 99., 99., 47., 66., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99.,
    99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99.,
    99., 99., 99., 99., 99., 99., 99.,
];

/// Which part of a square picture is left, and at what size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cut {
    /// Column of its left border, pixels of the whole picture.
    pub(crate) left: i64,
    /// Row of its upper border.
    pub(crate) top: i64,
    /// Its side, pixels of the whole picture.
    pub(crate) side: i64,
    /// Its side after scaling, pixels; a multiple of 16.
    pub(crate) scaled: i64,
}

impl Cut {
    /// All of the picture at its own size.
    pub(crate) fn whole(side_px: i64) -> Self {
        Self {
            left: 0,
            top: 0,
            side: side_px,
            scaled: side_px,
        }
    }

    /// Draw one: half of the pictures stay whole, half keep their size.
    pub(crate) fn draw(side_px: i64, random: &mut StdRng) -> Self {
        let side = if random.random_bool(0.5) {
            side_px
        } else {
            random.random_range(side_px * 2 / 3 / 4..=side_px / 4) * 4
        };
        let scale = if random.random_bool(0.5) {
            1.0
        } else {
            random.random_range(0.5..1.2)
        };
        Self {
            left: random.random_range(0..=side_px - side),
            top: random.random_range(0..=side_px - side),
            side,
            scaled: ((side as f64 * scale / 16.0).round() as i64).max(4) * 16,
        }
    }
}

/// How a picture is coded.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Coding {
    /// Not at all.
    None,
    /// JPEG of this quality.
    Jpeg(f64),
    /// As video coders do: the same step for all frequencies, and small values dropped.
    Flat(f64),
}

impl Coding {
    fn draw(random: &mut StdRng) -> Self {
        match random.random_range(0..10) {
            0 | 1 => Self::None,
            2..=4 => Self::Jpeg(random.random_range(45.0..92.0)),
            _ => Self::Flat(10.0 * 5f64.powf(random.random_range(0.0..1.0))),
        }
    }
}

/// Transforms blocks; holds its constants.
#[derive(Debug)]
pub(crate) struct Attack {
    /// `[64, 64]`, the two-dimensional DCT of a block as a matrix; orthonormal.
    transform: Tensor,
    tables: [Tensor; 2],
}

impl Attack {
    /// Compute the constants.
    pub(crate) fn new() -> Self {
        let table = |values: &[f32; 64]| Tensor::from_slice(values).view([1, 64]);
        let line = dct_matrix();
        Self {
            transform: line.kron(&line),
            tables: [table(&LUMA_TABLE), table(&COLOUR_TABLE)],
        }
    }

    /// Cut and scale. All pictures of a batch share the cut.
    ///
    /// # Shapes
    /// `[batch, 3, side, side]` to `[batch, 3, scaled, scaled]`
    pub(crate) fn cut(pictures: &Tensor, cut: &Cut) -> Tensor {
        let part = pictures
            .narrow(2, cut.top, cut.side)
            .narrow(3, cut.left, cut.side);
        resized(&part, cut.scaled)
    }

    /// Recolour and code, each picture otherwise.
    ///
    /// # Shapes
    /// `[batch, 3, side, side]`, red, green, blue, 0 to 255; sides are multiples of 16
    pub(crate) fn recolour_and_code(&self, pictures: &Tensor, random: &mut StdRng) -> Tensor {
        let attacked: Vec<Tensor> = (0..pictures.size()[0])
            .map(|index| {
                let picture = pictures.narrow(0, index, 1);
                self.code(&recolour(&picture, random), Coding::draw(random), random)
            })
            .collect();
        Tensor::cat(&attacked, 0)
    }

    fn code(&self, picture: &Tensor, coding: Coding, random: &mut StdRng) -> Tensor {
        if coding == Coding::None {
            return picture + picture.rand_like() - 0.5;
        }
        let [y, colours] = to_luma_and_colours(picture);
        let colours = colours.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None);
        let bias = random.random_range(1.0 / 6.0..0.4);
        let [y, colours] = match coding {
            Coding::Jpeg(quality) => {
                let scale = if quality < 50.0 {
                    50.0 / quality
                } else {
                    2.0 - quality / 50.0
                };
                let steps = |table: usize| (&self.tables[table] * scale).clamp_min(1.0);
                [
                    self.quantise(&y, &steps(0), 0.5),
                    self.quantise(&colours, &steps(1), 0.5),
                ]
            }
            Coding::Flat(step) => {
                let step = Tensor::from_slice(&[step as f32]);
                [
                    self.quantise(&y, &step, bias),
                    self.quantise(&colours, &(step * 0.85), bias),
                ]
            }
            Coding::None => unreachable!("returned above"),
        };
        let colours = colours.upsample_nearest2d_vec(None::<&[i64]>, [2.0, 2.0].as_slice());
        to_rgb(&y, &colours).clamp(0.0, 255.0)
    }

    /// Round the blocks' coefficients to multiples of `steps`; `bias` is added before the fraction is cut
    /// off, so that 0.5 rounds to the nearest and less drops small values.
    fn quantise(&self, planes: &Tensor, steps: &Tensor, bias: f64) -> Tensor {
        let (batch, channels, height, width) = planes.size4().expect("planes have four axes");
        let [rows, columns] = [height / BLOCK, width / BLOCK];
        let blocks = (planes - 128.0)
            .view([batch, channels, rows, BLOCK, columns, BLOCK])
            .permute([0, 1, 2, 4, 3, 5])
            .reshape([-1, BLOCK * BLOCK]);
        let coefficients = blocks.matmul(&self.transform.tr()); // [blocks, 64]
        let scaled = &coefficients / steps;
        let whole = (scaled.abs() + bias).floor() * scaled.sign() * steps;
        let coefficients = &coefficients + (whole - &coefficients).detach();
        coefficients
            .matmul(&self.transform)
            .view([batch, channels, rows, columns, BLOCK, BLOCK])
            .permute([0, 1, 2, 4, 3, 5])
            .reshape([batch, channels, height, width])
            + 128.0
    }
}

/// Scale square pictures, averaging when they shrink.
pub(crate) fn resized(pictures: &Tensor, side: i64) -> Tensor {
    if pictures.size()[2] == side {
        return pictures.shallow_clone();
    }
    pictures.internal_upsample_bilinear2d_aa([side, side], false, None, None)
}

/// Contrast, brightness, saturation and noise, each for a part of the pictures.
fn recolour(picture: &Tensor, random: &mut StdRng) -> Tensor {
    let mut picture = picture.shallow_clone();
    if random.random_bool(0.4) {
        let contrast = random.random_range(0.7..1.3);
        let brightness = random.random_range(-50.0..50.0);
        picture = ((picture - 128.0) * contrast + 128.0 + brightness).clamp(0.0, 255.0);
    }
    if random.random_bool(0.2) {
        let grey = to_luma_and_colours(&picture)[0].shallow_clone();
        let saturation = random.random_range(0.0..1.4);
        picture = ((&picture - &grey) * saturation + grey).clamp(0.0, 255.0);
    }
    if random.random_bool(0.3) {
        let noise = picture.randn_like() * random.random_range(0.5..4.0);
        picture += noise;
    }
    picture
}

/// Luma `[batch, 1, ...]` and both colour differences around 128 `[batch, 2, ...]` (ITU-R BT.601).
fn to_luma_and_colours(rgb: &Tensor) -> [Tensor; 2] {
    let part = |index| rgb.narrow(1, index, 1);
    let [red, green, blue] = [part(0), part(1), part(2)];
    let y = &red * 0.299 + &green * 0.587 + &blue * 0.114;
    let cb = (&blue - &y) / 1.772 + 128.0;
    let cr = (&red - &y) / 1.402 + 128.0;
    let colours = Tensor::cat(&[cb, cr], 1);
    [y, colours]
}

/// The way back: red, green and blue.
fn to_rgb(y: &Tensor, colours: &Tensor) -> Tensor {
    let shifted = colours - 128.0;
    differences_to_rgb(&Tensor::cat(&[y, &shifted], 1))
}

/// A pattern of luma and colour differences as one of red, green and blue (ITU-R BT.601).
pub(crate) fn differences_to_rgb(pattern: &Tensor) -> Tensor {
    let part = |index| pattern.narrow(1, index, 1);
    let [y, cb, cr] = [part(0), part(1), part(2)];
    let red = &y + &cr * 1.402;
    let green = &y - &cb * 0.344_136 - &cr * 0.714_136;
    let blue = &y + &cb * 1.772;
    Tensor::cat(&[red, green, blue], 1)
}

/// `[8, 8]`, rows are the cosines of the orthonormal DCT (Ahmed et al. 1974).
fn dct_matrix() -> Tensor {
    let values: Vec<f32> = (0..BLOCK)
        .flat_map(|frequency| {
            (0..BLOCK).map(move |place| {
                let gain: f64 = if frequency == 0 { 0.125 } else { 0.25 };
                let angle = std::f64::consts::PI * (2 * place + 1) as f64 * frequency as f64 / 16.0;
                (gain.sqrt() * angle.cos()) as f32
            })
        })
        .collect();
    Tensor::from_slice(&values)
        .view([BLOCK, BLOCK])
        .to_kind(Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use tch::Device;

    fn noise() -> Tensor {
        tch::manual_seed(1);
        Tensor::rand([1, 1, 16, 32], (Kind::Float, Device::Cpu)) * 255.0
    }

    #[test]
    fn coding_with_tiny_steps_changes_nothing_and_with_huge_ones_leaves_grey() {
        let attack = Attack::new();
        let picture = noise();
        let step = |value: f32| Tensor::from_slice(&[value]);
        let fine = attack.quantise(&picture, &step(1e-3), 0.5);
        assert!(fine.allclose(&picture, 0.0, 1e-2, false));
        let coarse = attack.quantise(&picture, &step(1e5), 0.5);
        assert!(coarse.allclose(&Tensor::full_like(&picture, 128.0), 0.0, 1e-3, false));
    }

    #[test]
    fn gradients_pass_coding_unchanged() {
        let attack = Attack::new();
        let picture = noise().set_requires_grad(true);
        let coded = attack.quantise(&picture, &Tensor::from_slice(&[40f32]), 0.3);
        coded.sum(Kind::Float).backward();
        let gradient = picture.grad();
        assert!(gradient.allclose(&gradient.ones_like(), 0.0, 1e-4, false));
    }

    #[test]
    fn colours_come_back_from_luma_and_differences() {
        let rgb = Tensor::rand([2, 3, 8, 8], (Kind::Float, Device::Cpu)) * 255.0;
        let [y, colours] = to_luma_and_colours(&rgb);
        assert!(to_rgb(&y, &colours).allclose(&rgb, 0.0, 1e-2, false));
    }

    #[test]
    fn cuts_lie_inside_the_picture() {
        let mut random = StdRng::seed_from_u64(5);
        for _ in 0..200 {
            let cut = Cut::draw(256, &mut random);
            assert!(cut.left >= 0 && cut.left + cut.side <= 256, "{cut:?}");
            assert!(cut.top >= 0 && cut.top + cut.side <= 256, "{cut:?}");
            assert!(cut.scaled % 16 == 0 && cut.side % 4 == 0, "{cut:?}");
        }
    }
}
