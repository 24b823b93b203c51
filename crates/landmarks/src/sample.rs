//! A face for this crate's tests: 70 plausible points, 140 px from brow to chin.

use crate::points::{Landmarks, POINTS};

/// An upright frontal face around (200, 180).
pub(crate) fn drawn_face() -> Landmarks {
    let mut points = [[0.0; 2]; POINTS];
    let mut set = |start: usize, part: &[[f32; 2]]| {
        points[start..start + part.len()].copy_from_slice(part);
    };
    let jaw: Vec<[f32; 2]> = (0..17)
        .map(|index| {
            let turn = std::f32::consts::PI * index as f32 / 16.0;
            [-68.0 * turn.cos(), 85.0 * turn.sin() - 5.0]
        })
        .collect();
    set(0, &jaw);
    let brow = [
        [-54.0, -42.0],
        [-45.0, -50.0],
        [-34.0, -52.0],
        [-23.0, -50.0],
        [-14.0, -45.0],
    ];
    set(17, &brow);
    set(27, &[[0.0, -30.0], [0.0, -18.0], [0.0, -6.0], [0.0, 6.0]]);
    set(
        31,
        &[
            [-12.0, 14.0],
            [-6.0, 16.0],
            [0.0, 18.0],
            [6.0, 16.0],
            [12.0, 14.0],
        ],
    );
    let eye = [
        [-45.0, -27.0],
        [-37.0, -32.0],
        [-29.0, -32.0],
        [-21.0, -27.0],
        [-29.0, -23.0],
        [-37.0, -23.0],
    ];
    set(36, &eye);
    let mirrored = |index: usize| [-eye[index][0], eye[index][1]];
    set(42, &[3, 2, 1, 0, 5, 4].map(mirrored));
    let brow_mirrored = |index: usize| [-brow[index][0], brow[index][1]];
    set(22, &[4, 3, 2, 1, 0].map(brow_mirrored));
    let ring = |count: usize, width: f32, height: f32| -> Vec<[f32; 2]> {
        (0..count)
            .map(|index| {
                let turn = std::f32::consts::TAU * index as f32 / count as f32;
                [-width * turn.cos(), 42.0 - height * turn.sin()]
            })
            .collect()
    };
    set(48, &ring(12, 26.0, 11.0));
    set(60, &ring(8, 20.0, 4.0));
    set(68, &[[-33.0, -27.5], [33.0, -27.5]]);
    Landmarks { points }.map(|[x, y]| [x + 200.0, y + 180.0])
}

/// Mean distance of the points of two faces, pixels.
pub(crate) fn deviation(a: &Landmarks, b: &Landmarks) -> f32 {
    let pairs = a.points.iter().zip(&b.points);
    let sum: f32 = pairs.map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum();
    sum / POINTS as f32
}
