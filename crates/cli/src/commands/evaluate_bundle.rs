//! A model bundle as a way to show a person without training on them: the embeddings of the shots
//! are averaged, projected to a style, and the generator paints the landmarks in it.

use std::path::Path;

use evaluation::{Method, MethodError, Shot};
use inference::{Bundle, BundleError, Graph, InferenceError, Tensor};
use landmarks::{DrawingConfig, Landmarks, draw, resize_longer_side};
use media::Image;

/// Files of the bundle that are run.
const PARTS: [&str; 3] = ["embedder", "projection", "generator"];

/// The feed-forward model of a bundle.
#[derive(Debug)]
pub(crate) struct BundleMethod {
    name: String,
    fingerprint: String,
    side_px: u32,
    embedder: Graph,
    projection: Graph,
    generator: Graph,
    learned: Option<Learned>,
}

/// A person.
#[derive(Debug)]
struct Learned {
    style: Tensor,
    /// Side of the shots, pixels.
    side_px: u32,
}

impl BundleMethod {
    /// Load a bundle's networks. Its preset names the method.
    ///
    /// # Errors
    /// If the bundle is damaged or has not the networks of a talking head.
    pub(crate) fn open(folder: &Path) -> Result<Self, BundleError> {
        let bundle = Bundle::open(folder)?;
        let manifest = bundle.manifest();
        let digests: Vec<&str> = PARTS
            .iter()
            .filter_map(|part| manifest.parts.get(*part))
            .map(|part| part.sha256.as_str())
            .collect();
        Ok(Self {
            name: method_name(&manifest.preset),
            fingerprint: digests.join(" "),
            side_px: manifest.resolution_px,
            embedder: bundle.graph("embedder")?,
            projection: bundle.graph("projection")?,
            generator: bundle.graph("generator")?,
            learned: None,
        })
    }

    fn landmark_tensor(&self, landmarks: &Landmarks, shot_side_px: u32) -> Tensor {
        let side = self.side_px;
        let points = landmarks.resized([shot_side_px; 2], [side; 2]);
        to_tensor(&draw(
            &points,
            side,
            side,
            &DrawingConfig::for_network(side),
        ))
    }

    /// Mean embedding of the shots.
    fn identity(&self, shots: &[Shot], side_px: u32) -> Result<Tensor, InferenceError> {
        let mut sum: Vec<f64> = Vec::new();
        for shot in shots {
            let picture = to_tensor(&resize_longer_side(&shot.picture, self.side_px).image);
            let landmarks = self.landmark_tensor(&shot.landmarks, side_px);
            let inputs = [("picture", &picture), ("landmark_picture", &landmarks)];
            let outputs = self.embedder.run(&inputs)?;
            let identity = outputs.get("identity")?.values();
            sum.resize(identity.len(), 0.0);
            sum.iter_mut()
                .zip(identity)
                .for_each(|(sum, value)| *sum += f64::from(*value));
        }
        let mean: Vec<f32> = sum
            .iter()
            .map(|sum| (sum / shots.len() as f64) as f32)
            .collect();
        Ok(Tensor::new(&[1, mean.len()], mean))
    }
}

impl Method for BundleMethod {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn learn(&mut self, shots: &[Shot]) -> Result<(), MethodError> {
        let first = shots.first().ok_or(MethodError::NobodyLearned)?;
        let side_px = first.picture.width();
        if shots
            .iter()
            .any(|shot| [shot.picture.width(), shot.picture.height()] != [side_px; 2])
        {
            let reason = "the model takes square pictures of one size; crop them".to_owned();
            return Err(MethodError::Pictures { reason });
        }
        let identity = self.identity(shots, side_px).map_err(MethodError::failed)?;
        let outputs = self
            .projection
            .run(&[("identity", &identity)])
            .map_err(MethodError::failed)?;
        let style = outputs.get("style").map_err(MethodError::failed)?.clone();
        self.learned = Some(Learned { style, side_px });
        Ok(())
    }

    fn render(&mut self, driving: &Landmarks) -> Result<Image, MethodError> {
        let Learned { style, side_px } = self.learned.as_ref().ok_or(MethodError::NobodyLearned)?;
        let landmarks = self.landmark_tensor(driving, *side_px);
        let inputs = [("landmark_picture", &landmarks), ("style", style)];
        let outputs = self.generator.run(&inputs).map_err(MethodError::failed)?;
        let picture = outputs.get("picture").map_err(MethodError::failed)?;
        let picture = to_image(picture, self.side_px).map_err(MethodError::failed)?;
        Ok(resize_longer_side(&picture, *side_px).image)
    }
}

/// A preset as the name of a method: what it may not hold becomes a hyphen.
fn method_name(preset: &str) -> String {
    let plain = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    };
    format!(
        "{}-feed-forward",
        preset.chars().map(plain).collect::<String>()
    )
}

/// `[1, 3, height, width]`, -1 black to 1 white.
fn to_tensor(picture: &Image) -> Tensor {
    let (pixels, _) = picture.rgb().as_chunks::<3>();
    let plane = |channel: usize| {
        pixels
            .iter()
            .map(move |pixel| f32::from(pixel[channel]) / 127.5 - 1.0)
    };
    let values = (0..3).flat_map(plane).collect();
    Tensor::new(
        &[1, 3, picture.height() as usize, picture.width() as usize],
        values,
    )
}

fn to_image(tensor: &Tensor, side_px: u32) -> Result<Image, InferenceError> {
    let side = side_px as usize;
    let name = "picture".to_owned();
    if tensor.shape() != [1, 3, side, side] {
        let expected = format!("[1, 3, {side}, {side}]");
        return Err(InferenceError::OutputShape {
            name,
            expected,
            found: tensor.shape().to_vec(),
        });
    }
    let values = tensor.values();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(InferenceError::NotFinite { name });
    }
    let level = |value: f32| ((value + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8;
    let places = side * side;
    let pixel = |place: usize| [0, 1, 2].map(|channel| level(values[channel * places + place]));
    Ok(Image::from_rgb(
        side_px,
        side_px,
        (0..places).flat_map(pixel).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_goes_through_a_tensor_unchanged() {
        let bytes: Vec<u8> = (0..48).map(|value| value * 5).collect();
        let picture = Image::from_rgb(4, 4, bytes);
        assert_eq!(to_image(&to_tensor(&picture), 4).unwrap(), picture);
    }

    #[test]
    fn an_output_that_is_no_picture_is_an_error() {
        assert!(to_image(&Tensor::new(&[1, 1], vec![0.0]), 4).is_err());
        let broken = Tensor::new(&[1, 3, 1, 1], vec![f32::NAN; 3]);
        assert!(to_image(&broken, 1).is_err());
    }

    #[test]
    fn a_preset_becomes_a_name_for_a_folder() {
        assert_eq!(method_name("Small v2/x"), "small-v2-x-feed-forward");
    }
}
