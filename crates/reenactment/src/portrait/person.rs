//! A person of one or a few pictures, painted in any pose by a portrait model.

use std::sync::Arc;

use inference::{InferenceError, Tensor};
use landmarks::Landmarks;
use media::Image;

use super::bending::{BendSource, FlowGrid};
use super::face_colour::{coloured, is_one_room};
use super::fusion::{Taking, fuse, outside_face, shares, shares_of_lags};
use super::model::PortraitModel;
use super::motion_guide::motion_guide;
use super::patches::patches;
use super::pose_distance::{DISTANCE_COST, framing_distance, pose_distance};
use crate::few_shot::Shot;
use crate::few_shot::{from_output, to_input};

/// Most sources that take part in one picture beside a canvas: as many as in training.
const FUSED: usize = 2;
/// How much a source's place in its crop counts beside its pose.
const FRAMING: f32 = 0.07;
/// Distance from the next source, which takes no part, over which one that does fades, sizes of the
/// face.
const FADING: f32 = 0.03;
/// Share under which a source does not take part in a patch.
const LEAST_SHARE: f32 = 0.04;

/// A person, ready to be painted.
#[derive(Debug)]
pub struct PortraitPerson {
    model: Arc<PortraitModel>,
    sources: Vec<Source>,
    style: Tensor,
    /// Whether the first picture is the one that is shown, and the others only tell of its face.
    has_canvas: bool,
}

/// One picture of the person.
#[derive(Debug)]
pub(super) struct Source {
    landmarks: Landmarks,
    grid_planes: Tensor,
    /// At full size and at the grid's.
    pub(super) picture: BendSource,
    small: BendSource,
    pub(super) levels: [BendSource; 3],
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
    /// Where the canvas, or else the leading source, came from.
    pub(crate) flow: FlowGrid,
    /// Its share of the bent sources, `[grid, grid]`.
    pub(crate) share: Vec<f32>,
}

impl Portrayal {
    /// Share of the canvas, or else the leading source, at a place from -1 to 1.
    pub(crate) fn share_at(&self, place: [f32; 2]) -> f32 {
        let grid = self.share.len().isqrt();
        let [x, y] = place.map(|value| {
            let cell = (value + 1.0) / 2.0 * grid as f32;
            (cell.max(0.0) as usize).min(grid - 1)
        });
        self.share[y * grid + x]
    }
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
            has_canvas: false,
        })
    }

    /// The person of photos that may be taken anywhere: where they show another room than the first,
    /// what is not the face comes from the first alone, and the others take on its colours.
    ///
    /// # Errors
    /// Where a network fails.
    ///
    /// # Panics
    /// If there are no shots: a wiring bug.
    pub fn of_photos(model: Arc<PortraitModel>, shots: &[Shot]) -> Result<Self, InferenceError> {
        if is_one_room(shots) {
            return Self::new(model, shots);
        }
        let (first, others) = shots.split_first().expect("there is at least one shot");
        let others = others.iter().map(|other| coloured(other, first));
        let shots: Vec<Shot> = std::iter::once(first.clone()).chain(others).collect();
        Ok(Self::new(model, &shots)?.on_canvas())
    }

    /// The same person in the first picture: what is not the face comes from it alone.
    pub(crate) fn on_canvas(self) -> Self {
        Self {
            has_canvas: true,
            ..self
        }
    }

    /// The model that paints.
    pub fn model(&self) -> &PortraitModel {
        &self.model
    }

    /// The same, to be shared.
    pub(crate) fn shared_model(&self) -> Arc<PortraitModel> {
        self.model.clone()
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
        let mut taking = Vec::with_capacity(FUSED + 1);
        for (source, lag) in self.nearest(driving) {
            let guide = motion_guide(&source.landmarks, driving, model.side_px(), model.grid_px());
            let planes = [&source.grid_planes, &driving_grid];
            let field = model.motion(&source.small, guide, planes)?;
            taking.push(Taking { source, field, lag });
        }
        let canvas = (self.has_canvas && taking.len() > 1)
            .then(|| outside_face(driving, model.side_px(), model.grid_px() as usize));
        let mut shares = shares(&taking, canvas.as_deref());
        let bent = fuse(&taking, &shares);
        let bent_picture = bent.picture.clone();
        let driving_half = model.half_planes(driving);
        let mut picture = model.decode(bent, &driving_half, &self.style)?;
        self.refine(&mut picture, &taking, driving)?;
        Ok(Portrayal {
            picture,
            bent: bent_picture,
            flow: taking.swap_remove(0).field.flow,
            share: shares.swap_remove(0),
        })
    }

    /// Paint mouth and eyes of a picture over, `[3, side, side]`; sources about as near as each other
    /// share, so that none is switched to.
    fn refine(
        &self,
        picture: &mut [f32],
        taking: &[Taking<'_>],
        driving: &Landmarks,
    ) -> Result<(), InferenceError> {
        let model = self.model.as_ref();
        let side = model.side_px() as usize;
        let unpainted = BendSource::from_planes(picture, side);
        let lags: Vec<f32> = taking.iter().map(|part| part.lag).collect();
        let shares = shares_of_lags(&lags);
        let sharing = taking.iter().zip(shares);
        let sharing: Vec<(&Source, f32)> = sharing
            .filter(|(_, share)| *share >= LEAST_SHARE)
            .map(|(part, share)| (part.source, share))
            .collect();
        let whole: f32 = sharing.iter().map(|(_, share)| share).sum();
        for (index, place) in patches(driving, model.side_px()).iter().enumerate() {
            let kind = index.min(1);
            let px = model.patch_px(kind);
            let made = place.cut(&unpainted, px);
            let planes = model.patch_planes(kind, place, driving);
            let mut patch = vec![0.0; made.len()];
            for (source, share) in &sharing {
                let [own, own_planes] = &source.patches[index];
                let planes = [own_planes, &planes];
                let painted = model.refine(kind, made.clone(), own, planes, &self.style)?;
                for (sum, value) in patch.iter_mut().zip(painted) {
                    *sum += value * share / whole;
                }
            }
            place.paste(&patch, px, picture, side);
        }
        Ok(())
    }

    /// The sources that take part in a pose, and by how much each is farther than the nearest: mean
    /// distance of the landmarks and a share of the middles', sizes of the face. The canvas comes first, else the nearest.
    fn nearest(&self, driving: &Landmarks) -> Vec<(&Source, f32)> {
        let distance = |source: &Source| {
            let pose = pose_distance(&source.landmarks, driving);
            pose + FRAMING * framing_distance(&source.landmarks, driving)
        };
        let mut all: Vec<(usize, f32)> = self.sources.iter().map(distance).enumerate().collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1));
        let nearest = all.first().map_or(0.0, |(_, distance)| *distance);
        if self.has_canvas
            && let Some(canvas) = all.iter().position(|(index, _)| *index == 0)
        {
            let canvas = all.remove(canvas);
            all.insert(0, canvas);
        }
        let count = FUSED + usize::from(self.has_canvas);
        let next = all.get(count).map(|(_, distance)| *distance);
        all.truncate(count);
        let next = next.map(|next| next - nearest);
        let lag = |(index, distance): (usize, f32)| {
            // the canvas always takes part: no other takes its place
            let is_canvas = self.has_canvas && index == 0;
            let next = next.filter(|_| !is_canvas);
            (
                &self.sources[index],
                lag_with_fading(distance - nearest, next),
            )
        };
        all.into_iter().map(lag).collect()
    }
}

/// A source's lag, which grows without end where the next source, which takes no part, comes as near:
/// when they change places, neither shows.
fn lag_with_fading(lag: f32, next: Option<f32>) -> f32 {
    match next {
        Some(next) if lag > 0.0 => {
            let spare = ((next - lag) / FADING).clamp(1e-4, 1.0);
            lag - spare.ln() / DISTANCE_COST
        }
        _ => lag,
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
    fn a_source_fades_before_the_next_takes_its_place() {
        assert_eq!(lag_with_fading(0.0, Some(0.0)), 0.0);
        assert_eq!(lag_with_fading(0.1, Some(0.2)), 0.1);
        assert_eq!(lag_with_fading(0.1, None), 0.1);
        let [near, there] = [0.11, 0.1].map(|next| lag_with_fading(0.1, Some(next)));
        assert!(near > 0.1 && there > near + 0.3);
    }

    #[test]
    fn shrinking_takes_means() {
        let planes: Vec<f32> = (0..2 * 64).map(|value| (value % 8) as f32).collect();
        let small = shrunk(&planes, 8, 4);
        assert_eq!(small.len(), 2 * 16);
        assert_eq!(small[..4], [0.5, 2.5, 4.5, 6.5]);
    }
}
