//! What the face detector should say of a batch of samples, cell by cell of its grid.

use landmarks::FaceFrame;
use tch::Tensor;

use crate::detector_samples::{DetectorSample, SIDE};
use crate::losses::CentrePointTargets;

/// Side of a cell of the network's grid, pixels.
const CELL: usize = networks::face_detector::STRIDE as usize;
const CELLS: usize = SIDE / CELL;

/// Stack samples: pictures `[batch, 3, SIDE, SIDE]`, and targets on the grid.
pub(crate) fn stack(samples: &[DetectorSample]) -> (Tensor, CentrePointTargets) {
    let (batch, side, cells) = (samples.len() as i64, SIDE as i64, CELLS as i64);
    let bytes: Vec<u8> = samples
        .iter()
        .flat_map(|sample| sample.picture.iter().copied())
        .collect();
    let pictures = Tensor::from_slice(&bytes).view([batch, side, side, 3]);
    let grids: Vec<Grid> = samples
        .iter()
        .map(|sample| Grid::new(&sample.faces))
        .collect();
    let join = |pick: fn(&Grid) -> &Vec<f32>, shape: &[i64]| {
        let values: Vec<f32> = grids
            .iter()
            .flat_map(|grid| pick(grid).iter().copied())
            .collect();
        Tensor::from_slice(&values).view(shape)
    };
    let targets = CentrePointTargets {
        heat: join(|grid| &grid.heat, &[batch, cells, cells]),
        place: join(|grid| &grid.place, &[batch, 5, cells, cells]),
        is_near: join(|grid| &grid.is_near, &[batch, cells, cells]),
    };
    (networks::pixels::to_image_tensor(&pictures), targets)
}

/// Targets of one sample.
#[derive(Debug)]
struct Grid {
    heat: Vec<f32>,
    place: Vec<f32>,
    is_near: Vec<f32>,
}

impl Grid {
    fn new(faces: &[FaceFrame]) -> Self {
        let cells = CELLS * CELLS;
        let mut grid = Self {
            heat: vec![0.0; cells],
            place: vec![0.0; 5 * cells],
            is_near: vec![0.0; cells],
        };
        for face in faces {
            grid.mark(face);
        }
        grid
    }

    fn mark(&mut self, face: &FaceFrame) {
        let half = (CELL as f32 - 1.0) / 2.0;
        let centre = face.centre.map(|value| (value - half) / CELL as f32);
        let nearest = centre.map(|value| value.round().clamp(0.0, CELLS as f32 - 1.0));
        let deviation = (face.size_px / CELL as f32 / 7.0).max(0.6);
        for row in 0..CELLS {
            for column in 0..CELLS {
                let apart =
                    (column as f32 - nearest[0]).powi(2) + (row as f32 - nearest[1]).powi(2);
                let heat = (-apart / (2.0 * deviation * deviation)).exp();
                let cell = row * CELLS + column;
                if heat > self.heat[cell] {
                    self.heat[cell] = heat;
                    self.is_near[cell] = f32::from(u8::from(heat > 0.4));
                    let place = [
                        centre[0] - column as f32,
                        centre[1] - row as f32,
                        (face.size_px / 32.0).ln(),
                        face.roll.cos(),
                        face.roll.sin(),
                    ];
                    for (channel, value) in place.into_iter().enumerate() {
                        self.place[channel * CELLS * CELLS + cell] = value;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_is_marked_where_its_centre_lies_and_can_be_read_back() {
        let face = FaceFrame {
            centre: [101.0, 57.5],
            size_px: 64.0,
            roll: 0.5,
        };
        let grid = Grid::new(&[face]);
        let best = (0..CELLS * CELLS)
            .max_by(|&a, &b| grid.heat[a].total_cmp(&grid.heat[b]))
            .unwrap();
        let read = |channel: usize| grid.place[channel * CELLS * CELLS + best];
        let middle = |cell: usize| 8.0 * cell as f32 + 3.5;
        assert!((middle(best % CELLS) + 8.0 * read(0) - 101.0).abs() < 1e-3);
        assert!((middle(best / CELLS) + 8.0 * read(1) - 57.5).abs() < 1e-3);
        assert!((32.0 * read(2).exp() - 64.0).abs() < 1e-3);
        assert!((read(4).atan2(read(3)) - 0.5).abs() < 1e-5);
        assert_eq!(grid.heat.iter().filter(|heat| **heat > 0.999).count(), 1);
    }
}
