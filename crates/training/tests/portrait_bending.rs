//! What lies between the portrait networks is the same in training (tensors) and in use (plain
//! arithmetic): bending along flows, cutting patches, pasting them.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use networks::portrait::{
    CANDIDATES, GROUPS, LANDMARK_CHANNELS, WarpKind, cut_patch, paste_patch, warp,
};
use reenactment::portrait::{BendKind, BendSource, FlowGrid, Patch};
use tch::{Device, Kind, Tensor};

const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);
const SIDE: i64 = 48;

fn numbers(tensor: &Tensor) -> Vec<f32> {
    Vec::try_from(&tensor.flatten(0, -1)).unwrap()
}

fn assert_near(found: &[f32], wanted: &Tensor) {
    let wanted = numbers(wanted);
    assert_eq!(found.len(), wanted.len());
    let apart = found.iter().zip(&wanted).map(|(a, b)| (a - b).abs());
    let worst = apart.fold(0.0, f32::max);
    assert!(worst < 1e-4, "{worst}");
}

#[test]
fn both_sides_count_alike() {
    assert_eq!(GROUPS as usize, reenactment::portrait::GROUPS);
    assert_eq!(CANDIDATES as usize, reenactment::portrait::CANDIDATES);
    assert_eq!(LANDMARK_CHANNELS as usize, landmarks::LANDMARK_PLANES);
}

#[test]
fn flows_bend_alike_within_the_picture_and_beyond_it() {
    tch::manual_seed(3);
    let source = Tensor::randn([1, 5, SIDE, SIDE], OPTIONS);
    for grid in [12, SIDE, 2 * SIDE] {
        let flow = Tensor::rand([1, 2, grid, grid], OPTIONS) * 2.6 - 1.3;
        let grid = FlowGrid::new(grid as usize, numbers(&flow));
        let planes = BendSource::from_planes(&numbers(&source), SIDE as usize);
        for (ours, theirs) in [
            (BendKind::Bilinear, WarpKind::Bilinear),
            (BendKind::Bicubic, WarpKind::Bicubic),
        ] {
            assert_near(
                &planes.bend(&grid, ours),
                &warp(&source, &flow, SIDE, theirs),
            );
        }
    }
}

#[test]
fn patches_are_cut_and_pasted_alike() {
    tch::manual_seed(4);
    let picture = Tensor::randn([1, 3, SIDE, SIDE], OPTIONS);
    let patch = Tensor::randn([1, 3, 20, 20], OPTIONS);
    let mirrored = [[-0.3f32, -0.1, 0.2], [-0.1, 0.3, -0.1]];
    let beyond = [[0.4f32, 0.1, 0.8], [-0.1, 0.4, 0.7]];
    for to_crop in [mirrored, beyond] {
        let place = Patch { to_crop };
        let tensor = Tensor::from_slice(to_crop.as_flattened()).view([1, 2, 3]);
        let planes = BendSource::from_planes(&numbers(&picture), SIDE as usize);
        assert_near(&place.cut(&planes, 20), &cut_patch(&picture, &tensor, 20));
        let mut laid = numbers(&picture);
        place.paste(&numbers(&patch), 20, &mut laid, SIDE as usize);
        assert_near(&laid, &paste_patch(&picture, &patch, &tensor));
    }
}
