//! Weights and inputs from a formula over names, as `talking_head.py` computes them.

use tch::{Device, Kind, Tensor, nn};

/// Uniform numbers from -1 to 1, in float64: FNV-1a of the name, then a finaliser of every index.
pub(crate) fn seeded(name: &str, shape: &[i64]) -> Tensor {
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    let number = |index: i64| {
        let x = (index as u64)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add(seed);
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let x = x ^ (x >> 31);
        2.0 * ((x >> 11) as f64 / 2f64.powi(53)) - 1.0
    };
    let values: Vec<f64> = (0..shape.iter().product()).map(number).collect();
    Tensor::from_slice(&values).view(shape)
}

/// Give every variable the value that belongs to `prefix` and its name; in float64.
pub(crate) fn fill(variables: &mut nn::VarStore, prefix: &str) {
    assert_eq!(variables.device(), Device::Cpu);
    variables.double();
    for (name, tensor) in variables.variables() {
        let shape = tensor.size();
        let values = seeded(&format!("{prefix}{name}"), &shape);
        let values = match name.rsplit('.').next().unwrap() {
            "left" | "right" => &values / values.norm(),
            "gain" => values * 0.1 + 0.5,
            "scale" => values * 0.5 + 1.0,
            "bias" | "shift" | "columns" => values * 0.1,
            "weight" => values / (shape[1..].iter().product::<i64>() as f64).sqrt(),
            other => panic!("no rule for {other}"),
        };
        assert_eq!(tensor.kind(), Kind::Double);
        tch::no_grad(|| tensor.shallow_clone().copy_(&values));
    }
}
