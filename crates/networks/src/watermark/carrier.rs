//! Chips to pattern: every chip adds its pulse, a small learned picture, to the cells around it.

use tch::{Kind, Tensor, nn, nn::Init};

use super::{PULSES, SPACING, TILE};
use crate::onnx::{Convolution, GraphBuilder, Precision, TensorInfo};

/// What a unit of luma and of both colour differences adds to the mean square of red, green and blue
/// (ITU-R BT.601: R = Y + 1.402 Cr, G = Y - 0.344 Cb - 0.714 Cr, B = Y + 1.772 Cb).
const POWER: [f64; 3] = [1.0, 1.086, 0.825];

/// Spread of the window that pulses start in, cells.
const WINDOW: f32 = 2.5;
/// How often the pulses of either half are smoothed by a quarter, a half and a quarter before the start.
const SMOOTHINGS: [i64; 2] = [2, 4];

/// Hyper-parameters of a [`Carrier`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CarrierConfig {
    /// Odd side of a pulse, cells.
    pub side: i64,
}

impl CarrierConfig {
    /// The shipped size.
    pub fn shipped() -> Self {
        Self { side: 13 }
    }

    /// Register the pulses under `path`: noise in a soft window, more of it in the colours; half of the pulses
    /// smooth, half smoother.
    pub fn init(&self, path: &nn::Path) -> Carrier {
        let noise = Init::Randn {
            mean: 0.0,
            stdev: 1.0,
        };
        let pulses = path.var("pulses", &[3, PULSES, self.side, self.side], noise);
        let middle = (self.side / 2) as f32;
        let window: Vec<f32> = (0..self.side)
            .map(|cell| (-(cell as f32 - middle).powi(2) / (2.0 * WINDOW * WINDOW)).exp())
            .collect();
        let window = Tensor::from_slice(&window);
        let window = window.view([-1, 1]) * window.view([1, -1]);
        let colours = Tensor::from_slice(&[0.6f32, 1.0, 1.0]).view([3, 1, 1, 1]);
        let smooth = Tensor::from_slice(&[0.25f32, 0.5, 0.25]);
        let smooth = (smooth.view([3, 1]) * smooth.view([1, 3])).view([1, 1, 3, 3]);
        tch::no_grad(|| {
            let mut values = pulses
                .detach()
                .view([3 * PULSES, 1, self.side, self.side])
                .to_device(tch::Device::Cpu);
            let mut kept = Vec::new();
            for pass in 1..=SMOOTHINGS[1] {
                values = values.conv2d(&smooth, None::<Tensor>, 1, 1, 1, 1);
                if SMOOTHINGS.contains(&pass) {
                    let all = values.view([3, PULSES, self.side, self.side]);
                    let first = kept.len() as i64 * PULSES / 2;
                    let half = all.narrow(1, first, PULSES / 2);
                    kept.push(&half / half.std(false));
                }
            }
            let values = Tensor::cat(&kept, 1) * window * colours;
            let values = &values / values.std(false) * 0.1;
            pulses.detach().copy_(&values);
        });
        Carrier {
            config: *self,
            pulses,
        }
    }
}

/// Pulses, one a chip of a place.
#[derive(Debug)]
pub struct Carrier {
    config: CarrierConfig,
    pulses: Tensor,
}

impl Carrier {
    /// The pattern of `chips`, which stand every [`SPACING`] cells with zeros between them. Of random
    /// chips the pattern's root mean square over red, green and blue is 1.
    ///
    /// # Shapes
    /// - `chips`: `[batch, PULSES, height, width]`, cells
    /// - returns: `[batch, 3, height, width]`, luma and the differences of blue and red
    pub fn forward(&self, chips: &Tensor) -> Tensor {
        let padding = self.config.side / 2;
        chips.conv2d(&self.unit_pulses(), None::<Tensor>, 1, padding, 1, 1)
    }

    /// Cells by which chips must surround a pattern that is to be whole.
    pub fn margin(&self) -> i64 {
        self.config.side / 2
    }

    fn unit_pulses(&self) -> Tensor {
        let axes = [1i64, 2, 3];
        let energy = self
            .pulses
            .square()
            .sum_dim_intlist(axes.as_slice(), false, Kind::Float);
        let weights = Tensor::from_slice(&POWER.map(|power| power as f32))
            .to_device(self.pulses.device())
            / (SPACING * SPACING) as f64;
        let power = (energy * weights).sum(Kind::Float);
        &self.pulses / power.sqrt()
    }

    /// Write the network as an ONNX file: input `chips`, one tile with its surroundings, output `pattern`.
    pub fn export(&self, precision: Precision) -> Vec<u8> {
        let side = TILE + 2 * self.margin();
        let mut graph = GraphBuilder::new(precision);
        let chips = graph.input(&TensorInfo::fixed("chips", &[1, PULSES, side, side]));
        let convolution = Convolution {
            weight: self.unit_pulses(),
            bias: Tensor::zeros([3], (Kind::Float, tch::Device::Cpu)),
            stride: 1,
        };
        let pattern = graph.convolution(&chips, &convolution);
        graph.output(&pattern, &TensorInfo::fixed("pattern", &[1, 3, side, side]));
        graph.finish("watermark_carrier")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn the_pattern_of_random_chips_has_the_power_it_claims() {
        tch::manual_seed(3);
        let vars = nn::VarStore::new(Device::Cpu);
        let carrier = CarrierConfig::shipped().init(&vars.root());
        let grid = Tensor::randint_low(0, 2, [1, PULSES, 64, 64], (Kind::Float, Device::Cpu));
        let chips = Tensor::zeros([1, PULSES, 256, 256], (Kind::Float, Device::Cpu));
        chips
            .slice(2, 0, 256, SPACING)
            .slice(3, 0, 256, SPACING)
            .copy_(&(grid * 2.0 - 1.0));
        let pattern = carrier.forward(&chips);
        let part = |index| pattern.select(1, index);
        let [y, cb, cr] = [part(0), part(1), part(2)];
        let squares = (&y + &cr * 1.402).square()
            + (&y - &cb * 0.344 - &cr * 0.714).square()
            + (&y + &cb * 1.772).square();
        let power = f64::try_from(squares.mean(Kind::Float)).unwrap() / 3.0;
        assert!((power - 1.0).abs() < 0.1, "{power}");
    }
}
