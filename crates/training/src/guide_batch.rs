//! What landmarks say about the motion from each shot to the target, as the portrait networks take
//! it.

use dataset::Episode;
use evaluation::IdentityInput;
use landmarks::{CROP_SCALE, FaceFrame, LANDMARK_PLANES, Landmarks, landmark_planes};
use reenactment::portrait::{CANDIDATES, GROUPS, motion_guide, patches, pose_distance};
use tch::Tensor;

/// Sizes of the portrait networks' inputs, pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GuideSizes {
    /// Side of the pictures.
    pub(crate) side_px: u32,
    /// Side of the motion network's grid.
    pub(crate) grid_px: u32,
    /// Sides of the patches around mouth and eyes.
    pub(crate) patch_px: [u32; 2],
}

/// Patches of a face: the mouth, the right eye, the left eye.
const PATCHES: usize = 3;
/// Crops of the whole face: for networks of identity, for networks of landmarks.
const FACE_CROPS: usize = 2;

/// Guides of one episode, made on a loader thread.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GuideSample {
    sizes: GuideSizes,
    shots: usize,
    /// Planes of target and shots at half the side, then at the grid's.
    planes: [Vec<f32>; 2],
    /// From each shot to the target.
    candidates: Vec<f32>,
    head: Vec<f32>,
    /// Around the target's groups.
    group_maps: Vec<f32>,
    /// How far each shot is from the target's pose.
    distances: Vec<f32>,
    /// Shot whose landmarks are nearest to the target's.
    lead: usize,
    /// From each patch to the crop, of the target and of the leading shot.
    patches: Vec<f32>,
    /// Planes of mouth and eyes on their patches, of the target and of the leading shot.
    patch_planes: [Vec<f32>; 2],
    /// From the target's whole face, upright, to the crop.
    faces: Vec<f32>,
}

impl GuideSample {
    /// Compare the episode's shots with its target.
    pub(crate) fn new(episode: &Episode, sizes: GuideSizes) -> Self {
        let GuideSizes {
            side_px,
            grid_px,
            patch_px,
        } = sizes;
        let [target, shots @ ..] = episode.frames.as_slice() else {
            unreachable!("an episode has a target");
        };
        let planes = [side_px / 2, grid_px].map(|size| {
            let drawn =
                |frame: &dataset::EpisodeFrame| landmark_planes(&frame.landmarks, side_px, size);
            episode.frames.iter().flat_map(drawn).collect()
        });
        let [mut candidates, mut head, mut group_maps] = [Vec::new(), Vec::new(), Vec::new()];
        for shot in shots {
            let guide = motion_guide(&shot.landmarks, &target.landmarks, side_px, grid_px);
            candidates.extend(guide.candidates);
            head.extend(guide.head);
            group_maps = guide.group_maps; // the same for every shot
        }
        let distance =
            |shot: &dataset::EpisodeFrame| pose_distance(&shot.landmarks, &target.landmarks);
        let distances: Vec<f32> = shots.iter().map(distance).collect();
        let lead = nearest(&distances);
        let mut places = Vec::new();
        let mut patch_planes = [Vec::new(), Vec::new()];
        for frame in [target, &shots[lead]] {
            for (index, patch) in patches(&frame.landmarks, side_px).iter().enumerate() {
                let kind = index.min(1);
                let size = patch_px[kind];
                places.extend(patch.to_crop.as_flattened());
                let points = patch.points(&frame.landmarks, side_px, size);
                let points = points.expect("a face has an extent");
                patch_planes[kind].extend(landmark_planes(&points, size, size));
            }
        }
        Self {
            sizes,
            shots: shots.len(),
            planes,
            candidates,
            head,
            group_maps,
            distances,
            lead,
            patches: places,
            patch_planes,
            faces: faces(&target.landmarks, side_px),
        }
    }
}

/// From upright crops of a face to the picture, both from -1 to 1 between outer edges: rows of
/// `[x, y, 1]`.
fn faces(landmarks: &Landmarks, side_px: u32) -> Vec<f32> {
    let aligned = IdentityInput::ArcFaceRgb112.frame(landmarks);
    let loose = FaceFrame::from_landmarks(landmarks);
    let loose = FaceFrame {
        size_px: loose.size_px * CROP_SCALE,
        ..loose
    };
    let side = side_px as f32;
    let place = |frame: FaceFrame| {
        let (sin, cos) = frame.roll.sin_cos();
        let half = frame.size_px / side;
        let [x, y] = frame.centre.map(|value| (2.0 * value + 1.0) / side - 1.0);
        [half * cos, -half * sin, x, half * sin, half * cos, y]
    };
    [aligned, loose].into_iter().flat_map(place).collect()
}

/// Index of the smallest distance.
fn nearest(distances: &[f32]) -> usize {
    let all = distances.iter().enumerate();
    let best = all.min_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(index, _)| index)
}

/// Guides as tensors on the CPU.
#[derive(Debug)]
pub(crate) struct GuideBatch {
    /// `[batch, 1 + shots, 5, side / 2, side / 2]`, the target first.
    pub(crate) planes: Tensor,
    /// The same at the grid's size.
    pub(crate) grid_planes: Tensor,
    /// `[batch, shots, candidates, 2, grid, grid]`
    pub(crate) candidates: Tensor,
    /// `[batch, shots, 2, grid, grid]`
    pub(crate) head: Tensor,
    /// `[batch, groups, grid, grid]`
    pub(crate) group_maps: Tensor,
    /// How far each shot is from the target's pose, `[batch, shots]`, sizes of the face.
    pub(crate) distances: Tensor,
    /// Shot whose landmarks are nearest to the target's, `[batch]`, whole numbers.
    pub(crate) leads: Tensor,
    /// From each patch to the crop, `[batch, 2, patches, 2, 3]`, of the target and of the leading shot.
    pub(crate) patches: Tensor,
    /// Planes of the mouth, `[batch, 2, 1, 5, patch, patch]`, and of the eyes, `[batch, 2, 2, 5, ...]`, of
    /// the target and of the leading shot.
    pub(crate) patch_planes: [Tensor; 2],
    /// From the target's whole face to the crop, `[batch, 2, 2, 3]`: as networks of identity are shown faces,
    /// as networks of landmarks are.
    pub(crate) faces: Tensor,
}

impl GuideBatch {
    /// Stack samples of one size.
    ///
    /// # Panics
    /// If there are none.
    pub(crate) fn stack(samples: &[&GuideSample]) -> Self {
        let first = samples[0];
        let [batch, shots] = [samples.len(), first.shots].map(|count| count as i64);
        let [half, grid] = [first.sizes.side_px / 2, first.sizes.grid_px].map(i64::from);
        let stack = |part: fn(&GuideSample) -> &[f32], shape: &[i64]| {
            let values: Vec<f32> = samples
                .iter()
                .flat_map(|sample| part(sample))
                .copied()
                .collect();
            Tensor::from_slice(&values).view(shape)
        };
        let [planes, groups] = [LANDMARK_PLANES, GROUPS].map(|count| count as i64);
        let flows = CANDIDATES as i64;
        let leads: Vec<i64> = samples.iter().map(|sample| sample.lead as i64).collect();
        let [mouth, eye] = first.sizes.patch_px.map(i64::from);
        Self {
            planes: stack(|s| &s.planes[0], &[batch, 1 + shots, planes, half, half]),
            grid_planes: stack(|s| &s.planes[1], &[batch, 1 + shots, planes, grid, grid]),
            candidates: stack(|s| &s.candidates, &[batch, shots, flows, 2, grid, grid]),
            head: stack(|s| &s.head, &[batch, shots, 2, grid, grid]),
            group_maps: stack(|s| &s.group_maps, &[batch, groups, grid, grid]),
            distances: stack(|s| &s.distances, &[batch, shots]),
            leads: Tensor::from_slice(&leads),
            patches: stack(|s| &s.patches, &[batch, 2, PATCHES as i64, 2, 3]),
            patch_planes: [
                stack(|s| &s.patch_planes[0], &[batch, 2, 1, planes, mouth, mouth]),
                stack(|s| &s.patch_planes[1], &[batch, 2, 2, planes, eye, eye]),
            ],
            faces: stack(|s| &s.faces, &[batch, FACE_CROPS as i64, 2, 3]),
        }
    }

    /// Episodes `start` to `start + length`.
    pub(crate) fn part(&self, start: i64, length: i64) -> Self {
        let cut = |tensor: &Tensor| tensor.narrow(0, start, length);
        Self {
            planes: cut(&self.planes),
            grid_planes: cut(&self.grid_planes),
            candidates: cut(&self.candidates),
            head: cut(&self.head),
            group_maps: cut(&self.group_maps),
            distances: cut(&self.distances),
            leads: cut(&self.leads),
            patches: cut(&self.patches),
            patch_planes: [cut(&self.patch_planes[0]), cut(&self.patch_planes[1])],
            faces: cut(&self.faces),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataset::EpisodeFrame;
    use landmarks::Landmarks;
    use media::Image;
    use test_support::DrawnHead;

    const SIZES: GuideSizes = GuideSizes {
        side_px: 64,
        grid_px: 16,
        patch_px: [24, 16],
    };

    fn episode(opened: &[f32]) -> Episode {
        let frame = |mouth_open: &f32| {
            let mut head = DrawnHead::frontal(SIZES.side_px);
            head.mouth_open = *mouth_open;
            EpisodeFrame {
                picture: Image::from_rgb(64, 64, head.draw()),
                landmarks: Landmarks {
                    points: head.points(),
                },
            }
        };
        Episode {
            video: 0,
            frames: opened.iter().map(frame).collect(),
        }
    }

    #[test]
    fn every_shot_has_its_own_flows_to_the_target() {
        let samples = [
            GuideSample::new(&episode(&[1.0, 1.0, 0.0]), SIZES),
            GuideSample::new(&episode(&[0.0, 0.0, 1.0]), SIZES),
        ];
        let batch = GuideBatch::stack(&samples.iter().collect::<Vec<_>>());
        assert_eq!(batch.planes.size(), [2, 3, 5, 32, 32]);
        assert_eq!(batch.grid_planes.size(), [2, 3, 5, 16, 16]);
        assert_eq!(batch.candidates.size(), [2, 2, 18, 2, 16, 16]);
        let moved = |episode: i64, shot: i64| {
            let flows = batch.candidates.get(episode).get(shot);
            let away = flows.get(17) - flows.get(0);
            f64::try_from(away.abs().max()).unwrap()
        };
        assert!(moved(0, 0) < 1e-3 && moved(0, 1) > 0.02);
        assert!(moved(1, 0) < 1e-3 && moved(1, 1) > 0.02);
        let second = batch.part(1, 1);
        assert_eq!(second.head, batch.head.narrow(0, 1, 1));
    }

    #[test]
    fn faces_are_cut_as_networks_of_identity_are_shown_them() {
        let side = 128;
        let mut head = DrawnHead::frontal(side);
        head.roll = 20.0;
        let landmarks = Landmarks {
            points: head.points(),
        };
        let place = faces(&landmarks, side);
        // from pixels of the aligned crop to the picture's
        let at = |[x, y]: [f32; 2]| {
            let to_unit = |value: f32| (2.0 * value + 1.0) / 112.0 - 1.0;
            let [x, y] = [to_unit(x), to_unit(y)];
            let row = |row: &[f32]| row[0] * x + row[1] * y + row[2];
            [&place[..3], &place[3..6]].map(|part| ((row(part) + 1.0) * side as f32 - 1.0) / 2.0)
        };
        // where ArcFace expects the eyes
        let right = landmarks.mean_of(landmarks::RIGHT_EYE);
        let left = landmarks.mean_of(landmarks::LEFT_EYE);
        for (wanted, found) in [
            (right, at([38.2946, 51.6963])),
            (left, at([73.5318, 51.5014])),
        ] {
            let apart = (wanted[0] - found[0]).hypot(wanted[1] - found[1]);
            assert!(apart < 3.0, "{apart}");
        }
    }
}
