//! A few-shot model: what `meta-train` leaves in its folder `model`.

use std::path::Path;

use inference::{Bundle, BundleError, Graph, InferenceError, Tensor, sha256_hex};

use super::avatar::{Avatar, AvatarError, AvatarKind};
use super::shot::Shot;
use super::{drawn_input, to_input};

/// Kind of bundle that holds embedder, projection and generator.
pub const FEW_SHOT_PRESET: &str = "few-shot";

/// Embedder, projection and generator of a bundle.
#[derive(Debug)]
pub struct FewShotModel {
    embedder: Graph,
    projection: Graph,
    generator: Vec<u8>,
    side_px: u32,
    /// SHA-256 of what the manifest says of all parts, which names the model.
    digest: String,
}

impl FewShotModel {
    /// Load a bundle's folder.
    ///
    /// # Errors
    /// Where a part is missing, damaged or changed, or the bundle is of another kind.
    pub fn open(folder: &Path) -> Result<Self, AvatarError> {
        let bundle = Bundle::open(folder)?;
        Self::from_bundle(&bundle)
    }

    /// Load an open bundle.
    ///
    /// # Errors
    /// As [`FewShotModel::open`].
    pub fn from_bundle(bundle: &Bundle) -> Result<Self, AvatarError> {
        let found = &bundle.manifest().preset;
        if found != FEW_SHOT_PRESET {
            return Err(AvatarError::OtherModel {
                origin: bundle.origin().to_owned(),
                found: found.clone(),
            });
        }
        let graph = |part: &str| -> Result<Graph, BundleError> { bundle.graph(part) };
        let generator = bundle.part("generator")?.to_vec();
        Ok(Self {
            embedder: graph("embedder")?,
            projection: graph("projection")?,
            digest: digest(bundle),
            generator,
            side_px: bundle.manifest().resolution_px,
        })
    }

    /// Side of the pictures, pixels.
    pub fn side_px(&self) -> u32 {
        self.side_px
    }

    /// SHA-256 over the hashes of all parts, which names the model.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Mean embedding of a person's shots.
    ///
    /// # Errors
    /// Where the network fails.
    ///
    /// # Panics
    /// If there are no shots: a wiring bug.
    pub fn identity(&self, shots: &[Shot]) -> Result<Tensor, InferenceError> {
        let mut sum: Option<Tensor> = None;
        for shot in shots {
            let picture = to_input(&shot.picture);
            let drawing = drawn_input(&shot.landmarks, self.side_px);
            let outputs = self
                .embedder
                .run(&[("picture", &picture), ("landmark_picture", &drawing)])?;
            let one = outputs.get("identity")?;
            match &mut sum {
                None => sum = Some(one.clone()),
                Some(sum) => {
                    let values = sum.values_mut().iter_mut().zip(one.values());
                    values.for_each(|(sum, value)| *sum += value);
                }
            }
        }
        let mut mean = sum.expect("there is at least one shot");
        let count = shots.len() as f32;
        mean.values_mut()
            .iter_mut()
            .for_each(|value| *value /= count);
        Ok(mean)
    }

    /// Style that the projection predicts for an embedding.
    ///
    /// # Errors
    /// Where the network fails.
    pub fn style(&self, identity: &Tensor) -> Result<Tensor, InferenceError> {
        let outputs = self.projection.run(&[("identity", identity)])?;
        Ok(outputs.get("style")?.clone())
    }

    /// The person of these shots, without any training. `photos` are the SHA-256 of the files that
    /// the shots came from.
    ///
    /// # Errors
    /// Where a network fails.
    ///
    /// # Panics
    /// If there are no shots: a wiring bug.
    pub fn feed_forward(&self, shots: &[Shot], photos: &[String]) -> Result<Avatar, AvatarError> {
        let style = self.style(&self.identity(shots)?)?;
        let parts = super::avatar::AvatarParts {
            generator: self.generator.clone(),
            style: style.into_values(),
            rest: shots[0].landmarks,
            side_px: self.side_px,
            model: self.digest.clone(),
            kind: AvatarKind::FeedForward,
            steps: 0,
            photos: photos.to_vec(),
        };
        Ok(Avatar::new(parts))
    }
}

/// One hash over the hashes of all parts, in the order of their names.
pub(crate) fn digest(bundle: &Bundle) -> String {
    let parts = bundle.manifest().parts.values();
    let hashes: Vec<&str> = parts.map(|part| part.sha256.as_str()).collect();
    sha256_hex(hashes.join(" ").as_bytes())
}
