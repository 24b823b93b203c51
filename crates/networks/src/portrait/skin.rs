//! The skin around a feature, spread smoothly over it: what a closed lid looks like, whatever the
//! colour of the person or the painting.
//!
//! Mean colours of the cells that show neither eye, lip nor line, handed to the other cells from
//! coarse to fine (push and pull: Gortler, Grzeszczuk, Szeliski and Cohen 1996, Section 3.4).

use tch::Tensor;

use crate::onnx::{GraphBuilder, Value};

/// Side of a cell, pixels.
const CELL_PX: i64 = 8;
/// Planes of a landmark picture that are not skin: lines, filled eyes, outer lips.
const FEATURES: [i64; 3] = [0, 1, 3];
/// Weight of the coarser colour beside a cell's own, whose weight is at most 1.
const COARSER: f64 = 0.05;
/// Keeps cells without any skin finite.
const LEAST_SKIN: f64 = 1e-3;

/// Spread the skin of `source` over the whole patch.
///
/// # Shapes
/// - `source`: `[batch, 3, patch, patch]`, f32
/// - `landmarks`: `[batch, 5, patch, patch]`, f32, 0 to 1
/// - returns: `[batch, 3, patch, patch]`; no gradient flows through it
pub(super) fn skin(source: &Tensor, landmarks: &Tensor) -> Tensor {
    tch::no_grad(|| {
        let mut bare = landmarks.narrow(1, 0, 1).ones_like();
        for plane in FEATURES {
            bare *= 1.0 - landmarks.narrow(1, plane, 1);
        }
        let pool = |x: &Tensor, side: i64| {
            x.avg_pool2d([side, side], [side, side], [0, 0], false, true, None)
        };
        let share = pool(&bare, CELL_PX);
        let colour = pool(&(source * &bare), CELL_PX) / (&share + LEAST_SKIN);
        let square = &share * &share;
        let weight = &square * &square;
        let weighted = &colour * &weight;
        let whole = weighted.mean_dim([2i64, 3].as_slice(), true, None)
            / (weight.mean_dim([2i64, 3].as_slice(), true, None) + LEAST_SKIN);
        let coarse = (pool(&weighted, 2) + &whole * COARSER) / (pool(&weight, 2) + COARSER);
        let fine = (weighted + enlarged(&coarse, 2) * COARSER) / (weight + COARSER);
        enlarged(&fine, CELL_PX)
    })
}

fn enlarged(x: &Tensor, factor: i64) -> Tensor {
    let side = x.size()[2] * factor;
    x.upsample_bilinear2d([side, side], false, None, None)
}

/// Write [`skin`] for a batch of one.
pub(super) fn export_skin(graph: &mut GraphBuilder, source: &Value, landmarks: &Value) -> Value {
    let mut number = |value: f64| graph.single(&Tensor::from_slice(&[value as f32]));
    let [one, minus, coarser, least] = [1.0, -1.0, COARSER, LEAST_SKIN].map(&mut number);
    let mut bare: Option<Value> = None;
    for plane in FEATURES {
        let feature = graph.slice(landmarks, 1, plane, 1);
        let rest = graph.multiply(&feature, &minus);
        let rest = graph.add(&rest, &one);
        bare = Some(match bare {
            Some(bare) => graph.multiply(&bare, &rest),
            None => rest,
        });
    }
    let bare = bare.expect("there are features");
    let share = graph.average_pool(&bare, CELL_PX);
    let shown = graph.multiply(source, &bare);
    let shown = graph.average_pool(&shown, CELL_PX);
    let safe = graph.add(&share, &least);
    let colour = graph.divide(&shown, &safe);
    let square = graph.multiply(&share, &share);
    let weight = graph.multiply(&square, &square);
    let weighted = graph.multiply(&colour, &weight);
    let mut mean = |x: &Value, channels: i64| {
        let mean = graph.mean_over_space(x);
        graph.reshape(&mean, &[1, channels, 1, 1])
    };
    let [sum, share] = [mean(&weighted, 3), mean(&weight, 1)];
    let share = graph.add(&share, &least);
    let whole = graph.divide(&sum, &share);
    let whole = graph.multiply(&whole, &coarser);
    let own = graph.average_pool(&weighted, 2);
    let own = graph.add(&own, &whole);
    let weights = graph.average_pool(&weight, 2);
    let weights = graph.add(&weights, &coarser);
    let coarse = graph.divide(&own, &weights);
    let coarse = graph.upsample_bilinear(&coarse, 2);
    let coarse = graph.multiply(&coarse, &coarser);
    let fine = graph.add(&weighted, &coarse);
    let weights = graph.add(&weight, &coarser);
    let fine = graph.divide(&fine, &weights);
    graph.upsample_bilinear(&fine, CELL_PX as u8)
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    #[test]
    fn an_eye_is_covered_by_the_colour_around_it_and_colour_far_away_stays() {
        let options = (Kind::Float, Device::Cpu);
        // dark above, light below, and a black eye in the light part
        let source = Tensor::full([1, 3, 64, 64], 0.6, options);
        drop(source.narrow(2, 0, 16).fill_(-0.5));
        let planes = Tensor::zeros([1, 5, 64, 64], options);
        let eye = |x: &Tensor| x.narrow(2, 36, 12).narrow(3, 20, 24);
        drop(eye(&source).fill_(-1.0));
        drop(eye(&planes.narrow(1, 1, 1)).fill_(1.0));
        let skin = skin(&source, &planes);
        let at = |y: i64| skin.double_value(&[0, 1, y, 32]);
        assert!((at(42) - 0.6).abs() < 0.1, "{}", at(42));
        assert!((at(4) + 0.5).abs() < 0.1, "{}", at(4));
    }

    #[test]
    fn a_patch_without_any_skin_stays_finite() {
        let options = (Kind::Float, Device::Cpu);
        let source = Tensor::full([1, 3, 32, 32], 0.3, options);
        let skin = skin(&source, &Tensor::ones([1, 5, 32, 32], options));
        assert!(bool::try_from(skin.isfinite().all()).unwrap());
    }
}
