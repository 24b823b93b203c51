//! A few-shot model as a way to show a person: the embedder alone learns them, or training that
//! starts from what it says.

use std::path::Path;

use evaluation::{Method, MethodError, Shot};
use inference::Bundle;
use landmarks::{Landmarks, resize_longer_side};
use media::Image;
use reenactment::few_shot::{self, Avatar, AvatarError, AvatarPainter, FewShotModel};

use crate::terminal::failure::Failure;

/// What learns a person from shots of the model's own size.
type Learn = dyn FnMut(&[few_shot::Shot]) -> Result<Avatar, MethodError>;

/// A few-shot model that learns in one of two ways.
pub(crate) struct FewShotMethod {
    name: &'static str,
    fingerprint: String,
    side_px: u32,
    learn: Box<Learn>,
    /// The person's painter, and the side of the shots they were learned from.
    learned: Option<(AvatarPainter, u32)>,
}

impl FewShotMethod {
    /// Learn by the embedder of a bundle alone.
    ///
    /// # Errors
    /// If the bundle is damaged or of another kind.
    pub(crate) fn feed_forward(bundle: &Bundle) -> Result<Self, AvatarError> {
        let model = FewShotModel::from_bundle(bundle)?;
        let fingerprint = model.digest().to_owned();
        let side_px = model.side_px();
        let learn = move |shots: &[few_shot::Shot]| {
            model.feed_forward(shots, &[]).map_err(MethodError::failed)
        };
        Ok(Self {
            name: "few-shot-feed-forward",
            fingerprint,
            side_px,
            learn: Box::new(learn),
            learned: None,
        })
    }

    /// Learn by fine-tuning the weights that `meta-train` left in `run`.
    ///
    /// # Errors
    /// If this binary cannot train, or there are no such weights.
    #[cfg(feature = "train")]
    pub(crate) fn fine_tuned(run: &Path, seed: u64) -> Result<Self, Failure> {
        use std::ops::ControlFlow;
        let weights = run.join("weights.safetensors");
        let bytes = std::fs::read(&weights).map_err(|source| {
            let problem = format!(
                "--fine-tune needs the run folder of meta-train as --model; cannot read {}: {source}",
                weights.display()
            );
            Failure::Usage(vec![problem])
        })?;
        let trained_with = training::trained_with(&weights).map_err(Failure::work)?;
        let side_px = training::side_of(&weights).map_err(Failure::work)?;
        let name = if trained_with.is_portrait {
            "portrait-fine-tuned"
        } else {
            "few-shot-fine-tuned"
        };
        let settings = move |shots: usize| {
            let mut config = training::FineTuningConfig::new(
                Vec::new(),
                weights.clone(),
                "evaluated.avatar".into(),
                shots,
                trained_with.clone(),
            );
            config.seed = seed;
            config
        };
        let fingerprint = format!("{} seed {seed}", inference::sha256_hex(&bytes));
        let learn = move |shots: &[few_shot::Shot]| {
            let config = settings(shots.len());
            let learned = training::fine_tune_shots(&config, shots, Vec::new(), &mut |_| {
                ControlFlow::Continue(())
            });
            Ok(learned.map_err(MethodError::failed)?.avatar)
        };
        Ok(Self {
            name,
            fingerprint,
            side_px,
            learn: Box::new(learn),
            learned: None,
        })
    }

    /// Say how to get a binary that can train.
    ///
    /// # Errors
    /// Always.
    #[cfg(not(feature = "train"))]
    pub(crate) fn fine_tuned(_: &Path, _: u64) -> Result<Self, Failure> {
        Err(crate::commands::without_training::without_training(
            "evaluate --fine-tune",
        ))
    }
}

/// Shots at a model's size, and the side that they had, pixels.
pub(crate) fn own_shots(
    shots: &[Shot],
    own_px: u32,
) -> Result<(Vec<few_shot::Shot>, u32), MethodError> {
    let first = shots.first().ok_or(MethodError::NobodyLearned)?;
    let side_px = first.picture.width();
    let is_square = |shot: &Shot| [shot.picture.width(), shot.picture.height()] == [side_px; 2];
    if !shots.iter().all(is_square) {
        let reason = "the model takes square pictures of one size; crop them".to_owned();
        return Err(MethodError::Pictures { reason });
    }
    let own = shots.iter().map(|shot| few_shot::Shot {
        picture: resize_longer_side(&shot.picture, own_px).image,
        landmarks: shot.landmarks.resized([side_px; 2], [own_px; 2]),
    });
    Ok((own.collect(), side_px))
}

impl Method for FewShotMethod {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn learn(&mut self, shots: &[Shot]) -> Result<(), MethodError> {
        let (own, side_px) = own_shots(shots, self.side_px)?;
        let avatar = (self.learn)(&own)?;
        let painter = AvatarPainter::new(&avatar).map_err(MethodError::failed)?;
        self.learned = Some((painter, side_px));
        Ok(())
    }

    fn render(&mut self, driving: &Landmarks) -> Result<Image, MethodError> {
        let (painter, side_px) = self.learned.as_ref().ok_or(MethodError::NobodyLearned)?;
        let landmarks = driving.resized([*side_px; 2], [self.side_px; 2]);
        let picture = painter.paint(&landmarks).map_err(MethodError::failed)?;
        Ok(resize_longer_side(&picture, *side_px).image)
    }
}
