//! The networks of a portrait model, run around the closed-form half.

use std::path::Path;

use inference::{Bundle, BundleError, Graph, InferenceError, Tensor};
use landmarks::{LANDMARK_PLANES, Landmarks, landmark_planes};

use super::bending::{BendSource, FlowGrid};
use super::built_in_parts::{BUILT_IN_MANIFEST, BUILT_IN_PARTS};
use super::motion_guide::{CANDIDATES, GROUPS, MotionGuide};
use super::patches::Patch;
use crate::few_shot::{Avatar, AvatarError, AvatarKind, PortraitParts, Shot, digest};

/// Kind of bundle that holds encoder, motion and decoder.
pub const PORTRAIT_PRESET: &str = "portrait";

/// Graphs of a bundle, by name without ending.
const PARTS: [&str; 6] = [
    "encoder",
    "projection",
    "motion",
    "decoder",
    "mouth_refiner",
    "eye_refiner",
];

/// The patch networks, of the mouth and of the eyes.
const REFINERS: [&str; 2] = ["mouth_refiner", "eye_refiner"];

/// Side of the motion grid, cells: the same at every size.
const GRID: usize = 64;
/// Sides of the patches around mouth and eyes for a picture of 256 pixels.
const PATCH_PX: [u32; 2] = [96, 64];

/// How the graphs of a portrait model are used outside this program: for game engines and browsers.
pub const USING_THE_GRAPHS: &str = include_str!("using-the-graphs.md");

/// Told what goes into a graph, by its name, each time it runs.
pub type InputListener = dyn Fn(&str, &[(&str, &Tensor)]) + Send + Sync;

/// Graphs of a bundle.
pub struct PortraitModel {
    encoder: Graph,
    projection: Graph,
    motion: Graph,
    decoder: Graph,
    /// Of the mouth, of the eyes.
    refiners: [Graph; 2],
    side_px: u32,
    /// Where the bundle came from.
    origin: String,
    /// SHA-256 of what the manifest says of all parts, which names the model.
    digest: String,
    listener: Option<Box<InputListener>>,
}

/// What the encoder sees in a picture.
#[derive(Debug)]
pub(crate) struct SourceFeatures {
    /// Features at a half, a quarter and an eighth of the side.
    pub(crate) levels: [BendSource; 3],
    /// `[1, embedding]`
    pub(crate) identity: Tensor,
}

/// How a source moves to the driving pose.
#[derive(Debug)]
pub(crate) struct MotionField {
    pub(crate) flow: FlowGrid,
    /// `[grid, grid]`, 1 where the bent source is right.
    pub(crate) occlusion: Vec<f32>,
    /// `[grid, grid]`, a logit: how well the source serves.
    pub(crate) confidence: Vec<f32>,
}

/// What the decoder takes.
#[derive(Debug)]
pub(crate) struct BentSource {
    /// Features at a half, a quarter and an eighth of the side, `[channels, side, side]`.
    pub(crate) levels: [Vec<f32>; 3],
    /// `[grid, grid]`
    pub(crate) occlusion: Vec<f32>,
    /// `[3, side, side]`, -1 to 1.
    pub(crate) picture: Vec<f32>,
}

impl std::fmt::Debug for PortraitModel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PortraitModel")
            .field("origin", &self.origin)
            .field("digest", &self.digest)
            .field("side_px", &self.side_px)
            .finish_non_exhaustive()
    }
}

fn built_in_bundle() -> Result<Bundle, BundleError> {
    Bundle::embedded(
        "the built-in portrait model",
        BUILT_IN_MANIFEST,
        &BUILT_IN_PARTS,
    )
}

impl PortraitModel {
    /// The model that is built into the program.
    ///
    /// # Errors
    /// Where the engine cannot load it: the program was built with damaged files.
    pub fn built_in() -> Result<Self, AvatarError> {
        Self::from_bundle(&built_in_bundle()?)
    }

    /// The hash that names the built-in model, without loading it.
    ///
    /// # Errors
    /// Where the program was built with damaged files.
    pub fn built_in_digest() -> Result<String, AvatarError> {
        Ok(digest(&built_in_bundle()?))
    }

    /// Where the bundle came from, for messages.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Load a bundle's folder.
    ///
    /// # Errors
    /// Where a part is missing, damaged or changed, or the bundle is of another kind.
    pub fn open(folder: &Path) -> Result<Self, AvatarError> {
        Self::from_bundle(&Bundle::open(folder)?)
    }

    /// An avatar of the person of these shots by a bundle as it is, without any training. `photos` are
    /// the SHA-256 of the files that the shots came from.
    ///
    /// # Errors
    /// Where the bundle lacks a part.
    ///
    /// # Panics
    /// If there are no shots: a wiring bug.
    pub fn feed_forward(
        bundle: &Bundle,
        shots: Vec<Shot>,
        photos: Vec<String>,
    ) -> Result<Avatar, AvatarError> {
        let part = |name: &'static str| -> Result<_, AvatarError> {
            Ok((name, bundle.part(name)?.to_vec()))
        };
        Ok(Avatar::of_portrait(PortraitParts {
            graphs: PARTS.into_iter().map(part).collect::<Result<_, _>>()?,
            shots,
            model: digest(bundle),
            kind: AvatarKind::FeedForward,
            steps: 0,
            photos,
        }))
    }

    /// Load the graphs that an avatar brings.
    ///
    /// # Errors
    /// Where one is missing or cannot be run.
    pub fn of_avatar(avatar: &Avatar) -> Result<Self, AvatarError> {
        let graph = |part: &str| Graph::from_onnx(avatar.graph(part));
        Ok(Self {
            encoder: graph("encoder")?,
            projection: graph("projection")?,
            motion: graph("motion")?,
            decoder: graph("decoder")?,
            refiners: [graph("mouth_refiner")?, graph("eye_refiner")?],
            origin: "the avatar".to_owned(),
            digest: avatar.manifest().model.clone(),
            side_px: avatar.manifest().resolution_px,
            listener: None,
        })
    }

    /// Load an open bundle.
    ///
    /// # Errors
    /// As [`PortraitModel::open`].
    pub fn from_bundle(bundle: &Bundle) -> Result<Self, AvatarError> {
        let found = &bundle.manifest().preset;
        if found != PORTRAIT_PRESET {
            return Err(AvatarError::OtherModel {
                origin: bundle.origin().to_owned(),
                found: found.clone(),
            });
        }
        let side_px = bundle.resolution_in_steps_of(8)?;
        let graph = |part: &str| -> Result<Graph, BundleError> { bundle.fastest_graph(part) };
        Ok(Self {
            encoder: graph("encoder")?,
            projection: graph("projection")?,
            motion: graph("motion")?,
            decoder: graph("decoder")?,
            refiners: [graph("mouth_refiner")?, graph("eye_refiner")?],
            origin: bundle.origin().to_owned(),
            digest: digest(bundle),
            side_px,
            listener: None,
        })
    }

    /// The same, which tells what goes into decoder and patch networks: to see which range their values have.
    #[must_use]
    pub fn heard_by(mut self, listener: Box<InputListener>) -> Self {
        self.listener = Some(listener);
        self
    }

    fn tell(&self, graph: &str, inputs: &[(&str, &Tensor)]) {
        if let Some(listener) = &self.listener {
            listener(graph, inputs);
        }
    }

    /// Side of the pictures, pixels.
    pub fn side_px(&self) -> u32 {
        self.side_px
    }

    /// SHA-256 over the hashes of all parts, which names the model.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Side of the motion grid, cells.
    pub fn grid_px(&self) -> u32 {
        GRID as u32
    }

    /// Side of the patch around the mouth (`kind` 0) or an eye (1), pixels.
    pub(crate) fn patch_px(&self, kind: usize) -> usize {
        (PATCH_PX[kind] * self.side_px / 256) as usize
    }

    pub(crate) fn encode(
        &self,
        shot: &Shot,
        picture: &Tensor,
    ) -> Result<SourceFeatures, InferenceError> {
        let planes = self.half_planes(&shot.landmarks);
        let outputs = self
            .encoder
            .run(&[("picture", picture), ("landmark_picture", &planes)])?;
        let level = |name: &str, part: u32| -> Result<BendSource, InferenceError> {
            let side = (self.side_px / part) as usize;
            let features = outputs.planes(name, side)?;
            Ok(BendSource::from_planes(features.values(), side))
        };
        Ok(SourceFeatures {
            levels: [level("half", 2)?, level("quarter", 4)?, level("eighth", 8)?],
            identity: outputs.get("identity")?.clone(),
        })
    }

    /// What the other networks take of an identity.
    pub(crate) fn style(&self, identity: &Tensor) -> Result<Tensor, InferenceError> {
        let outputs = self.projection.run(&[("identity", identity)])?;
        Ok(outputs.get("style")?.clone())
    }

    /// Landmarks as the encoder and the decoder take them.
    pub(crate) fn half_planes(&self, landmarks: &Landmarks) -> Tensor {
        self.planes(landmarks, self.side_px / 2)
    }

    /// Landmarks as the motion network takes them.
    pub(crate) fn grid_planes(&self, landmarks: &Landmarks) -> Tensor {
        self.planes(landmarks, self.grid_px())
    }

    /// Landmarks on a patch, as its network takes them.
    pub(crate) fn patch_planes(&self, kind: usize, place: &Patch, landmarks: &Landmarks) -> Tensor {
        let px = self.patch_px(kind);
        let points = place.points(landmarks, self.side_px, px as u32);
        let values = match points {
            Some(points) => landmark_planes(&points, px as u32, px as u32),
            None => vec![0.0; LANDMARK_PLANES * px * px],
        };
        Tensor::new(&[1, LANDMARK_PLANES, px, px], values)
    }

    fn planes(&self, landmarks: &Landmarks, size: u32) -> Tensor {
        let values = landmark_planes(landmarks, self.side_px, size);
        let size = size as usize;
        Tensor::new(&[1, LANDMARK_PLANES, size, size], values)
    }

    /// Paint a patch over; `made` and `source` are `[3, patch, patch]`, `planes` the landmarks of source
    /// and driver on their patches.
    pub(crate) fn refine(
        &self,
        kind: usize,
        made: Vec<f32>,
        source: &Tensor,
        planes: [&Tensor; 2],
        style: &Tensor,
    ) -> Result<Vec<f32>, InferenceError> {
        let side = self.patch_px(kind);
        let made = Tensor::new(&[1, 3, side, side], made);
        let inputs = [
            ("made", &made),
            ("source", source),
            ("source_landmarks", planes[0]),
            ("driving_landmarks", planes[1]),
            ("style", style),
        ];
        self.tell(REFINERS[kind], &inputs);
        let outputs = self.refiners[kind].run(&inputs)?;
        Ok(outputs.sized("patch", 3 * side * side)?.values().to_vec())
    }

    /// `small` is the source at the grid's size; `planes` are the landmarks of source and driver.
    pub(crate) fn motion(
        &self,
        small: &BendSource,
        guide: MotionGuide,
        planes: [&Tensor; 2],
    ) -> Result<MotionField, InferenceError> {
        use super::bending::BendKind::Bilinear;
        let side = self.grid_px() as usize;
        let picture = |values: Vec<f32>| Tensor::new(&[1, 3, side, side], values);
        let flow = |values: &[f32]| FlowGrid::new(side, values.to_vec());
        let plate = &guide.candidates[(CANDIDATES - 1) * 2 * side * side..];
        let source = picture(small.planes());
        let head_warped = picture(small.bend(&flow(&guide.head), Bilinear));
        let plate_warped = picture(small.bend(&flow(plate), Bilinear));
        let maps = Tensor::new(&[1, GROUPS, side, side], guide.group_maps);
        let candidates = Tensor::new(&[1, CANDIDATES, 2, side, side], guide.candidates);
        let outputs = self.motion.run(&[
            ("source", &source),
            ("head_warped", &head_warped),
            ("plate_warped", &plate_warped),
            ("source_landmarks", planes[0]),
            ("driving_landmarks", planes[1]),
            ("group_maps", &maps),
            ("candidates", &candidates),
        ])?;
        let cells = side * side;
        Ok(MotionField {
            flow: flow(outputs.sized("flow", 2 * cells)?.values()),
            occlusion: outputs.sized("occlusion", cells)?.values().to_vec(),
            confidence: outputs.sized("confidence", cells)?.values().to_vec(),
        })
    }

    /// `[3, side, side]`, about -1 to 1.
    pub(crate) fn decode(
        &self,
        bent: BentSource,
        driving_planes: &Tensor,
        style: &Tensor,
    ) -> Result<Vec<f32>, InferenceError> {
        let side = self.side_px as usize;
        let level = |values: Vec<f32>, side: usize| {
            let channels = values.len() / (side * side);
            Tensor::new(&[1, channels, side, side], values)
        };
        let [half, quarter, eighth] = bent.levels;
        let [half, quarter, eighth] = [
            level(half, side / 2),
            level(quarter, side / 4),
            level(eighth, side / 8),
        ];
        let occlusion = level(bent.occlusion, self.grid_px() as usize);
        let picture = level(bent.picture, side);
        let inputs = [
            ("half", &half),
            ("quarter", &quarter),
            ("eighth", &eighth),
            ("occlusion", &occlusion),
            ("warped_picture", &picture),
            ("driving_landmarks", driving_planes),
            ("style", style),
        ];
        self.tell("decoder", &inputs);
        let outputs = self.decoder.run(&inputs)?;
        Ok(outputs.sized("picture", 3 * side * side)?.values().to_vec())
    }
}
