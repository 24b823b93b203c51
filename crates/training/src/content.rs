//! The content loss of a run: networks from the user's files, and pictures compared as such.

use networks::features::{ContentNet, ContentNetKind};
use tch::{Device, Kind, Tensor};

use crate::losses::{ContentTerm, PYRAMID_WEIGHT, content_distance, content_targets, pyramid_loss};
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
    /// Number format in which the networks compute.
    kind: Kind,
    /// Weight of the pyramid of pictures.
    pyramid: f64,
}

impl Content {
    /// Load the networks that the settings name; they compute in `kind`.
    pub(crate) fn open(
        weights: &LossWeights,
        device: Device,
        kind: Kind,
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
        let is_alone = weights.content.is_empty() && weights.pyramid == 0.0;
        Ok(Self {
            kind,
            terms: weights.content.iter().map(open).collect::<Result<_, _>>()?,
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

    /// In words.
    pub(crate) fn description(&self) -> String {
        let mut parts: Vec<String> = self
            .terms
            .iter()
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
