//! What landmarks alone say about the motion: candidate flows and where each of them counts.

use landmarks::Landmarks;
use rayon::prelude::*;

use super::groups::{PARTS, group_affines, head_similarity, members};
use super::skull::Skull;
use crate::warp::thin_plate::ThinPlate;

/// Groups that move as one: parts of the face, and last the skull with its hair.
pub const GROUPS: usize = PARTS + 1;
/// Candidate flows: none, one a group, and the thin plate through all landmarks.
pub const CANDIDATES: usize = GROUPS + 2;

/// How far around its landmarks a group counts, face sizes.
const HEAT_RADIUS: f32 = 0.22;
/// How far the thin plate may miss landmarks for being smooth.
const PLATE_SOFTNESS: f32 = 1e-3;
/// Places on each side of the picture's border that the thin plate holds fast.
const ANCHORS: usize = 4;

/// Candidate flows and heat maps on a square grid over a crop.
#[derive(Debug, Clone, PartialEq)]
pub struct MotionGuide {
    /// For every place of the result, where in the source to look: `[candidate, 2, grid, grid]`, x
    /// then y, -1 and 1 at the outer edges of the first and the last pixel. None comes first, the
    /// thin plate last.
    pub candidates: Vec<f32>,
    /// Heat around each group in the driving face, `[group, grid, grid]`, 0 to 1.
    pub group_maps: Vec<f32>,
    /// Places of the whole head's move in the same units, `[2, grid, grid]`.
    pub head: Vec<f32>,
}

/// Compare two faces in crops of `crop_px` pixels a side.
///
/// # Panics
/// If a landmark is no finite number: a wiring bug.
pub fn motion_guide(
    source: &Landmarks,
    driving: &Landmarks,
    crop_px: u32,
    grid_px: u32,
) -> MotionGuide {
    let unit = |face: &Landmarks| {
        let to_unit = |value: f32| (2.0 * value + 1.0) / crop_px as f32 - 1.0;
        let face = face.map(|point| point.map(to_unit));
        let is_finite = face.points.iter().flatten().all(|value| value.is_finite());
        assert!(is_finite, "landmarks are numbers");
        face
    };
    let [source, driving] = [unit(source), unit(driving)];
    let grid = Grid::new(grid_px as usize);
    let head = head_similarity(&driving, &source);
    let mut candidates = Vec::with_capacity(CANDIDATES * 2 * grid.places());
    grid.add_flow(&mut candidates, |place| place);
    for affine in group_affines(&driving, &source, &head) {
        grid.add_flow(&mut candidates, |place| affine.carry(place));
    }
    let skull = Skull::new(&driving, &source);
    grid.add_flow(&mut candidates, |place| skull.carry(place));
    match plate(&source, &driving) {
        Some(plate) => grid.add_flow(&mut candidates, |place| {
            let step = plate.at(place);
            [place[0] + step[0], place[1] + step[1]]
        }),
        None => grid.add_flow(&mut candidates, |place| head.carry(place)),
    }
    let mut head_flow = Vec::with_capacity(2 * grid.places());
    grid.add_flow(&mut head_flow, |place| head.carry(place));
    let radius = HEAT_RADIUS * face_size(&driving);
    let mut group_maps = Vec::with_capacity(GROUPS * grid.places());
    for group in 0..PARTS {
        let points: Vec<[f32; 2]> = members(&driving, group).collect();
        let heat = |place: [f32; 2]| {
            let square =
                |point: &[f32; 2]| (place[0] - point[0]).powi(2) + (place[1] - point[1]).powi(2);
            let nearest = points.iter().map(square).fold(f32::INFINITY, f32::min);
            (-nearest / (2.0 * radius * radius)).exp()
        };
        grid.add_map(&mut group_maps, heat);
    }
    grid.add_map(&mut group_maps, |place| skull.heat(place));
    MotionGuide {
        candidates,
        group_maps,
        head: head_flow,
    }
}

/// Displacements that carry the driving landmarks onto the source's and leave the border.
fn plate(source: &Landmarks, driving: &Landmarks) -> Option<ThinPlate> {
    let mut places = driving.points.to_vec();
    let mut steps: Vec<[f32; 2]> = source
        .points
        .iter()
        .zip(&driving.points)
        .map(|(to, from)| [to[0] - from[0], to[1] - from[1]])
        .collect();
    for index in 0..ANCHORS {
        let along = 2.0 * index as f32 / ANCHORS as f32 - 1.0;
        places.extend([[along, -1.0], [1.0, along], [-along, 1.0], [-1.0, -along]]);
    }
    steps.resize(places.len(), [0.0; 2]);
    ThinPlate::fit(&places, &steps, face_size(driving), PLATE_SOFTNESS)
}

/// Distance of the outer eye corners, or about that where the head is turned.
pub(super) fn face_size(face: &Landmarks) -> f32 {
    let [bridge, chin] = [face.points[27], face.points[8]];
    let height = (bridge[0] - chin[0]).hypot(bridge[1] - chin[1]);
    face.inter_ocular_px().max(0.7 * height).max(1e-3)
}

/// Centres of the cells of a square grid over the crop.
struct Grid {
    side: usize,
}

impl Grid {
    fn new(side: usize) -> Self {
        Self { side }
    }

    fn places(&self) -> usize {
        self.side * self.side
    }

    fn at(&self, index: usize) -> [f32; 2] {
        [index % self.side, index / self.side]
            .map(|cell| (2 * cell + 1) as f32 / self.side as f32 - 1.0)
    }

    /// Append x of all places, then y.
    fn add_flow(&self, flows: &mut Vec<f32>, carry: impl Fn([f32; 2]) -> [f32; 2] + Sync) {
        let start = flows.len();
        flows.resize(start + 2 * self.places(), 0.0);
        let (x, y) = flows[start..].split_at_mut(self.places());
        let rows = x
            .par_chunks_exact_mut(self.side)
            .zip(y.par_chunks_exact_mut(self.side));
        rows.enumerate().for_each(|(row, (x, y))| {
            for column in 0..self.side {
                [x[column], y[column]] = carry(self.at(row * self.side + column));
            }
        });
    }

    /// Append one value for each place.
    fn add_map(&self, maps: &mut Vec<f32>, heat: impl Fn([f32; 2]) -> f32 + Sync) {
        let places = (0..self.places()).into_par_iter().with_min_len(self.side);
        maps.par_extend(places.map(|index| heat(self.at(index))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::DrawnHead;

    const CROP_PX: u32 = 256;
    const GRID: usize = 64;

    fn face(mouth_open: f32) -> Landmarks {
        let mut head = DrawnHead::frontal(CROP_PX);
        head.mouth_open = mouth_open;
        Landmarks {
            points: head.points(),
        }
    }

    /// Value of a candidate's flow at the grid's place nearest to a landmark, in pixels of the crop.
    fn looked_up(guide: &MotionGuide, candidate: usize, [x, y]: [f32; 2]) -> [f32; 2] {
        let cell = |value: f32| {
            let cell = (value + 0.5) * GRID as f32 / CROP_PX as f32;
            (cell.max(0.0) as usize).min(GRID - 1)
        };
        let place = cell(y) * GRID + cell(x);
        [0, 1].map(|axis| {
            let value = guide.candidates[(candidate * 2 + axis) * GRID * GRID + place];
            ((value + 1.0) * CROP_PX as f32 - 1.0) / 2.0
        })
    }

    #[test]
    fn the_same_face_twice_moves_nothing() {
        let guide = motion_guide(&face(0.3), &face(0.3), CROP_PX, GRID as u32);
        let still = &guide.candidates[..2 * GRID * GRID];
        for candidate in guide.candidates.chunks_exact(2 * GRID * GRID) {
            let worst = candidate
                .iter()
                .zip(still)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            assert!(worst < 2e-3, "{worst}");
        }
        assert_eq!(guide.group_maps.len(), GROUPS * GRID * GRID);
    }

    #[test]
    fn the_plate_brings_the_lower_lip_from_where_it_is_in_the_source() {
        let [source, driving] = [face(0.0), face(1.0)];
        let guide = motion_guide(&source, &driving, CROP_PX, GRID as u32);
        let lip = 57;
        let found = looked_up(&guide, CANDIDATES - 1, driving.points[lip]);
        let wanted = source.points[lip];
        // a cell is four pixels wide
        assert!(
            (found[0] - wanted[0]).abs() < 4.0 && (found[1] - wanted[1]).abs() < 4.0,
            "{found:?} {wanted:?}"
        );
        let corner = looked_up(&guide, CANDIDATES - 1, [1.0, 1.0]);
        assert!(
            corner.iter().all(|value| (value - 1.0).abs() < 3.0),
            "{corner:?}"
        );
    }

    #[test]
    fn heat_lies_around_the_groups_own_landmarks() {
        let driving = face(0.2);
        let guide = motion_guide(&driving, &driving, CROP_PX, GRID as u32);
        let heat = |group: usize, [x, y]: [f32; 2]| {
            let cell = |value: f32| ((value + 0.5) * GRID as f32 / CROP_PX as f32) as usize;
            guide.group_maps[group * GRID * GRID + cell(y) * GRID + cell(x)]
        };
        assert!(heat(9, driving.points[37]) > 0.9);
        assert!(heat(9, driving.points[8]) < 0.01);
        assert!(heat(2, driving.points[8]) > 0.9);
    }
}
