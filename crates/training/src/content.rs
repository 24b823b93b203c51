//! The content loss of a run: networks from the user's files, and pictures compared as such.

use networks::features::{ContentNet, ContentNetKind};
use tch::{Device, Kind, Tensor};

use crate::losses::{
    ContentTerm, PYRAMID_WEIGHT, content_distance, content_targets, feature_distance, pyramid_loss,
};
use crate::meta_training_config::LossWeights;
use crate::meta_training_event::MetaTrainingError;

/// True pictures and what the networks see in them.
#[derive(Debug)]
pub(crate) struct Targets<'a> {
    truth: &'a Tensor,
    features: Vec<Vec<Tensor>>,
}

/// Networks and weights.
#[derive(Debug)]
pub(crate) struct Content {
    terms: Vec<ContentTerm>,
    /// Networks that are shown faces cut out of the pictures.
    faces: Vec<ContentTerm>,
    /// Number format in which the networks compute.
    kind: Kind,
    /// Weight of the pyramid of pictures.
    pyramid: f64,
}

impl Content {
    /// Load the networks that the settings name; they compute in `kind`. Where a system cuts faces out,
    /// networks of faces see these, else the whole pictures.
    pub(crate) fn open(
        weights: &LossWeights,
        device: Device,
        kind: Kind,
        cuts_faces: bool,
    ) -> Result<Self, MetaTrainingError> {
        let open = |part: &crate::meta_training_config::ContentPart| {
            let wrong = |reason: String| MetaTrainingError::ContentNet {
                file: part.file.clone(),
                reason,
            };
            let kind = ContentNetKind::from_name(&part.net)
                .ok_or_else(|| wrong(format!("there is no kind of network {:?}", part.net)))?;
            let bytes = std::fs::read(&part.file).map_err(|error| wrong(error.to_string()))?;
            let net =
                ContentNet::read(kind, &bytes, device).map_err(|error| wrong(error.to_string()))?;
            let usual = ContentTerm::new(net);
            Ok::<_, MetaTrainingError>(ContentTerm {
                weight: part.weight.unwrap_or(usual.weight),
                ..usual
            })
        };
        let all: Vec<ContentTerm> = weights.content.iter().map(open).collect::<Result<_, _>>()?;
        let is_of_faces = |term: &ContentTerm| cuts_faces && term.net.kind().is_of_faces();
        let (faces, terms): (Vec<_>, Vec<_>) = all.into_iter().partition(is_of_faces);
        let is_alone = terms.is_empty() && weights.pyramid == 0.0;
        Ok(Self {
            kind,
            terms,
            faces,
            pyramid: if is_alone {
                PYRAMID_WEIGHT
            } else {
                weights.pyramid
            },
        })
    }

    /// What true pictures show, f32, `[batch, 3, side, side]`: once for everything that is compared with
    /// them.
    pub(crate) fn targets<'a>(&self, truth: &'a Tensor) -> Targets<'a> {
        Targets {
            truth,
            features: content_targets(&self.terms, &truth.to_kind(self.kind)),
        }
    }

    /// Weighted distance of made pictures from true ones, f32, `[batch, 3, side, side]`.
    pub(crate) fn loss(&self, made: &Tensor, targets: &Targets<'_>) -> Tensor {
        let pyramid = || pyramid_loss(made, targets.truth) * self.pyramid;
        if self.terms.is_empty() {
            return pyramid();
        }
        let content = content_distance(&self.terms, &made.to_kind(self.kind), &targets.features);
        if self.pyramid == 0.0 {
            return content;
        }
        content + pyramid()
    }

    /// Weighted distances of made faces from true ones, by the names of the networks' kinds. `cut` gives
    /// both, f32, -1 to 1, as a kind of network is shown them.
    pub(crate) fn face_losses(
        &self,
        cut: impl Fn(ContentNetKind) -> Option<[Tensor; 2]>,
    ) -> Vec<(&'static str, Tensor)> {
        let loss = |term: &ContentTerm| {
            let [made, truth] = cut(term.net.kind())?;
            let distance = feature_distance(&term.net, &made, &truth) * term.weight;
            Some((term.net.kind().name(), distance))
        };
        self.faces.iter().filter_map(loss).collect()
    }

    /// In words.
    pub(crate) fn description(&self) -> String {
        let mut parts: Vec<String> = self
            .terms
            .iter()
            .chain(&self.faces)
            .map(|term| format!("{} x {}", term.weight, term.net.kind().name()))
            .collect();
        if self.terms.is_empty() {
            parts.push(format!(
                "{} x pyramid L1, as no network was given: pictures are compared pixel by pixel",
                self.pyramid
            ));
        } else if self.pyramid > 0.0 {
            parts.push(format!("{} x pyramid L1", self.pyramid));
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta_training_config::{ContentPart, MetaTrainingConfig};
    use networks::checkpoint::Checkpoint;
    use networks::features::{Preprocessing, random_weights};
    use std::path::PathBuf;

    #[test]
    fn networks_of_faces_see_faces_where_they_are_cut_out_and_whole_pictures_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("identity.safetensors");
        let mut weights = Checkpoint {
            tensors: random_weights(ContentNetKind::Identity),
            words: Preprocessing::TORCHVISION.to_words(),
        };
        weights.words.insert("network".into(), "identity".into());
        weights.save(&file).unwrap();
        let mut losses = MetaTrainingConfig::tiny(PathBuf::new(), PathBuf::new()).losses;
        losses.content = vec![ContentPart {
            net: "identity".into(),
            file,
            weight: None,
        }];
        let open = |cuts| Content::open(&losses, Device::Cpu, Kind::Float, cuts).unwrap();
        let pictures = |seed: i64| {
            tch::manual_seed(seed);
            Tensor::rand([1, 3, 112, 112], (Kind::Float, Device::Cpu)) * 2.0 - 1.0
        };
        let (made, truth) = (pictures(1), pictures(2));
        let cut = |_: ContentNetKind| Some([made.shallow_clone(), truth.shallow_clone()]);
        let of_faces = open(true).face_losses(cut);
        assert_eq!(of_faces.len(), 1);
        assert!(of_faces[0].0 == "identity" && of_faces[0].1.double_value(&[]) > 0.0);
        assert!(open(true).face_losses(|_| None).is_empty());
        assert!(open(false).face_losses(cut).is_empty());
        let whole = |content: &Content| {
            let loss = content.loss(&made, &content.targets(&truth));
            loss.double_value(&[])
        };
        assert!(whole(&open(false)) > whole(&open(true)));
    }
}
