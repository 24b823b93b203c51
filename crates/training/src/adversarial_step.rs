//! One step of the game: the makers' losses, then the discriminator's, on the same pictures.
//!
//! Zakharov et al. 2019, Eq. (1) to (8); meta-training and fine-tuning differ only in where style
//! and person vector come from.

use networks::blocks::Mode;
use networks::features::ContentNetKind;
use networks::{Discriminator, Judgement};
use tch::{Tensor, no_grad};

use crate::content::{Content, Targets};
use crate::head_system::Draft;
use crate::losses::{
    attended_pyramid_loss, discriminator_loss, embedding_match_loss, feature_matching_loss,
    generator_loss,
};
use crate::meta_training_config::LossWeights;

/// What the discriminator is asked about: true and made pictures, or parts of them, in the poses of
/// `drawings`.
#[derive(Debug)]
pub(crate) struct Scene {
    /// Landmark pictures in the layers' number format, `[count, channels, side, side]`.
    pub(crate) drawings: Tensor,
    /// What is true, f32, `[count, 3, side, side]`.
    pub(crate) truth: Tensor,
    /// What was made, likewise.
    pub(crate) made: Tensor,
    /// Episode of the batch that each belongs to, `[count]`, whole numbers.
    pub(crate) owners: Tensor,
}

impl Scene {
    /// The same with the made pictures held fixed.
    pub(crate) fn detached(&self) -> Self {
        Self {
            drawings: self.drawings.shallow_clone(),
            truth: self.truth.shallow_clone(),
            made: self.made.detach(),
            owners: self.owners.shallow_clone(),
        }
    }

    /// The rows of `people`, one an episode, that belong to the pictures; a single row is everybody's.
    fn people(&self, people: &Tensor) -> Tensor {
        if people.size()[0] == 1 {
            return people.shallow_clone();
        }
        people.index_select(0, &self.owners)
    }
}

/// Losses by name, already weighted; their sum is what is minimised.
#[derive(Debug)]
pub(crate) struct Losses {
    parts: Vec<(&'static str, Tensor)>,
}

impl Losses {
    /// Sum of the parts.
    pub(crate) fn total(&self) -> Tensor {
        self.parts
            .iter()
            .fold(Tensor::from(0.0f32), |sum, (_, part)| {
                sum.to_device(part.device()) + part
            })
    }

    /// Values by name. Waits for the device.
    pub(crate) fn values(&self) -> Vec<(&'static str, f64)> {
        let value = |part: &Tensor| part.detach().to_kind(tch::Kind::Double).double_value(&[]);
        self.parts
            .iter()
            .map(|(name, part)| (*name, value(part)))
            .collect()
    }
}

/// Losses of embedder, projection and generator for the pictures they made.
#[derive(Debug)]
pub(crate) struct MakersObjective<'a> {
    pub(crate) weights: &'a LossWeights,
    pub(crate) content: &'a Content,
    /// What the content networks see in the true pictures.
    pub(crate) targets: &'a Targets<'a>,
    /// Whether the discriminator's opinion counts yet.
    pub(crate) is_adversarial: bool,
}

impl MakersObjective<'_> {
    /// Content, adversarial and feature-matching losses of the pictures `made`; the discriminator is asked
    /// about the scene. `people`, `[batch, embedding]` or `[1, embedding]`, stand for `W_i + w0`.
    ///
    /// The discriminator's weights must not require gradients meanwhile.
    pub(crate) fn losses(
        &self,
        made: &Tensor,
        scene: &Scene,
        discriminator: &Discriminator,
        people: &Tensor,
    ) -> Losses {
        let mut parts = Vec::new();
        let weight = self.weights.picture;
        if weight > 0.0 {
            parts.push(("content", self.content.loss(made, self.targets) * weight));
        }
        if !self.is_adversarial {
            return Losses { parts };
        }
        let people = scene.people(people);
        let judge = |pictures: &Tensor| -> Judgement {
            discriminator.judge(pictures, &scene.drawings, &people, Mode::Training)
        };
        let on_made = judge(&scene.made);
        let weights = self.weights;
        parts.push((
            "adversarial",
            generator_loss(&on_made.score) * weights.adversarial,
        ));
        if weights.feature_matching > 0.0 {
            let on_truth = no_grad(|| judge(&scene.truth));
            let distance = feature_matching_loss(&on_made.features, &on_truth.features);
            parts.push(("feature_matching", distance * weights.feature_matching));
        }
        Losses { parts }
    }

    /// Add the distances of drafts and parts from the truth.
    pub(crate) fn with_drafts(
        &self,
        mut losses: Losses,
        drafts: &[Draft],
        truth: &Tensor,
        attention: Option<&Tensor>,
    ) -> Losses {
        // What no moved weight has made teaches nothing.
        for draft in drafts.iter().filter(|draft| draft.pictures.requires_grad()) {
            let (truth, attention) = match &draft.truth {
                Some(part) => (part, None),
                None => (truth, attention),
            };
            let mut distance =
                attended_pyramid_loss(&draft.pictures, truth, attention) * draft.weight;
            if draft.content > 0.0 {
                let own = draft.truth.as_ref();
                let own = own.map(|part| self.content.targets(part));
                let targets = own.as_ref().unwrap_or(self.targets);
                distance += self.content.loss(&draft.pictures, targets) * draft.content;
            }
            losses.parts.push((draft.name, distance));
        }
        losses
    }

    /// Add what networks of faces see in the made faces and not in the true ones; `cut` gives both as a
    /// kind of network is shown them.
    pub(crate) fn with_faces(
        &self,
        mut losses: Losses,
        cut: impl Fn(ContentNetKind) -> Option<[Tensor; 2]>,
    ) -> Losses {
        losses.parts.extend(self.content.face_losses(cut));
        losses
    }

    /// Add the match loss: the embedding moves towards the discriminator's columns.
    pub(crate) fn with_match(
        &self,
        mut losses: Losses,
        identity: &Tensor,
        columns: &Tensor,
    ) -> Losses {
        let distance = embedding_match_loss(identity, &columns.detach());
        losses
            .parts
            .push(("embedding_match", distance * self.weights.embedding_match));
        losses
    }
}

/// Hinge loss of the discriminator on true pictures and on made ones, which are held fixed.
pub(crate) fn judge_losses(
    scene: &Scene,
    discriminator: &Discriminator,
    people: &Tensor,
) -> Losses {
    let people = scene.people(people);
    let judge = |pictures: &Tensor| {
        discriminator
            .judge(pictures, &scene.drawings, &people, Mode::Training)
            .score
    };
    let [real, fake] = [judge(&scene.truth), judge(&scene.made.detach())];
    Losses {
        parts: vec![("discriminator", discriminator_loss(&real, &fake))],
    }
}
