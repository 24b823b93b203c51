//! A person of one or a few pictures, painted in any pose by a portrait model.

use std::sync::Arc;

use inference::{InferenceError, Tensor};
use landmarks::Landmarks;
use media::Image;

use super::bending::{BendKind, BendSource, FlowGrid};
use super::model::{BentSource, MotionField, PortraitModel};
use super::motion_guide::motion_guide;
use super::patches::patches;
use crate::few_shot::Shot;
use crate::few_shot::{from_output, to_input};

/// Sources that take part in one picture.
const FUSED: usize = 3;
/// How much a source loses against the nearest one, logits for a mean distance of the landmarks of
/// one side of the picture.
const DISTANCE_COST: f32 = 60.0;

/// A person, ready to be painted.
#[derive(Debug)]
pub struct PortraitPerson {
    model: Arc<PortraitModel>,
    sources: Vec<Source>,
    style: Tensor,
}

/// One picture of the person.
#[derive(Debug)]
struct Source {
    landmarks: Landmarks,
    grid_planes: Tensor,
    /// At full size and at the grid's.
    picture: BendSource,
    small: BendSource,
    levels: [BendSource; 3],
    /// Mouth, right eye and left eye, as the patch networks take them, and their landmarks.
    patches: [[Tensor; 2]; 3],
}

/// The person in a pose.
#[derive(Debug)]
pub(crate) struct Portrayal {
    /// `[3, side, side]`, about -1 to 1.
    pub(crate) picture: Vec<f32>,
    /// The bent sources, `[3, side, side]`, -1 to 1.
    pub(crate) bent: Vec<f32>,
    /// Where the leading source came from.
    pub(crate) flow: FlowGrid,
}

impl PortraitPerson {
    /// Encode the pictures of one person, each as large as the model's.
    ///
    /// # Errors
    /// Where a network fails.
    ///
    /// # Panics
    /// If there are no shots: a wiring bug.
    pub fn new(model: Arc<PortraitModel>, shots: &[Shot]) -> Result<Self, InferenceError> {
        let mut sources = Vec::with_capacity(shots.len());
        let mut mean: Option<Tensor> = None;
        for shot in shots {
            let picture = to_input(&shot.picture);
            let features = model.encode(shot, &picture)?;
            match &mut mean {
                None => mean = Some(features.identity),
                Some(sum) => {
                    let values = sum.values_mut().iter_mut();
                    let values = values.zip(features.identity.values());
                    values.for_each(|(sum, value)| *sum += value);
                }
            }
            let side = model.side_px() as usize;
            let grid = model.grid_px() as usize;
            let full = BendSource::from_planes(picture.values(), side);
            sources.push(Source {
                patches: source_patches(&model, &full, &shot.landmarks),
                landmarks: shot.landmarks,
                grid_planes: model.grid_planes(&shot.landmarks),
                picture: full,
                small: BendSource::from_planes(&shrunk(picture.values(), side, grid), grid),
                levels: features.levels,
            });
        }
        let mut identity = mean.expect("there is at least one shot");
        let count = shots.len() as f32;
        let values = identity.values_mut().iter_mut();
        values.for_each(|value| *value /= count);
        Ok(Self {
            style: model.style(&identity)?,
            model,
            sources,
        })
    }

    /// The person in the pose of these landmarks, which are in pixels of the picture.
    ///
    /// # Errors
    /// Where a network fails.
    pub fn paint(&self, driving: &Landmarks) -> Result<Image, InferenceError> {
        let side = self.model.side_px();
        let shape = [1, 3, side as usize, side as usize];
        let planes = self.portray(driving)?.picture;
        Ok(from_output(&Tensor::new(&shape, planes), side))
    }

    /// As [`PortraitPerson::paint`], with what a larger copy of the source needs to follow.
    ///
    /// # Errors
    /// Where a network fails.
    pub(crate) fn portray(&self, driving: &Landmarks) -> Result<Portrayal, InferenceError> {
        let model = self.model.as_ref();
        let driving_grid = model.grid_planes(driving);
        let mut fields = Vec::with_capacity(FUSED);
        for (source, lag) in self.nearest(driving) {
            let guide = motion_guide(&source.landmarks, driving, model.side_px(), model.grid_px());
            let planes = [&source.grid_planes, &driving_grid];
            let mut field = model.motion(&source.small, guide, planes)?;
            for logit in &mut field.confidence {
                *logit -= DISTANCE_COST * lag;
            }
            fields.push((source, field));
        }
        let bent = fuse(&fields);
        let bent_picture = bent.picture.clone();
        let driving_half = model.half_planes(driving);
        let mut picture = model.decode(bent, &driving_half, &self.style)?;
        self.refine(&mut picture, fields[0].0, driving)?;
        let (_, lead) = fields.swap_remove(0);
        Ok(Portrayal {
            picture,
            bent: bent_picture,
            flow: lead.flow,
        })
    }

    /// Paint mouth and eyes of a picture over, `[3, side, side]`.
    fn refine(
        &self,
        picture: &mut [f32],
        source: &Source,
        driving: &Landmarks,
    ) -> Result<(), InferenceError> {
        let model = self.model.as_ref();
        let side = model.side_px() as usize;
        let unpainted = BendSource::from_planes(picture, side);
        let places = patches(driving, model.side_px());
        for (index, (place, [own, own_planes])) in places.iter().zip(&source.patches).enumerate() {
            let kind = index.min(1);
            let px = model.patch_px(kind);
            let made = place.cut(&unpainted, px);
            let planes = model.patch_planes(kind, place, driving);
            let patch = model.refine(kind, made, own, [own_planes, &planes], &self.style)?;
            place.paste(&patch, px, picture, side);
        }
        Ok(())
    }

    /// The sources nearest to a pose, and by how much each is farther than the first: mean distance
    /// of the landmarks, sides of the picture.
    fn nearest(&self, driving: &Landmarks) -> Vec<(&Source, f32)> {
        let side = self.model.side_px() as f32;
        let distance = |source: &Source| {
            let pairs = source.landmarks.points.iter().zip(&driving.points);
            let apart = pairs.map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]));
            apart.sum::<f32>() / driving.points.len() as f32 / side
        };
        let mut all: Vec<(&Source, f32)> = self
            .sources
            .iter()
            .map(|source| (source, distance(source)))
            .collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1));
        all.truncate(FUSED);
        let first = all.first().map_or(0.0, |(_, distance)| *distance);
        for (_, distance) in &mut all {
            *distance -= first;
        }
        all
    }
}

/// Mouth and eyes of a source with their landmarks.
fn source_patches(
    model: &PortraitModel,
    picture: &BendSource,
    landmarks: &Landmarks,
) -> [[Tensor; 2]; 3] {
    let places = patches(landmarks, model.side_px());
    [0, 1, 2].map(|index: usize| {
        let (place, kind) = (&places[index], index.min(1));
        let px = model.patch_px(kind);
        let cut = Tensor::new(&[1, 3, px, px], place.cut(picture, px));
        [cut, model.patch_planes(kind, place, landmarks)]
    })
}

/// Bend every source along its flow and mix them by their confidence, place by place.
fn fuse(fields: &[(&Source, MotionField)]) -> BentSource {
    let cells = fields[0].1.confidence.len();
    let grid = cells.isqrt();
    let shares = softmax(fields, cells);
    let mix = |bend: &dyn Fn(&Source, &MotionField) -> Vec<f32>, side: usize| {
        if let [(source, field)] = fields {
            return bend(source, field);
        }
        let mut mixed: Vec<f32> = Vec::new();
        for ((source, field), shares) in fields.iter().zip(&shares) {
            let planes = bend(source, field);
            mixed.resize(planes.len(), 0.0);
            let shares = resized(shares, grid, side);
            for (mixed, plane) in mixed
                .chunks_exact_mut(side * side)
                .zip(planes.chunks_exact(side * side))
            {
                for ((mixed, value), share) in mixed.iter_mut().zip(plane).zip(&shares) {
                    *mixed += share * value;
                }
            }
        }
        mixed
    };
    let level = |index: usize| {
        let side = fields[0].0.levels[index].side();
        mix(
            &|source, field| source.levels[index].bend(&field.flow, BendKind::Bilinear),
            side,
        )
    };
    BentSource {
        levels: [level(0), level(1), level(2)],
        occlusion: mix(&|_, field| field.occlusion.clone(), grid),
        picture: mix(
            &|source, field| source.picture.bend(&field.flow, BendKind::Bicubic),
            fields[0].0.picture.side(),
        ),
    }
}

/// Share of each source at every cell.
fn softmax(fields: &[(&Source, MotionField)], cells: usize) -> Vec<Vec<f32>> {
    let mut shares: Vec<Vec<f32>> = vec![vec![0.0; cells]; fields.len()];
    for cell in 0..cells {
        let logits = fields.iter().map(|(_, field)| field.confidence[cell]);
        let largest = logits.clone().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = logits.clone().map(|logit| (logit - largest).exp()).sum();
        for (share, logit) in shares.iter_mut().zip(logits) {
            share[cell] = (logit - largest).exp() / sum;
        }
    }
    shares
}

/// A plane of the grid at another size, bilinearly with half-pixel centres.
fn resized(plane: &[f32], grid: usize, side: usize) -> Vec<f32> {
    let source = BendSource::from_planes(plane, grid);
    let at = |index: usize| (2 * index + 1) as f32 / side as f32 - 1.0;
    let mut value = [0.0];
    (0..side * side)
        .map(|place| {
            source.look([at(place % side), at(place / side)], &mut value);
            value[0]
        })
        .collect()
}

/// Planes at a smaller size that divides theirs: means of squares.
fn shrunk(planes: &[f32], side: usize, small: usize) -> Vec<f32> {
    let cell = side / small;
    let mut means = vec![0.0; planes.len() / (cell * cell)];
    for (plane, means) in planes
        .chunks_exact(side * side)
        .zip(means.chunks_exact_mut(small * small))
    {
        for (place, value) in plane.iter().enumerate() {
            let [x, y] = [place % side / cell, place / side / cell];
            means[y * small + x] += value / (cell * cell) as f32;
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrinking_takes_means_and_enlarging_meets_them() {
        let planes: Vec<f32> = (0..2 * 64).map(|value| (value % 8) as f32).collect();
        let small = shrunk(&planes, 8, 4);
        assert_eq!(small.len(), 2 * 16);
        assert_eq!(small[..4], [0.5, 2.5, 4.5, 6.5]);
        let large = resized(&small[..16], 4, 8);
        assert!(
            (large[2] - 2.0).abs() < 1e-5 && (large[3] - 3.0).abs() < 1e-5,
            "{large:?}"
        );
    }
}
